"""Ink on disk: one module for each family of file formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lineart_cli.errors import PageError
from lineart_cli.pages.writers import animation, openraster, pdf, pillow, png, psd, svg, tiff
from lineart_cli.pages.writers.colours import ColouredLines, Pixels
from lineart_cli.pages.writers.drawing import CENTRES, OUTLINES, Drawing, Layer, Shape
from lineart_cli.pages.writers.layers import INK, ink_of
from lineart_cli.pages.writers.paint import InkedPage, Look

__all__ = [
    "CENTRES",
    "INK",
    "OUTLINES",
    "OUTPUT_FORMATS",
    "ColouredLines",
    "Drawing",
    "InkedPage",
    "Layer",
    "Look",
    "OutputFormat",
    "Pixels",
    "Shape",
    "check_size",
    "ink_of",
    "write_ink",
    "write_joined",
]


@dataclass(frozen=True)
class OutputFormat:
    """One file format.

    Attributes:
        suffix: of its files.
        write: writes a page.
        max_side: the longest side that it can hold, px.
        max_pixels: the most pixels that it can hold.
        has_layers: whether it holds the sketch too.
        has_curves: whether it holds the ink as curves, and no pixels.
        write_pages: writes several pages, whose coverage takes so many bytes, where a file can hold them.
    """

    suffix: str
    write: Callable[[BinaryIO, InkedPage, Look], None]
    max_side: int = 1_000_000
    max_pixels: int = 10**12
    has_layers: bool = False
    has_curves: bool = False
    write_pages: Callable[[BinaryIO, Iterable[InkedPage], Look, int], None] | None = None


OUTPUT_FORMATS = {
    "png": OutputFormat(".png", png.write, write_pages=animation.write_png_animation),
    "tiff": OutputFormat(".tiff", tiff.write, write_pages=tiff.write_pages),
    "webp": OutputFormat(".webp", pillow.write_webp, max_side=16_383, write_pages=animation.write_webp_animation),
    "gif": OutputFormat(".gif", animation.write_gif, max_side=65_535, write_pages=animation.write_gif_animation),
    "ora": OutputFormat(".ora", openraster.write, has_layers=True),
    "psd": OutputFormat(".psd", psd.write, max_side=30_000, max_pixels=300_000_000, has_layers=True),
    "bmp": OutputFormat(".bmp", pillow.write_bmp),
    "jpeg": OutputFormat(".jpg", pillow.write_jpeg, max_side=65_535),
    "svg": OutputFormat(".svg", svg.write, has_curves=True),
    "svgz": OutputFormat(".svgz", svg.write_packed, has_curves=True),
    "pdf": OutputFormat(".pdf", pdf.write, has_curves=True, write_pages=pdf.write_pages),
}
"""What `--format` names. A PSD ends at 2 GB, which it may reach with seven bytes a pixel."""


def check_size(source: str | os.PathLike[str], width: int, height: int, file_format: str) -> None:
    """Raises PageError where `file_format` cannot hold a page of `width` x `height` px."""
    output = OUTPUT_FORMATS[file_format]
    if max(width, height) > output.max_side or width * height > output.max_pixels:
        most = f"{output.max_side} a side" if max(width, height) > output.max_side else f"{output.max_pixels:,} px"
        reason = f"{width} x {height} is more than {file_format} can hold ({most})"
        raise PageError(source, reason, f"use --format {'ora' if output.has_layers else 'png'}")


def write_ink(path: Path, page: InkedPage, file_format: str, look: Look) -> None:
    """Writes a page of ink.

    Args:
        path: where to; its folder is made where it is missing.
        page: what to write.
        file_format: a key of OUTPUT_FORMATS.
        look: how the ink looks.

    Raises:
        OSError: the disk does not take it; what is written so far is left to the caller.
    """
    with _opened(path) as file:
        OUTPUT_FORMATS[file_format].write(file, page, look)


def write_joined(path: Path, pages: Iterable[InkedPage], file_format: str, look: Look, unpacked_bytes: int) -> None:
    """Writes all pages into one file.

    Args:
        path: as for `write_ink`.
        pages: taken one at a time, when the one before is written.
        file_format: a key of OUTPUT_FORMATS whose files hold several pages.
        look: of all.
        unpacked_bytes: of the pixels of all pages together, where it is no curves.

    Raises:
        OSError: as for `write_ink`.
        ValueError: the format holds one page.
    """
    write_pages = OUTPUT_FORMATS[file_format].write_pages
    if write_pages is None:
        raise ValueError(f"{file_format} holds one page")
    with _opened(path) as file:
        write_pages(file, pages, look, unpacked_bytes)


def _opened(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w+b")
