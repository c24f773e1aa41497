"""A sheet of paper in a photo: its corners, and what it looks like from straight above.

A sheet is taken for one where it is brighter than all around it, hangs together, has four straight edges that all lie
in the picture, and looks as a rectangle may look from some place above. Its proportions follow from the two vanishing
points of its edges (Zhang and He, Whiteboard scanning and image enhancement, 2007).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.imaging.resample import strips

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Corners = npt.NDArray[np.float64]

LOOKED_AT = 1000  # px of the longer side of the picture in which a sheet is looked for
LEAST_SHARE = 0.2  # of the picture, that is sheet
MARGIN = 0.004  # of the longer side, that an edge is away from the picture's
FILLED = 0.97  # of the figure with four corners, that is as bright as paper
STRAIGHT = 0.97  # of the outline, that lies on the four edges
NEAR_EDGE = 0.008  # of the longer side, within which it does
CONTRAST = 0.08  # grey by which paper is brighter than what is right beside each edge
DARKEST = 2.0  # percent of the picture; what is less is no surroundings of a sheet
MOST_TURNED = 30.0  # degrees
ANGLES = (50.0, 130.0)  # degrees, of the corners
MOST_LONG = 4.0  # longer to shorter side
BORDER = 0.003  # of the longer side, that is left out along the edges, where the desk shows
AFFINE = 1e-3  # below which edges count as parallel


class DoubtError(Exception):
    """No sheet is found for sure; the message says why."""


@dataclass(frozen=True)
class Sheet:
    """A sheet in a picture.

    Attributes:
        corners: (4, 2) x and y of the top left, top right, bottom right and bottom left corner, px of the picture.
        width: of the sheet seen from above, px.
        height: likewise.
    """

    corners: Corners
    width: int
    height: int


def find(grey: Floats, shape: tuple[int, int]) -> Sheet:
    """Finds the sheet in a picture.

    Args:
        grey: (h, w) encoded values in [0, 1], the picture shrunk so that its longer side has about `LOOKED_AT` px.
        shape: (H, W) of the picture itself.

    Raises:
        DoubtError: there is none, or it is not sure.
    """
    smooth = np.asarray(cv2.medianBlur(np.rint(255 * grey).astype(np.uint8), 5), np.uint8)
    outline = _outline(smooth)
    corners = _corners(outline, max(grey.shape))
    _check(corners, outline, smooth)
    ratio = _ratio(corners - np.array(grey.shape[::-1]) / 2)
    if not 1 / MOST_LONG <= ratio <= MOST_LONG:
        raise DoubtError("what looks like a sheet would be far too long")
    corners = corners * np.array(shape[::-1]) / np.array(grey.shape[::-1])
    sides = [math.dist(*each) for each in pairwise([*corners, corners[0]])]
    height = max(sides[1], sides[3], max(sides[0], sides[2]) / ratio)
    return Sheet(corners, max(1, round(height * ratio)), max(1, round(height)))


def straightened(picture: npt.NDArray[Any], sheet: Sheet) -> Iterator[npt.NDArray[Any]]:
    """The sheet as seen from above, some rows at a time.

    Args:
        picture: (H, W) or (H, W, channels) uint8, uint16 or float32.
        sheet: in it.

    Yields:
        (rows, width) or (rows, width, channels) of the same type.
    """
    first = -0.5 - BORDER * max(sheet.width, sheet.height)
    right, bottom = sheet.width - 1 - first, sheet.height - 1 - first
    flat = np.array([(first, first), (right, first), (right, bottom), (first, bottom)], np.float32)
    back = cv2.getPerspectiveTransform(flat, (sheet.corners - 0.5).astype(np.float32))
    for rows in strips(sheet.height):
        down = np.array([[1, 0, 0], [0, 1, rows.start], [0, 0, 1]], np.float64)
        size = sheet.width, rows.stop - rows.start
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        yield np.asarray(cv2.warpPerspective(picture, back @ down, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _outline(smooth: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """The outline of the largest bright part of a picture, (n, 2)."""
    dark, bright = np.percentile(smooth, (DARKEST, 100 - DARKEST)) / 255
    if bright - dark < CONTRAST:
        raise DoubtError("all of it is about as bright, so that no sheet stands out")
    level, light = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = cv2.morphologyEx(light, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    light = cv2.morphologyEx(light, cv2.MORPH_OPEN, np.ones((15, 15), np.uint8))
    contours, _ = cv2.findContours(light, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea, default=None)
    if largest is None or cv2.contourArea(largest) < LEAST_SHARE * smooth.size or level <= 0:
        raise DoubtError("nothing in it is as bright and as large as a sheet")
    return np.asarray(largest[:, 0], np.int32)


def _corners(outline: npt.NDArray[np.int32], side: int) -> Corners:
    """The corners of the figure with four edges that an outline has, from the top left one on, clockwise."""
    hull = cv2.convexHull(outline)
    for share in np.geomspace(0.01, 0.08, 12):
        rough = cv2.approxPolyDP(hull, share * cv2.arcLength(hull, True), True)[:, 0]
        if len(rough) <= 4:
            break
    if len(rough) != 4:
        raise DoubtError("the brightest part has no four edges")
    order = np.argsort(np.arctan2(*(rough - rough.mean(0)).T[::-1]))
    rough = rough[order].astype(np.float64)
    rough = np.roll(rough, -int(np.argmin(rough.sum(1))), 0)
    lines = [_line(outline, *each, side) for each in pairwise([*rough, rough[0]])]
    return np.array([_crossing(lines[each - 1], lines[each]) for each in range(4)])


def _line(outline: npt.NDArray[np.int32], start: Corners, end: Corners, side: int) -> Corners:
    """The line (a, b, c), a x + b y = c, along the part of an outline near an edge, its ends left out."""
    along = (end - start) / math.dist(start, end)
    offset = outline - start
    at = offset @ along / math.dist(start, end)
    away = np.abs(offset @ np.array([-along[1], along[0]]))
    near = outline[(at > 0.08) & (at < 0.92) & (away < 2 * NEAR_EDGE * side)]
    if len(near) < 10:
        raise DoubtError("one of its edges is hidden")
    dx, dy, x, y = cv2.fitLine(near.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01)[:, 0]
    return np.array([-dy, dx, dx * y - dy * x], np.float64)


def _crossing(first: Corners, second: Corners) -> Corners:
    matrix = np.array([first[:2], second[:2]])
    if abs(np.linalg.det(matrix)) < AFFINE:
        raise DoubtError("two of its edges are parallel that should meet")
    return np.asarray(np.linalg.solve(matrix, [first[2], second[2]])) + 0.5


def _check(corners: Corners, outline: npt.NDArray[np.int32], smooth: npt.NDArray[np.uint8]) -> None:
    """Raises DoubtError where the figure is not what a sheet would look like."""
    height, width = smooth.shape
    margin = MARGIN * max(height, width)
    names = ("top", "right", "bottom", "left")
    beyond = [
        corners[[0, 1], 1].min() < margin,
        corners[[1, 2], 0].max() > width - margin,
        corners[[2, 3], 1].max() > height - margin,
        corners[[3, 0], 0].min() < margin,
    ]
    if all(beyond):
        raise DoubtError("all of the picture is the sheet, so that there is nothing to straighten")
    if any(beyond):
        *first, last = (name for name, is_beyond in zip(names, beyond, strict=True) if is_beyond)
        hidden = f"{', '.join(first)} and {last} edges are" if first else f"{last} edge is"
        raise DoubtError(f"the sheet's {hidden} not in the picture")
    steps = np.roll(corners, -1, 0) - corners
    turned = abs(math.degrees(math.atan2(steps[0, 1], steps[0, 0])))
    if turned > MOST_TURNED:
        raise DoubtError(f"the sheet is turned by {turned:.0f} degrees; turn the picture first")
    angles = [_angle(-steps[each - 1], steps[each]) for each in range(4)]
    if not ANGLES[0] <= min(angles) <= max(angles) <= ANGLES[1]:
        raise DoubtError("the brightest part is no rectangle seen from some place above")
    distances = np.min([_distances(outline, corners[each - 1], corners[each]) for each in range(4)], 0)
    if (distances < NEAR_EDGE * max(height, width)).mean() < STRAIGHT:
        raise DoubtError("its edges are not straight, or something lies over them")
    figure = corners.round().astype(np.int32)
    inside = cv2.fillConvexPoly(np.zeros_like(smooth), figure, 1) > 0
    if cv2.contourArea(outline) < FILLED * inside.sum():
        raise DoubtError("a part of it is as dark as what is around it")
    for name, start, end in zip(names, corners, np.roll(corners, -1, 0), strict=True):
        if _contrast(smooth, start, end) < CONTRAST:
            raise DoubtError(f"the sheet is hardly brighter than what lies beyond its {name} edge")


def _angle(first: Corners, second: Corners) -> float:
    return math.degrees(math.acos(first @ second / np.linalg.norm(first) / np.linalg.norm(second)))


def _distances(points: npt.NDArray[np.int32], start: Corners, end: Corners) -> Corners:
    along = (end - start) / math.dist(start, end)
    return np.asarray(np.abs((points + 0.5 - start) @ np.array([-along[1], along[0]])))


def _contrast(smooth: npt.NDArray[np.uint8], start: Corners, end: Corners) -> float:
    """How much brighter most of the inner side of an edge is than the outer side."""
    along = (end - start) / math.dist(start, end)
    inward = np.array([-along[1], along[0]])
    at = start + np.linspace(0.05, 0.95, 200)[:, None] * (end - start)
    shift = 2 * MARGIN * max(smooth.shape) * inward
    last = np.array(smooth.shape[::-1]) - 1

    def seen(points: Corners) -> Corners:
        x, y = np.clip(points.round(), 0, last).astype(int).T
        return np.asarray(smooth[y, x] / 255.0)

    return float(np.percentile(seen(at + shift) - seen(at - shift), 20))


def _ratio(corners: Corners) -> float:
    """Width to height of a rectangle whose corners are seen there, from the picture's middle."""
    top_left, top_right, bottom_right, bottom_left = (np.append(each, 1.0) for each in corners)

    def seen(numerator: Corners, third: Corners, other: Corners) -> float:
        return float(np.cross(top_left, bottom_right) @ numerator / (np.cross(third, bottom_right) @ other))

    across = seen(bottom_left, top_right, bottom_left) * top_right - top_left
    down = seen(top_right, bottom_left, top_right) * bottom_left - top_left
    if min(abs(across[2]), abs(down[2])) > AFFINE:
        squared = -(across[0] * down[0] + across[1] * down[1]) / (across[2] * down[2])  # of the focal length
        if squared > 0:
            wide, high = (np.hypot(*each[:2]) ** 2 / squared + each[2] ** 2 for each in (across, down))
            return math.sqrt(wide / high)
    wide, high = (np.hypot(*each[:2]) for each in (across, down))
    return float(wide / high)
