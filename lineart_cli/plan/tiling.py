"""The tiles of a page, for each pass of the network over it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lineart_cli.inference.tiles import Tile, same_windows

PREPARING = 2_000_000
"""Pixels that a runtime computes in the time in which it makes the network ready for windows of another shape."""


@dataclass(frozen=True)
class Tiling:
    """Tiles of one page.

    Attributes:
        page: of the page at the working scale, for the last pass.
        draft: of the smaller page of the first pass; none where the network goes over the page once.
        passes: how often the network goes over the page, smaller or not.
    """

    page: tuple[Tile, ...]
    draft: tuple[Tile, ...] = ()
    passes: int = 1

    @property
    def page_passes(self) -> int:
        """How often the network goes over the page itself, and not over its draft."""
        return self.passes - 1 if self.draft else 1

    @property
    def computed_px(self) -> int:
        """Pixels that the network computes, halos included."""
        return self.page_passes * _computed_px(self.page) + _computed_px(self.draft)


def draft_tiles(
    size: tuple[int, int], best: tuple[Tile, ...], window: tuple[int, int], multiple_of: int, halo: int
) -> tuple[Tile, ...]:
    """The tiles of a draft: in windows of the page's own shape, unless others save more than it takes to prepare them.

    Args:
        size: height and width of the draft, px.
        best: its tiles without regard to the page's windows.
        window: height and width of the page's windows, px.
        multiple_of: the network's total stride, px.
        halo: how far a pixel of the network's output sees, px.
    """

    def cost(tiles: tuple[Tile, ...]) -> int:
        return _computed_px(tiles) + (PREPARING if tiles[0].window.shape != window else 0)

    return min(best, same_windows(*size, window, multiple_of, halo), key=cost)


def tiles_text(tiles: Sequence[Tile]) -> str:
    """How many tiles there are, and the height and width of their windows."""
    height, width = tiles[0].window.shape
    return f"{len(tiles)} x {height} x {width} px"


def _computed_px(tiles: Sequence[Tile]) -> int:
    return len(tiles) * math.prod(tiles[0].window.shape) if tiles else 0
