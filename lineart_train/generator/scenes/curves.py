"""Plane-curve helpers: resampling, smoothing, splines and random affine or wavy maps of (N, 2) point arrays in px."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Points: TypeAlias = NDArray[np.floating[Any]]


def arc_length(points: Points) -> NDArray[np.float32]:
    """Arc length from the first point to each point: (N,) float32 px."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)]).astype(np.float32)


def along(values: Points, at: NDArray[np.floating[Any]], points: Points | None = None) -> NDArray[np.float64]:
    """(M, C) what (N, C) values along a curve, by default its own points, are at (M,) arc lengths, px; linear."""
    lengths = arc_length(values if points is None else points)
    return np.stack([np.interp(at, lengths, column) for column in values.T], 1)


def resample(points: Points, spacing: float) -> Points:
    """Points at equal arc length, about `spacing` px apart, both ends kept: (M, 2) float32, M >= 2."""
    length = arc_length(points)[-1]
    count = max(2, int(np.ceil(length / spacing)) + 1)
    return along(points, np.linspace(0.0, length, count)).astype(np.float32)


def smooth(points: Points, sigma: float) -> Points:
    """Gaussian smoothing along the index (sigma in points) that leaves the two ends in place."""
    if sigma <= 0 or len(points) < 3:
        return points
    chord = np.linspace(0, 1, len(points), dtype=np.float32)[:, None] * (points[-1] - points[0]) + points[0]
    # The mirrored residual of the chord is odd at both ends, so the ends do not move.
    inner = slice(len(points) - 1, 2 * len(points) - 1)
    return np.asarray(chord + gaussian_filter1d(_odd(points - chord), sigma, axis=0)[inner], np.float32)


def _odd(residual: Points) -> Points:
    return np.concatenate([-residual[:0:-1], residual, -residual[-2::-1]])


def spline(knots: Points, spacing: float = 3.0) -> Points:
    """Catmull-Rom curve through (K, 2) knots, resampled to `spacing` px."""
    if len(knots) < 3:
        return resample(knots, spacing)
    padded = np.concatenate([[2 * knots[0] - knots[1]], knots, [2 * knots[-1] - knots[-2]]])
    t = np.linspace(0, 1, 24, endpoint=False, dtype=np.float32)[:, None]
    parts = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return resample(np.concatenate([*parts, knots[-1:]]).astype(np.float32), spacing)


def ellipse(
    centre: Points, axes: Points, turn: float, start: float = 0.0, sweep: float = 2 * np.pi, spacing: float = 3.0
) -> Points:
    """Elliptic arc: `axes` half axes in px, `turn` rotation, `start` and `sweep` in radians."""
    angle = np.linspace(start, start + sweep, 96)
    flat = np.stack([np.cos(angle) * axes[0], np.sin(angle) * axes[1]], 1)
    return resample((flat @ rotation(turn).T + centre).astype(np.float32), spacing)


def tangents(points: Points) -> Points:
    """Unit vectors along a curve, (N, 2); zero where it stands still."""
    slope = np.gradient(points, axis=0)
    return np.asarray(slope / np.maximum(np.hypot(*slope.T), 1e-6)[:, None])


def normals(points: Points) -> Points:
    """Unit vectors across a curve, (N, 2): its tangents turned by 90 degrees."""
    along = tangents(points)
    return np.stack([-along[:, 1], along[:, 0]], 1)


def rotation(angle: float) -> Points:
    """(2, 2) rotation matrix, `angle` in radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]], np.float32)


def clip_to(points: Points, low: float, high: float) -> list[Points]:
    """The runs of a curve that lie inside the square [low, high]^2, each with at least two points."""
    inside = ((points >= low) & (points <= high)).all(1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return [points[a:b] for a, b in edges.reshape(-1, 2) if b - a >= 2]


def zoomed(points: Points, zoom: float) -> Points:
    """A curve `zoom` times as large, with points no farther apart than before: between them it stays smooth."""
    larger = np.asarray(points * zoom, np.float32)
    return spline(larger, 3.0) if zoom > 1.1 and len(larger) > 2 else larger
