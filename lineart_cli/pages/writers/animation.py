"""GIF, and animations in GIF, APNG and WebP: each page is shown for as long as the frame that it was made of."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from lineart_cli.pages.writers.paint import InkedPage, Look, painted
from lineart_cli.pages.writers.pillow import image_of
from lineart_cli.pages.writers.profile import icc_profile

_SECONDS = 1 / 12
"""That a frame is shown where nothing says how long: animation on twos."""


def write_gif(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page as GIF, whose palette has every shade of its ink on white; it holds no dpi and no metadata."""
    _save(file, "GIF", [_indexed(page, look)])


def write_gif_animation(file: BinaryIO, pages: Iterable[InkedPage], look: Look, _unpacked_bytes: int) -> None:
    """Writes pages as the frames of a GIF, which counts time in hundredths of a second."""
    _write(file, pages, "GIF", partial(_indexed, look=look))


def write_png_animation(file: BinaryIO, pages: Iterable[InkedPage], look: Look, _unpacked_bytes: int) -> None:
    """Writes pages as the frames of an APNG."""
    settings = {"icc_profile": icc_profile(len(look.shades)), "default_image": False}
    _write(file, pages, "PNG", partial(image_of, look=look), **settings)


def write_webp_animation(file: BinaryIO, pages: Iterable[InkedPage], look: Look, _unpacked_bytes: int) -> None:
    """Writes pages as the frames of a WebP, without loss."""
    mode = "RGBA" if look.transparent else "RGB"
    _write(file, pages, "WEBP", lambda page: image_of(page, look).convert(mode), lossless=True, quality=10)


def _write(file: BinaryIO, pages: Iterable[InkedPage], name: str, image: Any, **settings: Any) -> None:
    frames, milliseconds = [], []
    for page in pages:
        frames.append(image(page))
        milliseconds.append(round(1000 * (page.seconds or _SECONDS)))
    width, height = (max(each.size[side] for each in frames) for side in (0, 1))
    _save(file, name, [_on_paper(each, (width, height)) for each in frames], duration=milliseconds, **settings)


def _on_paper(frame: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A frame on bare paper as large as the largest of all; what it did not cover would show the frame before it."""
    if frame.size == size:
        return frame
    paper = Image.new(frame.mode, size, 0 if frame.mode in {"P", "LA", "RGBA"} else "white")
    if frame.mode == "P":
        paper.putpalette(frame.getpalette() or [])
    paper.paste(frame, (0, 0))
    return paper


def _indexed(page: InkedPage, look: Look) -> Image.Image:
    """The coverage as a picture with a palette that gives each the colour that it has on white."""
    levels = np.arange(256, dtype=np.uint8)[None, :]
    (shades,) = painted([levels], look.shades, transparent=False)
    image = Image.fromarray(page.ink).convert("L")
    indexed = Image.frombytes("P", image.size, image.tobytes())
    indexed.putpalette(np.broadcast_to(shades[0], (256, 3)).tobytes())
    return indexed


def _save(file: BinaryIO, name: str, frames: list[Image.Image], **settings: Any) -> None:
    """By way of memory, as for every writer of Pillow's."""
    more = {"save_all": True, "append_images": frames[1:], "loop": 0} if len(frames) > 1 else {}
    whole = io.BytesIO()
    if not more:
        settings.pop("duration", None)
    frames[0].save(whole, name, **more, **settings)
    file.write(whole.getbuffer())
