"""PNG, JPEG, WebP and BMP: one picture a file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import Unreadable
from lineart_cli.pages.header import INCHES, Dpi, meant_dpi
from lineart_cli.pages.picture import BLOCK_PIXELS, Block, Document, Picture, Space
from lineart_cli.pages.readers import png

_DECODED = {"1": 1, "L": 1, "P": 1}
"""Bytes of a pixel once Pillow has decoded it, by mode; 4 in all others."""
_WEBP, _LOSSLESS_WEBP = 4, 8
"""Bytes of a pixel while a WebP is decoded; one without loss is made from a picture as large."""
_WEBP_HEAD = 4096  # bytes in which a WebP says whether it is without loss
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")


@contextlib.contextmanager
def opened(file: BinaryIO, _: ReadOptions) -> Iterator[Document]:
    """The picture in a file, a document of one page.

    Raises:
        Unreadable: it only begins like one.
        Exception: whatever Pillow says of a damaged file; so do the picture's blocks.
    """
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Unreadable("is cut off or damaged at its beginning", "scan or save it again") from error
    with image:
        exif = Image.Image.getexif(image)  # a PNG's own would decode the picture
        width, height = image.size
        is_png = image.format == "PNG"
        is_webp = image.format == "WEBP" and not getattr(image, "is_animated", False)
        is_grey = image.mode in {"1", "L", "LA"} or image.mode.startswith("I")
        picture = Picture(
            width,
            height,
            lambda: png.blocks(file, _blocks) if is_png else _webp(file) if is_webp else _blocks(image),
            bits=1 if image.mode == "1" else png.read_head(file).depth if is_png else 8,
            is_grey=is_grey,
            dpi=_dpi(image.info.get("dpi")) or exif_dpi(exif),
            orientation=exif.get(ExifTags.Base.Orientation, 1),
            in_order=True,
            decoder_bytes=width * height * _decoded_bytes(image, file),
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


def _webp(file: BinaryIO) -> Iterator[Block]:
    """A WebP that is no film, for which Pillow would take four times the memory."""
    file.seek(0)
    samples = imagecodecs.webp_decode(file.read())
    yield Block(samples, "rgb", 255, "straight" if samples.shape[2] == 4 else "none")


def _decoded_bytes(image: Image.Image, file: BinaryIO) -> int:
    """For each pixel of what the decoder holds of the whole picture."""
    if image.format == "PNG" and not png.read_head(file).is_interlaced:
        return 0
    if image.format == "WEBP":
        file.seek(0)
        return _LOSSLESS_WEBP if b"VP8L" in file.read(_WEBP_HEAD) else _WEBP
    return _DECODED.get(image.mode, 4)


def _mode_and_space(image: Image.Image) -> tuple[str, Space]:
    """The mode of Pillow's to read an image in, and its colour space."""
    if image.has_transparency_data:
        return "RGBA", "rgb"
    if image.mode in {"1", "L"}:
        return "L", "grey"
    return ("CMYK", "cmyk") if image.mode == "CMYK" else ("RGB", "rgb")
