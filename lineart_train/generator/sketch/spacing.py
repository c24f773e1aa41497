"""How near each other lines run, and what becomes of those too near: a line beside another melts into it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lineart_train.generator.scenes.curves import Points, resample, tangents

SPACING = 3.0
"""Distance of the points of a stroke, px."""
FRAGMENT = 15
"""Points that are left of a line where others hide it, at least: nobody draws less."""


def separate(curves: list[Points], gap: float, beside: Sequence[Points] = ()) -> list[Points]:
    """Leave out what runs along a longer curve, or its own, or one `beside`, nearer than `gap` px: it melts into it.

    Crossings stay: only nearly parallel neighbours count.
    """
    kept: list[Points] = []
    # Point and unit tangent of everything kept.
    tips = np.concatenate([np.zeros((0, 4), np.float32), *map(_with_tangents, beside)])
    for curve in sorted(curves, key=lambda c: -len(c)):
        here = _with_tangents(curve)
        along = _runs_along(here, tips, gap, 0) | _runs_along(here, here, gap, int(4 * gap / SPACING))
        for a, b in runs(~along):
            if b - a >= min(len(curve), FRAGMENT):
                kept.append(_melting(curve, a, b, tips, gap))
                tips = np.concatenate([tips, here[a:b]])
    return kept


def _melting(curve: Points, a: int, b: int, kept: Points, gap: float) -> Points:
    """The run `a` to `b` of a curve, led into the lines beside which it goes on unseen."""
    part, ahead = curve[a:b], int(gap / SPACING)
    if len(kept) == 0:
        return part
    tree = cKDTree(kept[:, :2])
    for cut, goal, before in (
        (a > 0, max(a - ahead, 0), True),
        (b < len(curve), min(b + ahead, len(curve)) - 1, False),
    ):
        distance, index = tree.query(curve[goal])
        if cut and distance < gap:
            touch = resample(np.stack([part[0 if before else -1], kept[index, :2]]), SPACING)
            part = np.concatenate([touch[:0:-1], part] if before else [part, touch[1:]])
    return part


def _with_tangents(curve: Points) -> Points:
    return np.concatenate([curve, tangents(curve)], 1)


def _runs_along(here: Points, there: Points, gap: float, apart: int) -> NDArray[np.bool_]:
    """Which points of `here` run along a point of `there`; on one curve, along one at least `apart` points before."""
    along = np.zeros(len(here), bool)
    if len(there) == 0:
        return along
    near = cKDTree(there[:, :2]).query_ball_point(here[:, :2], gap)
    for i, found in enumerate(near):
        index = np.asarray(found, int)
        if apart:
            index = index[(index < i - apart) & (index > i - len(here) + apart)]
        along[i] = bool((np.abs(there[index, 2:] @ here[i, 2:]) > 0.75).any())
    return along


def clearance(curves: list[Points]) -> list[float]:
    """How far away the other curves run, px: the 30th percentile along each curve; 200 where nothing is near."""
    coarse = [c[::4] for c in curves]
    owner = np.repeat(np.arange(len(curves)), [len(c) for c in coarse])
    if len(curves) < 2:
        return [200.0] * len(curves)
    every = np.concatenate(coarse)
    distance, index = cKDTree(every).query(every, k=min(24, len(every)), distance_upper_bound=200.0)
    known = np.where(index < len(every), owner[np.minimum(index, len(every) - 1)], -1)
    other = np.where((known >= 0) & (known != owner[:, None]), distance, 200.0).min(1)
    return [float(np.percentile(other[owner == i], 30)) for i in range(len(curves))]


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First index, and last + 1, of every run of true values of a (N,) mask."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
