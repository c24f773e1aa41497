"""Fingerprints of a page of ink: what tells later, square by square, whether its pixels are still the same.

They take the place of the old ink in a merge of three pictures. Where a square of the edited picture has the old
fingerprint, it is the old ink; where a square of the new ink has it, the old ink is known from there, pixel by pixel.
Only where both differ are the pixels of the old ink unknown, and not needed either: both have changed it. So a few
per cent of the size of the ink's file are enough, where a packed copy of the ink would take nearly all of it.

A fingerprint is a sum of the pixels, each times a random factor, modulo 2 ** 64, of which the topmost 24 bits are kept:
multilinear hashing (Lemire and Kaser, Strongly universal string hashing is fast, Computer Journal 57, 2014). Two
squares that differ have the same with a chance of about 1 in 2 ** 23. White has 0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 24
"""Px of a square."""
_BITS = 24
_HEAD = struct.Struct(">4sHII")
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
    sums = (squares[inked].reshape(-1, SIDE * SIDE) * _factors()).sum(1, dtype=np.uint64)
    found[inked] = sums >> np.uint64(64 - _BITS)
    return found


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
    """The fingerprints as a file holds them."""
    planes = [((prints >> shift) & 255).astype(np.uint8).tobytes() for shift in range(0, _BITS, 8)]
    is_inked = np.packbits(prints != 0).tobytes()
    kept = b"".join(np.frombuffer(plane, np.uint8)[prints.ravel() != 0].tobytes() for plane in planes)
    return _HEAD.pack(_MAGIC, SIDE, *prints.shape) + zlib.compress(is_inked, 9) + kept


def unpacked(file: bytes) -> Prints:
    """What `packed` was given.

    Raises:
        ValueError: it is damaged, or of another kind.
    """
    try:
        magic, side, height, width = _HEAD.unpack_from(file)
        if (magic, side) != (_MAGIC, SIDE):
            raise ValueError(f"begins with {magic!r}, {side}")
        unpacker = zlib.decompressobj()
        is_inked = unpacker.decompress(file[_HEAD.size :], -(-height * width // 8))
        while not unpacker.eof:
            if unpacker.decompress(unpacker.unconsumed_tail, 1):
                raise ValueError("is too long")
        inked = np.unpackbits(np.frombuffer(is_inked, np.uint8), count=height * width).astype(bool)
        planes = np.frombuffer(unpacker.unused_data, np.uint8).reshape(_BITS // 8, np.count_nonzero(inked))
    except (struct.error, zlib.error) as error:
        raise ValueError(str(error)) from error
    found = np.zeros(height * width, np.uint32)
    found[inked] = sum(plane.astype(np.uint32) << (8 * number) for number, plane in enumerate(planes))
    return found.reshape(height, width)


@cache
def _factors() -> NDArray[np.uint64]:
    return np.random.PCG64(0).random_raw(SIDE * SIDE) | np.uint64(1)
