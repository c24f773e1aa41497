"""JPEG files that end too early (ITU T.81): told from those of which only the mark of the end is missing."""

from __future__ import annotations

import io
import re
import zlib
from struct import unpack
from typing import BinaryIO

from PIL import Image

_END, _SCAN = b"\xff\xd9", 0xDA
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA, 0xCB}
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
"""In a scan's data, in which a byte 0xFF is followed by 0, or is a mark of restart."""
_COEFFICIENTS = 64
_MORE = bytes(range(1, 200)) * 4
"""What would change the last blocks of a picture if it lacked some."""


def lacks_end(file: BinaryIO) -> bool:
    """Whether nothing in a file marks the end of its picture, after which there may be more: phones add videos."""
    file.seek(0)
    data, at = file.read(), 2
    while (found := _MARKER.search(data, at)) is not None:
        if found[0].endswith(_END):
            return False
        at = found.end()
        at += unpack(">H", data[at : at + 2].ljust(2, b"\xff"))[0]
    return True


def whole(file: BinaryIO) -> Image.Image:
    """The decoded picture of a file that lacks its end.

    What comes after the last block of a picture changes nothing in it, and what comes before would: so it is decoded
    once with other data at its end.

    Raises:
        ValueError: more than the mark of the end is missing.
    """
    file.seek(0)
    data = file.read()
    if not _has_all_scans(data) or _checksum(data + _END) != _checksum(data + _MORE + _END):
        raise ValueError("a part of the picture is missing")
    return _decoded(data + _END)


def _decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=["JPEG"])
    image.load()
    return image


def _checksum(data: bytes) -> int:
    return zlib.crc32(_decoded(data).tobytes())


def _has_all_scans(data: bytes) -> bool:
    """Whether scans have been begun that bring every coefficient of every component to its last bit."""
    missing: set[tuple[int, int]] = set()
    at = 2
    while (found := _MARKER.search(data, at)) is not None:
        marker, at = found[1][0], found.end()
        if at + 2 > len(data):
            return False
        body = data[at + 2 : at + unpack(">H", data[at : at + 2])[0]]
        if marker in _FRAMES and body:
            missing = {(body[6 + 3 * each], bit) for each in range(body[5]) for bit in range(_COEFFICIENTS)}
        elif marker == _SCAN:
            components = body[1 : 1 + 2 * body[0] : 2]
            first, last, bits = body[1 + 2 * body[0] :]
            if bits & 15 == 0:
                missing -= {(each, bit) for each in components for bit in range(first, last + 1)}
        at += 2 + len(body)
    return not missing
