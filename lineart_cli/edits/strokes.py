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
    return cv2.dilate(cells.view(np.uint8), _AROUND, iterations=steps).view(bool) if steps else cells


def boxes(cells: Mask, page: tuple[int, int], gap: int, cell: int = CELL) -> list[Crop]:
    """A box around each group of cells that lie at most `gap` cells apart, from top to bottom.

    Args:
        cells: (h, w).
        page: (H, W) px.
        gap: cells.
        cell: px of the side of one.

    Returns:
        px.
    """
    window = _window(cells)
    inside = cells[window]
    if not inside.size:
        return []
    margin = -(-gap // 2)
    labels = _labels(spread(np.pad(inside, margin), margin))[margin:, margin:][: inside.shape[0], : inside.shape[1]]
    row, column = np.nonzero(inside)
    label = labels[row, column]
    order = np.argsort(label, kind="stable")
    first = np.flatnonzero(np.diff(label[order], prepend=0))
    sides = [ends.reduceat(at[order], first) for at in (column, row) for ends in (np.minimum, np.maximum)]
    corner = np.array([window[1].start, window[1].start + 1, window[0].start, window[0].start + 1])
    found = []
    for left, right, top, bottom in (cell * (np.stack(sides, 1) + corner)).tolist():
        found.append(Crop(left, top, min(right, page[1]) - left, min(bottom, page[0]) - top))
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
    followed_on = parts(changed, taken)
    rows = _extent(np.asarray(followed_on.any(1)))
    followed_on[rows] &= ~branchings(rows)
    return taken | parts(followed_on, taken)


def parts(cells: Mask, seeds: Mask) -> Mask:
    """The connected parts of `cells` that have a seed."""
    found = np.zeros_like(cells)
    window = _window(cells)
    labels = _labels(cells[window])
    wanted = np.zeros(int(labels.max(initial=0)) + 1, bool)
    wanted[labels[seeds[window] & cells[window]]] = True
    found[window] = wanted[labels]
    return found


def _labels(cells: Mask) -> NDArray[np.int32]:
    """The number of the connected part that each cell belongs to, from 1; 0 without any."""
    if not cells.size:
        return np.zeros(cells.shape, np.int32)
    labels = cv2.connectedComponents(np.ascontiguousarray(cells).view(np.uint8), connectivity=8)[1]
    return np.asarray(labels, np.int32)


def _window(cells: Mask) -> tuple[slice, slice]:
    """The rows and columns that have cells, from the first to the last."""
    return _extent(np.asarray(cells.any(1))), _extent(np.asarray(cells.any(0)))


def _extent(line: Mask) -> slice:
    found = np.flatnonzero(line)
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, 0)


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
