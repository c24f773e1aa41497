"""How a page is cut into tiles: integer geometry, no pixels.

Every tile is a core, which is kept, and a halo around it, which only lets the network see enough:

      -halo    0         core_w      2 core_w     page width
        +------+-----------+ . . . . . + . . . . . . .
        |      |           |           .
        |  +---+-----------+-----------+-----+          +---+  page, and the cores in it
      0 |  |   core        |   core    | core|
        |  |   (0, 0)      |   (0, 1)  |     |          cores start on the stride grid, are all of one size,
        |  |               |           |     |          and are cut off at the page's right and lower edge
        +--|---+-----------+ . . .     |     |
    core_h +---------------+-----------+-----+          +------+  what the network is given for core (0, 0):
           |   core        |           |     |          core_h + 2 halo high, core_w + 2 halo wide, for every tile
           |   (1, 0)      |           |     |

What lies outside the page is white. All tiles of a page have one shape, so that a runtime prepares itself once.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """Rows y0 to y1 and columns x0 to x1, the ends excluded; may reach outside of a page."""

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

    def seen_from(self, y: int, x: int) -> Region:
        """The same region where (y, x) is the origin."""
        return Region(self.y0 - y, self.x0 - x, self.y1 - y, self.x1 - x)


@dataclass(frozen=True)
class TilePlan:
    """The tiles of one page.

    Attributes:
        cores: disjoint, together the page, row by row.
        core_shape: height and width of a core that no edge of the page cuts off.
        halo: px on every side of it; a multiple of the stride.
    """

    cores: tuple[Region, ...]
    core_shape: tuple[int, int]
    halo: int

    @property
    def input_shape(self) -> tuple[int, int]:
        """Height and width of every input of the network."""
        return self.core_shape[0] + 2 * self.halo, self.core_shape[1] + 2 * self.halo

    @property
    def computed_px(self) -> int:
        """Pixels that the network computes for the page, halos included."""
        return len(self.cores) * self.input_shape[0] * self.input_shape[1]

    def source(self, core: Region) -> Region:
        """What the network is given for a core; may reach outside of the page."""
        y, x = core.y0 - self.halo, core.x0 - self.halo
        return Region(y, x, y + self.input_shape[0], x + self.input_shape[1])


def plan_tiles(height: int, width: int, tile: tuple[int, int], multiple_of: int, halo: int) -> TilePlan:
    """Cut a page into the fewest tiles of at most the given size, and make them as even as the stride allows.

    Args:
        height: of the page, px, at least 1.
        width: of the page, px, at least 1.
        tile: greatest height and width of a core; rounded down to the stride, but at least one stride.
        multiple_of: the network's total stride, px.
        halo: what the network sees around a pixel, px; rounded up to the stride.
    """
    core_height = _even_side(height, tile[0], multiple_of)
    core_width = _even_side(width, tile[1], multiple_of)
    cores = tuple(
        Region(y, x, y + core_height, x + core_width).clipped(height, width)
        for y in range(0, height, core_height)
        for x in range(0, width, core_width)
    )
    return TilePlan(cores, (core_height, core_width), _round_up(halo, multiple_of))


def best_tile(height: int, width: int, multiple_of: int, halo: int, most_px: int) -> tuple[int, int]:
    """Find the tile with which the network computes the fewest pixels, none of its inputs larger than `most_px`.

    A core is never made thinner than the halo, whatever `most_px` asks for: the work would go to halos alone.

    Returns:
        Height and width of a core, for `plan_tiles`.
    """
    frame = 2 * _round_up(halo, multiple_of)
    least = max(multiple_of, frame // 2)
    best = (least, least)
    fewest = None
    for rows in range(1, max(1, height // least) + 1):
        tall = _even_side(height, _divide_up(height, rows) + multiple_of - 1, multiple_of)
        widest = most_px // (tall + frame) - frame
        if widest < min(least, _round_up(width, multiple_of)):
            continue
        computed = plan_tiles(height, width, (tall, widest), multiple_of, halo).computed_px
        if fewest is None or computed < fewest:
            best, fewest = (tall, widest), computed
    return best


def _even_side(length: int, most: int, multiple_of: int) -> int:
    """The side of a core: the fewest pieces of at most `most` px, then the smallest stride multiple that covers."""
    pieces = _divide_up(length, max(most // multiple_of, 1) * multiple_of)
    return _round_up(_divide_up(length, pieces), multiple_of)


def _divide_up(length: int, parts: int) -> int:
    return -(-length // parts)


def _round_up(length: int, multiple_of: int) -> int:
    return _divide_up(length, multiple_of) * multiple_of
