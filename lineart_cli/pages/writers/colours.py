"""Lines in several colours, one over the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.imaging.disk_array import Page
from lineart_cli.options import Colour

Pixels = NDArray[np.unsignedinteger[Any]]
"""Samples of 8 or 16 bits, 0 to 255 or 65535."""


@dataclass(frozen=True)
class ColouredLines:
    """Lines that were drawn in a coloured pencil.

    Attributes:
        name: of the pencil.
        colour: of the lines.
        coverage: (H, W) uint8 or uint16, 0 = none, 255 or 65535 = full.
    """

    name: str
    colour: Colour
    coverage: Page


def mixed(lines: Sequence[tuple[Pixels, Colour]], transparent: bool) -> Pixels:
    """Lay lines over one another, on white or on transparency.

    Args:
        lines: from the lowest to the topmost: (h, w) coverage, uint8 or uint16 all of them, and its colour.
        transparent: with their opacity together as the fourth sample.

    Returns:
        (h, w, 3) RGB or (h, w, 4), of the type of the coverage.
    """
    dtype = lines[0][0].dtype
    full = int(np.iinfo(dtype).max)
    light = np.full((*lines[0][0].shape, 4), [*[0.0 if transparent else 1.0] * 3, 0.0], np.float32)
    for coverage, colour in lines:
        opacity = (coverage / np.float32(full))[..., None]
        light *= 1 - opacity
        light += opacity * np.array([*(value / 255 for value in colour), 1], np.float32)
    if not transparent:
        light = light[..., :3]
    else:
        light[..., :3] /= np.maximum(light[..., 3:], np.finfo(np.float32).tiny)
    return np.rint(np.clip(light, 0, 1) * np.float32(full)).astype(dtype)
