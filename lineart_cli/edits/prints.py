"""Fingerprints of a page of ink: what tells later, square by square, whether its pixels are still the same.

They take the place of the old ink in a merge of three pictures. Where a square of the edited picture has the old
fingerprint, it is the old ink; where a square of the new ink has it, the old ink is known from there, pixel by pixel.
Only where both differ are the pixels of the old ink unknown, and not needed either: both have changed it. So a few
per cent of the size of the ink's file are enough, where a packed copy of the ink would take nearly all of it.

A fingerprint has 32 bits. The upper 24 are those of a sum of the pixels, each times a random factor, modulo 2 ** 64:
multilinear hashing (Lemire and Kaser, Strongly universal string hashing is fast, Computer Journal 57, 2014). Two
squares that differ have the same with a chance of about 1 in 2 ** 23. The lower 8 are the share of ink, 255 for solid
black: they tell a stroke that has come or gone from edges that are a shade off, as ink's are around a stroke that has
been changed. White has 0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 28
"""Px of a square."""
_SUM, _SHARE = 24, 8  # bits
_FEW = 3  # of 255 parts, by which the share of ink may be off without a stroke
_HEAD = struct.Struct(">4sHIII")
_MAGIC = b"LAP1"

Prints = NDArray[np.uint32]
"""(h, w) fingerprints of the squares of a page, from its upper left corner; the last ones may lie partly beyond it."""


def shape_of(page: tuple[int, int]) -> tuple[int, int]:
    """How many squares a page has, one below the other and side by side."""
    return -(-page[0] // SIDE), -(-page[1] // SIDE)


def of_rows(levels: NDArray[np.unsignedinteger[Any]]) -> Prints:
    """The fingerprints of rows of a page of which the first one begins a row of squares.

    Args:
        levels: (rows, W) uint8 or uint16, 0 = white.
    """
    height, width = shape_of((len(levels), levels.shape[1]))
    found = np.zeros((height, width), np.uint32)
    if not levels.any():
        return found
    padded = np.zeros((height * SIDE, width * SIDE), levels.dtype)
    padded[: len(levels), : levels.shape[1]] = levels
    squares = padded.reshape(height, SIDE, width, SIDE).swapaxes(1, 2)
    inked = squares.any((2, 3))
    pixels = squares[inked].reshape(-1, SIDE * SIDE)
    sums = (pixels * _factors()).sum(1, dtype=np.uint64) >> np.uint64(64 - _SUM)
    shares = np.ceil(pixels.mean(1) * (2**_SHARE - 1) / np.iinfo(levels.dtype).max)
    found[inked] = sums.astype(np.uint32) << _SHARE | shares.astype(np.uint32)
    return found


def has_other_strokes(new: Prints, old: Prints) -> NDArray[np.bool_]:
    """Which squares have so much more or less ink than before that a stroke has come or gone."""
    share = 2**_SHARE - 1
    return np.asarray(np.abs((new & share).astype(np.int32) - (old & share).astype(np.int32)) > _FEW)


class Taker:
    """Takes the fingerprints of a page of ink that goes by in bands of rows."""

    def __init__(self) -> None:
        self._rows: list[Prints] = []
        self._held: NDArray[Any] | None = None

    def passed(self, bands: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        """The same bands, (rows, W) each, from top to bottom."""
        for band in bands:
            held = band if self._held is None else np.concatenate([self._held, band])
            whole = len(held) // SIDE * SIDE
            if whole:
                self._rows.append(of_rows(held[:whole]))
            self._held = held[whole:].copy()
            yield band

    def prints(self) -> Prints:
        """Those of all bands that went by."""
        rest = [] if self._held is None or not len(self._held) else [of_rows(self._held)]
        return np.concatenate(self._rows + rest)


def packed(prints: Prints) -> bytes:
    """The fingerprints as a file holds them: sums of the squares with ink, then which they are, and their shares."""
    inked = prints[prints != 0]
    sums = (inked >> _SHARE).astype("<u4").view(np.uint8).reshape(-1, 4)[:, : _SUM // 8]
    shares = inked.astype(np.uint8)
    plain = zlib.compress(np.packbits(prints != 0).tobytes() + shares.tobytes(), 9)
    return b"".join((_HEAD.pack(_MAGIC, SIDE, *prints.shape, len(inked)), sums.tobytes(), plain))


def unpacked(file: bytes, page: tuple[int, int]) -> Prints:
    """What `packed` was given, of a page (H, W).

    Raises:
        ValueError: it is damaged, or of a page of another size.
    """
    try:
        *kind, count = _HEAD.unpack_from(file)
        if kind != [_MAGIC, SIDE, *shape_of(page)]:
            raise ValueError(f"begins with {kind}")
        found = np.zeros(shape_of(page), np.uint32)
        end = _HEAD.size + count * _SUM // 8
        plain = np.frombuffer(zlib.decompressobj().decompress(file[end:], -(-found.size // 8) + count), np.uint8)
        is_inked = np.unpackbits(plain[: len(plain) - count], count=found.size).astype(bool).reshape(found.shape)
        sums = np.zeros((count, 4), np.uint8)
        sums[:, : _SUM // 8] = np.frombuffer(file[_HEAD.size : end], np.uint8).reshape(count, -1)
        found[is_inked] = sums.view("<u4")[:, 0] << _SHARE | plain[len(plain) - count :]
    except (struct.error, zlib.error, ValueError) as error:
        raise ValueError(f"are no fingerprints of a page of {page[1]} x {page[0]} px ({error})") from error
    return found


@cache
def _factors() -> NDArray[np.uint64]:
    return np.random.PCG64(0).random_raw(SIDE * SIDE) | np.uint64(1)
