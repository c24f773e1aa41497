"""Small pictures of ink before and after it was edited, for the report."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lineart_cli.edits.levels import at_bits
from lineart_cli.edits.picture import with_samples
from lineart_cli.imaging.resample import fit, gathered, strips

SIDE = 480
"""The longest side, px."""

Rows = Callable[[slice], NDArray[Any]]
"""Gives some rows of a page, (rows, W, samples) uint8 or uint16: a grey or RGB, then the opacity if there is one."""


def packed(rows: Rows, page: tuple[int, int]) -> bytes:
    """A page, (H, W), as a small WebP picture on white."""
    scale = min(1.0, SIDE / max(page))
    small = max(1, round(page[0] * scale)), max(1, round(page[1] * scale))
    planes = [gathered(fit(_plane(rows, page, each), page, small), small, np.uint8) for each in range(3)]
    file = io.BytesIO()
    Image.fromarray(np.stack(planes, -1)).save(file, "WEBP", quality=80, method=4)
    return file.getvalue()


def _plane(rows: Rows, page: tuple[int, int], number: int) -> Iterator[NDArray[np.uint8]]:
    for part in strips(page[0]):
        pixels = with_samples(at_bits(rows(part), 8), 4)
        light, opacity = pixels[..., number].astype(np.uint16), pixels[..., 3].astype(np.uint16)
        yield (255 - ((255 - light) * opacity + 127) // 255).astype(np.uint8)
