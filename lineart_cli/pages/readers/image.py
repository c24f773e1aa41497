"""PNG, JPEG, WebP and BMP: one picture a file."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from struct import unpack
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from lineart_cli.options import InkOptions
from lineart_cli.pages.faults import Unreadable
from lineart_cli.pages.header import INCHES, Dpi, meant_dpi
from lineart_cli.pages.picture import BLOCK_PIXELS, Block, Document, Picture, Space

Image.MAX_IMAGE_PIXELS = None  # pages have their own limit, which the user can raise

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_INFLATED_AT_ONCE = 1 << 24  # bytes
_MOST_BYTES_A_PIXEL = 9  # 16 bits with coverage, and the filter of a row of one pixel
_DEPTH_AT = 24  # of a PNG's bytes, the one with the bits of a sample


@contextlib.contextmanager
def opened(file: BinaryIO, _: InkOptions) -> Iterator[Document]:
    """The picture in a file, a document of one page.

    Raises:
        Unreadable: it only begins like one.
        Exception: whatever Pillow says of a damaged file; so do the picture's blocks.
    """
    file.seek(0)
    beginning = file.read(_DEPTH_AT + 1)
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Unreadable("is cut off or damaged at its beginning", "scan or save it again") from error
    with image:
        exif = Image.Image.getexif(image)  # a PNG's own would decode the picture
        width, height = image.size
        is_deep = image.format == "PNG" and beginning[_DEPTH_AT] == 16
        is_grey = image.mode in {"1", "L", "LA"} or image.mode.startswith("I")
        picture = Picture(
            width,
            height,
            lambda: _deep_png(file) if is_deep else _blocks(image),
            bits=1 if image.mode == "1" else 16 if is_deep else 8,
            is_grey=is_grey,
            dpi=_dpi(image.info.get("dpi")) or exif_dpi(exif),
            orientation=exif.get(ExifTags.Base.Orientation, 1),
        )
        yield Document(1, lambda _: picture)


def exif_dpi(exif: Image.Exif) -> Dpi | None:
    """The resolution that EXIF gives, in px per inch."""
    if exif.get(ExifTags.Base.ResolutionUnit) != INCHES:
        return None
    return _dpi((exif.get(ExifTags.Base.XResolution, 0), exif.get(ExifTags.Base.YResolution, 0)))


def _dpi(tag: Any) -> Dpi | None:
    try:
        x, y = (float(each) for each in tag)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return meant_dpi(x, y)


def _blocks(image: Image.Image) -> Iterator[Block]:
    image.load()
    width, height = image.size
    mode, space = _mode_and_space(image)
    rows = max(1, BLOCK_PIXELS // width)
    for top in range(0, height, rows):
        block = image.crop((0, top, width, min(top + rows, height))).convert(mode)
        samples = np.asarray(block).reshape(block.height, width, -1)
        yield Block(samples, space, 255, "straight" if mode == "RGBA" else "none", top)


def _mode_and_space(image: Image.Image) -> tuple[str, Space]:
    """The mode of Pillow's to read an image in, and its colour space."""
    if image.has_transparency_data:
        return "RGBA", "rgb"
    if image.mode in {"1", "L"}:
        return "L", "grey"
    return ("CMYK", "cmyk") if image.mode == "CMYK" else ("RGB", "rgb")


def _deep_png(file: BinaryIO) -> Iterator[Block]:
    """A PNG of 16 bits, of which Pillow would keep 8; its checksums come first, as libpng only grumbles about some.

    It prints its grumbles, too, so that it gets nothing but the picture.
    """
    file.seek(0)
    with Image.open(file, formats=["PNG"]) as image:
        image.verify()
        most = image.width * image.height * _MOST_BYTES_A_PIXEL
    chunks = [(kind, chunk) for kind, chunk in _chunks(file) if kind in _PICTURE_CHUNKS]
    _check_stream(b"".join(chunk[8:-4] for kind, chunk in chunks if kind == b"IDAT"), most)
    samples = imagecodecs.png_decode(_PNG_SIGNATURE + b"".join(chunk for _, chunk in chunks))
    samples = samples.reshape(*samples.shape[:2], -1)
    channels = samples.shape[2]
    yield Block(samples, "grey" if channels < 3 else "rgb", 65535, "straight" if channels in {2, 4} else "none")


def _chunks(png: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The kind of each chunk of a PNG that is whole, and the chunk with its length and checksum."""
    png.seek(len(_PNG_SIGNATURE))
    kind = b""
    while kind != b"IEND":
        head = png.read(8)
        length, kind = unpack(">I4s", head)
        yield kind, head + png.read(length + 4)


def _check_stream(data: bytes, most: int) -> None:
    """Raises zlib.error where compressed data are damaged, as far as they are for the first `most` bytes."""
    stream = zlib.decompressobj()
    while data and most >= 0:
        most -= len(stream.decompress(data, _INFLATED_AT_ONCE))
        data = stream.unconsumed_tail
