"""JPEG XL (ISO/IEC 18181): the first picture of each file; its size is read from its head, its pixels by libjxl."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from struct import unpack
from typing import BinaryIO

import imagecodecs
import numpy as np
from PIL import Image

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import within
from lineart_cli.pages.header import is_turned
from lineart_cli.pages.picture import Block, Document, Picture
from lineart_cli.pages.readers.image import exif_dpi

_CODESTREAM = b"\xff\x0a"
_BOXES = {b"jxlc": 0, b"jxlp": 4}
"""Boxes that hold the codestream, and the bytes in each before it."""
_SIDES = ((9, 1), (13, 1), (18, 1), (30, 1))  # bits, and what is added
_RATIOS = ((1, 1), (6, 5), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # width to height
_DEPTHS = ((0, 8), (0, 10), (0, 12), (6, 1))
_UNKNOWN_DEPTH = 16
_DECODED = 8  # bytes of a pixel of 8 bits while it is decoded


@contextlib.contextmanager
def opened(file: BinaryIO, _: ReadOptions) -> Iterator[Document]:
    """The picture in a file, a document of one page; libjxl turns it upright.

    Raises:
        Unreadable: it has no picture.
        Exception: whatever libjxl says of a damaged file, when its blocks are read.
    """
    codestream, exif = _parts(file)
    width, height, bits = _head(codestream)
    picture = Picture(
        width,
        height,
        lambda: _blocks(file, (height, width)),
        bits=bits,
        is_grey=False,
        dpi=exif_dpi(exif),
        in_order=True,
        decoder_bytes=width * height * _DECODED * -(-bits // 8),
    )
    yield Document(1, lambda _: picture)


def _parts(file: BinaryIO) -> tuple[bytes, Image.Exif]:
    """The beginning of the codestream, and what EXIF tells."""
    file.seek(0)
    exif = Image.Exif()
    if file.read(2) == _CODESTREAM:
        return file.read(64), exif
    file.seek(0)
    codestream = b""
    while len(head := file.read(8)) == 8:
        length, kind = unpack(">I4s", head)
        length = unpack(">Q", file.read(8))[0] - 16 if length == 1 else length - 8
        start = file.tell()
        if kind in _BOXES and not codestream:
            codestream = file.read(_BOXES[kind] + 66)[_BOXES[kind] :].removeprefix(_CODESTREAM)
        elif kind == b"Exif" and length > 4:
            with contextlib.suppress(Exception):  # damaged tags raise whatever they like
                exif.load(file.read(length)[4:])
        if length < 0:  # the last box may go on to the end
            break
        file.seek(start + length)
    if not codestream:
        raise Unreadable("has no picture", "save it again")
    return codestream, exif


class _Bits:
    """Numbers in the bits of a codestream, the lowest first."""

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "little")

    def number(self, bits: int) -> int:
        """The next so many bits."""
        value = self._bits & ((1 << bits) - 1)
        self._bits >>= bits
        return value

    def chosen(self, choices: tuple[tuple[int, int], ...]) -> int:
        """A number of one of four kinds, each of so many bits with something added."""
        bits, more = choices[self.number(2)]
        return self.number(bits) + more


def _head(codestream: bytes) -> tuple[int, int, int]:
    """Width and height in px, upright, and the bits of a sample."""
    bits = _Bits(codestream)
    is_small = bits.number(1)
    height = 8 * (bits.number(5) + 1) if is_small else bits.chosen(_SIDES)
    ratio = bits.number(3)
    if ratio:
        wide, high = _RATIOS[ratio - 1]
        width = height * wide // high
    else:
        width = 8 * (bits.number(5) + 1) if is_small else bits.chosen(_SIDES)
    is_default = bits.number(1)
    if is_default:
        return width, height, 8
    depth = _UNKNOWN_DEPTH
    orientation, has_more = 1, False
    if bits.number(1):
        orientation = bits.number(3) + 1
        has_more = bits.number(3) != 0  # another size, a preview or an animation
    if not has_more:
        is_float = bits.number(1)
        depth = _UNKNOWN_DEPTH if is_float else bits.chosen(_DEPTHS)
    return (height, width, depth) if is_turned(orientation) else (width, height, depth)


def _blocks(file: BinaryIO, shape: tuple[int, int]) -> Iterator[Block]:
    file.seek(0)
    samples = np.asarray(imagecodecs.jpegxl_decode(file.read()))
    if samples.shape[:2] != shape:  # an animation
        samples = samples[0]
    samples = samples.reshape(*shape, -1)
    channels = samples.shape[2]
    white = float(np.iinfo(samples.dtype).max) if samples.dtype.kind == "u" else 1.0
    if samples.dtype.kind == "f":
        samples = within(samples, white)
    yield Block(samples, "grey" if channels < 3 else "rgb", white, "none" if channels % 2 else "straight")
