"""The middle of lines, where the distance from them has its valley: as pixels, and at sub-pixel accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.drawing.skeleton import CORE, Mask, blacks, skeletonize
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.resample import overlapping_strips

Floats = NDArray[np.float32]

SOLID = 6
"""Half the width in px from which what is all middle is no line, but a solid black."""
_DOT = 5
"""Side in px up to which what is compact is a dot as broad as the pen; a larger one is a solid black."""
_COMPACT = 1.4  # longer to shorter side of what is no stroke
_FILLED = 0.6  # of the rectangle around it; a disc fills 0.79
_DEEP = 0.25  # of its side, the least depth of what is no stroke; a disc has 0.5
_ROWS = 512  # that are thinned at once
_MARGIN = 8 * SOLID  # px around them; what is broader is no line
_WINDOW = 2  # px on each side over which the slope of the squared distance is measured
_SEEN = 4.0  # px beyond which distances do not count for that
_FLAT = np.float32(
    0.5
)  # curvature of the squared distance below which there is no valley; it is 2 where lines are sure
_FARTHEST = np.float32(1.5)  # px that a pixel is moved to the middle of its line, at most


@dataclass(frozen=True)
class Valley:
    """The middle of a page's lines.

    Attributes:
        row: (N,) of the pixels, rising.
        column: (N,) rising within a row.
        point: (N, 2) float32, x and y of the middle beside each pixel; the centre of a pixel is its column and row.
        depth: (N,) float32, distance that the network gives there, px: more than 0 where it is in doubt.
        solid: (h, w) uint8, 1 in solid blacks.
    """

    row: NDArray[np.int32]
    column: NDArray[np.int32]
    point: Floats
    depth: Floats
    solid: NDArray[np.uint8]


def valley(off: Page) -> Valley:
    """Find the middle of a page's lines.

    Args:
        off: (h, w) distance from the middle of the nearest line, working px.
    """
    height, width = off.shape
    solid = np.zeros((height, width), np.uint8)
    pixels: list[NDArray[np.int32]] = []
    middles: list[Floats] = []
    depths: list[Floats] = []
    for rows, seen, kept in overlapping_strips(height, _ROWS, _MARGIN):
        near = off[seen]
        core = near < CORE
        skeleton = skeletonize(core, SOLID + 2)
        black = blacks(core, 2 * SOLID + 1)
        solid[rows] = black[kept]
        skeleton &= ~black
        _part_dots(core, skeleton, solid[rows], kept)
        row, column = np.nonzero(skeleton[kept])
        side, depth = _lowest(near, row + kept.start, column)
        pixels.append(np.stack([row + rows.start, column]).astype(np.int32))
        middles.append(np.stack([column, row + rows.start], 1).astype(np.float32) - side)
        depths.append(depth)
    row, column = np.concatenate(pixels, 1)
    return Valley(row, column, np.concatenate(middles), np.concatenate(depths), solid)


def _part_dots(core: Mask, skeleton: Mask, solid: NDArray[np.uint8], kept: slice) -> None:
    """Takes what is round and alone out of the skeleton, where thinning leaves chance strokes of it.

    Args:
        core: (h, w) all middles.
        skeleton: of them; a small dot becomes one pixel, a larger one none.
        solid: the solid blacks in the rows that are kept; larger dots are added.
        kept: these rows.
    """
    _, labels, stats, middles = cv2.connectedComponentsWithStats(core.astype(np.uint8))
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    side, other = np.maximum(width, height), np.minimum(width, height)
    is_filled = stats[:, cv2.CC_STAT_AREA] >= _FILLED * side * other
    is_compact = (side <= _COMPACT * other) & (side <= 4 * SOLID) & is_filled
    for label in (1 + np.flatnonzero(is_compact[1:])).tolist():
        left, top = stats[label, cv2.CC_STAT_LEFT], stats[label, cv2.CC_STAT_TOP]
        place = slice(top, top + height[label]), slice(left, left + width[label])
        dot = labels[place] == label
        if _has_hole(dot) or _is_bent(dot):
            continue
        skeleton[place] &= ~dot
        if side[label] <= _DOT:
            column, row = middles[label].round().astype(int)
            skeleton[row, column] = True
        else:
            first, last = np.clip([top, top + height[label]], kept.start, kept.stop)
            here = solid[first - kept.start : last - kept.start, place[1]]
            here |= dot[first - top : last - top].astype(np.uint8)


def _has_hole(mask: Mask) -> bool:
    around, _ = cv2.connectedComponents(np.pad(~mask, 1, constant_values=True).astype(np.uint8), connectivity=4)
    return bool(around > 2)


def _is_bent(mask: Mask) -> bool:
    """Whether it is a line that is bent to nearly a ring: nowhere broad beside its side."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return bool(depth.max() < _DEEP * max(mask.shape))


def _lowest(off: NDArray[np.float16], row: NDArray[np.intp], column: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """(N, 2) px from the middle of the line to pixels, x first, and the distance at that middle, (N,).

    Across a line, the squared distance is a parabola, steeper where the network is in doubt. One is fitted to the
    pixels around, by least squares; a step of Newton's leads to its lowest point.
    """
    reach = np.arange(-_WINDOW, _WINDOW + 1)
    rows = np.clip(row[:, None] + reach, 0, off.shape[0] - 1)
    columns = np.clip(column[:, None] + reach, 0, off.shape[1] - 1)
    square = np.square(np.minimum(off[rows[:, :, None], columns[:, None, :]], _SEEN), dtype=np.float32)
    line, bowl = reach.astype(np.float32), (reach**2 - np.mean(reach**2)).astype(np.float32)
    line /= (line**2).sum()
    bowl *= 2 / (bowl**2).sum()
    along_x, along_y = square.mean(1), square.mean(2)
    slope = np.stack([along_x @ line, along_y @ line], 1)
    xx, yy, xy = along_x @ bowl, along_y @ bowl, (square @ line) @ line
    mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    angle = np.arctan2(xy, (xx - yy) / 2) / 2
    across = np.stack([np.cos(angle), np.sin(angle)], 1)
    along, bend = (slope * across).sum(1), np.maximum(mean + half, _FLAT)
    step = np.clip(along / bend, -_FARTHEST, _FARTHEST)
    lowest = square[:, _WINDOW, _WINDOW] - along * step + bend * step**2 / 2
    return step[:, None] * across, np.sqrt(np.maximum(lowest, 0))
