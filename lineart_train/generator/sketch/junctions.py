"""How centre lines meet: an inker cuts what overshoots a line, closes small gaps and keeps corners sharp."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from lineart_train.generator.scenes.curves import Points, arc_length

TOUCH = 3.0
"""Courses within this many px of each other cross."""
OVER = 0.25
"""Share of a centre line that may be cut as overshoot; a small cross stays a cross."""
AHEAD = 0.4
"""Cosine between a tip's heading and what it may be led on to, at least."""


def join(centre_lines: list[Points], reach: float) -> list[Points]:
    """Cut and close the tips of centre lines, (N, 2) float32 px each, where they meet within `reach` px."""
    if len(centre_lines) < 2:
        return centre_lines
    cut = _without_overshoots(centre_lines, reach)
    every, owner, tree = _index(cut)
    tips = np.array([tip for each in cut for tip in (each[0], each[-1])])
    headings = np.array([heading for each in cut for heading in (_heading(each[::-1]), _heading(each))])
    joined = []
    for number, centre_line in enumerate(cut):
        ends = []
        for side in (2 * number, 2 * number + 1):
            tip, heading = tips[side], headings[side]
            near = [n for n in tree.query_ball_point(tip, reach) if owner[n] != number]
            ahead = [n for n in near if (every[n] - tip) @ heading >= AHEAD * np.hypot(*(every[n] - tip))]
            best = min(ahead, key=lambda n, at=tip: float(np.hypot(*(every[n] - at))), default=None)  # type: ignore[misc]
            if best is None:
                ends.append(tip[None][:0])
                continue
            other = int(np.argmin(np.hypot(*(tips - every[best]).T)))
            meets_tip = float(np.hypot(*(tips[other] - every[best]))) < TOUCH
            corner = _corner(tip, heading, tips[other], headings[other], reach) if meets_tip else None
            ends.append((every[best] if corner is None else corner)[None])
        joined.append(np.concatenate([ends[0], centre_line, ends[1]]).astype(np.float32))
    return joined


def _index(centre_lines: list[Points]) -> tuple[Points, Points, cKDTree]:
    every = np.concatenate(centre_lines)
    return every, np.repeat(np.arange(len(centre_lines)), [len(each) for each in centre_lines]), cKDTree(every)


def _heading(centre_line: Points) -> Points:
    """Unit vector in which a centre line ends."""
    step = centre_line[-1] - centre_line[max(-5, -len(centre_line))]
    return np.asarray(step / max(float(np.hypot(*step)), 1e-6))


def _without_overshoots(centre_lines: list[Points], reach: float) -> list[Points]:
    _, owner, tree = _index(centre_lines)
    cut = []
    for number, centre_line in enumerate(centre_lines):
        along = arc_length(centre_line)
        most = min(reach, OVER * float(along[-1]))
        near = tree.query_ball_point(centre_line, TOUCH)
        met = np.array([any(owner[n] != number for n in found) for found in near])
        early = np.flatnonzero(met & (along <= most))
        late = np.flatnonzero(met & (along[-1] - along <= most))
        first = int(early[0]) if len(early) else 0
        last = int(late[-1]) if len(late) else len(centre_line) - 1
        cut.append(centre_line[first : last + 1] if last > first else centre_line)
    return cut


def _corner(tip: Points, heading: Points, other: Points, onward: Points, reach: float) -> Points | None:
    """Where two tips meet if both are led straight on; None where that is further than `reach` px from either."""
    system = np.stack([heading, -onward], 1)
    if abs(float(np.linalg.det(system))) < 0.3:
        return None
    lengths = np.linalg.solve(system, other - tip)
    return np.asarray(tip + lengths[0] * heading) if (lengths >= 0).all() and (lengths <= reach).all() else None
