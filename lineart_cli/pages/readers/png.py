"""The pixels of a PNG, some rows at a time (W3C PNG, third edition).

A row depends on the one above it and on no other. So rows as they are unpacked from the file, led by the last row of
the strip before, make a PNG of their own once they are packed again, without compression; and that is decoded by a
library, at its usual speed. An interlaced page has no such strips and is decoded as a whole.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from struct import pack, unpack
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lineart_cli.pages.picture import BLOCK_PIXELS, Block

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MEANING = {b"IHDR", b"PLTE", b"tRNS"}
"""Chunks without which the pixels mean something else."""
_SAID = {b"pHYs", b"eXIf"}
"""Chunks that tell more of the picture."""
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_GREY, _PALETTE = 0, 3
_READ_AT_ONCE = 1 << 16  # bytes


class WrongChecksumError(ValueError):
    """A chunk is not what was written."""


@dataclass(frozen=True)
class Head:
    """What a PNG says before its pixels; `colours` are the chunks that tell what samples mean, if any do."""

    width: int
    height: int
    depth: int
    colour_type: int
    is_interlaced: bool
    colours: bytes = b""

    @property
    def samples(self) -> int:
        """Of a pixel."""
        return _SAMPLES[self.colour_type]

    @property
    def row_bytes(self) -> int:
        """Of a row that is not interlaced, with the number of its filter."""
        return 1 + (self.width * self.samples * self.depth + 7) // 8

    @property
    def is_plain(self) -> bool:
        """Whether samples are whole bytes and mean just light and coverage."""
        return self.depth >= 8 and self.colour_type != _PALETTE and not self.colours

    def as_bytes(self) -> Head:
        """A head under which filters work alike, and samples come out as they are stored."""
        if self.depth < 8:
            return Head(self.row_bytes - 1, self.height, 8, _GREY, is_interlaced=False)
        return replace(self, colour_type=_GREY if self.colour_type == _PALETTE else self.colour_type, colours=b"")


def read_head(file: BinaryIO) -> Head:
    """What is said before the pixels; `file` is left there."""
    chunks, _ = _beginning(file)
    colours = b"".join(_chunk(kind, data) for kind, data in chunks if kind in _MEANING - {b"IHDR"})
    first = next(data for kind, data in chunks if kind == b"IHDR")
    width, height, depth, colour_type, _, _, interlacing = unpack(">IIBBBBB", first)
    return Head(width, height, depth, colour_type, bool(interlacing), colours)


def without_texts(file: BinaryIO) -> tuple[bytes, list[str]]:
    """The beginning of a PNG, up to its pixels, without texts and profiles; and the names of its damaged chunks.

    Raises:
        Exception: a chunk is damaged without which nobody knows what the pixels mean.
    """
    chunks, damaged = _beginning(file)
    return _SIGNATURE + b"".join(_chunk(*each) for each in chunks) + pack(">I4s", 0, b"IDAT"), damaged


def _beginning(file: BinaryIO) -> tuple[list[tuple[bytes, bytes]], list[str]]:
    """The chunks before the pixels that are of use, and the names of others that are damaged; `file` is left there."""
    file.seek(len(_SIGNATURE))
    chunks, damaged = [], []
    while True:
        length, kind = unpack(">I4s", file.read(8))
        if kind == b"IDAT":
            break
        try:
            data: list[bytes] | None = [] if kind in _MEANING | _SAID else None
            for piece in _data(file, length, kind):
                if data is not None:
                    data.append(piece)
        except WrongChecksumError:
            if kind in _MEANING:
                raise
            damaged.append(kind.decode("ascii", "replace"))
            continue
        if data is not None:
            chunks.append((kind, b"".join(data)))
    file.seek(-8, 1)
    return chunks, damaged


def blocks(file: BinaryIO, shallow: Callable[[Image.Image], Iterable[Block]]) -> Iterator[Block]:
    """Decodes the pixels, from top to bottom.

    Args:
        file: the PNG.
        shallow: decodes a page of 8 bits or fewer with its palette or transparent colour.

    Raises:
        Exception: they are damaged, or some are missing.
    """
    head = read_head(file)
    if head.is_interlaced:
        most = head.height * (head.row_bytes + 4)  # there are fewer than two rows in the passes for each of the page
        yield from _decoded(head, head.height, b"".join(_unpacked(_packed(file), most, most)), shallow)
        return
    above, top = b"", 0
    rows = max(1, BLOCK_PIXELS // head.width)
    for raw in _unpacked(_packed(file), rows * head.row_bytes, head.height * head.row_bytes):
        count = len(raw) // head.row_bytes
        if not count:
            break  # not even a row is left of a page that is cut off
        whole = raw[: count * head.row_bytes]
        stored = _samples(head.as_bytes(), count + bool(above), above + whole)[-count:]
        above = b"\0" + _bytes(stored[-1:]).tobytes()
        if head.is_plain:
            yield _block(stored, top)
        else:
            unfiltered = np.pad(_bytes(stored), ((0, 0), (1, 0))).tobytes()
            yield from (replace(each, top=top + each.top) for each in _decoded(head, count, unfiltered, shallow))
        top += count
    if top < head.height:
        raise ValueError(f"{head.height - top} rows are missing")


def _decoded(head: Head, rows: int, raw: bytes, shallow: Callable[[Image.Image], Iterable[Block]]) -> Iterator[Block]:
    """Blocks of a page or strip with all that is said of its colours."""
    if head.depth == 16 or head.is_plain:
        yield _block(_samples(head, rows, raw), 0)
        return
    with Image.open(io.BytesIO(_png(head, rows, raw)), formats=["PNG"]) as image:
        if head.colour_type == _GREY and "transparency" in image.info:
            image.info["transparency"] *= 255 // (2**head.depth - 1)  # Pillow does so with the samples alone
        yield from shallow(image)


def _samples(head: Head, rows: int, raw: bytes) -> NDArray[Any]:
    """(rows, W, samples) of rows that have been unpacked."""
    return np.asarray(imagecodecs.png_decode(_png(head, rows, raw))).reshape(rows, head.width, -1)


def _block(samples: NDArray[Any], top: int) -> Block:
    channels = samples.shape[2]
    white = float(np.iinfo(samples.dtype).max)
    return Block(samples, "grey" if channels < 3 else "rgb", white, "none" if channels % 2 else "straight", top)


def _bytes(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """(rows, bytes) as a PNG has them."""
    return samples.astype(samples.dtype.newbyteorder(">")).reshape(len(samples), -1).view(np.uint8)


def _png(head: Head, rows: int, raw: bytes) -> bytes:
    """A PNG of so many rows that have been unpacked."""
    first = pack(">IIBBBBB", head.width, rows, head.depth, head.colour_type, 0, 0, head.is_interlaced)
    pixels = _chunk(b"IDAT", zlib.compress(raw, 0))
    return _SIGNATURE + _chunk(b"IHDR", first) + head.colours + pixels + _chunk(b"IEND", b"")


def _unpacked(packed: Iterable[bytes], size: int, total: int) -> Iterator[bytes]:
    """What is packed, in strips of `size` bytes; the last one may be shorter. What goes beyond `total` is left out."""
    unpacker, strip, left = zlib.decompressobj(), bytearray(), total
    for piece in chain(packed, [b""]):
        rest = piece
        while left:
            wanted = min(size, left) - len(strip)
            found = unpacker.decompress(rest, wanted)
            rest = unpacker.unconsumed_tail
            strip += found
            if len(found) < wanted:
                break
            yield bytes(strip)
            strip, left = bytearray(), left - len(strip)
        else:
            unpacker.decompress(rest, 1)  # to its checksum
    if strip:
        yield bytes(strip)


def _packed(file: BinaryIO) -> Iterator[bytes]:
    """The packed pixels that follow, in pieces."""
    while len(head := file.read(8)) == 8:
        length, kind = unpack(">I4s", head)
        if kind != b"IDAT":
            return
        yield from _data(file, length, kind)


def _data(file: BinaryIO, length: int, kind: bytes) -> Iterator[bytes]:
    """What is in a chunk, in pieces; in the end its checksum is looked at."""
    checksum = zlib.crc32(kind)
    while length:
        piece = file.read(min(length, _READ_AT_ONCE))
        if not piece:
            raise ValueError("a part is missing")
        checksum = zlib.crc32(piece, checksum)
        length -= len(piece)
        yield piece
    if file.read(4) != pack(">I", checksum):
        raise WrongChecksumError("a checksum is wrong")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(data, zlib.crc32(kind)))
