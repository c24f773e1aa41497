"""Small pictures of ink before and after it was edited, for the report."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lineart_cli.edits.levels import at_bits
from lineart_cli.imaging.resample import fit, gathered, shape_within, strips

SIDE = 480
"""The longest side, px."""

Rows = Callable[[slice], NDArray[Any]]
"""Gives some rows of a page, (rows, W, samples) uint8 or uint16: a grey or RGB, then the opacity if there is one."""


def packed(rows: Rows, page: tuple[int, int], is_on_black: bool = False) -> bytes:
    """A page, (H, W), as a small WebP picture; what is transparent is laid on white, or on black for light ink."""
    small = shape_within(SIDE, page)
    channels = range(3 if rows(slice(0, 1)).shape[2] >= 3 else 1)
    planes = [gathered(fit(_plane(rows, page, each, is_on_black), page, small), small, np.uint8) for each in channels]
    file = io.BytesIO()
    picture = planes[0] if len(planes) == 1 else np.stack(planes, -1)
    Image.fromarray(picture).save(file, "WEBP", quality=80, method=4)
    return file.getvalue()


def _plane(rows: Rows, page: tuple[int, int], number: int, is_on_black: bool) -> Iterator[NDArray[np.uint8]]:
    for part in strips(page[0]):
        pixels = at_bits(rows(part), 8)
        light = pixels[..., number]
        if pixels.shape[2] % 2 == 0:
            sheet = 0 if is_on_black else 255
            mixed = pixels[..., -1] * light.astype(np.uint16) + (255 - pixels[..., -1]) * np.uint16(sheet)
            light = ((mixed + 127) // 255).astype(np.uint8)
        yield light
