"""Solid black areas: pupils, nostrils, dark patches. They stay black in the ink: line through and through."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_train.scenes.curves import Points, rotation
from lineart_train.sketch.hand import Stroke
from lineart_train.sketch.raster import lay

Rng = np.random.Generator
AREA = (200.0, 25_000.0)
"""Areas that are filled, px^2: smaller ones are dots, larger ones are shading."""
MOST = 4
"""Areas that are filled on one canvas, at most."""


def fills(courses: list[Points], size: int, rng: Rng) -> list[NDArray[np.bool_]]:
    """Choose closed courses to fill, and give their insides: (size, size) masks."""
    closed = [each for each in courses if np.hypot(*(each[0] - each[-1])) < 6.0 and AREA[0] < _area(each) < AREA[1]]
    masks = []
    for index in rng.permutation(len(closed))[:MOST]:
        mask = np.zeros((size, size), np.uint8)
        cv2.fillPoly(mask, [np.round(closed[index] * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
        masks.append(mask > 0)
    return masks


def _area(course: Points) -> float:
    return float(cv2.contourArea(course.astype(np.float32)))


def lay_fill(ink: NDArray[np.float32], mask: NDArray[np.bool_], width: float, rng: Rng) -> None:
    """Blacken an area of `ink`, (S, S) coverage, in place: evenly, or with rows of strokes `width` px wide."""
    if rng.random() < 0.5:
        layer = np.where(mask, np.float32(rng.uniform(0.75, 1.0)), np.float32(0))
    else:
        layer = np.zeros_like(ink)
        ys, xs = np.nonzero(mask)
        if len(xs) == 0:
            return
        centre = np.array([xs.mean(), ys.mean()])
        reach = float(np.hypot(xs - centre[0], ys - centre[1]).max())
        turn = rotation(rng.uniform(0, np.pi))
        for across in np.arange(-reach, reach, width * rng.uniform(0.45, 0.9)):
            ends = np.array([[-reach, across], [reach, across]]) + rng.normal(0, 0.12 * width, (2, 2))
            points = (ends @ turn.T + centre).astype(np.float32)
            lay(layer, Stroke(points, np.full(2, width, np.float32), float(rng.uniform(0.7, 1.0))))
        layer *= cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    ink += (1 - ink) * layer
