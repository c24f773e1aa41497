"""PSD (Adobe Photoshop File Formats Specification): the ink on a layer of its own above the sketch.

Always RGB, so that colour can be painted between the two. Planes are packed as PackBits, which every reader knows.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import BinaryIO

import imagecodecs
import numpy as np
from PIL import Image

from lineart_cli.pages.header import Dpi
from lineart_cli.pages.writers.colours import Pixels
from lineart_cli.pages.writers.layers import SKETCH, ink_rows, inks, merged, sketch_rows, thumbnail
from lineart_cli.pages.writers.paint import InkedPage, Look
from lineart_cli.pages.writers.profile import icc_profile

_RGB_MODE, _PACK_BITS = 3, 1
_RESOLUTION, _THUMBNAIL, _PROFILE, _VERSION, _EXIF, _XMP = 1005, 1036, 1039, 1057, 1058, 1060
_THUMBNAIL_SIDE = 160
_RED, _GREEN, _BLUE, _OPACITY = 0, 1, 2, -1  # numbers of a layer's channels
_OPAQUE, _TRANSPARENT = (_RED, _GREEN, _BLUE), (_OPACITY, _RED, _GREEN, _BLUE)

Rows = Iterator[Pixels]


def write(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes all layers and the merged image; `file` is seekable."""
    height, width = page.shape
    pixels: dict[str, Callable[[], Rows]] = {SKETCH: lambda: sketch_rows(page)}  # from the lowest to the topmost
    pixels |= {lines.name: partial(ink_rows, lines) for lines in inks(page, look.colour)}
    layers = {name: _OPAQUE if name == SKETCH else _TRANSPARENT for name in pixels}
    file.write(b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, height, width, 8, _RGB_MODE))
    file.write(struct.pack(">I", 0))  # no palette
    file.write(_sized(_resources(page, look)))
    start = file.tell()
    file.write(_layer_records(layers, height, width, {}))  # with lengths that are not known yet
    lengths = {
        (name, number): _write_packed(file, _plane(pixels[name](), number), height)
        for name, numbers in layers.items()
        for number in numbers
    }
    file.write(bytes(sum(lengths.values()) % 2 + 4))  # made even; no global mask
    end = file.tell()
    file.seek(start)
    file.write(_layer_records(layers, height, width, lengths))
    file.seek(end)
    planes = (plane for number in range(3) for plane in _plane(merged(page, look.colour), number))
    _write_packed(file, planes, 3 * height)


def _plane(rows: Rows, number: int) -> Rows:
    return (each[..., min(number, each.shape[2] - 1)] for each in rows)  # a grey sketch has one for all


def _layer_records(
    layers: Mapping[str, tuple[int, ...]], height: int, width: int, lengths: Mapping[tuple[str, int], int]
) -> bytes:
    """The section's head up to the planes; `lengths` has the bytes of each layer's planes."""
    records = b""
    for name, numbers in layers.items():
        planes = b"".join(struct.pack(">hI", number, lengths.get((name, number), 0)) for number in numbers)
        label = bytes([len(name)]) + name.encode()
        extra = struct.pack(">II", 0, 0) + label + bytes(-len(label) % 4)  # no mask, no blending ranges
        records += struct.pack(">IIIIH", 0, 0, height, width, len(numbers)) + planes
        records += b"8BIMnorm" + struct.pack(">BBBx", 255, 0, 8) + _sized(extra)  # opaque, not clipped, visible
    size = 2 + len(records) + sum(lengths.values())
    size += size % 2
    return struct.pack(">IIh", size + 8, size, len(layers)) + records


def _resources(page: InkedPage, look: Look) -> bytes:
    blocks = {
        _THUMBNAIL: _thumbnail(thumbnail(page, look.colour, _THUMBNAIL_SIDE)),
        _PROFILE: icc_profile(3),
        _VERSION: struct.pack(">IBIII", 1, True, 0, 0, 1),  # has a true merged image; names of writer and reader
        _EXIF: page.metadata.exif,
        _XMP: page.metadata.xmp,
    }
    if page.dpi is not None:
        blocks[_RESOLUTION] = _resolution(page.dpi)
    return b"".join(
        b"8BIM" + struct.pack(">H2x", number) + _sized(data) + bytes(len(data) % 2)
        for number, data in sorted(blocks.items())
        if data
    )


def _resolution(dpi: Dpi) -> bytes:
    x, y = (round(each * 65536) for each in dpi)
    return struct.pack(">IHHIHH", x, 1, 1, y, 1, 1)  # per inch, shown in inches


def _thumbnail(rgb: Pixels) -> bytes:
    height, width = rgb.shape[:2]
    jpeg = io.BytesIO()
    Image.fromarray(rgb).save(jpeg, "JPEG")
    row = (width * 24 + 31) // 32 * 4
    return struct.pack(">6IHH", 1, width, height, row, row * height, jpeg.tell(), 24, 1) + jpeg.getvalue()


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _write_packed(file: BinaryIO, rows: Rows, count: int) -> int:
    """Writes `count` rows, led by the lengths that they have when packed; returns the bytes written."""
    start = file.tell()
    file.write(struct.pack(">H", _PACK_BITS) + bytes(2 * count))
    lengths: list[int] = []
    for strip in rows:
        for plain in strip:
            row = imagecodecs.packbits_encode(plain.tobytes())
            lengths.append(len(row))
            file.write(row)
    end = file.tell()
    file.seek(start + 2)
    file.write(np.array(lengths, ">u2").tobytes())
    file.seek(end)
    return end - start
