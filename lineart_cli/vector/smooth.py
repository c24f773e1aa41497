"""Strokes as smooth runs: their directions, and the corners between runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lineart_cli.vector.fitting import Doubles, Indices, Runs
from lineart_cli.vector.joining import Course

_REACH = 4  # points on each side that tell the direction of a line
_WIDE = 6  # points on each side between which a line turns at a corner
_NEAR, _FAR = 3, 9  # points from a corner between which both sides are straight enough to show it
_CORNER = math.radians(40)  # what a line turns at a corner, at least
_SHARP = 0.65  # of it, as much within half of the way, at least: a bend turns by half of it there
_MOVED = 3.0  # px that a corner is made sharper by, at most
_EVEN = 0.4  # px between neighbours, at least
_DOT = 0.05  # px from the middle of a dot to the ends of the line that it becomes


@dataclass(frozen=True)
class Strokes:
    """All strokes of a page, as runs between corners.

    Attributes:
        runs: the lines, smooth each.
        stroke: (R,) which stroke each run is a part of, rising.
        is_ring: for each run, whether it is closed and smooth all around.
        is_closed: for each stroke, whether its last point is its first.
        loose: for each stroke, whether its first end and its last are free.
    """

    runs: Runs
    stroke: Indices
    is_ring: list[bool]
    is_closed: list[bool]
    loose: list[tuple[bool, bool]]


def strokes(courses: Sequence[Course]) -> Strokes:
    """Cut strokes at their corners and find their directions; a dot becomes a line of almost no length."""
    lines = [_spaced(course.points.astype(np.float64)) for course in courses]
    is_ring = np.array([course.is_closed for course in courses], bool)
    corners = _corners(_Lines(lines, is_ring))
    runs: list[Doubles] = []
    whole: list[bool] = []
    stroke: list[int] = []
    for number, (line, found) in enumerate(zip(lines, corners, strict=True)):
        parts = _parted(line, found, is_ring[number]) if found else [line]
        runs += parts
        whole += [not found and bool(is_ring[number])] * len(parts)
        stroke += [number] * len(parts)
    made = _Lines(runs, np.array(whole, bool))
    runs_of_all = Runs(made.points, made.ways(), made.first)
    loose = [course.loose for course in courses]
    return Strokes(runs_of_all, np.array(stroke, np.int64), whole, is_ring.tolist(), loose)


def _spaced(points: Doubles) -> Doubles:
    """Points that have some way between them; both ends stay."""
    if len(points) == 1:
        return np.asarray(points + np.array([[-_DOT, 0], [_DOT, 0]]))
    steps = np.hypot(*np.diff(points, axis=0).T)
    if len(points) > 2 and steps.min() < _EVEN:
        kept = np.append(True, steps >= _EVEN)
        kept[-1] = False
        last = len(kept) - 1 - int(np.argmax(kept[::-1]))
        kept[last] &= last == 0 or math.dist(points[last], points[-1]) >= _EVEN
        kept[-1] = True
        points = points[kept]
    return points if len(points) > 2 or math.dist(points[0], points[-1]) > _DOT else _spaced(points[:1])


class _Lines:
    """Lines in one array, and which point is how many further along the same line."""

    def __init__(self, lines: Sequence[Doubles], is_ring: NDArray[np.bool_]) -> None:
        self.points = np.concatenate([np.empty((0, 2)), *lines])
        count = np.array([len(line) for line in lines], np.int64)
        self.first = np.cumsum(count) - count
        self._of = np.repeat(np.arange(len(lines)), count)
        self._start, self._count = self.first[self._of], count[self._of]
        self._is_ring = is_ring[self._of]
        self._place = np.arange(len(self.points)) - self._start

    def at(self, step: int) -> Indices:
        """(N,) numbers of the points so many further on; at the ends of open lines, of the last ones there."""
        place = self._place + step
        along = np.where(self._is_ring, place % np.maximum(self._count - 1, 1), np.clip(place, 0, self._count - 1))
        return np.asarray(self._start + along, np.int64)

    def ways(self) -> Doubles:
        """(N, 2) unit vectors of the direction of the lines."""
        return _units(self.points[self.at(_REACH)] - self.points[self.at(-_REACH)])

    def has_room(self, steps: int) -> NDArray[np.bool_]:
        """(N,) whether there are so many points on both sides."""
        inside = (self._place >= steps) & (self._place < self._count - steps)
        return np.asarray(np.where(self._is_ring, (self._count > 4 * steps) & (self._place > 0), inside), np.bool_)

    def by_line(self, numbers: Indices) -> list[list[int]]:
        """The places of points within their lines, a list for each line."""
        found: list[list[int]] = [[] for _ in self.first]
        for line, place in zip(self._of[numbers].tolist(), self._place[numbers].tolist(), strict=True):
            found[line].append(place)
        return found


def _corners(lines: _Lines) -> list[list[tuple[int, Doubles]]]:
    """For each line, the places of its corners, and where they are."""
    wide, narrow = (_turns(lines, steps) for steps in (_WIDE, _WIDE // 2))
    is_corner = lines.has_room(_FAR) & (wide > _CORNER) & (narrow > _SHARP * wide)
    for step in range(1, _WIDE + 1):
        is_corner &= (wide > wide[lines.at(-step)]) & (wide >= wide[lines.at(step)])
    where = np.flatnonzero(is_corner)
    points = lines.points
    before, after = points[lines.at(-_NEAR)[where]], points[lines.at(_NEAR)[where]]
    onward = _units(before - points[lines.at(-_FAR)[where]])
    back = _units(after - points[lines.at(_FAR)[where]])
    cross = onward[:, 0] * back[:, 1] - onward[:, 1] * back[:, 0]
    way = after - before
    along = (way[:, 0] * back[:, 1] - way[:, 1] * back[:, 0]) / np.where(np.abs(cross) < 1e-3, np.inf, cross)
    sharp = before + along[:, None] * onward
    is_near = (along > 0) & (np.hypot(*(sharp - points[where]).T) < _MOVED)
    sharp = np.where(is_near[:, None], sharp, points[where])
    places = lines.by_line(where)
    tips = iter(sharp)
    return [[(place, next(tips)) for place in line] for line in places]


def _turns(lines: _Lines, steps: int) -> Doubles:
    """(N,) by how much the lines turn between chords of so many points, in radians."""
    before = lines.points - lines.points[lines.at(-steps)]
    after = lines.points[lines.at(steps)] - lines.points
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return np.asarray(np.abs(np.arctan2(cross, (before * after).sum(1))))


def _parted(line: Doubles, corners: Sequence[tuple[int, Doubles]], is_ring: bool) -> list[Doubles]:
    """The runs between corners, without the points next to these, which are rounded."""
    if is_ring:
        turned = corners[0][0]
        line = np.concatenate([line[turned:-1], line[: turned + 1]])
        corners = [(place - turned, tip) for place, tip in corners]
        corners = [*corners, (len(line) - 1, corners[0][1])]
    else:
        corners = [(0, line[0]), *corners, (len(line) - 1, line[-1])]
    found = []
    for number, ((start, one), (stop, other)) in enumerate(pairwise(corners)):
        skip = _NEAR if is_ring or number > 0 else 1
        left = _NEAR if is_ring or number < len(corners) - 2 else 1
        found.append(np.concatenate([one[None], line[start + skip : stop - left + 1], other[None]]))
    return found


def _units(vectors: Doubles) -> Doubles:
    return np.asarray(vectors / np.maximum(np.hypot(*vectors.T), 1e-9)[:, None])
