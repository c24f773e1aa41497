"""Pages on disk, read as grey."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from lineart_cli.errors import PageError
from lineart_cli.options import DPI_RANGE, MM_PER_INCH
from lineart_cli.tone import desaturate

Image.MAX_IMAGE_PIXELS = None  # `read_header` has its own limit, which the user can raise

READ_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP")
A4_LONG_SIDE_MM = 297.0
A3_LONG_SIDE_MM = 420.0
GUESSED_DPI_RANGE = (72.0, 1200.0)
_SCREEN_DPI = 100.0
_BLOCK_PIXELS = 1 << 20
INCHES = 2  # EXIF and TIFF ResolutionUnit

Dpi = tuple[float, float]


@dataclass(frozen=True)
class Header:
    """What a file says about itself before it is decoded.

    `width` and `height` are in px, upright (after EXIF orientation). `dpi` is the (horizontal, vertical) resolution
    tag, whole or to 0.01, or None; it may be nonsense. `frames` counts the images in the file; only the first is read.
    """

    width: int
    height: int
    dpi: Dpi | None
    frames: int


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The image in `path`, not yet decoded; whatever goes wrong inside becomes a PageError."""
    try:
        if path.is_dir():
            raise PageError(path, "is a folder", "give its images, or the folder that holds it")
        if path.exists() and not path.is_file():
            raise PageError(path, "is no ordinary file", "copy the image to a file first")
        with path.open("rb") as file:
            if not file.read(1):
                raise PageError(path, "the file is empty", "scan or save it again")
            file.seek(0)
            with Image.open(file, formats=READ_FORMATS) as image:
                yield image
    except PageError:
        raise
    except UnidentifiedImageError as error:
        raise PageError(path, "holds no readable image", "give a PNG, JPEG, TIFF, WebP or BMP file") from error
    except FileNotFoundError as error:
        raise PageError(path, "is not there (any more)", "check whether it was moved or renamed") from error
    except PermissionError as error:
        raise PageError(path, "may not be read", "check its permissions") from error
    except MemoryError as error:
        raise PageError(path, "does not fit in memory", "close other programs, or scan at fewer dpi") from error
    except Exception as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise PageError(path, f"is cut off or damaged ({error})", "scan or save it again") from error


def read_header(path: Path, max_megapixels: float) -> Header:
    """Reads what `path` says about itself.

    Raises:
        PageError: it is no readable image, has no pixels, or has more than `max_megapixels`.
    """
    with _opened(path) as image:
        width, height = image.size
        if width * height == 0:
            raise PageError(path, f"has no pixels ({width} x {height})", "scan or save it again")
        if width * height > max_megapixels * 1e6:
            size = f"{width} x {height} is over {max_megapixels:g} megapixels"
            raise PageError(path, size, "make it smaller, or raise --max-megapixels")
        exif = image.getexif()
        dpi = _dpi_tag(image, exif)
        if exif.get(ExifTags.Base.Orientation, 1) >= 5 and image.format != "TIFF":  # Pillow has swapped a TIFF's
            width, height = height, width
            dpi = dpi and (dpi[1], dpi[0])
        return Header(width, height, dpi, getattr(image, "n_frames", 1) if image.format == "TIFF" else 1)


def _dpi_tag(image: Image.Image, exif: Image.Exif) -> Dpi | None:
    tag = image.info.get("dpi")
    if tag is None and exif.get(ExifTags.Base.ResolutionUnit) == INCHES:
        tag = (exif.get(ExifTags.Base.XResolution, 0), exif.get(ExifTags.Base.YResolution, 0))
    try:
        x, y = (_meant(float(each)) for each in tag or ())
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (x, y) if x > 0 and y > 0 else None


def _meant(dpi: float) -> float:
    """A tag as it was meant: PNG and BMP count px per metre, so a whole number of dpi comes back off by 0.0127."""
    return round(dpi) if abs(dpi - round(dpi)) <= 0.0127 else round(dpi, 2)


def working_dpi(header: Header, given: float | None) -> tuple[float, Literal["option", "file", "size"]]:
    """The resolution to work at, in px per inch, and where it comes from.

    `given` (the option `--dpi`) comes first, then the file's tag, unless it cannot be meant: out of range, or a
    screen's 72 or 96 dpi on a page that would then be longer than A3. Otherwise the page is taken as A4-like: its
    long side is 297 mm, within 72 to 1200 dpi. A tag with two different values counts as their geometric mean.
    """
    if given is not None:
        return given, "option"
    long_side = max(header.width, header.height)
    if header.dpi is not None:
        dpi = header.dpi[0] if header.dpi[0] == header.dpi[1] else float(np.sqrt(header.dpi[0] * header.dpi[1]))
        is_screen_default = dpi < _SCREEN_DPI and long_side / dpi * MM_PER_INCH > A3_LONG_SIDE_MM
        if DPI_RANGE[0] <= dpi <= DPI_RANGE[1] and not is_screen_default:
            return dpi, "file"
    guess = long_side / (A4_LONG_SIDE_MM / MM_PER_INCH)
    return float(np.clip(guess, *GUESSED_DPI_RANGE)), "size"


def read_grey(path: Path, mode: str) -> NDArray[np.float32]:
    """Decodes a page: transparency laid on white, colour made grey, turned upright.

    16-bit colour is read with its upper 8 bits, 16-bit grey in full.

    Args:
        path: the file; its size has been checked with `read_header`.
        mode: how colour becomes grey, see `tone.desaturate`.

    Returns:
        (H, W) float32 in [0, 1], encoded values as in the file, 0 = black, 1 = white.

    Raises:
        PageError: the file cannot be decoded.
    """
    with _opened(path) as image:
        if image.mode in ("I", "F"):
            raise PageError(path, "has 32-bit samples, whose white is not defined", "save it with 8 or 16 bits")
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        width, height = image.size
        grey = np.empty((height, width), np.float32)
        rows = max(1, _BLOCK_PIXELS // width)
        for top in range(0, height, rows):
            block = image.crop((0, top, width, min(top + rows, height)))
            grey[top : top + rows] = _block_grey(block, mode)
        if image.mode.startswith("I;16") and _is_white_zero(image):
            np.subtract(1, grey, out=grey)
        return grey


def _block_grey(block: Image.Image, mode: str) -> NDArray[np.float32]:
    transparent = block.has_transparency_data
    if block.mode.startswith("I;16"):
        return np.asarray(block, np.float32) / np.float32(65535)
    if block.mode in ("1", "L") and not transparent:
        return np.asarray(block.convert("L"), np.float32) / np.float32(255)
    colour = np.asarray(block.convert("RGBA" if transparent else "RGB"), np.float32) / np.float32(255)
    rgb = colour[..., :3]
    if transparent:
        rgb = 1 - (1 - rgb) * colour[..., 3:]
    return desaturate(rgb, mode)


def _is_white_zero(image: Image.Image) -> bool:
    """Whether a TIFF counts from white; Pillow turns such pages over at 8 bits, not at 16."""
    return getattr(image, "tag_v2", {}).get(ExifTags.Base.PhotometricInterpretation) == 0


def is_whole(path: Path) -> bool:
    """Whether `path` is an image that can be read to its end."""
    try:
        with _opened(path) as image:
            image.load()
            return True
    except PageError:
        return False
