"""Solid blacks become filled paths with holes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.imaging.bilinear import interpolated
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.resample import strips
from lineart_cli.vector.fitting import Doubles
from lineart_cli.vector.valley import Floats

_ROWS = 512  # that are looked at once
_BEYOND = 2  # px beyond a solid black's edge that belong to it, where lines leave it
_MOST = 10.0  # px by which a solid black is broader than its middle, at most: distances are not known farther away
_NEAR = np.float32(1.0)  # px by which its edge is moved to where it is between pixels, at most
_LEAST = 12  # px of an edge's length, below which it is none


def edges(solid: NDArray[np.uint8], off: Page, half: Callable[[Doubles], Doubles]) -> Iterator[list[Doubles]]:
    """The edges of solid blacks.

    Args:
        solid: (h, w) uint8, 1 in the middle of solid blacks.
        off: (h, w) distance from the middle of the nearest line, px.
        half: of the width of lines at places (N, 2), px.

    Yields:
        For each its outer edge, and those of its holes, (n, 2) x and y each, closed: the last is the first.
    """
    rows = np.flatnonzero(solid.any(1))
    if len(rows) == 0:
        return
    first, last = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(solid[first:last].any(0))
    grow = round(_MOST) + _BEYOND
    top, bottom = max(first - grow, 0), min(last + grow, solid.shape[0])
    left, right = max(int(columns[0]) - grow, 0), min(int(columns[-1]) + 1 + grow, solid.shape[1])
    black = np.zeros((bottom - top, right - left), np.uint8)
    for part in strips(bottom - top, _ROWS):
        _blacken(black, solid, off, half, part, (top, left))
    contours, tree = cv2.findContours(black, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return
    closed = [_moved(each[:, 0] + np.array([left, top]), off, half) for each in contours]
    for outer in np.flatnonzero(tree[0, :, 3] < 0):
        found = [closed[outer]] + [closed[each] for each in np.flatnonzero(tree[0, :, 3] == outer)]
        if len(found[0]) >= _LEAST:
            yield [each for each in found if len(each) >= _LEAST]


def _blacken(
    black: NDArray[np.uint8],
    solid: NDArray[np.uint8],
    off: Page,
    half: Callable[[Doubles], Doubles],
    part: slice,
    corner: tuple[int, int],
) -> None:
    """Draws some rows of the solid blacks as broad as lines would be."""
    top, left = corner
    grow = round(_MOST) + _BEYOND
    rows = slice(part.start + top, part.stop + top)
    low, high = max(rows.start - grow, 0), min(rows.stop + grow, solid.shape[0])
    columns = slice(left, left + black.shape[1])
    middle = solid[low:high, columns]
    if not middle.any():
        return
    away = cv2.distanceTransform(1 - middle, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[rows.start - low : rows.stop - low]
    y, x = np.nonzero(away < grow)
    broad = np.minimum(half(np.stack([x + left, y + rows.start], 1).astype(np.float64)), _MOST)
    inked = (off[rows][:, columns][y, x] < broad) & (away[y, x] < broad + _BEYOND)
    black[part][y[inked], x[inked]] = 1


def _moved(edge: NDArray[np.int64], off: Page, half: Callable[[Doubles], Doubles]) -> Doubles:
    """An edge of pixels, moved to where the ink ends between them, and closed."""
    points = edge.astype(np.float64)
    low, high = max(int(edge[:, 1].min()) - 2, 0), min(int(edge[:, 1].max()) + 3, off.shape[0])
    for rows in strips(high - low, _ROWS):
        start, stop = low + rows.start, low + rows.stop
        here = np.flatnonzero((edge[:, 1] >= start) & (edge[:, 1] < stop))
        if len(here):
            above = max(start - 2, 0)
            near = np.asarray(off[above : stop + 2], np.float32)
            points[here] += _to_level(near, points[here] - np.array([0, above]), np.minimum(half(points[here]), _MOST))
    calm = (np.roll(points, 1, 0) + 2 * points + np.roll(points, -1, 0)) / 4
    page = np.array(off.shape[::-1])
    calm += (edge == page - 1).astype(np.float64) - (edge == 0)  # at the page's edge, it goes on beyond it
    return np.concatenate([calm, calm[:1]])


def _to_level(off: Floats, points: Doubles, level: Doubles) -> Doubles:
    """(N, 2) px from points to where the distance is at a level, along its slope."""
    x, y = points.astype(np.float32).T
    dx, dy = (interpolated(off, x + a, y + b) - interpolated(off, x - a, y - b) for a, b in ((1, 0), (0, 1)))
    slope = np.stack([dx, dy], 1) / 2
    steep = np.maximum((slope**2).sum(1), 0.05)
    way = ((level - interpolated(off, x, y)) / steep)[:, None] * slope
    length = np.hypot(*way.T)[:, None]
    return np.asarray(way * np.minimum(1, _NEAR / np.maximum(length, _NEAR)), np.float64)
