"""Procedural motifs: what drawings are made of, as curves inside a square of `size` px."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from lineart_train.generator.scenes.curves import Points, ellipse, normals, resample, rotation, spline

Rng = np.random.Generator


def _point(rng: Rng, size: float, margin: float = -0.1) -> Points:
    return rng.uniform(margin * size, (1 - margin) * size, 2).astype(np.float32)


def sweep(rng: Rng, size: float) -> list[Points]:
    """One long flowing curve."""
    count = int(rng.integers(3, 7))
    heading, step = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.12, 0.45)
    knots = [_point(rng, size)]
    for _ in range(count):
        heading += rng.normal(0, 0.6)
        knots.append(
            knots[-1] + step * rng.uniform(0.6, 1.4) * np.array([np.cos(heading), np.sin(heading)], np.float32)
        )
    return [spline(np.array(knots, np.float32))]


def straight(rng: Rng, size: float) -> list[Points]:
    """A straight or barely bent line, as in buildings."""
    a, angle = _point(rng, size), rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]) + rng.normal(0, 0.05)
    length = size * rng.uniform(0.1, 1.0)
    return [resample(np.array([a, a + length * np.array([np.cos(angle), np.sin(angle)])], np.float32), 3.0)]


def ladder(rng: Rng, size: float) -> list[Points]:
    """Straight lines side by side right across the scene, as boards, stairs and panels are; framed or not."""
    gap, count = float(np.exp(rng.uniform(np.log(14), np.log(160)))), int(rng.integers(2, 14))
    long, turn = size * rng.uniform(0.3, 1.5), rotation(rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.05))
    lines = [np.array([[0, gap * row], [long, gap * row]]) for row in range(count)]
    if rng.random() < 0.5:
        lines += [np.array([[x, 0], [x, gap * (count - 1)]]) for x in (0.0, long)]
    corner = _point(rng, size, -0.1)
    return [resample((line @ turn.T + corner).astype(np.float32), 3.0) for line in lines]


def polygon(rng: Rng, size: float) -> list[Points]:
    """A closed or open chain of straight sides with sharp corners; sometimes drawn side by side."""
    sides, centre = int(rng.integers(3, 7)), _point(rng, size, 0.1)
    radius = size * rng.uniform(0.03, 0.35)
    angle = np.sort(rng.uniform(0, 2 * np.pi, sides))
    corners = centre + radius * rng.uniform(0.6, 1.2, (sides, 1)) * np.stack([np.cos(angle), np.sin(angle)], 1)
    corners = np.concatenate([corners, corners[:1]]).astype(np.float32)
    if rng.random() < 0.6:
        return [resample(np.array(pair), 3.0) for pair in pairwise(corners)]
    return [resample(corners, 3.0)]


def box(rng: Rng, size: float) -> list[Points]:
    """A box in parallel projection: nine edges, T-junctions and Y-junctions."""
    w, h, d = size * rng.uniform(0.04, 0.35, 3)
    corner, turn = _point(rng, size, 0.1), rotation(rng.normal(0, 0.3))
    slant = np.array([np.cos(a := rng.uniform(-1.2, -0.3)), np.sin(a)]) * d * 0.6
    face = np.array([[0, 0], [w, 0], [w, h], [0, h]], float)
    back = face + slant
    pairs = [(face[i], face[(i + 1) % 4]) for i in range(4)]
    pairs += [(face[0], back[0]), (face[1], back[1]), (face[2], back[2]), (back[0], back[1]), (back[1], back[2])]
    return [resample((np.array(p) @ turn.T + corner).astype(np.float32), 3.0) for p in pairs]


def round_shape(rng: Rng, size: float) -> list[Points]:
    """An ellipse or an arc of one, from an eye's pupil to a head."""
    axes = size * np.exp(rng.uniform(np.log(0.01), np.log(0.4))) * rng.uniform(0.5, 1.3, 2)
    span = 2 * np.pi if rng.random() < 0.6 else rng.uniform(0.8, 5.5)
    return [ellipse(_point(rng, size, 0.0), axes, rng.uniform(0, np.pi), rng.uniform(0, 6.3), span)]


def hair(rng: Rng, size: float) -> list[Points]:
    """Strands that flow side by side, 9 to 60 px apart, and meet at a tip or not."""
    guide = sweep(rng, size)[0]
    count, gap = int(rng.integers(3, 9)), rng.uniform(9, 60)
    along = np.linspace(0, 1, len(guide), dtype=np.float32)[:, None]
    normal = normals(guide)
    closing = rng.choice([0.0, 0.6, 1.0])
    strands = []
    for i in range(count):
        offset = gap * (i + rng.normal(0, 0.15) - count / 2) * (1 - closing * along**2)
        a, b = sorted(rng.uniform(0, 1, 2)) if rng.random() < 0.4 else (0.0, 1.0)
        part = (guide + normal * offset)[int(a * len(guide)) : int(b * len(guide)) + 1]
        if len(part) > 8:
            strands.append(part.astype(np.float32))
    return strands


def double_line(rng: Rng, size: float) -> list[Points]:
    """Two contours 8 to 30 px apart that are two lines: eyelids, hems, rims."""
    guide = sweep(rng, size)[0]
    normal = normals(guide)
    return [guide, (guide + normal * rng.uniform(9, 30)).astype(np.float32)]


def eye(rng: Rng, size: float) -> list[Points]:
    """Lids, iris, pupil and a brow, from 40 to 300 px wide."""
    return eye_of(rng, _point(rng, size, 0.05), rng.uniform(40, 300))


def eye_of(rng: Rng, centre: Points, wide: float) -> list[Points]:
    """An eye `wide` px from corner to corner."""
    high, turn = wide * rng.uniform(0.2, 0.5), rotation(rng.normal(0, 0.25))
    x = np.linspace(-1, 1, 24)
    arch = 1 - x**2
    upper, lower = np.stack([x * wide / 2, -high * arch], 1), np.stack([x * wide / 2, high * 0.6 * arch], 1)
    brow = np.stack([x * wide / 2, -high * (1.5 + 0.5 * arch)], 1)
    lids = [upper, lower] + ([brow] if rng.random() < 0.7 else [])
    if rng.random() < 0.5:
        lids.append(upper - [0, wide * rng.uniform(0.05, 0.12)])
    middle = np.array([0, -0.15 * high], np.float32)
    rings = [ellipse(middle, np.full(2, r * high), 0.0) for r in (rng.uniform(0.5, 0.9), rng.uniform(0.15, 0.35))]
    parts: list[Points] = [*lids, *rings]
    return [resample((p @ turn.T + centre).astype(np.float32), 3.0) for p in parts]


def ticks(rng: Rng, size: float) -> list[Points]:
    """A row of short dashes: blush, stitches, grass, fur."""
    guide = sweep(rng, size)[0]
    gap, length, lean = rng.uniform(14, 70), rng.uniform(8, 60), rng.uniform(0, np.pi)
    count = int(rng.integers(3, 16))
    at = guide[:: max(1, int(gap / 3))][:count]
    steps = (
        length
        * rng.uniform(0.6, 1.4, (len(at), 1))
        * np.stack([np.cos(lean + rng.normal(0, 0.2, len(at))), np.sin(lean + rng.normal(0, 0.2, len(at)))], 1)
    )
    return [resample(np.array([a, a + s], np.float32), 3.0) for a, s in zip(at, steps, strict=True)]


def dots(rng: Rng, size: float) -> list[Points]:
    """Dots and freckles: closed rings of 2 to 6 px radius."""
    centre = _point(rng, size, 0.1)
    return [
        ellipse(centre + rng.normal(0, 40, 2).astype(np.float32), np.full(2, rng.uniform(2, 6)), 0.0, spacing=1.5)
        for _ in range(int(rng.integers(1, 5)))
    ]


def zigzag(rng: Rng, size: float) -> list[Points]:
    """Leaf edges, grass, spikes: a chain with alternating sharp turns along a guide."""
    guide = resample(sweep(rng, size)[0], rng.uniform(15, 60))
    normal = normals(guide)
    side = np.where(np.arange(len(guide)) % 2, 1.0, -1.0)[:, None] * rng.uniform(0.6, 1.4, (len(guide), 1))
    chain = (guide + normal * side * rng.uniform(10, 60)).astype(np.float32)
    return [spline(chain) if rng.random() < 0.4 else resample(chain, 3.0)]


def folds(rng: Rng, size: float) -> list[Points]:
    """Cloth: curves that start at a seam (T-junctions) and die out in the open."""
    seam = sweep(rng, size)[0]
    parts = [seam]
    for start in rng.integers(0, len(seam), int(rng.integers(2, 7))):
        heading, length = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.05, 0.35)
        bend = rng.normal(0, 0.5)
        direction = [np.array([np.cos(heading + bend * i), np.sin(heading + bend * i)]) for i in range(4)]
        parts.append(
            spline((seam[start] + length / 3 * np.cumsum([np.zeros(2), *direction[1:]], 0)).astype(np.float32))
        )
    return parts


def parting(rng: Rng, size: float) -> list[Points]:
    """Two or three lines that run as one, part by 10 to 110 px, and meet again."""
    guide = sweep(rng, size)[0]
    along, normal = np.linspace(0, 1, len(guide))[:, None], normals(guide)
    curves = [guide]
    for side in rng.choice([-1.0, 1.0], int(rng.integers(1, 3))):
        a, b = sorted(rng.uniform(-0.3, 1.3, 2))
        rise = np.sin(np.pi * np.clip((along - a) / max(b - a, 0.2), 0, 1)) ** rng.uniform(0.7, 2.0)
        curves.append((guide + side * rng.uniform(10, 110) * rise * normal).astype(np.float32))
    return curves


def glyphs(rng: Rng, size: float) -> list[Points]:
    """Lettering-like groups of small strokes in a row."""
    high, start = rng.uniform(30, 110), _point(rng, size, 0.0)
    strokes = []
    for i in range(int(rng.integers(3, 9))):
        base = start + np.array([i * high * 0.8, 0])
        for _ in range(int(rng.integers(1, 4))):
            knots = base + rng.uniform(0, 1, (int(rng.integers(2, 5)), 2)) * [0.6 * high, high]
            strokes.append(
                spline(knots.astype(np.float32)) if rng.random() < 0.6 else resample(knots.astype(np.float32), 3.0)
            )
    return strokes


MOTIFS: tuple[tuple[Callable[[Rng, float], list[Points]], float], ...] = (
    (sweep, 4.0),
    (straight, 1.5),
    (ladder, 0.8),
    (polygon, 1.2),
    (box, 0.8),
    (round_shape, 2.5),
    (hair, 1.5),
    (double_line, 1.0),
    (parting, 1.2),
    (eye, 1.0),
    (ticks, 0.7),
    (dots, 0.3),
    (zigzag, 0.8),
    (folds, 1.5),
    (glyphs, 0.4),
)
"""Every motif with its relative frequency."""
