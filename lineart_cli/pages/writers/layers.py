"""A page as layers: the ink above the sketch, and how the two look together."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from lineart_cli.imaging.resample import strips
from lineart_cli.options import Colour
from lineart_cli.pages.writers.paint import InkedPage, Pixels

INK, SKETCH = "ink", "sketch"
"""Names of the layers."""


def sketch_of(page: InkedPage) -> Pixels:
    """The page's sketch, (H, W, 1) grey or (H, W, 3) RGB.

    Raises:
        ValueError: it has none.
    """
    if page.sketch is None:
        raise ValueError("layers need the sketch")
    return np.atleast_3d(page.sketch)


def sketch_rows(page: InkedPage) -> Iterator[Pixels]:
    """The page's sketch, (rows, W, 1) or (rows, W, 3) at a time."""
    return (sketch_of(page)[rows] for rows in strips(page.shape[0]))


def over(sketch: Pixels, ink: Pixels, colour: Colour) -> Pixels:
    """Ink laid over the sketch.

    Args:
        sketch: (h, w, 1) or (h, w, 3) encoded values.
        ink: (h, w) coverage.
        colour: of the ink.

    Returns:
        (h, w, 3) RGB.
    """
    opacity = ink[..., None].astype(np.uint16)
    mixed = sketch * (255 - opacity) + opacity * np.array(colour, np.uint16)
    mixed += 127
    mixed //= 255
    return mixed.astype(np.uint8)


def merged(page: InkedPage, colour: Colour) -> Iterator[Pixels]:
    """The page with both layers visible, (rows, W, 3) RGB at a time."""
    return (over(sketch_of(page)[rows], page.ink[rows], colour) for rows in strips(page.shape[0]))


def thumbnail(page: InkedPage, colour: Colour, side: int) -> Pixels:
    """Both layers, (h, w, 3) RGB, at most `side` px high and wide, and never larger than the page."""
    height, width = page.shape
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    sketch, ink = (
        np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), np.uint8)
        for each in (sketch_of(page), page.ink)
    )
    return over(np.atleast_3d(sketch), ink, colour)
