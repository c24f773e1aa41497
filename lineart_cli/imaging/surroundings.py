"""What of a scan or photo is not evenly lit paper: what lies around the sheet, and shadows on it.

All are told from what was drawn by these marks, on the grid of the paper map:

- **Around the sheet** (the scanner's black frame, a desk): dark, touching a good part of one side of the page, parted
  from the sheet by straight and steep edges, and without strokes, unless it is so black that none could be seen.
- **The black between the panels of a comic**: straight bands from the black around the page, or from another such
  band, to the next.
- **A shadow**: touching the page's border, darker than uneven light makes paper, but lighter than solid ink, and plain:
  most of it is as light as the lightest around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from lineart_cli.imaging.morphology import components

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

LIT = 0.97  # of the paper around, at which a sheet's edge ends

# Shares of the page's brightest paper:
DIM = 0.88  # below this, paper may be something else
RISE = 0.01  # across a soft edge, each cell is lighter than the one before by this
STEP = 0.1  # a sheet's edge is steeper than this over `STEEP` cells
SOLID = 0.26  # the darkest shadow; solid ink and scanner frames are darker

STEEP = 13  # cells, square
SOFT = 25  # cells across a soft edge of a sheet
BEYOND = 5  # cells across what is left out beyond a soft edge, for the paper map is smooth
CRISP = 3  # and beyond an edge that ends within a cell
NEAR = 27  # cells across a shadow's edge, where a smooth paper map would show it
SEAM = 0.05  # of the page's shorter side, across its edge, where the shadow of a sheet is no stroke
LONG = 20  # cells that a straight part of an edge is long
SMALL = 300  # cells that a shadow has at least
THIN = 4  # cells: strokes are narrower
GUTTER = (2, 12)  # cells across the black between panels; what is broader is no dark thing on paper
GUTTER_LENGTH = 0.12  # of the page's side, that it is straight
STROKE = 0.9  # a cell with a stroke is darker than this share of its surroundings

SIDE_TOUCHED = 0.4  # of one of the page's sides, by what lies around the sheet
EDGE_STRAIGHT = 0.8  # of the edge's length
EDGE_STEEP = 0.7  # of the edge's cells
STROKES_AROUND = 0.002  # cells with strokes, at most, of what lies around the sheet
STROKES_SHADED = 0.35  # and of a shadow


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
    found |= dilated(_gutters(cells < SOLID * white, found), 3) & (cells < DIM * white)
    return dilated(found, CRISP) | dilated(_soft_edge(found, envelope, white), BEYOND)


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
    return _any_mask((part.cells for part in parts), shape)


def _any_mask(masks: Iterable[Mask], shape: tuple[int, ...]) -> Mask:
    found = np.zeros(shape, bool)
    for mask in masks:
        found |= mask
    return found


def _at_border(mask: Mask, level: Floats, least: float) -> Iterator[Part]:
    """The parts of a mask that touch the page's border, and have at least so many cells."""
    if not any(side.any() for side in _sides(mask)):  # as on most pages
        return
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


def _soft_edge(found: Mask, envelope: Floats, white: float) -> Mask:
    """Cells beside what is found, outwards as long as each is lighter than the one before it, and not yet lit."""
    lit = LIT * cv2.dilate(envelope, np.ones((SOFT, SOFT), np.uint8))
    soft, edge = np.zeros_like(found), found
    for _ in range(SOFT // 2):
        before = cv2.dilate(np.where(edge, envelope, 0).astype(np.float32), np.ones((3, 3), np.uint8))
        edge = dilated(edge, 3) & ~(found | soft) & (envelope < lit) & (envelope > before + RISE * white)
        soft |= edge
    return soft


def _gutters(black: Mask, found: Mask) -> Mask:
    """What is found, and straight black bands with both ends at it, or at another such band.

    Args:
        black: (h, w) cells that are solid black.
        found: cells around the page; bands that do not hang on them, such as a thick frame in a panel, are none.
    """
    across = _bands(black | found)
    down = [band.T for band in _bands((black | found).T)]
    while True:
        level, upright = (_any_mask(bands, black.shape) for bands in (across, down))
        kept = [band for band in across if _is_held(band, found | upright)]
        kept_down = [band for band in down if _is_held(band.T, (found | level).T)]
        if len(kept) + len(kept_down) == len(across) + len(down):
            break
        across, down = kept, kept_down
    _, labels = cv2.connectedComponents((found | level | upright).astype(np.uint8))
    return np.isin(labels, np.unique(labels[found]))


def _bands(black: Mask) -> list[Mask]:
    """The level bands of a mask."""
    (least, most), run = GUTTER, max(LONG, round(GUTTER_LENGTH * black.shape[1]))
    level = _opened(black.astype(np.uint8), 1, run)
    count, labels, boxes, _ = components(level - _opened(level, most, most))
    return [labels == each for each in range(1, count) if least <= boxes[each, cv2.CC_STAT_HEIGHT] <= most]


def _opened(mask: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """What of a mask rectangles of that size fit into; sides are made odd, as it would be shifted otherwise."""
    rectangle = np.ones((height // 2 * 2 + 1, width // 2 * 2 + 1), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, rectangle), np.uint8)


def _is_held(band: Mask, others: Mask) -> bool:
    """Whether a level band ends at the page's side or at others on its left and on its right."""
    columns = np.flatnonzero(band.any(0))
    near = dilated(others, 3) & band
    ends = (columns[0], 0), (columns[-1], band.shape[1] - 1)
    return all(end == side or bool(near[:, end].any()) for end, side in ends)


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
