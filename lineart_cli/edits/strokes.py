"""Changed strokes: where lines branch, and how far a stroke goes that an edit has touched. All in cells of pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.drawing.skeleton import junctions, skeletonize
from lineart_cli.imaging.resample import strips
from lineart_cli.options import Crop

CELL = 4
"""Px of the side of a cell."""

Mask = NDArray[np.bool_]
Rows = Callable[[slice], NDArray[Any]]
"""Gives some rows of a page."""

_FOUR = np.dtype(f"u{CELL}")  # as many booleans at once
_ROWS = 128  # of cells, whose lines are thinned at once
_AROUND = np.ones((3, 3), np.uint8)
_SOLID = 2.0  # lines' thicknesses from the edge of an area, beyond which it is no line


def pooled(pixels: Mask) -> Mask:
    """Which cells have a pixel: (h, w) of (rows, W)."""
    height, width = (-(-side // CELL) for side in pixels.shape)
    padded = np.zeros((height * CELL, width * CELL), bool)
    padded[: pixels.shape[0], : pixels.shape[1]] = pixels
    return np.asarray(padded.view(_FOUR).reshape(height, CELL, width).any(1))


def spread(cells: Mask, steps: int) -> Mask:
    """The cells, and those that are at most so many away from one."""
    return np.asarray(cv2.dilate(cells.astype(np.uint8), _AROUND, iterations=steps), bool) if steps else cells


def boxes(cells: Mask, page: tuple[int, int], gap: int) -> list[Crop]:
    """A box around each group of cells that lie at most `gap` cells apart, px, from top to bottom."""
    apart = spread(cells, -(-gap // 2)).astype(np.uint8)
    if not apart.any():
        return []
    labels = cv2.connectedComponents(apart, connectivity=8)[1]
    row, column = np.nonzero(cells)
    order = np.argsort(labels[row, column], kind="stable")
    first = np.flatnonzero(np.diff(labels[row, column][order], prepend=0))
    sides = [ends.reduceat(at[order], first) for at in (column, row) for ends in (np.minimum, np.maximum)]
    found = []
    for left, right, top, bottom in np.stack(sides, 1).tolist():
        right, bottom = min(CELL * (right + 1), page[1]), min(CELL * (bottom + 1), page[0])  # noqa: PLW2901
        found.append(Crop(CELL * left, CELL * top, right - CELL * left, bottom - CELL * top))
    return sorted(found, key=lambda box: (box.top, box.left))


def touched(changed: Mask, seeds: Mask, followed: int, branchings: Callable[[slice], Mask]) -> Mask:
    """The strokes of `changed` that `seeds` touch, whole.

    A stroke is followed over all branchings and crossings for `followed` cells, and from there to its end or to the
    next branching.

    Args:
        changed: (h, w) cells in which the new ink is not the old one.
        seeds: (h, w) cells from which strokes are taken.
        followed: cells.
        branchings: gives some rows of the cells in which lines branch or cross.
    """
    taken = seeds & changed
    for _ in range(followed):
        further = spread(taken, 1) & changed
        if (further == taken).all():
            return taken
        taken = further
    rows = _rows_of(parts(changed, taken))
    cut = np.zeros_like(changed)
    cut[rows] = branchings(rows)
    return taken | parts(changed & ~cut, taken)


def parts(cells: Mask, seeds: Mask) -> Mask:
    """The connected parts of `cells` that have a seed."""
    labels = cv2.connectedComponents(cells.astype(np.uint8), connectivity=8)[1]
    wanted = np.zeros(int(labels.max()) + 1, bool)
    wanted[labels[seeds & cells]] = True
    wanted[0] = False
    return np.asarray(wanted[labels])


def _rows_of(cells: Mask) -> slice:
    rows = np.flatnonzero(cells.any(1))
    return slice(int(rows[0]), int(rows[-1]) + 1) if len(rows) else slice(0, 0)


def branchings(ink: Rows, page: tuple[int, int], thickness: float, rows: slice) -> Mask:
    """The cells in which lines branch or cross, and those beside them.

    Args:
        ink: gives rows of a page, (rows, W) bool.
        page: (H, W).
        thickness: of the lines, px.
        rows: of cells.
    """
    found = np.zeros((rows.stop - rows.start, -(-page[1] // CELL)), bool)
    margin = CELL * (2 + int(_SOLID * thickness) // CELL)
    for strip in strips(rows.stop - rows.start, _ROWS):
        top = (rows.start + strip.start) * CELL
        first = max(top - margin, 0)
        lines = ink(slice(first, min((rows.start + strip.stop) * CELL + margin, page[0])))
        forks = spread(pooled(junctions(skeletonize(_without_solids(lines, thickness)))), 1)
        found[strip] = forks[(top - first) // CELL :][: strip.stop - strip.start]
    return found


def _without_solids(ink: Mask, thickness: float) -> Mask:
    """Ink without what is deep inside of areas, which would take long to be thinned."""
    depth = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3)
    return ink & (depth <= max(_SOLID * thickness, CELL))
