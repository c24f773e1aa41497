"""Tone that is no ink: flat colour, a crayon's streaks, shading by rows of strokes; paler than the lines around it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_train.generator.sketch.fill import rows

Rng = np.random.Generator
Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]
COLOURED, SHADED = 0.3, 0.1
"""Shares of the pages with coloured areas, and with areas shaded by strokes."""
DARKEST, DARKEST_ROWS = 0.75, 0.4
"""Tone as a share of the darkness of the lines, at most: flat, and in strokes, which must not pass for light lines."""


def toned(areas: Sequence[Mask], size: int, width: float, rng: Rng) -> Floats:
    """Lay tone into some areas, and shade beside them.

    Args:
        areas: (S, S) masks that may be coloured or shaded.
        size: side of the canvas, S px.
        width: of the drawing's strokes, px.
        rng: its only source of chance.

    Returns:
        (S, S) float32 coverage in [0, `DARKEST`].
    """
    layer = np.zeros((size, size), np.float32)
    if areas and rng.random() < COLOURED:
        for number in rng.permutation(len(areas))[: int(rng.integers(1, 6))]:
            layer = np.maximum(layer, _colour(areas[number], size, rng))
    if rng.random() < SHADED:
        for _ in range(int(rng.integers(1, 6))):
            inside = areas[int(rng.integers(len(areas)))] if areas and rng.random() < 0.6 else None
            layer = np.maximum(layer, _shading(inside, size, width, rng))
    return np.minimum(layer, np.float32(DARKEST))


def _colour(area: Mask, size: int, rng: Rng) -> Floats:
    """Flat, or streaked as by a crayon."""
    tone = area * np.float32(rng.uniform(0.05, DARKEST))
    if rng.random() < 0.5:
        fine = int(rng.integers(3, 12))
        streaks = cv2.resize(rng.random((size // fine, max(size // 120, 2))).astype(np.float32), (size, size))
        tone = tone * (streaks if rng.random() < 0.5 else streaks.T)
    return np.asarray(tone, np.float32)


def _shading(inside: Mask | None, size: int, width: float, rng: Rng) -> Floats:
    """Rows of pale strokes so near each other that they make a tone, over a blob or the part of it that is inside."""
    blob = np.zeros((size, size), np.uint8)
    at = rng.uniform(0, size, 2)
    if inside is not None:
        ys, xs = np.nonzero(inside)
        if len(xs) == 0:
            return blob.astype(np.float32)
        chosen = int(rng.integers(len(xs)))
        at = np.array([xs[chosen], ys[chosen]], float)
    axes = np.exp(rng.uniform(np.log(15), np.log(160), 2))
    cv2.ellipse(blob, (at.tolist(), axes.tolist(), float(rng.uniform(0, 180))), 1, -1)
    mask = blob > 0 if inside is None else (blob > 0) & inside
    darkest = float(rng.uniform(0.15, DARKEST_ROWS))
    return rows(mask, width * rng.uniform(0.7, 1.5), (0.4, 0.85), (0.6 * darkest, darkest), rng)
