"""Ink on disk, written under a temporary name that is renamed when whole."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from lineart_cli.errors import PageError
from lineart_cli.pages.header import INCHES, Dpi


@dataclass(frozen=True)
class OutputFormat:
    """How ink is written in one file format: Pillow's name and settings, and the longest side it can hold in px."""

    suffix: str
    name: str
    settings: dict[str, Any]
    max_side: int


OUTPUT_FORMATS = {
    "png": OutputFormat(".png", "PNG", {"compress_level": 6}, 1_000_000),
    "tiff": OutputFormat(".tiff", "TIFF", {"compression": "tiff_adobe_deflate"}, 1_000_000),
    "webp": OutputFormat(".webp", "WEBP", {"lossless": True, "quality": 10}, 16_383),
    "bmp": OutputFormat(".bmp", "BMP", {}, 1_000_000),
    "jpeg": OutputFormat(".jpg", "JPEG", {"quality": 95}, 65_535),
}


def check_size(source: str | os.PathLike[str], width: int, height: int, file_format: str) -> None:
    """Raises PageError where `file_format` cannot hold a page of `width` x `height` px."""
    longest = OUTPUT_FORMATS[file_format].max_side
    if max(width, height) > longest:
        raise PageError(
            source, f"{width} x {height} is more than {file_format} can hold ({longest})", "use --format png"
        )


def write_ink(path: Path, ink: NDArray[np.uint8], file_format: str, transparent: bool, dpi: Dpi | None) -> None:
    """Writes a page of ink; `path` is replaced in one step, and untouched when anything goes wrong.

    Args:
        path: the final name; its folder is made where it is missing.
        ink: (H, W) uint8, 0 = none, 255 = covered.
        file_format: a key of OUTPUT_FORMATS.
        transparent: black with `ink` as alpha, instead of black on white.
        dpi: the resolution tag to write, or None for none.

    Raises:
        PageError: the folder or disk does not take it.
    """
    part = path.with_name(f".lineart-{os.getpid()}-{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            output = OUTPUT_FORMATS[file_format]
            image = _ink_image(ink, transparent, output.name)
            image.save(file, output.name, **output.settings, **_dpi_settings(output.name, dpi))
        os.replace(part, path)
    except OSError as error:
        advice = "free some space or choose another folder, and run again: finished pages are kept"
        raise PageError(path, f"cannot be written ({error.strerror or error})", advice) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _ink_image(ink: NDArray[np.uint8], transparent: bool, name: str) -> Image.Image:
    if not transparent:
        return Image.fromarray(255 - ink)
    black = Image.new("L", (ink.shape[1], ink.shape[0]))
    if name == "WEBP":  # has no grey with alpha
        return Image.merge("RGBA", (black, black, black, Image.fromarray(ink)))
    return Image.merge("LA", (black, Image.fromarray(ink)))


def _dpi_settings(name: str, dpi: Dpi | None) -> dict[str, Any]:
    if dpi is None:
        return {}
    if name != "WEBP":
        return {"dpi": dpi}
    exif = Image.Exif()  # the only place that WebP has for it
    exif[ExifTags.Base.XResolution], exif[ExifTags.Base.YResolution] = dpi
    exif[ExifTags.Base.ResolutionUnit] = INCHES
    return {"exif": exif}
