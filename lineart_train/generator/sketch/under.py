"""What must vanish: looser underdrawings, construction shapes, ghosts of erased lines, shading, smudges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_train.generator.scenes.curves import Points, ellipse, resample, rotation
from lineart_train.generator.sketch.hand import Stroke
from lineart_train.generator.sketch.raster import lay

Rng = np.random.Generator


def underdrawing(curves: list[Points], size: int, width: float, rng: Rng) -> NDArray[np.float32]:
    """Draw the faint part of a sketch.

    Args:
        curves: the clean curves that an underdrawing repeats loosely.
        size: side of the square canvas, px.
        width: stroke width of the main lines, px.
        rng: its only source of chance.

    Returns:
        (size, size) float32 coverage; at most about 0.33 of the main line's darkness (1).
    """
    layer: NDArray[np.float32] = np.zeros((size, size), np.float32)
    faint = rng.uniform(0.04, 0.26)
    if rng.random() < 0.6:
        for curve in curves:
            if rng.random() < 0.5:
                _copy(layer, curve, width, faint, rng)
    if rng.random() < 0.6:
        for _ in range(int(rng.integers(1, 7))):
            shape = _construction(size, rng)
            lay(layer, Stroke(shape, np.full(len(shape), width * rng.uniform(0.6, 1.2), np.float32), faint))
    if rng.random() < 0.15:
        layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.8, 2.5)), np.float32)
    if rng.random() < 0.12:
        _shade(layer, size, width, faint, rng)
    if rng.random() < 0.12:
        _smudge(layer, size, rng)
    return np.minimum(layer, 0.33)


def _copy(layer: NDArray[np.float32], curve: Points, width: float, faint: float, rng: Rng) -> None:
    centre = curve.mean(0)
    grown = (curve - centre) @ rotation(rng.normal(0, 0.03)).T * (1 + rng.normal(0, 0.05)) + centre
    loose = (grown + rng.normal(0, rng.uniform(3, 18), 2)).astype(np.float32)
    lay(
        layer,
        Stroke(loose, np.full(len(loose), width * rng.uniform(0.7, 1.2), np.float32), faint * rng.uniform(0.7, 1.2)),
    )


def _construction(size: int, rng: Rng) -> Points:
    kind = rng.random()
    centre = rng.uniform(0, size, 2).astype(np.float32)
    if kind < 0.55:
        return ellipse(centre, rng.uniform(0.05, 0.8, 2) * size, rng.uniform(0, 3.2))
    if kind < 0.85:
        angle, length = rng.uniform(0, 6.3), rng.uniform(0.2, 1.5) * size
        reach = length / 2 * np.array([np.cos(angle), np.sin(angle)], np.float32)
        return resample(np.array([centre - reach, centre + reach], np.float32), 3.0)
    side = rng.uniform(0.05, 0.5, 2) * size
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) * side @ rotation(rng.normal(0, 0.3)).T + centre
    return resample(corners.astype(np.float32), 3.0)


def _shade(layer: NDArray[np.float32], size: int, width: float, faint: float, rng: Rng) -> None:
    """Faint hatching in rows nearer than the hatching of the drawing: tone."""
    gap, length, turn = width * rng.uniform(0.8, 2.0), rng.uniform(40, 300), rotation(rng.uniform(0, np.pi))
    centre = rng.uniform(0, size, 2)
    for row in range(int(rng.integers(6, 40))):
        ends = np.array([[-length / 2, row * gap], [length / 2, row * gap]]) + rng.normal(0, 0.1 * length, (2, 2)) * [
            1,
            0,
        ]
        points = resample((ends @ turn.T + centre).astype(np.float32), 12.0)
        lay(layer, Stroke(points, np.full(len(points), width * rng.uniform(0.6, 1.1), np.float32), faint))


def _smudge(layer: NDArray[np.float32], size: int, rng: Rng) -> None:
    blob = cv2.resize(rng.random((6, 6)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    layer += rng.uniform(0.02, 0.3) * np.clip(blob - 0.6, 0, 1)
