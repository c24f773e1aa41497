"""Ink as pixels becomes centre lines: broad lines are thinned, black areas and dots become their outline."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lineart_cli.brushes.drawing.skeleton import skeletonize
from lineart_cli.vector.graph import graph
from lineart_cli.vector.joining import courses
from lineart_train.drawings.line import Floats, Line, Mask, NoLines
from lineart_train.generator.scenes.curves import arc_length, smooth

_FAINTEST = 0.25  # darkness of the darkest ink of a drawing, at least
_AS_DARK = 0.93  # of the darkness of the strokes of a drawing, from which other things in it are ink
_MOST_INK = 0.5  # of a page, beyond which it is dark and its lines are light
_WIDTH = 8.0  # px of a line that thins best: narrower ones lose their place, broader ones their junctions
_LEAST_SIDE, _MOST_SIDE = 256, 4096  # px of the long side that a drawing is shrunk or enlarged to for it
_BROADEST = 0.1  # of the short side of a drawing: what is broader is an area, and no line
_SOLID = 2.0  # line widths from the middle of a black area to its edge, at least
_SPUR, _DASH = 1.5, 0.5  # line widths of a line's length, at least: of one that leaves another, and of one alone
_ROUND = 1.5  # times as long as broad is a dot, at most
_BESIDE = 1.5  # px beside a line that belong to it
_CALM = 2.0  # px along a line over which the steps of pixels are smoothed


def traced(dark: Floats, known: Sequence[Line] = ()) -> list[Line]:
    """The lines of a drawing.

    Args:
        dark: (h, w) darkness in [0, 1].
        known: lines of it that need not be found.

    Raises:
        NoLines: there is no ink, or it is no lines.
    """
    level, width = _beside(dark, known) if known else _alone(dark)
    scale = min(max(_WIDTH / width, _LEAST_SIDE / max(dark.shape)), _MOST_SIDE / max(dark.shape))
    sized = cv2.resize(dark, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    ink = outlined(np.asarray(sized > level), width * scale)
    if known:
        ink = _without(ink, known, scale)
    return [Line(line.points / scale, line.width / scale) for line in centre_lines(ink, width * scale)]


def _alone(dark: Floats) -> tuple[float, float]:
    """From which darkness on there is ink, half of the darkest, and how broad its lines are, px."""
    darkest = float(cv2.blur(dark, (3, 3)).max())
    if darkest < _FAINTEST:
        raise NoLines("shows no dark lines on light ground")
    ink = dark > darkest / 2
    if ink.mean() > _MOST_INK:
        raise NoLines("is mostly dark; give it with dark lines on light ground")
    width = line_width(ink)
    if width > _BROADEST * min(ink.shape):
        raise NoLines("is made of areas, and not of lines")
    return darkest / 2, width


def _beside(dark: Floats, known: Sequence[Line]) -> tuple[float, float]:
    """The same where lines are known: ink is about as dark as they are, and coloured areas are none."""
    x, y = np.concatenate([line.points for line in known]).astype(int).T
    at = dark[np.clip(y, 0, dark.shape[0] - 1), np.clip(x, 0, dark.shape[1] - 1)]
    return max(_AS_DARK * float(np.median(at)), _FAINTEST), float(np.median([line.width for line in known]))


def _without(ink: Mask, known: Sequence[Line], scale: float) -> Mask:
    """Ink without lines, nor the slivers that are left beside them."""
    left = ink.astype(np.uint8)
    for line in known:
        broad = max(round(line.width * scale + 2 * _BESIDE), 1)
        cv2.polylines(left, [np.floor(line.points * scale).astype(np.int32)], False, 0, broad)
    return np.asarray(cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0)


def line_width(ink: Mask) -> float:
    """Width of most of the lines, px; black areas hardly count, since they have little middle."""
    inside = _depth(ink)
    middle = ink & (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)))
    return _broad(inside[middle]) if middle.any() else 1.0


def outlined(ink: Mask, width: float) -> Mask:
    """Ink with black areas hollowed out: what is left of them is a line of `width` px along their edge."""
    inside = _depth(ink)
    deep = (inside > _SOLID * width).astype(np.uint8)
    reach = 2 * round((_SOLID - 1) * width) + 1
    hollow = cv2.dilate(deep, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0
    return np.asarray(ink & ~hollow & ~(_dots(ink, inside) & (inside > width)))


def _dots(ink: Mask, inside: Floats) -> Mask:
    """What is round and alone, where thinning leaves next to nothing."""
    _, found, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    labels = np.asarray(found, np.int32)
    broad = np.zeros(len(stats), np.float32)
    np.maximum.at(broad, labels, inside)
    is_dot = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1) <= 2 * _ROUND * broad
    is_dot[0] = False
    return np.asarray(is_dot[labels])


def centre_lines(ink: Mask, width: float) -> list[Line]:
    """The middle of lines that are about `width` px broad, through crossings straight on."""
    row, column = np.nonzero(skeletonize(ink))
    point = np.stack([column, row], 1).astype(np.float32)
    found = courses(graph(row.astype(np.int32), column.astype(np.int32)), point, np.zeros(len(row), np.float32))
    inside = _depth(ink)
    return [
        Line(_calmed(course.points, course.is_closed) + np.float32(0.5), _width_along(course.points, inside))
        for course in found
        if len(course.points) > 1
        and arc_length(course.points)[-1] >= width * (_DASH if all(course.loose) or course.is_closed else _SPUR)
    ]


def _depth(ink: Mask) -> Floats:
    """(h, w) px from each pixel of the ink to the paper; the page ends in paper."""
    framed = np.pad(ink, 1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1], np.float32)


def _width_along(points: Floats, inside: Floats) -> float:
    x, y = np.clip(points.round().astype(int).T, 0, np.array([inside.shape[::-1]]).T - 1)
    return _broad(inside[y, x])


def _broad(depth: Floats) -> float:
    """Width of a line from the depth of the pixels in its middle, px."""
    return 2 * float(np.median(depth)) - 1


def _calmed(points: Floats, is_closed: bool) -> Floats:
    if not is_closed:
        return np.asarray(smooth(points, _CALM), np.float32)
    turn = len(points) // 2  # so that the seam is smoothed too
    round_once = np.concatenate([points[turn:-1], points[: turn + 1]])
    calm = smooth(np.concatenate([round_once, round_once[1:]]), _CALM)[turn : turn + len(points)]
    calm[-1] = calm[0]
    return np.asarray(calm, np.float32)
