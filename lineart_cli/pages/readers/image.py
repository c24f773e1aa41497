"""PNG, JPEG, WebP and BMP: one picture a file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
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
    """A PNG of 16 bits, of which Pillow would keep 8; its checksums come first, as libpng only grumbles about some."""
    file.seek(0)
    with Image.open(file, formats=["PNG"]) as image:
        image.verify()
    file.seek(0)
    samples = imagecodecs.png_decode(file.read())
    samples = samples.reshape(*samples.shape[:2], -1)
    channels = samples.shape[2]
    yield Block(samples, "grey" if channels < 3 else "rgb", 65535, "straight" if channels in {2, 4} else "none")
