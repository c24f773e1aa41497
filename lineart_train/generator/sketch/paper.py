"""What lies on a page and is no drawing: ruled lines, the scanner's frame, dust, edges of light that tone has left."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_train.generator.sketch.noise import smooth_noise

Rng = np.random.Generator
Floats = NDArray[np.float32]
RULED, FRAMED, SHADED, DUSTY = 0.16, 0.07, 0.1, 0.12
"""Shares of the pages that have ruled lines, a frame, shadows, and dust."""


def clutter(size: int, width: float, rng: Rng) -> Floats:
    """Draw what a scan shows beside the drawing, whose strokes are `width` px wide.

    Returns:
        (size, size) float32 darkness, main lines being about 0.8.
    """
    layer = np.zeros((size, size), np.float32)
    if rng.random() < RULED:
        layer = np.maximum(layer, _ruled(size, rng))
    if rng.random() < FRAMED:
        layer = np.maximum(layer, _frame(size, rng))
    if rng.random() < DUSTY:
        layer = np.maximum(layer, _dust(size, width, rng))
    if rng.random() < SHADED:
        layer = layer + _shadow(size, rng)
    return layer


def _ruled(size: int, rng: Rng) -> Floats:
    """Rows of printed lines right across the page, and as often squares; even, straight, 18 to 130 px apart."""
    gap = float(np.exp(rng.uniform(np.log(18), np.log(130))))
    width, strength = rng.uniform(0.8, 4.0), float(np.exp(rng.uniform(np.log(0.06), np.log(0.36))))
    turn, bend = rng.normal(0, 0.02), rng.normal(0, 4.0)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    down = y + turn * x + bend * np.sin(x * (np.pi / size))
    right = x - turn * y + bend * np.sin(y * (np.pi / size))
    ways = [down, right] if rng.random() < 0.5 else [down if rng.random() < 0.7 else right]
    layer = np.zeros((size, size), np.float32)
    for way in ways:
        off = np.abs((way + rng.uniform(0, gap)) % gap - gap / 2)
        layer = np.maximum(layer, np.clip(width / 2 + 0.5 - off, 0, 1))
    return np.asarray(layer * strength * (1 + 0.15 * smooth_noise(rng, size, 6)), np.float32)


def _frame(size: int, rng: Rng) -> Floats:
    """Bands along some sides of the page, as beside the sheet: a scanner's black, or a desk or cloth, even or not."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    layer = np.zeros((size, size), np.float32)
    sides = (y, x, size - 1 - y, size - 1 - x)
    across = (x, y, x, y)
    for number in rng.choice(4, int(rng.integers(1, 3)), replace=False):
        edge = rng.uniform(6, 0.18 * size) + rng.normal(0, 0.02) * across[number]
        layer = np.maximum(layer, np.clip((edge - sides[number]) / rng.uniform(0.7, 6.0), 0, 1))
    texture = 1 + 0.1 * smooth_noise(rng, size, 12)
    if rng.random() < 0.5:
        texture = texture + rng.uniform(0.2, 0.6) * smooth_noise(rng, size, int(rng.integers(20, 120)))
    return np.asarray(np.clip(layer * rng.uniform(0.3, 1.0) * texture, 0, 1), np.float32)


def _dust(size: int, width: float, rng: Rng) -> Floats:
    """Specks that are smaller than any dot of the drawing."""
    specks = np.zeros((size, size), np.uint8)
    for x, y in rng.uniform(0, size, (int(rng.integers(4, 80)), 2)):
        radius = rng.uniform(0.3, max(0.22 * width, 0.6))
        cv2.circle(specks, (int(16 * x), int(16 * y)), int(16 * radius), int(rng.integers(60, 230)), -1, cv2.LINE_AA, 4)
    return np.asarray(specks / np.float32(255))


def _shadow(size: int, rng: Rng) -> Floats:
    """A part of the page that is a little darker, with a soft or a hard edge."""
    mask = np.zeros((size, size), np.uint8)
    corners = rng.uniform(-0.3, 1.3, (int(rng.integers(3, 7)), 2)) * size
    cv2.fillConvexPoly(mask, cv2.convexHull(corners.astype(np.float32)).astype(np.int32), 1)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), float(np.exp(rng.uniform(np.log(1.0), np.log(60)))))
    return np.asarray(soft * rng.uniform(0.03, 0.3), np.float32)
