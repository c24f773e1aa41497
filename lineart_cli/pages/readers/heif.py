"""HEIC and HEIF photos: the main picture of each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pillow_heif
from PIL import Image

from lineart_cli.options import ReadOptions
from lineart_cli.pages.picture import Alpha, Block, Document, Picture
from lineart_cli.pages.readers.image import exif_dpi

_DECODED = 5
"""Bytes of a pixel of 8 bits while it is decoded."""


@contextlib.contextmanager
def opened(file: BinaryIO, _: ReadOptions) -> Iterator[Document]:
    """The picture in a file, a document of one page; libheif turns it upright.

    Raises:
        Exception: whatever libheif says of a damaged file; so do the picture's blocks.
    """
    file.seek(0)
    image = pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
    width, height = image.size
    exif = Image.Exif()
    exif.load(image.info.get("exif") or b"")
    picture = Picture(
        width,
        height,
        lambda: _blocks(image),
        bits=image.info["bit_depth"],
        is_grey=image.mode.startswith(("L", "I")),
        dpi=exif_dpi(exif),
        in_order=True,
        decoder_bytes=width * height * _DECODED * -(-image.info["bit_depth"] // 8),
    )
    yield Document(1, lambda _: picture)


def _blocks(image: pillow_heif.HeifFile) -> Iterator[Block]:
    samples = np.asarray(image)
    samples = samples.reshape(*samples.shape[:2], -1)
    alpha: Alpha = "none"
    if image.has_alpha:
        alpha = "premultiplied" if image.premultiplied_alpha else "straight"
    yield Block(samples, "grey" if samples.shape[2] < 3 else "rgb", np.iinfo(samples.dtype).max, alpha)
