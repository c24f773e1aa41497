"""How all layers look together, where the one of ink is new."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lineart_cli.imaging.resample import strips
from lineart_cli.pages.picture import Block, Picture
from lineart_cli.pages.writers.colours import Pixels
from lineart_cli.pages.writers.paint import InkedPage, Look, laid_over, painted

LAYER_SAMPLES = 4
"""Of a pixel of a layer: RGB and opacity."""


def ink_rows(page: InkedPage, look: Look) -> Iterator[Pixels]:
    """The pixels of the layer of ink, (rows, W, 4) uint8 at a time, with what lies over the ink."""
    painting = painted((page.ink[rows] for rows in strips(page.shape[0])), look.colour, transparent=True)
    return painting if page.overlay is None else laid_over(painting, page.overlay)


def ink_picture(page: InkedPage, look: Look) -> Picture:
    """The layer of ink as readers give it."""

    def blocks() -> Iterator[Block]:
        top = 0
        for rows in ink_rows(page, look):
            yield Block(rows, "rgb", 255, "straight", top)
            top += len(rows)

    height, width = page.shape
    return Picture(width, height, blocks, 8, is_grey=False, in_order=True)


def remerged(page: InkedPage, look: Look, before: Pixels | None, now: Pixels) -> Iterator[Pixels]:
    """The merged picture, (rows, W, 3) RGB at a time.

    Args:
        page: whose ink is one of the layers.
        look: of the ink.
        before: (H, W, 3) the merged picture as the program of the file has made it. It is kept wherever the ink is the
            same, so that blend modes and effects that are not known here show. None where it is of no use.
        now: (H, W, 3) all layers, blended normally.
    """
    top = 0
    for ink in ink_rows(page, look):
        rows = slice(top, top + len(ink))
        top += len(ink)
        if before is None or page.overlay is None:
            yield now[rows]
        else:
            yield np.where(page.overlay.differs(rows, ink)[..., None], now[rows], before[rows])


def in_colour(picture: Callable[[], Pixels], shape: tuple[int, int]) -> Pixels | None:
    """A picture, grey or RGB, as (H, W, 3); None where it is of another size."""
    pixels = np.atleast_3d(picture())
    return np.broadcast_to(pixels, (*shape, 3)) if pixels.shape[:2] == shape else None
