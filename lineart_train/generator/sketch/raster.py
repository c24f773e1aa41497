"""Strokes to pixels: anti-aliased ribbons, and the offset field of the centre lines."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.imaging.nearest import Nearest
from lineart_train.generator.scenes.curves import Points, resample, tangents
from lineart_train.generator.sketch.hand import Stroke

SHIFT = 4
BLOOM = 0.6
"""OpenCV's anti-aliased fill reaches about this many px beyond the outline it is given."""
OFFSET_UNIT = 1 / 5
"""Offsets are stored as int8 in fifths of a px: +-25.4 px, twice the network's reach, as its first pass needs."""
FAR = 27.0
"""Beyond this many px from all lines, what is stored only says that none is near."""


def lay(ink: NDArray[np.float32], stroke: Stroke) -> None:
    """Lay one stroke over `ink`, (H, W) float32 coverage in [0, 1], in place, as paint of its opacity."""
    points, half = stroke.points, np.maximum(stroke.width / 2 - BLOOM, 0.25)
    pad = int(half.max()) + 3
    low = np.maximum(np.floor(points.min(0)).astype(int) - pad, 0)
    high = np.minimum(np.ceil(points.max(0)).astype(int) + pad, ink.shape[::-1])
    if (high <= low).any():
        return
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    scale = 1 << SHIFT
    at = np.round((points - low) * scale).astype(np.int32)
    tangent = np.gradient(points, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1) / np.maximum(np.hypot(*tangent.T), 1e-6)[:, None]
    side = np.round(normal * half[:, None] * scale).astype(np.int32)
    # A quadrangle a step: a single outline would cancel itself where a stroke turns back over its own ribbon.
    quads = np.stack([at[:-1] + side[:-1], at[1:] + side[1:], at[1:] - side[1:], at[:-1] - side[:-1]], 1)
    cv2.fillPoly(mask, [np.concatenate([at + side, (at - side)[::-1]])], 255, cv2.LINE_AA, SHIFT)
    lengths = np.hypot(*tangent.T)
    for index in np.flatnonzero(np.einsum("ij,ij->i", tangent[:-1], tangent[1:]) < 0.9 * lengths[:-1] * lengths[1:]):
        cv2.fillConvexPoly(mask, quads[index], 255, cv2.LINE_AA, SHIFT)
        cv2.circle(mask, at[index + 1].tolist(), int(half[index + 1] * scale), 255, -1, cv2.LINE_AA, SHIFT)
    for tip in (0, -1):
        cv2.circle(mask, at[tip].tolist(), int(half[tip] * scale), 255, -1, cv2.LINE_AA, SHIFT)
    part = ink[low[1] : high[1], low[0] : high[0]]
    part += (1 - part) * (stroke.opacity / 255) * mask


def offset_field(centre_lines: list[Points], size: int) -> NDArray[np.int8]:
    """The way from every pixel centre to the nearest centre line.

    Args:
        centre_lines: (N, 2) float32 curves in px; pixel (x, y) has its centre at (x, y).
        size: side of the square canvas.

    Returns:
        (2, size, size) int8: x and y part in units of `OFFSET_UNIT` px, clipped at +-127.
    """
    drawn = np.zeros((size, size), np.bool_)
    spot = np.zeros((size, size, 2), np.float32)
    heading = np.zeros((size, size, 2), np.float32)
    for centre_line in centre_lines:
        fine = resample(centre_line, 0.5)
        cell = np.round(fine).astype(int)
        inside = ((cell >= 0) & (cell < size)).all(1)
        x, y = cell[inside].T
        drawn[y, x], spot[y, x], heading[y, x] = True, fine[inside], tangents(fine)[inside]
    if not drawn.any():
        return np.full((2, size, size), 127, np.int8)
    nearest = Nearest.of(drawn)
    which = nearest.spread(drawn, np.flatnonzero(drawn))
    offset = np.full((2, size, size), 127, np.int8)
    y, x = np.nonzero(nearest.distance < FAR)
    headings = heading.reshape(-1, 2)[which[y, x]]
    way = spot.reshape(-1, 2)[which[y, x]] - np.stack([x, y], -1).astype(np.float32)
    # Slide along the tangent to the foot of the perpendicular, which lies within a px of the stored point.
    slide = np.clip(-(way * headings).sum(-1, keepdims=True), -0.75, 0.75)
    way += slide * headings
    offset[:, y, x] = np.clip(np.round(way / OFFSET_UNIT), -127, 127).astype(np.int8).T
    return offset
