"""WebP (lossless), BMP and JPEG."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image

from lineart_cli.pages.header import INCHES
from lineart_cli.pages.writers.paint import InkedPage, Look, painted
from lineart_cli.pages.writers.profile import icc_profile


def write_webp(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page as WebP, which has no grey, means sRGB where it has no profile, and keeps dpi in EXIF only."""
    exif = Image.Exif()
    if page.metadata.exif:
        exif.load(page.metadata.exif)
    if page.dpi is not None:
        exif[ExifTags.Base.XResolution], exif[ExifTags.Base.YResolution] = page.dpi
        exif[ExifTags.Base.ResolutionUnit] = INCHES
    image = _image(page, look).convert("RGBA" if look.transparent else "RGB")
    image.save(file, "WEBP", lossless=True, quality=10, exif=exif, xmp=page.metadata.xmp)


def write_jpeg(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page as JPEG, whose dpi are whole."""
    kept = {"exif": page.metadata.exif, "xmp": page.metadata.xmp}
    settings = {name: value for name, value in {**kept, "dpi": page.dpi}.items() if value}
    _image(page, look).save(file, "JPEG", quality=95, icc_profile=icc_profile(len(look.shades)), **settings)


def write_bmp(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page as BMP, which holds neither profile nor metadata."""
    _image(page, look).save(file, "BMP", **({"dpi": page.dpi} if page.dpi else {}))


def _image(page: InkedPage, look: Look) -> Image.Image:
    pixels = np.empty((*page.ink.shape, look.samples), np.uint8)
    top = 0
    for strip in painted(page.ink, look.shades, look.transparent):
        pixels[top : top + len(strip)] = strip
        top += len(strip)
    if look.samples == 2:
        return Image.merge("LA", [Image.fromarray(pixels[..., each]) for each in range(2)])
    return Image.fromarray(pixels[..., 0] if look.samples == 1 else pixels)
