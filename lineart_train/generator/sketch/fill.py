"""Solid black areas: pupils, brows, hair, markers' strokes. They stay black in the ink: line through and through."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_train.generator.scenes.curves import Points, normals, resample, rotation
from lineart_train.generator.scenes.motifs import sweep
from lineart_train.generator.sketch.hand import Stroke
from lineart_train.generator.sketch.raster import lay

Rng = np.random.Generator
Mask = NDArray[np.bool_]
AREA = (60.0, 60_000.0)
"""Areas that are filled, px^2: smaller ones are dots, larger ones are shading."""
MOST = 9
"""Areas that are filled on one canvas, at most."""
BROADER, TAPERING, EVEN = 3.5, 16.0, 44.0
"""How many strokes broad a black shape is at least; how many px where it tapers, and as a marker's stroke."""


def insides(centre_lines: list[Points], size: int) -> list[Mask]:
    """The insides of closed centre lines: (size, size) masks."""
    closed = [
        each for each in centre_lines if np.hypot(*(each[0] - each[-1])) < 6.0 and AREA[0] < _area(each) < AREA[1]
    ]
    return [_inside(each, size) for each in closed]


def fills(masks: list[Mask], rng: Rng) -> list[Mask]:
    """Choose some of the insides of closed centre lines, (size, size) masks, to be filled."""
    return [masks[index] for index in rng.permutation(len(masks))[: int(rng.integers(1, MOST + 1))]]


def _inside(centre_line: Points, size: int) -> Mask:
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round(centre_line * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return mask > 0


def _area(centre_line: Points) -> float:
    return float(cv2.contourArea(centre_line.astype(np.float32)))


def shapes(size: int, width: float, rng: Rng) -> list[Points]:
    """Outlines of black shapes that no line was drawn around: tapering (brows, tufts) or as broad as a marker's stroke.

    Args:
        size: side of the canvas, px.
        width: of the drawing's strokes, px; shapes are `BROADER` times as broad, and never so narrow that they still
            are lines.
        rng: its only source of chance.

    Returns:
        Up to five closed (N, 2) float32 curves, px; none where strokes are so broad that shapes would not fit.
    """
    outlines = []
    for _ in range(int(rng.integers(1, 6))):
        tapering = rng.random() < 0.7
        least, most = (TAPERING, 3.0) if tapering else (EVEN, 2.5)
        breadth = max(BROADER * width, least) * float(np.exp(rng.uniform(0, np.log(most))))
        length = breadth * float(np.exp(rng.uniform(np.log(2), np.log(8))))
        if breadth > 0.2 * size:
            continue
        guide = resample(sweep(rng, length)[0], 3.0)[: max(int(length / 3), 8)]
        along = np.linspace(0, 1, len(guide))[:, None]
        if tapering:
            peak = rng.uniform(0.15, 0.85)
            rise = np.minimum(along / peak, (1 - along) / (1 - peak)) ** rng.uniform(0.5, 1.5)
            half = 0.5 * breadth * rise + 1.0
        else:
            half = 0.5 * breadth * np.minimum(1, 4 * np.sqrt(np.minimum(along, 1 - along)) + 0.1)
        side = normals(guide) * half
        ring = np.concatenate([guide + side, (guide - side)[::-1], guide[:1] + side[:1]])
        outlines.append((ring - ring.mean(0) + rng.uniform(0, size, 2)).astype(np.float32))
    return outlines


def solid(outlines: list[Points], size: int) -> list[Mask]:
    """The insides of outlines, even of those that cross themselves: (size, size) masks."""
    masks = []
    for outline in outlines:
        mask = np.zeros((size, size), np.uint8)
        fixed = np.round(outline * 16).astype(np.int32)
        quads = np.stack([fixed[:-1], fixed[1:], fixed[::-1][1:], fixed[::-1][:-1]], 1)
        for quad in quads[: len(quads) // 2]:
            cv2.fillConvexPoly(mask, cv2.convexHull(quad), 1, cv2.LINE_8, 4)
        masks.append(mask > 0)
    return masks


def lay_fill(ink: NDArray[np.float32], mask: Mask, width: float, rng: Rng) -> None:
    """Blacken an area of `ink`, (S, S) coverage, in place: evenly, or with rows of strokes about `width` px wide."""
    if rng.random() < 0.5:
        layer = np.where(mask, np.float32(rng.uniform(0.85, 1.0)), np.float32(0))
    else:
        layer = rows(mask, width, (0.4, 0.75), (0.75, 1.0), rng)
    ink += (1 - ink) * layer


def rows(
    mask: Mask, width: float, spacing: tuple[float, float], opacity: tuple[float, float], rng: Rng
) -> NDArray[np.float32]:
    """Rows of strokes over an area, to and fro as a hand lays in tone.

    Args:
        mask: (S, S) the area.
        width: of the strokes, px; 2.5 to 16 are drawn.
        spacing: range of the distance of the rows, in widths; one distance for the area.
        opacity: range of the opacity of each stroke, in [0, 1].
        rng: its only source of chance.

    Returns:
        (S, S) float32 coverage, 0 outside the area.
    """
    layer = np.zeros(mask.shape, np.float32)
    ys, xs = np.nonzero(mask)
    if len(xs) == 0:
        return layer
    centre = np.array([xs.mean(), ys.mean()])
    reach = float(np.hypot(xs - centre[0], ys - centre[1]).max())
    turn = rotation(rng.uniform(0, np.pi))
    width = float(np.clip(width, 2.5, 16.0))
    for across in np.arange(-reach, reach, width * rng.uniform(*spacing)):
        ends = np.array([[-reach, across], [reach, across]]) + rng.normal(0, 0.12 * width, (2, 2))
        points = (ends @ turn.T + centre).astype(np.float32)
        lay(layer, Stroke(points, np.full(2, width, np.float32), float(rng.uniform(*opacity))))
    layer *= cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    return layer
