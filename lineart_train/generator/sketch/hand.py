"""A hand sketches a scene: every clean curve becomes overdrawn strokes, and the centre line on which they agree.

The centre line, not the hidden curve, is what a network can find: it is the weighted mean of the strokes, ends where
they agree to end and has no jumps where one stroke stops. Figures of `Hand` were chosen by measuring artists' labelled
strokes (offset from the common centre line: median 5 px, 90 % under 16 px; 1.5 to 6 strokes over each other; pieces of
90 to 900 px).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from lineart_train.generator.scenes.curves import Points, arc_length, normals, resample, smooth
from lineart_train.generator.sketch.junctions import join
from lineart_train.generator.sketch.spacing import SPACING, clearance, runs

Rng = np.random.Generator
SIGMA = 10.0
"""Standard deviation in points by which the centre line of a bundle is smoothed where strokes come and go."""
TAIL = 15
"""Points from which one stroke alone beyond the others is line, and no overshoot."""
GAP = 12
"""Points that may be missing from a line and still be drawn through, and at most a tenth of it."""
ONCE = 0.2
"""Share of the curves that even a searching hand draws with one pass."""
OVERDRAWN = 0.5
"""Share of the later passes that go over a part of the curve only."""


@dataclass(frozen=True)
class Hand:
    """How one artist draws one page. Lengths in px at 300 dpi.

    passes: times a curve is gone over, >= 1; 1 is a clean drawing, 6 a searching one. Start at 3.
    spread: standard deviation of a stroke from the common centre line, 0.3 (sure) to 40 (loose). Start at 20.
    piece: median length of a stroke, 80 (hairy) to 2000 (one sweep). Start at 700.
    overshoot: standard deviation of how far strokes run past an end, 0 to 40. Start at 12.
    width: stroke width, 2 (hard pencil) to 34 (marker, side of a pencil). Start at 5.
    opacity: darkness of one stroke, 0.2 to 1. Start at 0.7.
    taper: 0 blunt strokes, 1 strokes that thin out to a point at both ends.
    """

    passes: float
    spread: float
    piece: float
    overshoot: float
    width: float
    opacity: float
    taper: float

    @property
    def gap(self) -> float:
        """How far apart, px, lines must run so that this hand still draws two of them.

        Strokes of one line stay within `reach` on either side, so that near by it shows which of the two it is.
        """
        return 2.5 + 1.2 * self.width + 2 * self.reach

    @property
    def reach(self) -> float:
        """How far, px, a stroke strays from its line at most."""
        return 1.2 * self.spread


@dataclass(frozen=True)
class Stroke:
    """One stroke: (N, 2) float32 points, (N,) float32 width in px, opacity in [0, 1]."""

    points: Points
    width: Points
    opacity: float


def random_hand(rng: Rng) -> Hand:
    """An artist and a page, drawn from the range that artists cover: most search, some are sure, some draw broad."""
    kind = rng.choice(["searching", "sure", "broad"], p=[0.72, 0.16, 0.12])
    searching = Hand(
        passes=float(rng.uniform(1.5, 6.5)),
        spread=float(np.clip(np.exp(rng.normal(np.log(22.0), 0.5)), 2.5, 40.0)),
        piece=float(np.exp(rng.normal(np.log(700), 0.55))),
        overshoot=float(rng.uniform(0, 25)),
        width=float(np.exp(rng.triangular(np.log(2.2), np.log(4.5), np.log(13.0)))),
        opacity=float(rng.uniform(0.35, 1.0)),
        taper=float(rng.choice([0.0, rng.uniform(0.2, 1.0)])),
    )
    if kind == "broad":
        passes, spread = float(rng.uniform(1.0, 3.0)), float(np.exp(rng.uniform(0.0, np.log(14))))
        return replace(
            searching, passes=passes, spread=spread, width=float(np.exp(rng.uniform(np.log(11), np.log(34))))
        )
    if kind == "sure":
        width = float(np.exp(rng.triangular(np.log(1.8), np.log(4.0), np.log(15.0))))
        return replace(sure(searching, rng), width=width, piece=float(np.exp(rng.uniform(np.log(400), np.log(2000)))))
    return searching


def sure(hand: Hand, rng: Rng) -> Hand:
    """The same pencil where it draws details: once, and in its place."""
    return replace(
        hand,
        passes=float(rng.choice([1.0, 1.3])),
        spread=float(np.exp(rng.uniform(np.log(0.3), np.log(1.5)))),
        overshoot=float(rng.uniform(0, 5)),
        width=hand.width * float(rng.uniform(0.6, 1.0)),
    )


def sketch(
    curves: list[Points], hand: Hand, rng: Rng, beside: Sequence[Points] = ()
) -> tuple[list[Stroke], list[Points]]:
    """Draw every curve as `hand` would, with care where others lie `beside` it.

    Returns:
        The strokes, and the centre lines on which they agree, (N, 2) float32 each: what is to be inked.
    """
    drawn = bundles(curves, hand, rng, beside)
    strokes = [stroke for each, _ in drawn for stroke in each]
    return strokes, join(
        [centre_line for _, centre_lines in drawn for centre_line in centre_lines], 6.0 + 0.7 * hand.spread
    )


def bundles(
    curves: list[Points], hand: Hand, rng: Rng, beside: Sequence[Points] = ()
) -> list[tuple[list[Stroke], list[Points]]]:
    """The strokes and the centre lines of every curve by itself, gaps between curves still open."""
    drawn = []
    for curve, room in zip(curves, clearance([*curves, *beside])[: len(curves)], strict=True):
        length = float(arc_length(curve)[-1])
        spread = min(hand.spread * rng.uniform(0.6, 1.4), 0.4 * room + 0.5, 0.08 * length + 0.5)
        drawn.append(overdraw(curve, hand, spread, rng))
    return drawn


def overdraw(curve: Points, hand: Hand, spread: float, rng: Rng) -> tuple[list[Stroke], list[Points]]:
    """Overdraw one curve; returns its strokes and the centre lines (several where the strokes leave a wide gap)."""
    closed = bool(np.hypot(*(curve[0] - curve[-1])) < 4.0) and len(curve) > 12
    guide = resample(curve, SPACING)
    reach = 0 if closed else int(2.5 * hand.overshoot / SPACING) + 2
    guide = guide[:-1] if closed else _extended(guide, reach)
    count = len(guide)
    total, where = np.zeros(count), np.zeros((count, 2))
    strokes, spans = [], []
    once = rng.random() < ONCE
    passes = 1 if once else max(1, int(rng.poisson(max(hand.passes - 1.0, 0.0))) + 1)
    for first, last in _pieces(count, reach, closed, passes, hand, rng):
        index = np.arange(first, last) % count if closed else np.arange(max(first, 0), min(last, count))
        if len(index) < 3:
            continue
        points = _wandering(guide[index], spread, hand.reach, rng)
        stroke = Stroke(
            points, _widths(len(index), hand, rng), float(np.clip(hand.opacity * rng.uniform(0.75, 1.15), 0.1, 1.0))
        )
        ramp = np.minimum(np.arange(1, len(index) + 1), np.arange(len(index), 0, -1)) / max(
            min(30.0, 0.35 * len(index)), 1.0
        )
        weight = np.minimum(ramp, 1.0) * stroke.opacity * stroke.width.mean()
        np.add.at(total, index, weight)
        np.add.at(where, index, weight[:, None] * points)
        strokes.append(stroke)
        spans.append((int(index[0]), int(index[-1])))
    return strokes, _centre_lines(guide, total, where, spans, closed)


def _extended(guide: Points, reach: int) -> Points:
    """The curve with straight extensions of `reach` points at both ends, for overshoots."""
    back = guide[0] - guide[min(3, len(guide) - 1)]
    ahead = guide[-1] - guide[-min(4, len(guide))]
    steps = np.arange(1, reach + 1, dtype=np.float32)[:, None] * SPACING
    unit = [v / max(float(np.hypot(*v)), 1e-6) for v in (back, ahead)]
    return np.concatenate([guide[0] + steps[::-1] * unit[0], guide, guide[-1] + steps * unit[1]]).astype(np.float32)


def _pieces(count: int, reach: int, closed: bool, passes: int, hand: Hand, rng: Rng) -> list[tuple[int, int]]:
    """Index ranges of the strokes: each pass follows the curve in overlapping pieces; later passes may skip parts."""
    found = []
    start, end = (0, count) if closed else (reach, count - reach)
    for number in range(passes):
        at = start + (int(rng.integers(0, count)) if closed else round(rng.normal(0, hand.overshoot / SPACING)))
        goal = at + count + int(rng.integers(2, 12)) if closed else end
        if number and rng.random() < OVERDRAWN:
            span = int((goal - at) * rng.uniform(0.25, 0.9))
            at += int((goal - at - span) * rng.random())
            goal = at + span
        while at < goal - 2:
            length = int(np.clip(hand.piece * np.exp(rng.normal(0, 0.5)) / SPACING, 8, 700))
            stop = at + length
            if stop > goal - 0.25 * length:
                stop = goal + (0 if closed else round(rng.normal(0, hand.overshoot / SPACING)))
            if number == 0 or rng.random() < 0.75:
                found.append((at, stop))
            at = stop - int(length * rng.uniform(-0.02, 0.35))
            if stop >= goal - 4:
                break
    return found


def _wandering(guide: Points, spread: float, reach: float, rng: Rng) -> Points:
    """One stroke along `guide`: shifted, turned, bent and drifting by about `spread` px, at most by `reach`."""
    count = len(guide)
    along = np.linspace(-1, 1, count, dtype=np.float32)
    length = count * SPACING
    turn = rng.normal(0, 1.0) * min(0.7 * spread, 0.035 * length)
    bend = rng.normal(0, 1.0) * min(0.5 * spread, 0.02 * length)
    normal = smooth(normals(guide).astype(np.float32), min(6.0, count / 4))
    wave = rng.uniform(200, 900) / SPACING
    drift = rng.normal(0, 0.4 * spread) * np.sin(np.arange(count) * (2 * np.pi / wave) + rng.uniform(0, 6.3))
    side = turn * along + bend * (along**2 - 0.33) + drift
    shaky = rng.random() < 0.12
    tremble = gaussian_filter1d(rng.normal(0, 1, count), 2.0) * (rng.uniform(0.2, 1.0) if shaky else 0.1)
    points = smooth(guide, float(rng.choice([0.0, 1.0, 3.0])))
    moved = rng.normal(0, 0.7 * spread, 2) + normal * side[:, None]
    far = np.hypot(*moved.T)[:, None] / reach
    moved *= np.tanh(far) / np.maximum(far, 1e-6)
    return np.asarray(points + moved + normal * tremble[:, None], np.float32)


def _widths(count: int, hand: Hand, rng: Rng) -> Points:
    width = np.full(count, hand.width * rng.uniform(0.8, 1.2), np.float32)
    if hand.taper:
        ends = np.minimum(np.arange(1, count + 1), np.arange(count, 0, -1)) / max(min(0.3 * count, 20.0), 1.0)
        width *= (1 - hand.taper * (1 - np.minimum(ends, 1.0)) * 0.8).astype(np.float32)
        swell = rng.choice([0.25, 0.6], p=[0.75, 0.25])
        width *= (1 + swell * np.sin(np.linspace(0, rng.uniform(2, 6), count) + rng.uniform(0, 6.3))).astype(np.float32)
    return width


def _centre_lines(
    guide: Points, total: Points, where: Points, spans: list[tuple[int, int]], closed: bool
) -> list[Points]:
    seen = total > 0
    if np.count_nonzero(seen) < 2:
        return []
    count = len(guide)
    shift = np.zeros((count, 2))
    shift[seen] = where[seen] / total[seen, None] - guide[seen]
    if not seen.all():
        at = np.flatnonzero(seen)
        for axis in (0, 1):
            shift[:, axis] = np.interp(np.arange(count), at, shift[at, axis], period=count if closed else None)
    centre_line = guide + gaussian_filter1d(shift, SIGMA, axis=0, mode="wrap" if closed else "nearest")
    if closed and seen.all():
        return [np.concatenate([centre_line, centre_line[:1]]).astype(np.float32)]
    present = seen.copy()
    first, last = int(np.argmax(seen)), count - 1 - int(np.argmax(seen[::-1]))
    for a, b in runs(~present[first : last + 1]):
        if b - a <= min(GAP, 0.1 * count):
            present[first + a : first + b] = True
    if not closed:
        present[: _agreed([start for start, _ in spans])] = False
        present[count - _agreed([count - 1 - end for _, end in spans]) :] = False
    return [centre_line[a:b].astype(np.float32) for a, b in runs(present) if b - a >= 2]


def _agreed(tips: list[int]) -> int:
    """Where a line begins: with the second of the strokes that begin near its outermost one, if they are many."""
    near = sorted(tip for tip in tips if tip <= min(tips) + TAIL)
    return near[1] if len(near) >= 3 else near[0]
