"""GIF, APNG and WebP that move: each of their frames, put together as it is shown, is a page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from struct import unpack
from typing import BinaryIO

from PIL import Image

from lineart_cli.options import ReadOptions
from lineart_cli.pages.picture import Document, Picture
from lineart_cli.pages.readers.image import blocks, image_dpi

_PNG = b"\x89PNG\r\n\x1a\n"
_WEBP_MOVES = 0x02  # of the flags of a VP8X chunk
_HELD = 8
"""Bytes of a pixel while a frame is put together: it and the one before."""


def is_animation(file: BinaryIO, beginning: bytes) -> bool:
    """Whether a file that begins so may have several frames; `file` may be left anywhere."""
    if beginning.startswith(_PNG):
        file.seek(len(_PNG))
        while len(head := file.read(8)) == 8:
            length, kind = unpack(">I4s", head)
            if kind in {b"IDAT", b"acTL"}:
                return bool(kind == b"acTL")
            file.seek(length + 4, 1)
        return False
    if beginning[8:16] == b"WEBPVP8X":
        return len(beginning) > 20 and bool(beginning[20] & _WEBP_MOVES)
    return beginning.startswith(b"GIF8")


@contextlib.contextmanager
def opened(file: BinaryIO, _: ReadOptions) -> Iterator[Document]:
    """The frames of a file; raises whatever Pillow says of a damaged one, as do the blocks of its pictures."""
    file.seek(0)
    with Image.open(file, formats=("GIF", "PNG", "WEBP")) as animation:
        first = int(getattr(animation, "default_image", False))  # of an APNG: a picture for who cannot show it
        dpi = image_dpi(animation, Image.Image.getexif(animation))

        def picture(page: int) -> Picture:
            animation.seek(first + page)
            if animation.format == "WEBP":  # which says for how long only then
                animation.load()
            width, height = animation.size
            return Picture(
                width,
                height,
                lambda: blocks(animation),
                bits=8,
                is_grey=animation.mode in {"1", "L", "LA"},
                dpi=dpi,
                in_order=True,
                decoder_bytes=_HELD * width * height,
                seconds=animation.info.get("duration", 0) / 1000,
            )

        yield Document(max(1, getattr(animation, "n_frames", 1) - first), picture)
