"""PNG, written row by row: a page takes no memory beyond a strip (W3C PNG, third edition)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import IO, BinaryIO

import numpy as np

from lineart_cli.options import MM_PER_INCH
from lineart_cli.pages.header import Dpi
from lineart_cli.pages.metadata import Metadata
from lineart_cli.pages.writers.colours import Pixels
from lineart_cli.pages.writers.paint import InkedPage, Look
from lineart_cli.pages.writers.profile import icc_profile

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by samples: grey, grey with alpha, RGB, RGBA
_NO_FILTER, _SUB = 0, 1


def write(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page of ink, 8 or 16 bits a sample."""
    write_rows(file, page.pixels(look), page.shape, page.dpi, page.metadata, is_plain=look.is_plain)


def write_rows(
    file: IO[bytes],
    rows: Iterable[Pixels],
    shape: tuple[int, int],
    dpi: Dpi | None = None,
    metadata: Metadata | None = None,
    *,
    is_plain: bool = False,
) -> None:
    """Writes pixels that come a strip at a time.

    Args:
        file: where to; it need not be seekable.
        rows: (rows, W, samples), uint8 or uint16, from top to bottom.
        shape: (H, W) of the page.
        dpi: the resolution tag, kept as whole px per metre.
        metadata: kept as eXIf, XMP and text chunks.
        is_plain: whether most pixels are one byte over and over, see `Look`. These are packed as they are, others as
            differences from their left neighbours. tests/benchmarks/png.py has the figures.
    """
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    file.write(b"\x89PNG\r\n\x1a\n")
    for number, strip in enumerate(rows):
        if number == 0:
            _write_head(file, strip, shape, dpi, metadata or Metadata())
        if packed := packer.compress(_filtered(strip, is_plain)):
            _write_chunk(file, b"IDAT", packed)
    _write_chunk(file, b"IDAT", packer.flush())
    _write_chunk(file, b"IEND")


def _write_head(file: IO[bytes], strip: Pixels, shape: tuple[int, int], dpi: Dpi | None, metadata: Metadata) -> None:
    samples = strip.shape[2]
    size = struct.pack(">II", *reversed(shape))
    _write_chunk(file, b"IHDR", size + bytes([8 * strip.itemsize, _COLOUR_TYPES[samples], 0, 0, 0]))
    _write_chunk(file, b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile(1 if samples < 3 else 3), 9))
    if dpi is not None:
        per_metre = (round(each * 1000 / MM_PER_INCH) for each in dpi)
        _write_chunk(file, b"pHYs", struct.pack(">IIB", *per_metre, 1))
    if metadata.exif:
        _write_chunk(file, b"eXIf", metadata.exif)
    for name, text in metadata.texts().items():
        _write_chunk(file, b"iTXt", name.encode() + bytes(5) + text.encode())
    if metadata.xmp:
        _write_chunk(file, b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + metadata.xmp)


def _filtered(strip: Pixels, is_plain: bool) -> bytes:
    """The bytes of the rows, each led by the number of its filter."""
    raw = strip.astype(strip.dtype.newbyteorder(">"), copy=False).reshape(len(strip), -1).view(np.uint8)
    rows = np.empty((len(raw), 1 + raw.shape[1]), np.uint8)
    rows[:, 0] = _NO_FILTER if is_plain else _SUB
    rows[:, 1:] = raw
    if not is_plain:
        step = strip.shape[2] * strip.itemsize
        rows[:, 1 + step :] -= raw[:, :-step]
    return rows.tobytes()


def _write_chunk(file: IO[bytes], kind: bytes, data: bytes = b"") -> None:
    file.write(struct.pack(">I", len(data)) + kind)
    file.write(data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))
