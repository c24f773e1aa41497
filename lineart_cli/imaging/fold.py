"""The fold between two pages of an open book, on the grid of the paper map.

It is told from a line that was drawn by its shadow: all along it, from one side of the sheet to the other, paper grows
lighter away from it, cell by cell, as pages bend down into the binding. A soft stroke, or an area with soft edges, does
so too, but ends soon where it has become half as dark; a shadow has a tail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lineart_cli.imaging.surroundings import BEYOND, DIM, dilated

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.surroundings import Floats, Mask

MIDDLE = 0.25, 0.75  # of the sheet's width, where a fold may be
PARTS, LEAST_PARTS = 8, 7  # of the fold's length, and those of them that have to look like one
BARE = 75  # percentile of the greys along a part of it: more is drawn on few
STRAIGHT = 1.5  # cells that these are off a straight line, at most
TURNED = 0.06  # cells aside for a cell along
SHEET = 0.6  # of the rows that hold mostly paper, at least

NEAR, FAR = (2, 3), (12, 20)  # cells from the fold: in its shadow, and beyond it
BESIDE = np.arange(-FAR[0], FAR[0] + 1)
DEEP, SHADED = 0.1, 0.03  # of the brightest paper, by which paper there is lighter than the fold, and than its shadow
TAIL = 0.1  # of the fold's depth, that is left of its shadow twice as far away as half of it is
UNEVEN = 0.02  # of it, by which a cell may be darker than the one before it, away from the fold


class Fold(NamedTuple):
    """Where a page is folded.

    Attributes:
        at: (h, w) cells of the fold, and those right beside it.
        paper: (h, w) float32, the grey of bare paper in its shadow; infinite elsewhere.
    """

    at: Mask
    paper: Floats


def fold(cells: Floats, white: float) -> Fold:
    """Find a fold that runs down or across the sheet.

    Args:
        cells: (h, w) mean greys.
        white: the page's brightest paper.
    """
    found = Fold(np.zeros(cells.shape, bool), np.full(cells.shape, np.inf, np.float32))
    for at, paper, seen in ((*found, cells), (found.at.T, found.paper.T, cells.T)):
        rows = np.flatnonzero((seen >= DIM * white).mean(1) >= 0.5)
        if len(rows) >= max(PARTS, SHEET * len(seen)) and seen.shape[1] >= 4 * FAR[1]:
            _mark(at, paper, seen, rows, white)
    return Fold(dilated(found.at, BEYOND), found.paper)


def _mark(at: Mask, paper: Floats, cells: Floats, rows: npt.NDArray[np.intp], white: float) -> None:
    """Mark a fold that runs down a page, of which these rows hold paper, and the paper in its shadow."""
    places, middles, profiles = [], [], []
    for number, part in enumerate(np.array_split(rows, PARTS)):
        profile = np.percentile(cells[part], BARE, 0)
        place = _place(profile, white)
        if place is not None:
            places.append(place)
            middles.append(part.mean())
            profiles.append(profile[place + BESIDE])
        elif number - len(places) >= PARTS - LEAST_PARTS:
            return
    slope, start = np.polyfit(middles, places, 1)
    if abs(slope) > TURNED or np.abs(start + slope * np.array(middles) - places).max() > STRAIGHT:
        return
    for row in range(rows[0], rows[-1] + 1):
        middle = round(start + slope * row)
        at[row, middle] = True
        paper[row, middle + BESIDE] = profiles[int(np.argmin(np.abs(np.array(middles) - row)))]


def _place(profile: Floats, white: float) -> int | None:
    """Where the fold is, in greys across a part of it; None where there is none."""
    first, last = (round(share * len(profile)) for share in MIDDLE)
    at = first + int(np.argmin(profile[first:last]))
    sides = [profile[at : at + FAR[1] + 1], profile[at::-1][: FAR[1] + 1]]
    lit = [float(np.median(side[slice(*FAR)])) for side in sides]
    shaded = [far - float(side[NEAR[0] : NEAR[1] + 1].mean()) for side, far in zip(sides, lit, strict=True)]
    is_deep = min(lit) - profile[at] > DEEP * white  # a black page has none
    is_even = all((np.diff(side[: FAR[0]]) >= -UNEVEN * white).all() for side in sides)
    is_shadow = min(shaded) >= SHADED * white
    return at if is_deep and is_even and is_shadow and max(map(_tail, sides, lit)) >= TAIL else None


def _tail(side: Floats, lit: float) -> float:
    """How much of the shadow is left twice as far away as half of it is, on one side of a fold."""
    shadow = np.maximum.accumulate((lit - side)[::-1])[::-1] / (lit - side[0])
    cells = np.arange(len(side))
    half = np.interp(-0.5, -shadow, cells)
    return float(np.interp(2 * half, cells, shadow))
