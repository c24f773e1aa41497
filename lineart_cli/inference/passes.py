"""What the network is given of a page at each pass: its darkness, and the draft, the ink of the first pass.

A function that draws a part of a page writes the same bits for a pixel in whichever part, so that tiles do not show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.imaging.resample import strips
from lineart_cli.imaging.tone import store

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import Page

    Floats = npt.NDArray[np.float16 | np.float32]
    Part = tuple[slice, slice]
    Darken = Callable[[Part, Floats], None]
    """Writes the darkness, (h, w), of some rows and columns of a page."""
    Draw = Callable[[Part, Floats], None]
    """Writes darkness and draft, (2, h, w)."""


def alone(darken: Darken) -> Draw:
    """The page with an empty draft."""

    def draw(part: Part, out: Floats) -> None:
        darken(part, out[0])
        out[1] = 0

    return draw


def beside(darken: Darken, draft: Page) -> Draw:
    """The page with its draft, uint8 coverage of the page's shape."""

    def draw(part: Part, out: Floats) -> None:
        rows, columns = part
        darken(part, out[0])
        for strip in strips(rows.stop - rows.start):
            ink = draft[rows.start + strip.start : rows.start + strip.stop, columns]
            store(np.multiply(ink, np.float32(1 / 255), dtype=np.float32), out[1, strip])

    return draw


def smaller(darken: Darken, shape: tuple[int, int], step: int) -> Darken:
    """The darkness of a smaller page, whose pixels are means of `step` x `step`; beyond the page is paper.

    Args:
        darken: for the page.
        shape: of the page.
        step: sides of the page per side of the smaller one, which is rounded up.
    """

    def draw(part: Part, out: Floats) -> None:
        rows, columns = part
        for strip in strips(rows.stop - rows.start):
            here = slice(rows.start + strip.start, rows.start + strip.stop)
            store(_means(darken, shape, step, (here, columns)), out[strip])

    return draw


def _means(darken: Darken, shape: tuple[int, int], step: int, part: Part) -> npt.NDArray[np.float32]:
    dark = np.zeros([step * (each.stop - each.start) for each in part], np.float32)
    rows, columns = (slice(step * a.start, min(step * a.stop, side)) for a, side in zip(part, shape, strict=True))
    darken((rows, columns), dark[: rows.stop - rows.start, : columns.stop - columns.start])
    # Added up one by one: OpenCV's area means come out in other bits at the end of a row.
    squares = dark.reshape(len(dark) // step, step, dark.shape[1] // step, step)
    whole = np.zeros(squares.shape[::2], np.float32)
    for y in range(step):
        for column in cv2.split(squares[:, y]):
            whole += column
    whole /= np.float32(step * step)
    return whole


def cropped(bands: Iterable[npt.NDArray[Any]], shape: tuple[int, int]) -> Iterator[npt.NDArray[Any]]:
    """Bands of rows, from top to bottom, without what lies beyond `shape`."""
    left = shape[0]
    for band in bands:
        yield band[: max(left, 0), : shape[1]]
        left -= len(band)
