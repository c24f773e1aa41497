"""Fine details that a sure hand draws once: hatching, lettering, foliage, panels, small eyes; curves in px."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lineart_train.generator.scenes.curves import Points, ellipse, normals, resample, rotation, spline
from lineart_train.generator.scenes.lettering import word
from lineart_train.generator.scenes.motifs import eye_of, sweep

Rng = np.random.Generator
FINE = 1.5
"""Distance of the points of small curves, px."""


def details(rng: Rng, size: int) -> list[Points]:
    """Draw one to nine groups of fine details on a canvas of `size` px: (N, 2) float32 curves, points 3 px apart."""
    chance = np.array([weight for _, weight in DETAILS])
    curves: list[Points] = []
    for index in rng.choice(len(DETAILS), int(rng.integers(1, 10)), p=chance / chance.sum()):
        curves += DETAILS[index][0](rng, rng.uniform(0, size, 2).astype(np.float32))
    return curves


def hatching(rng: Rng, centre: Points) -> list[Points]:
    """Parallel strokes, 6.5 to 26 px apart, bent alike; a quarter of the areas are hatched crosswise."""
    gap = float(np.exp(rng.uniform(np.log(6.5), np.log(26))))
    count, length = int(rng.integers(4, 26)), float(np.exp(rng.uniform(np.log(25), np.log(260))))
    bend, slope = rng.normal(0, 0.12) * length, rng.normal(0, 0.3)
    turns = [rng.uniform(0, np.pi)]
    if rng.random() < 0.25:
        turns.append(turns[0] + rng.uniform(0.7, 1.6))
    curves = []
    for turn in turns:
        for i in range(count):
            along = length * np.array([-0.5, 0.0, 0.5]) + rng.normal(0, 0.06 * length, 3)
            across = gap * (i - count / 2 + rng.normal(0, 0.12)) + np.array([0.0, bend, 0.0])
            knots = np.stack([along + slope * across, across], 1) @ rotation(turn).T + centre
            curves.append(spline(knots.astype(np.float32)))
    return curves


def lettering(rng: Rng, centre: Points) -> list[Points]:
    """One to three lines of letters, 14 to 90 px high."""
    high = float(np.exp(rng.uniform(np.log(14), np.log(90))))
    lean, turn = rng.normal(0, 0.15), rotation(rng.normal(0, 0.1))
    curves = []
    for row in range(int(rng.integers(1, 4))):
        for stroke in word(rng, int(rng.integers(2, 12))):
            shaken = stroke + rng.normal(0, 0.02, stroke.shape)
            slanted = np.stack([shaken[:, 0] - lean * shaken[:, 1], shaken[:, 1] + 1.5 * row], 1)
            points = (high * slanted @ turn.T + centre).astype(np.float32)
            curves.append(resample(points, FINE) if rng.random() < 0.5 else spline(points, FINE))
    return curves


def foliage(rng: Rng, centre: Points) -> list[Points]:
    """Rings and arcs of small scallops: leaves, curls, wool, clouds."""
    curves = []
    for _ in range(int(rng.integers(1, 5))):
        radius, bump = rng.uniform(18, 130), float(np.exp(rng.uniform(np.log(4), np.log(22))))
        span = 2 * np.pi if rng.random() < 0.4 else rng.uniform(1.0, 5.0)
        count = max(4, int(span * radius / (3 * bump)))
        angle = rng.uniform(0, 6.3) + span * np.arange(count * 6) / (count * 6)
        swell = radius + bump * np.abs(np.sin(np.pi * np.arange(count * 6) / 6 + rng.uniform(0, 3)))
        squash = rng.uniform(0.5, 1.2)
        ring = np.stack([np.cos(angle) * swell, squash * np.sin(angle) * swell], 1)
        curves.append(resample((ring + centre + rng.normal(0, 60, 2)).astype(np.float32), FINE))
    return curves


def panel(rng: Rng, centre: Points) -> list[Points]:
    """Frames in frames, slats, bricks and bolts: machinery and buildings, lines 4 to 20 px apart."""
    gap = float(np.exp(rng.uniform(np.log(4.5), np.log(20))))
    wide, high = gap * rng.integers(3, 16, 2)
    turn = rotation(rng.normal(0, 0.2))
    lines = [np.array([[0, 0], [wide, 0], [wide, high], [0, high], [0, 0]], float)]
    if rng.random() < 0.4 and min(wide, high) > 4 * gap:
        lines.append(np.abs(lines[0] - gap) * np.sign(lines[0] - gap / 2))
    kind = rng.random()
    rows = np.arange(gap, high - gap / 2, gap)
    if kind < 0.7:
        lines += [np.array([[0, y], [wide, y]]) for y in rows]
    if kind < 0.3:
        lines += [
            np.array([[x, y], [x, y + gap]])
            for number, y in enumerate(rows)
            for x in np.arange(gap * (1 + number % 2), wide - gap, 2 * gap)
        ]
    if kind > 0.7:
        lines += [
            np.stack([x + 0.3 * gap * np.cos(a), y + 0.3 * gap * np.sin(a)], 1)
            for a in [np.linspace(0, 2 * np.pi, 14)]
            for x, y in rng.uniform(gap, [max(wide - gap, gap + 1), max(high - gap, gap + 1)], (4, 2))
        ]
    return [resample((line @ turn.T + centre).astype(np.float32), FINE) for line in lines]


def small_eye(rng: Rng, centre: Points) -> list[Points]:
    """A pair of eyes of a face of 100 to 400 px."""
    wide = rng.uniform(18, 90)
    first = eye_of(rng, centre, wide)
    apart = np.array([wide * rng.uniform(1.6, 2.6), rng.normal(0, 3)], np.float32)
    return first + [(curve + apart).astype(np.float32) for curve in first]


def strands(rng: Rng, centre: Points) -> list[Points]:
    """Hair or grass: many thin curves, 5 to 16 px apart, that follow one another."""
    guide = sweep(rng, rng.uniform(150, 500))[0]
    guide = guide - guide.mean(0) + centre
    gap, count = rng.uniform(5, 16), int(rng.integers(4, 16))
    along, normal = np.linspace(0, 1, len(guide))[:, None], normals(guide)
    closing = rng.choice([0.0, 0.7, 1.0])
    curves = []
    for i in range(count):
        a, b = sorted(rng.uniform(0, 1, 2)) if rng.random() < 0.6 else (0.0, 1.0)
        whole = guide + normal * (gap * (i - count / 2 + rng.normal(0, 0.1)) * (1 - closing * along**2))
        part = whole[int(a * len(guide)) : int(b * len(guide)) + 1]
        if len(part) > 8:
            curves.append(part.astype(np.float32))
    return curves


def spots(rng: Rng, centre: Points) -> list[Points]:
    """A handful of small rings: buttons, scales, freckles, beads."""
    radius = float(np.exp(rng.uniform(np.log(2.5), np.log(14))))
    return [
        ellipse(centre + rng.normal(0, 6 * radius, 2), radius * rng.uniform(0.7, 1.3, 2), 0.0, spacing=FINE)
        for _ in range(int(rng.integers(2, 14)))
    ]


DETAILS: tuple[tuple[Callable[[Rng, Points], list[Points]], float], ...] = (
    (hatching, 1.5),
    (lettering, 1.0),
    (foliage, 1.0),
    (panel, 1.2),
    (small_eye, 1.5),
    (strands, 1.5),
    (spots, 0.6),
)
"""Every kind of detail with its relative frequency."""
