"""PNG, JPEG, WebP, BMP, TGA, PNM, AVIF and JPEG 2000; see `animation` for those that move."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

import imagecodecs
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.header import CENTIMETRES, INCHES, Dpi, meant_dpi, told_dpi
from lineart_cli.pages.picture import BLOCK_PIXELS, Block, Document, Picture, Space
from lineart_cli.pages.readers import deep, jpeg, png, pnm

_DECODED = {"1": 1, "L": 1, "P": 1}
"""Bytes of a pixel once Pillow has decoded it, by mode; 4 in all others."""
_WEBP, _LOSSLESS_WEBP = 4, 8
"""Bytes of a pixel while a WebP is decoded; one without loss is made from a picture as large."""
_DEEP_GREY = "I"
"""Pillow's mode of a PGM in letters; whatever white is in it becomes 65535."""
_WEBP_HEAD = 4096  # bytes in which a WebP says whether it is without loss
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TGA", "PPM", "AVIF", "JPEG2000")
_PNG = b"\x89PNG"
_MOVES = "is an animation, of which the first picture is inked"
_PHOTOSHOP_RESOLUTION = 1005  # Photoshop's image resource ResolutionInfo
_JFIF_UNITS = {1, 2}  # in which a JPEG tells its resolution: px per inch and per centimetre
_PER_INCH = {INCHES: 1.0, CENTIMETRES: 2.54}


@contextlib.contextmanager
def opened(file: BinaryIO, _: ReadOptions) -> Iterator[Document]:
    """The picture in a file, a document of one page.

    Raises:
        Unreadable: it only begins like one.
        Exception: whatever Pillow says of a damaged file; so do the picture's blocks.
    """
    file.seek(0)
    is_png = file.read(len(_PNG)) == _PNG
    head, damaged = png.without_texts(file) if is_png else (None, [])
    file.seek(0)
    try:
        image = Image.open(file if head is None else io.BytesIO(head), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Unreadable("is cut off or damaged at its beginning", "scan or save it again") from error
    with image:
        exif = Image.Image.getexif(image)  # a PNG's own would decode the picture
        width, height = image.size
        lacks_end = image.format in {"JPEG", "MPO"} and jpeg.lacks_end(file)
        is_grey = image.mode in {"1", "L", "LA"} or image.mode.startswith("I")
        moves = image.format == "AVIF" and getattr(image, "is_animated", False)
        notes = _notes(damaged, lacks_end) + (_MOVES,) * moves
        decoder = _decoder(image, file, lacks_end)
        picture = Picture(
            width,
            height,
            decoder.blocks,
            bits=1 if image.mode == "1" else decoder.bits,
            is_grey=is_grey,
            dpi=image_dpi(image, exif),
            aspect=_aspect(image),
            orientation=exif.get(ExifTags.Base.Orientation, 1),
            in_order=True,
            decoder_bytes=width * height * decoder.px_bytes,
            notes=notes,
        )
        yield Document(1, lambda _: picture)


class _Decoder(NamedTuple):
    """What decodes a picture: its blocks, the bits of their samples, and what it holds of each pixel, bytes."""

    blocks: Callable[[], Iterator[Block]]
    bits: int
    px_bytes: int


def _decoder(image: Image.Image, file: BinaryIO, lacks_end: bool) -> _Decoder:
    """Pillow, unless it would take more memory or lose bits."""
    px_bytes = _DECODED.get(image.mode, 4)
    match image.format:
        case "PNG":
            head = png.read_head(file)
            return _Decoder(lambda: png.blocks(file, blocks), head.depth, px_bytes * head.is_interlaced)
        case "WEBP":
            file.seek(0)
            px_bytes = _LOSSLESS_WEBP if b"VP8L" in file.read(_WEBP_HEAD) else _WEBP
            return _Decoder(lambda: _webp(file), 8, px_bytes)
        case "PPM" if pnm.deep_head(file) is not None:
            return _Decoder(lambda: pnm.blocks(file, *image.size), 16, 0)
        case "AVIF" | "JPEG2000" if (depth := deep.depth(file, image.format)) > 8:
            return _Decoder(lambda: deep.blocks(file, str(image.format), depth), depth, 4 * px_bytes)
        case _ if lacks_end:
            return _Decoder(lambda: blocks(jpeg.whole(file)), 8, 2 * px_bytes)
    return _Decoder(lambda: blocks(image), 16 if image.mode == _DEEP_GREY else 8, px_bytes)


def _notes(damaged: list[str], lacks_end: bool) -> tuple[str, ...]:
    notes = [f"what it says in {' and '.join(damaged)} is damaged, and left out; its picture is whole"] * bool(damaged)
    notes += ["lacks the mark of its end; it is inked if its picture is whole"] * lacks_end
    return tuple(notes)


def image_dpi(image: Image.Image, exif: Image.Exif) -> Dpi | None:
    """The resolution by the format's own tag, EXIF or Photoshop's resources, whichever says more than a screen's."""
    photoshop = image.info.get("photoshop")
    info = photoshop.get(_PHOTOSHOP_RESOLUTION) if isinstance(photoshop, dict) else None
    tag = (info["XResolution"], info["YResolution"]) if isinstance(info, dict) else None
    is_jpeg = image.format in {"JPEG", "MPO"}  # of one that has none of its own, Pillow gives the first of EXIF's twice
    own = image.info.get("dpi") if not is_jpeg or image.info.get("jfif_unit") in _JFIF_UNITS else None
    return told_dpi(_dpi(own), exif_dpi(exif), _dpi(tag))


def _aspect(image: Image.Image) -> float:
    """How many times as high as wide a pixel is, by a PNG or JPEG that says only that."""
    is_bare = image.info.get("jfif_unit") == 0
    x, y = image.info.get("jfif_density" if is_bare else "aspect", (1, 1))
    return float(x / y) if x > 0 < y else 1.0


def exif_dpi(exif: Image.Exif) -> Dpi | None:
    """The resolution that EXIF gives, in px per inch."""
    per_inch = _PER_INCH.get(exif.get(ExifTags.Base.ResolutionUnit, INCHES))
    if per_inch is None:
        return None
    try:
        x, y = (per_inch * float(exif[tag]) for tag in (ExifTags.Base.XResolution, ExifTags.Base.YResolution))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return meant_dpi(x, y)


def _dpi(tag: Any) -> Dpi | None:
    try:
        x, y = (float(each) for each in tag)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return meant_dpi(x, y)


def blocks(image: Image.Image) -> Iterator[Block]:
    """Decodes an image, some rows at a time."""
    image.load()
    width, height = image.size
    if image.mode == _DEEP_GREY:
        yield Block(np.asarray(image).astype(np.uint16)[..., None], "grey", 65535)
        return
    mode, space = _mode_and_space(image)
    rows = max(1, BLOCK_PIXELS // width)
    for top in range(0, height, rows):
        block = image.crop((0, top, width, min(top + rows, height))).convert(mode)
        samples = np.asarray(block).reshape(block.height, width, -1)
        yield Block(samples, space, 255, "straight" if mode == "RGBA" else "none", top)


def _webp(file: BinaryIO) -> Iterator[Block]:
    """A WebP, for which Pillow would take four times the memory."""
    file.seek(0)
    samples = imagecodecs.webp_decode(file.read())
    yield Block(samples, "rgb", 255, "straight" if samples.shape[2] == 4 else "none")


def _mode_and_space(image: Image.Image) -> tuple[str, Space]:
    """The mode of Pillow's to read an image in, and its colour space."""
    if image.has_transparency_data:
        return "RGBA", "rgb"
    if image.mode in {"1", "L"}:
        return "L", "grey"
    return ("CMYK", "cmyk") if image.mode == "CMYK" else ("RGB", "rgb")
