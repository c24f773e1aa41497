"""The paper of a page: how bright it would be everywhere if nothing were drawn on it.

It is the upper envelope of the page: a grey closing fills every dark thing narrower than `FILL` with the paper around
it, so that a bundle of strokes leaves no dent and no halo. Wider dark areas are held up by the same envelope at `WIDE`,
and that in turn by the page's own paper, so that a black area stays black. Shadows are followed down all the same, and
what lies around the sheet is no paper at all: see `surroundings`. Chalk on toned paper is lighter than paper.

All lengths are pixels at the network's working scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.imaging.binding import bindings
from lineart_cli.imaging.colour import white
from lineart_cli.imaging.fold import fold
from lineart_cli.imaging.resample import fit, gathered, strips
from lineart_cli.imaging.surroundings import around_sheet, closed, shadow_edges, shadows

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import Page
    from lineart_cli.imaging.surroundings import Floats, Mask

CELL = 8  # px of the page that a cell of the paper map covers, in each direction
FILL = 72  # px: dark things narrower than this lie on the paper; a bundle of strokes is up to 45 wide
WIDE = 640  # px: the same for areas laid on flat, of which the map keeps WIDE_FLOOR of the paper around
WIDE_FLOOR = 0.85  # light falls off by less than this across such an area
PAGE_FLOOR = 0.5  # the darkest paper outside of shadows, as a share of the page's brightest
LEAST_PAPER = 0.25  # the darkest grey that is ever taken for paper outside of shadows
NO_PAPER = 1e-6  # the grey of paper around the sheet, and the darkest grey of a page: so nothing is drawn there
SMOOTH = 24  # px: sigma of the Gaussian over the paper map

RIM = 2  # px along the page's border: what is dark there lies around the sheet or goes on beyond the page

TONED = 0.85  # grey of the middle of the page, below which its paper may be toned
CHALK = 0.06  # by which chalk is lighter
CHALK_WIDTH = 5  # cells; what is as light and broader is paper
LEAST_CHALK = 0.01  # of the page's cells with chalk on them; below, it is left
MOST_LIGHT = 0.01  # of the page's cells that are as light and broad; beyond, dark areas lie on light paper
AREA = 81  # cells across the area whose median is the paper around chalk


def paper_map(grey: Page, means: Floats | None = None) -> Floats:
    """Return the grey of bare paper in every cell, (ceil(H / CELL), ceil(W / CELL)) float32 in [0, 1].

    Args:
        grey: (H, W) encoded values, white being the largest that a uint8 or uint16 holds, or 1.0.
        means: of its cells, if they are known already.
    """
    cells = _without_chalk(cell_means(grey) if means is None else means)
    envelope = closed(cells, FILL // CELL)
    white = float(np.percentile(envelope, 90))
    held = np.maximum(WIDE_FLOOR * closed(envelope, WIDE // CELL), max(PAGE_FLOOR * white, LEAST_PAPER))
    beyond = _envelope_beyond(cells, _rim(grey))
    folded = fold(cells, white)
    around = around_sheet(cells, beyond, white) | bindings(cells, white) | folded.at
    shaded = shadows(cells, beyond, held.astype(np.float32), white) & ~around
    near = shadow_edges(cells, beyond, white, shaded) | np.isfinite(folded.paper)
    paper = np.where(shaded, beyond, np.maximum(envelope, held)).astype(np.float32)
    np.minimum(paper, folded.paper, out=paper)
    smooth = np.where(near, _darkest(paper), _smooth(paper))
    smooth[around] = NO_PAPER
    return np.maximum(smooth, np.float32(NO_PAPER))  # a fold's shadow may be black


def cell_means(grey: Page) -> Floats:
    """Mean greys of the page's cells, float32 in [0, 1]; `grey` as for `paper_map`."""
    height, width = grey.shape
    cells = -(-height // CELL), -(-width // CELL)
    means = fit((grey[rows] for rows in strips(height)), (height, width), cells)
    return light(gathered(means, cells, grey.dtype))


def light(grey: npt.NDArray[Any]) -> Floats:
    """Greys of any type as float32 in [0, 1]; always a copy."""
    return np.asarray(np.divide(grey, np.float32(white(grey.dtype)), dtype=np.float32))


def local_median(cells: Floats) -> Floats:
    """The median of the area around each cell, to the 255th part."""
    size = min(AREA, 2 * (min(cells.shape) // 2) + 1)
    return np.asarray(cv2.medianBlur(np.rint(cells * 255).astype(np.uint8), size) / np.float32(255), np.float32)


def is_lighter(cells: Floats, median: Floats) -> tuple[Mask, Mask]:
    """Which cells are lighter than the area around them, and narrow, as strokes are; and which are so and broad."""
    square = np.ones((CHALK_WIDTH, CHALK_WIDTH), np.uint8)
    broad = np.asarray(cv2.morphologyEx(cells, cv2.MORPH_OPEN, square) > median + CHALK)
    return (cells > median + CHALK) & ~broad, broad


def _without_chalk(cells: Floats) -> Floats:
    """The cells of toned paper with no more light than it has itself; all others as they are."""
    if np.median(cells) >= TONED:
        return cells
    median = local_median(cells)
    chalk, broad = is_lighter(cells, median)
    has_chalk = chalk.mean() >= LEAST_CHALK and broad.mean() <= MOST_LIGHT
    return np.minimum(cells, median) if has_chalk else cells


def _rim(grey: Page) -> tuple[Floats, Floats, Floats, Floats]:
    """The greys of the page's outermost pixels, by cells: at the top, the bottom, the left and the right."""
    height = grey.shape[0]
    edges = [grey[:RIM], grey[max(height - RIM, 0) :]]
    sides = [np.concatenate([grey[rows][:, part] for rows in strips(height)]) for part in (np.s_[:RIM], np.s_[-RIM:])]
    darkest = [light(each.min(0)) for each in edges] + [light(each.min(1)) for each in sides]
    top, bottom, left, right = map(_means, darkest)
    return top, bottom, left, right


def _means(greys: Floats) -> Floats:
    """The means of a row of greys by cells."""
    starts = np.arange(0, len(greys), CELL)
    return np.asarray(np.add.reduceat(greys, starts) / np.diff(np.append(starts, len(greys))), np.float32)


def _envelope_beyond(cells: Floats, rim: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    """The envelope that takes what is dark in the page's outermost pixels, its rim, to go on beyond it."""
    more = FILL // CELL
    bordered = cells.copy()
    bordered[0], bordered[-1] = rim[:2]
    bordered[:, 0], bordered[:, -1] = rim[2:]
    around = cv2.copyMakeBorder(bordered, more, more, more, more, cv2.BORDER_REPLICATE)
    around[more:-more, more:-more] = cells
    return closed(np.asarray(around, np.float32), more)[more:-more, more:-more]


def _smooth(paper: Floats) -> Floats:
    return np.asarray(
        cv2.GaussianBlur(cv2.medianBlur(paper, 5), (0, 0), SMOOTH / CELL, borderType=cv2.BORDER_REPLICATE), np.float32
    )


def _darkest(paper: Floats) -> Floats:
    """The darkest paper of a cell and its neighbours, so that no edge looks drawn."""
    return np.asarray(cv2.erode(np.minimum(_smooth(paper), paper), np.ones((3, 3), np.uint8)), np.float32)
