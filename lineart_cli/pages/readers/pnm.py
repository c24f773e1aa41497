"""PGM and PPM with 16 bits (Netpbm's raw formats), row by row; all others of the family go by way of Pillow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from lineart_cli.imaging.resample import strips
from lineart_cli.pages.picture import BLOCK_PIXELS, Block

_SAID = rb"(?:\s|#[^\n]*\n)+"
_HEAD = re.compile(rb"P([56])" + 3 * (_SAID + rb"(\d{1,9})") + rb"\s")
_HEAD_BYTES = 65_536  # with all comments


def deep_head(file: BinaryIO) -> tuple[int, int, int] | None:
    """Number of samples a pixel, the value of white, and where the pixels begin; None of a file of another kind."""
    file.seek(0)
    head = _HEAD.match(file.read(_HEAD_BYTES))
    if head is None or not 255 < int(head[4]) < 65536:
        return None
    return 1 if head[1] == b"5" else 3, int(head[4]), head.end()


def blocks(file: BinaryIO, width: int, height: int) -> Iterator[Block]:
    """The pixels of a file that has a `deep_head`.

    Raises:
        ValueError: some are missing.
    """
    samples, white, start = deep_head(file) or (1, 1, 0)
    file.seek(start)
    for rows in strips(height, max(1, BLOCK_PIXELS // width)):
        shape = rows.stop - rows.start, width, samples
        data = file.read(2 * shape[0] * width * samples)
        band = np.frombuffer(data, ">u2").reshape(shape).astype(np.uint16)
        yield Block(np.minimum(band, np.uint16(white)), "grey" if samples == 1 else "rgb", white, top=rows.start)
