"""How a page is cut into tiles: integer geometry, no pixels.

The *canvas* is the page with a white margin, its sides multiples of the network's stride. What the network makes of the
canvas in one run is the truth that tiles have to reproduce. A tile's *core* is kept of what comes out; its *window* is
what goes in. It reaches a halo beyond the core, as far as a pixel sees, but never beyond the canvas: where their sides
coincide, the network meets its own padding at the very place where it does in the one run.

    -margin  0                                                width    width + margin, rounded up to the stride
       +-----+----------------------------------------------------+------+
       |     |                                                    |      |   canvas, page, and three cores side by side
       |     |      core 0      |     core 1     |     core 2     |      |
       |     |                  |                |                |      |
       +-----+----------------------------------------------------+------+
       |                        |<-halo->|       .                       |
       [............ window 0 ...........]       .                       |   starts with the canvas
                       |<-halo->|                |<-halo->|              |
                       [............ window 1 ............]              |   a halo on both sides
                                       |<-halo->|                        |
                                   [............ window 2 ...............]   ends with the canvas; the last core is what
                                       .                                     is left, so its window may start too early

Rows are cut in the same way. All windows of a page have one shape, so that a runtime prepares itself once, and start on
the stride grid, as do the cores; a page in one tile has the canvas for its window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

MARGIN = 64
"""White around the page, px; rounded up to the stride."""


@dataclass(frozen=True)
class Region:
    """Rows y0 to y1 and columns x0 to x1 in px of the page, the ends excluded; may reach outside of it."""

    y0: int
    x0: int
    y1: int
    x1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """The region as an index of a page's array; only for regions inside of it."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def clipped(self, height: int, width: int) -> Region:
        """The part of the region on a page of that size."""
        return Region(max(self.y0, 0), max(self.x0, 0), min(self.y1, height), min(self.x1, width))

    def contains(self, other: Region) -> bool:
        """Whether no pixel of `other` lies outside."""
        return self.y0 <= other.y0 and self.x0 <= other.x0 and other.y1 <= self.y1 and other.x1 <= self.x1

    def seen_from(self, y: int, x: int) -> Region:
        """The same region where (y, x) is the origin."""
        return Region(self.y0 - y, self.x0 - x, self.y1 - y, self.x1 - x)


@dataclass(frozen=True)
class Tile:
    """One run of the network.

    Attributes:
        core: what is kept; lies on the page.
        window: what the network is given; lies on the canvas, of one shape for all tiles of a page.
    """

    core: Region
    window: Region


def plan_tiles(height: int, width: int, tile: tuple[int, int], multiple_of: int, halo: int) -> tuple[Tile, ...]:
    """Cut a page into the fewest cores of at most the given size, and make them as even as the stride allows.

    Args:
        height: of the page, px, at least 1.
        width: of the page, px, at least 1.
        tile: greatest height and width of a core, px; rounded down to the stride, but at least one stride.
        multiple_of: the network's total stride, px.
        halo: how far a pixel of the network's output sees, px; rounded up to the stride.
    """
    grid = _Grid(multiple_of, halo)
    return _tiles(grid.even_cores(height, tile[0]), grid.even_cores(width, tile[1]))


def best_tiles(
    height: int, width: int, most_px: float, multiple_of: int, halo: int, rows_share: float = 0.0
) -> tuple[Tile, ...]:
    """Cut a page into rows and columns of even windows so that the network computes the fewest pixels.

    Args:
        height: of the page, px, at least 1.
        width: of the page, px, at least 1.
        most_px: of a window, and of two rows of cores as far as they count. Where not even cores as thin as the halo
            keep to it, the smallest such window is taken: with still thinner ones, the work would go to halos alone.
        multiple_of: the network's total stride, px.
        halo: how far a pixel of the network's output sees, px; rounded up to the stride.
        rows_share: how much a pixel of these rows counts, beside one of a window.
    """
    grid = _Grid(multiple_of, halo)

    def cost(cuts: tuple[list[_Piece], list[_Piece]]) -> tuple[float, int]:
        window_px = math.prod(pieces[0].window[1] - pieces[0].window[0] for pieces in cuts)
        rows_px = width * min(2 * max(piece.core[1] - piece.core[0] for piece in cuts[0]), height)
        return max(window_px + rows_share * rows_px, most_px), window_px * math.prod(len(pieces) for pieces in cuts)

    return _tiles(*min(product(grid.even_windows(height), grid.even_windows(width)), key=cost))


def same_windows(height: int, width: int, window: tuple[int, int], multiple_of: int, halo: int) -> tuple[Tile, ...]:
    """Cut a page into the fewest tiles whose windows have a given shape, or are smaller where the canvas is.

    Args:
        height: of the page, px, at least 1.
        width: of the page, px, at least 1.
        window: height and width, as the tiles of a page no smaller than this one have them.
        multiple_of: the network's total stride, px.
        halo: how far a pixel of the network's output sees, px; rounded up to the stride.
    """
    grid = _Grid(multiple_of, halo)
    return _tiles(grid.given_windows(height, window[0]), grid.given_windows(width, window[1]))


def halve(tiles: Sequence[Tile], height: int, width: int, multiple_of: int, halo: int) -> tuple[Tile, ...]:
    """Cut the cores in two along the longer side of their windows, for windows as small as then may be.

    Args:
        tiles: some of a page's, row by row.
        height: of the page, px.
        width: of the page, px.
        multiple_of: the network's total stride, px.
        halo: how far a pixel of the network's output sees, px; rounded up to the stride.

    Returns:
        Tiles of just the same cores, row by row; no smaller than before where thinner cores would only add halos.
    """
    grid = _Grid(multiple_of, halo)
    rows = sorted({(tile.core.y0, tile.core.y1) for tile in tiles})
    columns = sorted({(tile.core.x0, tile.core.x1) for tile in tiles})
    tall, wide = tiles[0].window.shape
    if tall >= wide:
        rows = grid.halves(rows)
    else:
        columns = grid.halves(columns)
    halved = _tiles(grid.windows(rows, height), grid.windows(columns, width))
    return tuple(each for each in halved if any(tile.core.contains(each.core) for tile in tiles))


@dataclass(frozen=True)
class _Piece:
    """A tile along one axis: start and end of its core and of its window."""

    core: tuple[int, int]
    window: tuple[int, int]


class _Grid:
    """Cuts one axis, with all but the page's own end on multiples of the stride."""

    def __init__(self, stride: int, halo: int) -> None:
        self.stride = stride
        self.halo = self.up(halo)
        self.margin = self.up(MARGIN)
        self.spare = max(self.halo - self.margin, 0)  # that much less than a whole halo is beyond the outer cores

    def up(self, length: int) -> int:
        return _divide_up(length, self.stride) * self.stride

    def even_cores(self, length: int, most: int) -> list[_Piece]:
        """The fewest cores of at most `most` px."""
        pieces = _divide_up(length, max(most // self.stride, 1) * self.stride)
        return self.cut(length, self.up(_divide_up(length, pieces)))

    def even_windows(self, length: int) -> list[list[_Piece]]:
        """One piece, two, and so on, the outer cores longer by what their windows lack in halo."""
        inner = length - 2 * self.spare
        most = max(inner // max(self.halo, self.stride), 1)
        sides = (max(self.up(_divide_up(inner, pieces)), self.stride) for pieces in range(1, most + 1))
        return [self.cut(length, side, self.spare) for side in sides]

    def given_windows(self, length: int, window: int) -> list[_Piece]:
        """Windows of that size, or one on all of the canvas."""
        return self.cut(length, max(window - 2 * self.halo, self.stride), self.spare)

    def cut(self, length: int, side: int, more: int = 0) -> list[_Piece]:
        """Cut into cores of that side, of which the first is `more` longer and the last up to as much."""
        return self.windows(list(pairwise([0, *range(side + more, length - more, side), length])), length)

    def halves(self, cores: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Each core in two, or whole if it is a stride at most."""
        middles = [a + self.up(_divide_up(b - a, 2)) for a, b in cores]
        return [half for (a, b), middle in zip(cores, middles, strict=True) for half in _parts(a, middle, b)]

    def windows(self, cores: list[tuple[int, int]], length: int) -> list[_Piece]:
        """The cores with windows of one size."""
        start, stop = -self.margin, self.up(length) + self.margin
        needs = [(max(a - self.halo, start), min(self.up(b) + self.halo, stop)) for a, b in cores]
        window = max(b - a for a, b in needs)
        origins = [min(a, stop - window) for a, _ in needs]
        return [_Piece(core, (a, a + window)) for core, a in zip(cores, origins, strict=True)]


def _tiles(rows: list[_Piece], columns: list[_Piece]) -> tuple[Tile, ...]:
    return tuple(Tile(_region(y.core, x.core), _region(y.window, x.window)) for y in rows for x in columns)


def _region(rows: tuple[int, int], columns: tuple[int, int]) -> Region:
    return Region(rows[0], columns[0], rows[1], columns[1])


def _parts(start: int, middle: int, stop: int) -> list[tuple[int, int]]:
    return [(start, middle), (middle, stop)] if middle < stop else [(start, stop)]


def _divide_up(length: int, parts: int) -> int:
    return -(-length // parts)
