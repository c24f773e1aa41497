"""Fingerprints of a page of ink: what tells later, square by square, whether its pixels are still the same.

They take the place of the old ink in a merge of three pictures. Where a square of the edited picture has the old
fingerprint, it is the old ink; where a square of the new ink has it, the old ink is known from there, pixel by pixel.
Only where both differ are the pixels of the old ink unknown, and not needed either: both have changed it. So a few
per cent of the size of the ink's file are enough, where a packed copy of the ink would take nearly all of it.

A fingerprint has 40 bits. The upper 24 are those of a sum of the pixels, each times a random factor, modulo 2 ** 64:
multilinear hashing (Lemire and Kaser, Strongly universal string hashing is fast, Computer Journal 57, 2014). Two
squares that differ have the same with a chance of about 1 in 2 ** 23. The others say how much ink there is, from 0 to
255, and in which row and column its middle lies, in sixteenths: they tell a stroke that has come, gone or moved from
edges that are a shade off, as all ink's are for a long way around a stroke that has been changed. White has 0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 32
"""Px of a square."""
_SUM, _SHARE, _MIDDLE = 24, 8, 4  # bits
_SHAPE = _SHARE + 2 * _MIDDLE
_FEW = 3  # of 255 parts of ink, that may be off without a stroke
_NEAR = 1  # sixteenth, by which the middle may be off
_HEAD = struct.Struct(">4sHIII")
_MAGIC = b"LAP1"

Prints = NDArray[np.uint64]
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
    found = np.zeros((height, width), np.uint64)
    if not levels.any():
        return found
    padded = np.zeros((height * SIDE, width * SIDE), levels.dtype)
    padded[: len(levels), : levels.shape[1]] = levels
    squares = padded.reshape(height, SIDE, width, SIDE).swapaxes(1, 2)
    inked = squares.any((2, 3))
    pixels = squares[inked]
    sums = (pixels.reshape(-1, SIDE * SIDE) * _factors()).sum(1, dtype=np.uint64) >> np.uint64(64 - _SUM)
    found[inked] = sums << np.uint64(_SHAPE) | _shapes(pixels)
    return found


def has_other_strokes(new: Prints, old: Prints) -> NDArray[np.bool_]:
    """Which squares have ink, before and now, that cannot be the same strokes."""
    (share, *middle), (old_share, *old_middle) = _parts(new), _parts(old)
    is_inked = (share > _FEW) & (old_share > _FEW)
    is_moved = np.logical_or(*(np.abs(a - b) > _NEAR for a, b in zip(middle, old_middle, strict=True)))
    return np.asarray((np.abs(share - old_share) > _FEW) | (is_inked & is_moved))


def _shapes(squares: NDArray[np.unsignedinteger[Any]]) -> Prints:
    """How much ink there is in each of (N, SIDE, SIDE), and where its middle is."""
    steps = np.arange(SIDE) * (2**_MIDDLE / SIDE)
    by_row, by_column = (squares.sum(axis, dtype=np.float64) for axis in (2, 1))
    total = by_row.sum(1)
    shares = np.ceil(total * ((2**_SHARE - 1) / (SIDE * SIDE * np.iinfo(squares.dtype).max)))
    row, column = ((each @ steps / total).astype(np.uint64) for each in (by_row, by_column))
    return np.asarray(shares.astype(np.uint64) << np.uint64(2 * _MIDDLE) | row << np.uint64(_MIDDLE) | column)


def _parts(prints: Prints) -> tuple[NDArray[np.int64], ...]:
    """The share of ink, and the row and column of its middle."""
    shape = (prints & np.uint64(2**_SHAPE - 1)).astype(np.int64)
    middle = 2**_MIDDLE - 1
    return shape >> (2 * _MIDDLE), shape >> _MIDDLE & middle, shape & middle


class Taker:
    """Takes the fingerprints of a page of ink that goes by in bands of rows."""

    def __init__(self, levels: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
        """`levels` of the bands are what is taken, see `Legend.of_coverage`."""
        self._levels = levels
        self._rows: list[Prints] = []
        self._held: NDArray[Any] | None = None

    def passed(self, bands: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        """The same bands, (rows, W) each, from top to bottom."""
        for band in bands:
            held = band if self._held is None else np.concatenate([self._held, band])
            whole = len(held) // SIDE * SIDE
            if whole:
                self._rows.append(of_rows(self._levels(held[:whole])))
            self._held = held[whole:].copy()
            yield band

    def prints(self) -> Prints:
        """Those of all bands that went by."""
        rest = [] if self._held is None or not len(self._held) else [of_rows(self._levels(self._held))]
        return np.concatenate(self._rows + rest)


def packed(prints: Prints) -> bytes:
    """The fingerprints as a file holds them: sums of the squares with ink, then which they are, and their shapes."""
    inked = prints[prints != 0]
    columns = inked.astype("<u8").view(np.uint8).reshape(-1, 8).T
    shapes, sums = columns[: _SHAPE // 8], columns[_SHAPE // 8 :][: _SUM // 8]
    plain = zlib.compress(np.packbits(prints != 0).tobytes() + shapes.tobytes(), 9)
    return b"".join((_HEAD.pack(_MAGIC, SIDE, *prints.shape, len(inked)), sums.tobytes(), plain))


def unpacked(file: bytes, page: tuple[int, int]) -> Prints:
    """What `packed` was given, of a page (H, W).

    Raises:
        ValueError: it is damaged, or of a page of another size.
    """
    found = np.zeros(shape_of(page), np.uint64)
    try:
        *kind, count = _HEAD.unpack_from(file)
        if kind != [_MAGIC, SIDE, *found.shape]:
            raise ValueError(f"begins with {kind}")
        end, size = _HEAD.size + count * _SUM // 8, -(-found.size // 8)
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(file[end:], size + count * _SHAPE // 8 + 1)
        if not unpacker.eof:
            raise ValueError("is cut off")
        is_inked = np.unpackbits(np.frombuffer(plain, np.uint8, size), count=found.size).reshape(found.shape)
        columns = np.zeros((8, count), np.uint8)
        columns[: _SHAPE // 8] = np.frombuffer(plain[size:], np.uint8).reshape(_SHAPE // 8, count)
        columns[_SHAPE // 8 :][: _SUM // 8] = np.frombuffer(file[_HEAD.size : end], np.uint8).reshape(_SUM // 8, count)
        found[is_inked > 0] = columns.T.copy().view("<u8")[:, 0]
    except (struct.error, zlib.error, ValueError) as error:
        raise ValueError(f"are no fingerprints of a page of {page[1]} x {page[0]} px ({error})") from error
    return found


@cache
def _factors() -> NDArray[np.uint64]:
    return np.random.PCG64(0).random_raw(SIDE * SIDE) | np.uint64(1)
