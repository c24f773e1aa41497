"""Centre lines become outlines, as broad as the brush makes them.

Both sides of a line are followed by curves of their own, and end in round caps. On the inside of a bend that is
tighter than the line is broad, the side keeps to the middle of the bend: so hardly any part of an outline runs
backwards, and discs there, as broad as the line, leave no hole where it lies over itself, filled by the nonzero rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lineart_cli.vector.fitting import Curves, Doubles, Indices, Runs, fitted

_STEP = 5.0  # px between places where a side is measured, about
_LEAST, _MOST = 4, 200  # such places on one curve
_TIGHT = 0.95  # of a bend's radius, that its inner side keeps to
_THICK = 3.0  # px: half of a width from which such a bend can keep a hole that shows
_HALF_CIRCLE = 4 / 3  # handles of one curve for half a circle, in radii; it strays by 1.9 % of the radius
_QUARTER_CIRCLE = 0.5523  # of one for a quarter
_STRAYS = 0.019
_POINT = 1e-3  # px of a radius below which there is no cap


@dataclass(frozen=True)
class Places:
    """Places along the curves of centre lines.

    Attributes:
        points: (N, 2) x and y.
        ways: (N, 2) unit vectors of the line's direction.
        bend: (N,) curvature, one over the radius, positive where the line turns from x towards y.
        run: (N,) which run each is on, rising.
        first: (R,) number of each run's first place, rising from 0.
    """

    points: Doubles
    ways: Doubles
    bend: Doubles
    run: Indices
    first: Indices

    @property
    def gone(self) -> Doubles:
        """(N,) length of all runs up to each place, without what is between them."""
        return np.asarray(np.cumsum(self.steps))

    @property
    def steps(self) -> Doubles:
        """(N,) px from the place before on the same run."""
        steps = np.hypot(*np.diff(self.points, axis=0, prepend=self.points[:1]).T)
        steps[self.first] = 0
        return np.asarray(steps)


def places(curves: Curves) -> Places:
    """Where to measure the width of lines."""
    control = curves.control
    length = np.hypot(*np.moveaxis(np.diff(control, axis=1), 2, 0)).sum(1)
    count = np.clip(np.ceil(length / _STEP), _LEAST, _MOST).astype(np.int64)
    is_last = np.append(curves.run[1:] != curves.run[:-1], True)[: len(count)]
    total = count + is_last
    which = np.repeat(np.arange(len(count)), total)
    step = np.arange(len(which)) - np.repeat(np.cumsum(total) - total, total)
    t = (step / count[which])[:, None]
    s = 1 - t
    p0, p1, p2, p3 = (control[which, each] for each in range(4))
    points = s**3 * p0 + 3 * s * s * t * p1 + 3 * s * t * t * p2 + t**3 * p3
    slope = 3 * (s * s * (p1 - p0) + 2 * s * t * (p2 - p1) + t * t * (p3 - p2))
    turn = 6 * (s * (p2 - 2 * p1 + p0) + t * (p3 - 2 * p2 + p1))
    speed = np.maximum(np.hypot(*slope.T), 1e-9)
    bend = (slope[:, 0] * turn[:, 1] - slope[:, 1] * turn[:, 0]) / speed**3
    run = curves.run[which]
    first = np.flatnonzero(np.append(True, run[1:] != run[:-1])[: len(run)])
    return Places(points, slope / speed[:, None], bend, run, first)


def outlines(found: Places, half: Doubles, is_ring: list[bool], tolerance: float) -> Iterator[list[Doubles]]:
    """Outlines of runs.

    Args:
        found: places along the centre lines.
        half: (N,) half the width at each.
        is_ring: for each run, whether it is closed and smooth all around.
        tolerance: how far an outline may be from where it should be, in the same unit.

    Yields:
        For each run its closed outlines, (C, 4, 2) control points each: one, or both sides of a ring; and discs.
    """
    if len(half) == 0:
        return
    left, right = (_side(found, half, sign, tolerance) for sign in (1, -1))
    last = np.append(found.first[1:], len(half)) - 1
    tight = np.flatnonzero((np.abs(found.bend) * half > _TIGHT) & (half > _THICK))
    for run, ring in enumerate(is_ring):
        one, other = left[run], _reversed(right[run])
        begin, end = found.first[run], last[run]
        discs = [_disc(found, place, half, tolerance) for place in tight[(tight >= begin) & (tight <= end)]]
        if ring:
            yield [one, other, *discs]
            continue
        caps = [
            _cap(found.points[end], found.ways[end], half[end], tolerance),
            _cap(found.points[begin], -found.ways[begin], half[begin], tolerance),
        ]
        yield [_chained([one, caps[0], other, caps[1]]), *discs]


def _side(found: Places, half: Doubles, sign: int, tolerance: float) -> list[Doubles]:
    """The curves of one side, for each run: the left one as one looks along the line on the page, or the right."""
    inward = -sign * found.bend
    width = np.where(inward * half > _TIGHT, _TIGHT / np.maximum(inward, 1e-9), half)
    normal = sign * np.stack([found.ways[:, 1], -found.ways[:, 0]], 1)
    points = found.points + width[:, None] * normal
    widening = np.gradient(width) / np.maximum(np.gradient(found.gone), 1e-9)
    last = np.append(found.first[1:], len(half)) - 1
    widening[found.first] = widening[np.minimum(found.first + 1, last)]
    widening[last] = widening[np.maximum(last - 1, found.first)]
    ways = found.ways * np.maximum(1 - inward * width, 1 - _TIGHT)[:, None] + widening[:, None] * normal
    ways /= np.maximum(np.hypot(*ways.T), 1e-9)[:, None]
    curves = fitted(Runs(points, ways, found.first), tolerance)
    return np.split(curves.control, np.searchsorted(curves.run, np.arange(1, len(found.first))))


def _chained(parts: list[Doubles]) -> Doubles:
    """Curves one after the other, with straight lines between them where they do not meet; closed."""
    found = [part for part in parts if len(part)]
    chained = []
    for before, part in zip([found[-1], *found[:-1]], found, strict=True):
        start, stop = before[-1, 3], part[0, 0]
        if np.abs(stop - start).max() > _POINT:
            chained.append(start + np.linspace(0, 1, 4)[None, :, None] * (stop - start))
        chained.append(part)
    return np.concatenate(chained)


def _reversed(curves: Doubles) -> Doubles:
    return curves[::-1, ::-1]


def _disc(found: Places, place: int, half: Doubles, tolerance: float) -> Doubles:
    """What the pen covers at a place."""
    point, way = found.points[place], found.ways[place]
    return np.concatenate([_cap(point, each, half[place], tolerance) for each in (way, -way)])


def _cap(tip: Doubles, way: Doubles, radius: float, tolerance: float) -> Doubles:
    """Half a circle around a tip, from the left of its way to the right."""
    if radius < _POINT:
        return np.empty((0, 4, 2))
    left, onward = radius * np.array([way[1], -way[0]]), radius * way
    if radius * _STRAYS < tolerance / 2:
        more = _HALF_CIRCLE * onward
        return np.asarray(tip + np.array([[left, left + more, more - left, -left]]))
    more, aside = _QUARTER_CIRCLE * onward, _QUARTER_CIRCLE * left
    quarters = [[left, left + more, onward + aside, onward], [onward, onward - aside, more - left, -left]]
    return np.asarray(tip + np.array(quarters))
