"""As few cubic Bezier curves as a tolerance allows, for all lines of a page at once.

The way of Schneider (Graphics Gems, 1990): curves keep to the directions of the line at their ends, by least squares;
what strays too far is cut where it strays most. In the end, neighbours that one curve can replace are joined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Indices = NDArray[np.int64]

_LONGEST = 48  # points that are followed by one curve at first
_ROUNDS = 4  # in which points are moved along their curve to where they are nearest
_HOPELESS = 6.0  # tolerances from which that is not tried
_STRIDE = 0.1  # of a curve, by which they are moved at most


@dataclass(frozen=True)
class Runs:
    """Smooth lines, one after the other in the same arrays.

    Attributes:
        points: (N, 2) x and y; neighbours differ.
        ways: (N, 2) unit vectors, the direction of the line at each.
        first: (R,) number of each run's first point, rising from 0; a run has two points at least.
    """

    points: Doubles
    ways: Doubles
    first: Indices

    @property
    def last(self) -> Indices:
        """(R,) number of each run's last point."""
        return np.append(self.first[1:], len(self.points))[: len(self.first)] - 1


@dataclass(frozen=True)
class Curves:
    """Cubic Bezier curves.

    Attributes:
        control: (C, 4, 2) their points, in the order of the runs.
        start: (C,) number of the point of `Runs` where each begins.
        run: (C,) which run each belongs to.
    """

    control: Doubles
    start: Indices
    run: Indices


def fitted(runs: Runs, tolerance: float) -> Curves:
    """Fit curves to runs.

    Args:
        runs: what to follow.
        tolerance: how far a curve may be from a point, in the same unit.
    """
    cuts = _cut(runs, tolerance)
    cuts = _joined(runs, cuts, tolerance)
    start, stop = cuts[:-1], cuts[1:]
    run = np.searchsorted(runs.first, start, "right") - 1
    real = run == np.searchsorted(runs.first, stop, "right") - 1
    start, stop, run = start[real], stop[real], run[real]
    return Curves(_fit(runs, start, stop, tolerance)[0], start, run)


def _cut(runs: Runs, tolerance: float) -> Indices:
    """Numbers of the points, rising, between which one curve each is near enough."""
    pieces = [np.arange(first, last, _LONGEST) for first, last in zip(runs.first, runs.last, strict=True)]
    start = np.concatenate([np.empty(0, np.int64), *pieces])
    stop = np.minimum(start + _LONGEST, runs.last[np.searchsorted(runs.first, start, "right") - 1])
    done = [runs.last, start]
    while len(start):
        _, error, worst = _fit(runs, start, stop, tolerance)
        again = (error > tolerance) & (stop - start > 1)
        start, stop, middle = start[again], stop[again], worst[again]
        middle = np.clip(middle, start + 1, stop - 1)
        done.append(middle)
        start, stop = np.concatenate([start, middle]), np.concatenate([middle, stop])
    return np.unique(np.concatenate(done))


def _joined(runs: Runs, cuts: Indices, tolerance: float) -> Indices:
    """Fewer cuts: those are left out over which one curve is near enough, every other one at a time."""
    ends = np.union1d(runs.first, runs.last)
    tried = np.empty(0, np.int64)
    while True:
        before = len(cuts)
        for parity in (0, 1):
            inner = np.flatnonzero(~np.isin(cuts, ends))
            inner = inner[inner % 2 == parity]
            over = cuts[inner - 1] * len(runs.points) + cuts[inner + 1]
            inner = inner[~np.isin(over, tried)]
            if len(inner):
                start, stop = cuts[inner - 1], cuts[inner + 1]
                error = _fit(runs, start, stop, tolerance)[1]
                tried = np.append(tried, (start * len(runs.points) + stop)[error > tolerance])
                cuts = np.delete(cuts, inner[error <= tolerance])
        if len(cuts) == before:
            return cuts


def _fit(runs: Runs, start: Indices, stop: Indices, tolerance: float) -> tuple[Doubles, Doubles, Indices]:
    """One curve for each stretch of points: (C, 4, 2), how far it strays at most, (C,), and at which point, (C,)."""
    stretches = _Stretches.between(runs, start, stop)
    control, square = np.zeros((len(start), 4), np.complex128), np.zeros(len(start))
    worst, left = np.zeros(len(start), np.int64), np.arange(len(start))
    for _ in range(_ROUNDS):
        if len(left) == 0:
            break
        control[left] = stretches.least_squares()
        off, better = stretches.nearer(control[left])
        square[left] = most = np.maximum.reduceat(off, stretches.first)
        is_worst = np.flatnonzero(off == most[stretches.which])
        first_worst = np.searchsorted(stretches.which[is_worst], np.arange(len(left)))
        worst[left] = stretches.at[is_worst[first_worst]]
        is_open = (most > tolerance**2) & (most < (_HOPELESS * tolerance) ** 2)
        left, stretches = left[is_open], stretches.part(is_open, better)
    return np.stack([control.real, control.imag], 2), np.sqrt(square), worst


@dataclass(frozen=True)
class _Stretches:
    """Stretches of points, one after the other in the same arrays; points and vectors are complex numbers.

    Attributes:
        points: (N,).
        at: (N,) their numbers in the runs.
        t: (N,) where each is on the curve, from 0 to 1.
        which: (N,) which stretch each is on, rising.
        first: (C,) number of each stretch's first point.
        leave: (C,) unit vector, the direction at its first point.
        arrive: (C,) at its last.
        length: (C,) of its chords.
    """

    points: Complexes
    at: Indices
    t: Doubles
    which: Indices
    first: Indices
    leave: Complexes
    arrive: Complexes
    length: Doubles

    @classmethod
    def between(cls, runs: Runs, start: Indices, stop: Indices) -> _Stretches:
        """The stretches of runs from one point to another, both included."""
        count = stop - start + 1
        first = np.cumsum(count) - count
        which = np.repeat(np.arange(len(start)), count)
        at = np.arange(len(which)) - first[which] + start[which]
        points = _complex(runs.points[at])
        steps = np.abs(np.diff(points, prepend=points[:1]))
        steps[first] = 0
        gone = np.cumsum(steps)
        gone -= gone[first][which]
        length = gone[first + count - 1] if len(start) else gone
        t = gone / np.maximum(length, 1e-9)[which]
        leave, arrive = _complex(runs.ways[start]), _complex(runs.ways[stop])
        return cls(points, at, t, which, first, leave, arrive, length)

    def part(self, kept: NDArray[np.bool_], t: Doubles) -> _Stretches:
        """Some of the stretches, with other places on their curves."""
        inside = kept[self.which]
        which = (np.cumsum(kept) - 1)[self.which[inside]]
        first = np.searchsorted(which, np.arange(np.count_nonzero(kept)))
        per_point = (self.points[inside], self.at[inside], t[inside], which, first)
        return _Stretches(*per_point, self.leave[kept], self.arrive[kept], self.length[kept])

    def least_squares(self) -> Complexes:
        """(C, 4) curves from the first points to the last, in the directions given, that are nearest to the points."""
        begin, end = self.points[self.first], self.points[np.append(self.first[1:], len(self.points)) - 1]
        t, s = self.t, 1 - self.t
        b1, b2 = 3 * t * s * s, 3 * t * t * s
        rest = self.points - begin[self.which] - (end - begin)[self.which] * (t * t * (3 - 2 * t))
        c11, c12, c22 = (np.add.reduceat(each, self.first) for each in (b1 * b1, b1 * b2, b2 * b2))
        c12 *= -_dot(self.leave, self.arrive)
        x1 = _dot(np.add.reduceat(b1 * rest, self.first), self.leave)
        x2 = -_dot(np.add.reduceat(b2 * rest, self.first), self.arrive)
        det = c11 * c22 - c12 * c12
        is_sound = det > 1e-9 * c11 * c22
        det[~is_sound] = 1
        one, two = (x1 * c22 - x2 * c12) / det, (c11 * x2 - c12 * x1) / det
        is_sound &= (np.minimum(one, two) > 0.01 * self.length) & (np.maximum(one, two) < 3 * self.length)
        one, two = (np.where(is_sound, each, self.length / 3) for each in (one, two))
        return np.stack([begin, begin + one * self.leave, end - two * self.arrive, end], 1)

    def nearer(self, control: Complexes) -> tuple[Doubles, Doubles]:
        """Squared distances of points from their curves, and places on these that are a step of Newton's nearer."""
        p0, p1, p2, p3 = control.T
        a, b, c = p3 - p0 + 3 * (p1 - p2), 3 * (p0 - 2 * p1 + p2), 3 * (p1 - p0)
        t = self.t
        a, b, c = a[self.which], b[self.which], c[self.which]
        off = ((a * t + b) * t + c) * t + p0[self.which] - self.points
        slope = (3 * a * t + 2 * b) * t + c
        below = _dot(slope, slope) + _dot(off, 6 * a * t + 2 * b)
        step = np.divide(_dot(off, slope), below, out=np.zeros_like(t), where=below > 1e-9)
        moved = np.clip(t - np.clip(step, -_STRIDE, _STRIDE), 0, 1)
        return _dot(off, off), np.where((t == 0) | (t == 1), t, moved)


def _complex(points: Doubles) -> Complexes:
    return np.ascontiguousarray(points).view(np.complex128)[:, 0]


def _dot(one: Complexes, other: Complexes) -> Doubles:
    return np.asarray(one.real * other.real + one.imag * other.imag)
