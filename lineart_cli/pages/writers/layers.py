"""A page as layers: the ink above the sketch, and how the two look together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from lineart_cli.imaging.resample import shape_within, strips
from lineart_cli.options import Colour
from lineart_cli.pages.writers.colours import ColouredLines, Pixels
from lineart_cli.pages.writers.paint import InkedPage, painted

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


def ink_of(pencil: str) -> str:
    """The name of the layer with the lines of a coloured pencil."""
    return f"{INK} {pencil}"


def inks(page: InkedPage, colour: Colour) -> list[ColouredLines]:
    """The layers of ink from the lowest to the topmost, by their names; takes the page's bands."""
    below = [replace(each, name=ink_of(each.name)) for each in page.colours]
    return [*below, ColouredLines(INK, colour, page.ink)]


def ink_rows(lines: ColouredLines) -> Iterator[Pixels]:
    """A layer of ink, (rows, W, 4) RGB with opacity at a time."""
    bands = (lines.coverage[rows] for rows in strips(lines.coverage.shape[0]))
    return painted(bands, lines.colour, transparent=True)


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
    """The page with all layers visible, (rows, W, 3) RGB at a time."""
    return (
        _together(sketch_of(page)[rows], [(each.coverage[rows], each.colour) for each in inks(page, colour)])
        for rows in strips(page.shape[0])
    )


def _together(sketch: Pixels, lines: Sequence[tuple[Pixels, Colour]]) -> Pixels:
    for coverage, colour in lines:
        sketch = over(sketch, coverage, colour)
    return sketch


def thumbnail(page: InkedPage, colour: Colour, side: int) -> Pixels:
    """All layers, (h, w, 3) RGB, at most `side` px high and wide, and never larger than the page."""
    size = shape_within(side, page.shape)[::-1]

    def small(pixels: Pixels) -> Pixels:
        return np.atleast_3d(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8))

    lines = [(small(each.coverage[:])[..., 0], each.colour) for each in inks(page, colour)]
    return _together(small(sketch_of(page)), lines)
