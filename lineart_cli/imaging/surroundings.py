"""What of a scan or photo is not evenly lit paper: what lies around the sheet, its holes, and shadows on it.

All are told from what was drawn by these marks, on the grid of the paper map:

- **Around the sheet** (the scanner's black frame, a desk): dark, touching a good part of one side of the page, parted
  from the sheet by straight and steep edges, and without strokes, unless it is so black that none could be seen.
- **A punch hole**: a round black spot of some millimetres near a side of the page, and one of several that are as
  large and as near to the same side, well apart; at least one of them touches nothing.
- **A shadow**: touching the page's border, darker than uneven light makes paper, but lighter than solid ink, and plain:
  most of it is as light as the lightest around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

# Shares of the page's brightest paper:
DIM = 0.88  # below this, paper may be something else
LIT = 0.97  # a sheet's edge ends where it is this light
STEP = 0.1  # a sheet's edge is steeper than this over `STEEP` cells
SOLID = 0.26  # the darkest shadow; solid ink and scanner frames are darker

STEEP = 13  # cells, square
SOFT = 25  # cells across a soft edge of a sheet
BEYOND = 5  # cells across what is left out beyond an edge, for the paper map is smooth
NEAR = 27  # cells across a shadow's edge, where a smooth paper map would show it
SEAM = 0.05  # of the page's shorter side, across its edge, where the shadow of a sheet is no stroke
LONG = 20  # cells that a straight part of an edge is long
SMALL = 300  # cells that a shadow has at least
THIN = 4  # cells: strokes are narrower
STROKE = 0.9  # a cell with a stroke is darker than this share of its surroundings

SIDE_TOUCHED = 0.4  # of one of the page's sides, by what lies around the sheet
EDGE_STRAIGHT = 0.8  # of the edge's length
EDGE_STEEP = 0.7  # of the edge's cells
STROKES_AROUND = 0.002  # cells with strokes, at most, of what lies around the sheet
STROKES_SHADED = 0.35  # and of a shadow

HOLE = 0.5  # a hole is darker than this share of the brightest paper
HOLE_SIZE = (0.012, 0.05)  # across, of the page's shorter side
HOLE_FILLS = (0.62, 0.92)  # of the square around it; a disc fills 0.79
HOLE_NEAR = 0.065  # of the page's shorter side, from the page's side to its middle
LEAST_HOLE = 5  # cells across, below which nobody can tell that it is round
ALONE = 2  # cells around it, without anything drawn
LIKE = 1.0  # cells by which holes of one sheet differ
APART = 7  # diameters from one to the next


class Part(NamedTuple):
    """A part of the page that hangs together: its cells, and their middle level."""

    cells: Mask
    level: float


def around_sheet(cells: Floats, envelope: Floats, white: float) -> Mask:
    """Cells that lie around the sheet, its edge included.

    Args:
        cells: (h, w) mean greys.
        envelope: the same with all that is narrow and dark filled in; strips at the page's border are not narrow.
        white: the page's brightest paper.
    """
    strokes = cells < STROKE * closed(cells, THIN)
    parts = _at_border(envelope < DIM * white, envelope, SIDE_TOUCHED * min(cells.shape))
    found = _any_of((part for part in parts if _is_around(part, strokes, envelope, white)), cells.shape)
    if not found.any():
        return found
    soft = dilated(found, SOFT) & (envelope < LIT * white)
    return dilated(found | soft, BEYOND)


def punch_holes(cells: Floats, white: float) -> Mask:
    """Cells of punch holes, and those right beside them; `cells` and `white` as for `around_sheet`."""
    found = np.zeros(cells.shape, bool)
    _, labels, stats, middles = cv2.connectedComponentsWithStats((cells < HOLE * white).astype(np.uint8))
    drawn = cells < DIM * white
    spots = [label for label in range(1, len(stats)) if _is_round(stats[label], min(cells.shape))]
    alone = {label for label in spots if _is_alone(labels == label, drawn)}
    sizes = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    last = np.array(cells.shape[::-1]) - 1
    for axis, from_end in ((0, False), (0, True), (1, False), (1, True)):
        away = last[axis] - middles[:, axis] if from_end else middles[:, axis]
        near = [each for each in spots if away[each] <= HOLE_NEAR * min(cells.shape)]
        for spot in near:
            if any(
                {spot, other} & alone
                and abs(away[spot] - away[other]) <= LIKE
                and abs(int(sizes[spot]) - int(sizes[other])) <= LIKE
                and abs(middles[spot, 1 - axis] - middles[other, 1 - axis]) >= APART * sizes[spot]
                for other in near
            ):
                found |= labels == spot
    return dilated(found, BEYOND)


def _is_round(stats: npt.NDArray[np.int32], side: int) -> bool:
    width, height = int(stats[cv2.CC_STAT_WIDTH]), int(stats[cv2.CC_STAT_HEIGHT])
    is_large = max(LEAST_HOLE, HOLE_SIZE[0] * side) <= width <= HOLE_SIZE[1] * side
    fills = stats[cv2.CC_STAT_AREA] / (width * height)
    return bool(is_large and abs(width - height) <= LIKE and HOLE_FILLS[0] <= fills <= HOLE_FILLS[1])


def _is_alone(spot: Mask, drawn: Mask) -> bool:
    """Whether nothing is drawn around a spot, beyond the cells that its own edge runs through."""
    return not (drawn & dilated(spot, 2 * ALONE + 1) & ~dilated(spot, 3)).any()


def shadows(cells: Floats, envelope: Floats, held: Floats, white: float) -> Mask:
    """Cells in a shadow that is darker than uneven light makes paper.

    Args:
        cells: as for `around_sheet`.
        envelope: as for `around_sheet`.
        held: the grey that paper would have at least, if the page had no shadows.
        white: the page's brightest paper.
    """
    return _any_of(_plain(cells, envelope, (envelope < held) & (envelope > SOLID * white)), cells.shape)


def shadow_edges(cells: Floats, envelope: Floats, white: float, shaded: Mask) -> Mask:
    """Cells near the edges of shadows, `shaded` ones and all others that have steep edges."""
    dim = _plain(cells, envelope, (envelope < DIM * white) & (envelope > SOLID * white))
    steep = (part for part in dim if _is_steep(part.cells, envelope, STEP * white))
    near = np.zeros(cells.shape, bool)
    for each in (shaded, _any_of(steep, cells.shape)):
        near |= dilated(each, NEAR) & dilated(~each, NEAR)
    return near


def closed(cells: Floats, size: int) -> Floats:
    """Fill what is darker than its surroundings and narrower than `size` cells."""
    return np.asarray(cv2.morphologyEx(cells, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)), np.float32)


def dilated(mask: Mask, size: int) -> Mask:
    """The cells of a mask, and those around them in a square of `size`."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0)


def _plain(cells: Floats, envelope: Floats, mask: Mask) -> Iterator[Part]:
    """The parts of a mask that touch the page's border, and are large and without much drawn on them."""
    for part in _at_border(mask, envelope, SMALL):
        strokes = cells[part.cells] < STROKE * envelope[part.cells]
        if strokes.mean() < STROKES_SHADED:
            yield part


def _any_of(parts: Iterable[Part], shape: tuple[int, ...]) -> Mask:
    found = np.zeros(shape, bool)
    for part in parts:
        found |= part.cells
    return found


def _at_border(mask: Mask, level: Floats, least: float) -> Iterator[Part]:
    """The parts of a mask that touch the page's border, and have at least so many cells."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    for label in np.unique(np.concatenate(_sides(labels))):
        if label and stats[label, cv2.CC_STAT_AREA] >= least:
            cells = labels == label
            yield Part(cells, float(np.median(level[cells])))


def _sides(cells: npt.NDArray[np.generic]) -> list[npt.NDArray[np.generic]]:
    return [cells[0], cells[-1], cells[:, 0], cells[:, -1]]


def _is_around(part: Part, strokes: Mask, envelope: Floats, white: float) -> bool:
    is_black = part.level < SOLID * white
    inside = part.cells & ~dilated(~part.cells, max(STEEP, round(SEAM * min(strokes.shape))))
    return bool(
        max(side.mean() for side in _sides(part.cells)) >= SIDE_TOUCHED
        and (is_black or strokes[inside].sum() <= STROKES_AROUND * inside.sum())
        and _is_steep(part.cells, envelope, STEP * white)
        and _is_straight(part.cells)
    )


def _is_steep(part: Mask, envelope: Floats, step: float) -> bool:
    """Whether light falls by so much across most of the part's edge."""
    edge = part & dilated(~part, 3)
    square = np.ones((STEEP, STEEP), np.uint8)
    falls = cv2.dilate(envelope, square) - cv2.erode(envelope, square)
    return bool(edge.any() and (falls[edge] > step).mean() >= EDGE_STEEP)


def _is_straight(part: Mask) -> bool:
    """Whether most of the part's edge inside the page consists of long straight lines."""
    contours, _ = cv2.findContours(part.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    last = np.array(part.shape[::-1]) - 1
    lengths = [np.zeros(0)]
    for contour in contours:
        corners = cv2.approxPolyDP(contour, 1.5, True)[:, 0].astype(float)
        after = np.roll(corners, -1, 0)
        middle = (corners + after) / 2
        is_inside = ((middle > 1) & (middle < last - 1)).all(1)
        lengths.append(np.hypot(*(after - corners).T)[is_inside])
    every = np.concatenate(lengths)
    return bool(every[every >= LONG].sum() >= EDGE_STRAIGHT * every.sum())
