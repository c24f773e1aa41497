"""WebP (lossless), BMP and JPEG."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image

from lineart_cli.imaging.resample import gathered
from lineart_cli.pages.header import INCHES
from lineart_cli.pages.metadata import PREFIX
from lineart_cli.pages.writers.paint import InkedPage, Look
from lineart_cli.pages.writers.profile import icc_profile


def write_webp(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page as WebP, which has no grey, means sRGB where it has no profile, and keeps dpi in EXIF only."""
    exif = page.metadata.loaded()
    if page.dpi is not None:
        exif[ExifTags.Base.XResolution], exif[ExifTags.Base.YResolution] = page.dpi
        exif[ExifTags.Base.ResolutionUnit] = INCHES
    image = image_of(page, look).convert("RGBA" if page.samples(look) % 2 == 0 else "RGB")
    _save(image, file, "WEBP", lossless=True, quality=10, exif=exif, xmp=page.metadata.xmp)


def write_jpeg(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page as JPEG, whose dpi are whole; coloured lines keep their colour at full resolution."""
    image = image_of(page, look)
    settings: dict[str, Any] = {"quality": 95, "subsampling": "4:4:4", "icc_profile": icc_profile(page.samples(look))}
    if page.dpi:
        settings["dpi"] = page.dpi
    if page.metadata.exif:
        settings["exif"] = PREFIX + page.metadata.exif
    _save(image, file, "JPEG", xmp=page.metadata.xmp, **settings)


def write_bmp(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page as BMP, which holds neither profile nor metadata."""
    _save(image_of(page, look), file, "BMP", dpi=page.dpi or (0, 0))


def image_of(page: InkedPage, look: Look) -> Image.Image:
    """A page as Pillow has it; takes its bands."""
    samples = page.samples(look)
    pixels = gathered(page.pixels(look), (*page.shape, samples), np.uint8)
    if samples == 2:
        return Image.merge("LA", [Image.fromarray(pixels[..., each]) for each in range(2)])
    return Image.fromarray(pixels[..., 0] if samples == 1 else pixels)


def _save(image: Image.Image, file: BinaryIO, name: str, **settings: Any) -> None:
    """By way of memory: Pillow does not see when a full disk takes only a part of what it writes to a file."""
    whole = io.BytesIO()
    image.save(whole, name, **settings)
    file.write(whole.getbuffer())
