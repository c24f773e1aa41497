"""As few cubic Bezier curves as a tolerance allows, for all lines of a page at once.

The way of Schneider (Graphics Gems, 1990): curves keep to the directions of the line at their ends, by least squares;
what strays too far is cut where it strays most. In the end, neighbours that one curve can replace are joined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]

_ROUNDS = 4  # in which points are moved along their curve to where they are nearest
_HOPELESS = 6.0  # tolerances from which that is not tried


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
        return np.append(self.first[1:], len(self.points)) - 1


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
    done = [runs.first, runs.last]
    start, stop = runs.first, runs.last
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
    for _ in range(4):
        before = len(cuts)
        for parity in (0, 1):
            inner = np.flatnonzero(~np.isin(cuts, ends))
            inner = inner[inner % 2 == parity]
            if len(inner):
                _, error, _ = _fit(runs, cuts[inner - 1], cuts[inner + 1], tolerance)
                cuts = np.delete(cuts, inner[error <= tolerance])
        if len(cuts) == before:
            break
    return cuts


def _fit(runs: Runs, start: Indices, stop: Indices, tolerance: float) -> tuple[Doubles, Doubles, Indices]:
    """One curve for each stretch of points: (C, 4, 2), how far it strays at most, (C,), and at which point, (C,)."""
    count = stop - start + 1
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    which = np.repeat(np.arange(len(start)), count)
    at = np.arange(len(which)) - first[which] + start[which]
    points = runs.points[at]
    steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
    steps[first] = 0
    gone = np.cumsum(steps)
    gone -= gone[first][which]
    length = gone[first + count - 1]
    t = gone / np.maximum(length, 1e-9)[which]
    control, square = np.empty((len(start), 4, 2)), np.empty(0)
    for _ in range(_ROUNDS):
        control = _least_squares(points, runs.ways[start], runs.ways[stop], t, which, first, count, length)
        square, better = _nearer(control[which], points, t)
        error = np.maximum.reduceat(square, first)
        if np.all((error <= tolerance**2) | (error > (_HOPELESS * tolerance) ** 2)):
            break
        t = better
    error = np.maximum.reduceat(square, first)
    is_worst = np.flatnonzero(square == error[which])
    worst = at[is_worst[np.searchsorted(which[is_worst], np.arange(len(start)))]]
    return control, np.sqrt(error), worst


def _least_squares(
    points: Doubles,
    leave: Doubles,
    arrive: Doubles,
    t: Doubles,
    which: Indices,
    first: Indices,
    count: Indices,
    length: Doubles,
) -> Doubles:
    """Curves from each stretch's first point to its last, in the directions given, that are nearest to the points."""
    begin, end = points[first], points[first + count - 1]
    s = 1 - t
    b1, b2 = 3 * t * s * s, 3 * t * t * s
    rest = points - (s * s * s + b1)[:, None] * begin[which] - (t * t * t + b2)[:, None] * end[which]
    dot = (leave * arrive).sum(1)
    c11, c22 = np.add.reduceat(b1 * b1, first), np.add.reduceat(b2 * b2, first)
    c12 = -np.add.reduceat(b1 * b2, first) * dot
    x1 = np.add.reduceat(b1 * (rest * leave[which]).sum(1), first)
    x2 = -np.add.reduceat(b2 * (rest * arrive[which]).sum(1), first)
    det = c11 * c22 - c12 * c12
    safe = det > 1e-9 * c11 * c22
    det = np.where(safe, det, 1)
    one, two = (x1 * c22 - x2 * c12) / det, (c11 * x2 - c12 * x1) / det
    fine = safe & (one > 0.01 * length) & (two > 0.01 * length) & (np.maximum(one, two) < 3 * length)
    one, two = np.where(fine, one, length / 3), np.where(fine, two, length / 3)
    return np.stack([begin, begin + one[:, None] * leave, end - two[:, None] * arrive, end], 1)


def _nearer(control: Doubles, points: Doubles, t: Doubles) -> tuple[Doubles, Doubles]:
    """Squared distances of points from their curves at t, and a step of Newton's towards where they are nearest."""
    s = (1 - t)[:, None]
    u = t[:, None]
    p0, p1, p2, p3 = (control[:, each] for each in range(4))
    off = s**3 * p0 + 3 * s * s * u * p1 + 3 * s * u * u * p2 + u**3 * p3 - points
    slope = 3 * (s * s * (p1 - p0) + 2 * s * u * (p2 - p1) + u * u * (p3 - p2))
    bend = 6 * (s * (p2 - 2 * p1 + p0) + u * (p3 - 2 * p2 + p1))
    below = (slope * slope).sum(1) + (off * bend).sum(1)
    step = np.where(below > 1e-9, (off * slope).sum(1) / np.where(below > 1e-9, below, 1), 0)
    moved = np.clip(t - np.clip(step, -0.1, 0.1), 0, 1)
    is_end = (t == 0) | (t == 1)
    return (off * off).sum(1), np.where(is_end, t, moved)
