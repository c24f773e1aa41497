"""A scene: motifs and clean drawings set together on a canvas, nearer things hiding what lies behind them."""

from __future__ import annotations

import cv2
import numpy as np

from lineart_train.generator.scenes.curves import Points, arc_length, clip_to, resample, rotation, smooth
from lineart_train.generator.scenes.drawings import Library
from lineart_train.generator.scenes.motifs import MOTIFS, polygon, round_shape

Rng = np.random.Generator
MOST = 400
"""Curves of a scene, at most."""
BLEED = 90.0
"""How far, in px, curves are drawn beyond the canvas, so that strokes do not end at its edge."""


def scene(rng: Rng, size: int, library: Library | None = None) -> list[Points]:
    """Draw one scene.

    Args:
        rng: its only source of chance.
        size: side of the square canvas in px.
        library: clean drawings; without it everything is drawn by procedure.

    Returns:
        Curves, (N, 2) float32 with points about 3 px apart, clipped to the canvas and a bleed around it.
    """
    curves: list[Points] = []
    if library is not None and library.drawings and rng.random() < 0.6:
        for _ in range(int(rng.choice([1, 1, 2, 3]))):
            curves = _behind(curves, _placed(rng, size, library.pick(rng)), rng, size)
        motifs = int(rng.integers(0, 6))
    else:
        motifs = int(rng.integers(4, 18))
    chance = np.array([weight for _, weight in MOTIFS])
    for index in rng.choice(len(MOTIFS), motifs, p=chance / chance.sum()):
        draw = MOTIFS[index][0]
        fresh = draw(rng, float(size))
        solid = draw in (polygon, round_shape) and rng.random() < 0.5
        curves = _behind(curves, fresh, rng, size) if solid else curves + fresh
    runs = [run for curve in curves for run in clip_to(curve, -BLEED, size + BLEED)]
    return [resample(run, 3.0) for run in runs if arc_length(run)[-1] >= 6.0][:MOST]


def _placed(rng: Rng, size: int, drawing: tuple[Points, ...]) -> list[Points]:
    """A drawing scaled, turned, mirrored and gently bent onto the canvas; often only a part of it is in view."""
    median = float(np.median([arc_length(c)[-1] for c in drawing]))
    side = float(np.clip(np.exp(rng.uniform(np.log(350), np.log(2200))) / max(median, 1e-3), 0.5 * size, 6.0 * size))
    turn = rotation(rng.normal(0, 0.3)) @ np.diag([rng.choice([-1, 1]) * rng.uniform(0.8, 1.2), 1.0])
    focus = drawing[int(rng.integers(len(drawing)))]
    anchor = focus[int(rng.integers(len(focus)))]
    centre = rng.uniform(0.2, 0.8, 2) * size
    phase, wave, depth = rng.uniform(0, 6.3, 2), rng.uniform(0.5, 1.5) * size, rng.uniform(0, 0.03) * size
    placed = []
    for curve in drawing:
        points = resample(((curve - anchor) @ turn.T * side + centre).astype(np.float32), 3.0)
        if (points.max(0) < -BLEED).any() or (points.min(0) > size + BLEED).any():
            continue
        points = points + depth * np.sin(points[:, ::-1] * (2 * np.pi / wave) + phase)
        placed.append(smooth(points.astype(np.float32), 1.0))
    return placed


def _behind(back: list[Points], front: list[Points], rng: Rng, size: int) -> list[Points]:
    """Hide what lies behind the outline of `front`: its convex hull, or the polygon of its longest curve."""
    if not back or not front:
        return back + front
    longest = max(front, key=lambda c: float(arc_length(c)[-1]))
    outline = cv2.convexHull(np.concatenate(front)) if rng.random() < 0.5 else longest
    shift = int(BLEED)
    mask = np.zeros((size + 2 * shift, size + 2 * shift), np.uint8)
    cv2.fillPoly(mask, [np.round(outline.reshape(-1, 1, 2) + shift).astype(np.int32)], 1)
    kept = []
    for curve in back:
        at = np.clip(np.round(curve + shift).astype(int), 0, mask.shape[0] - 1)
        seen = mask[at[:, 1], at[:, 0]] == 0
        edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
        kept += [curve[a:b] for a, b in edges.reshape(-1, 2) if b - a >= min(len(curve), 12)]
    return kept + front
