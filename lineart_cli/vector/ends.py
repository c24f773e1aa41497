"""Where strokes end: the network's distance tells it to a part of a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lineart_cli.imaging.bilinear import interpolated
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.resample import overlapping_strips
from lineart_cli.vector.joining import Course, heading
from lineart_cli.vector.valley import Floats

_HEADING = 6.0  # px of a stroke that show where its end points to
_LEVEL = 1.5  # px from the middle of a line: the ink of the usual thickness ends there
_STEP, _STEPS = 2, 6  # px by which an end is drawn out at once, and how often, at most: thinning eats the ends of lines
_LEAST = 0.2  # px that are worth it
_FLAT = 0.5  # curvature of the squared distance below which there is no valley
_ROWS = 512  # that are looked at once
_MARGIN = _STEP * (_STEPS + 2)


def drawn_out(courses: Sequence[Course], off: Page) -> list[Course]:
    """Strokes whose loose ends are where the lines end, and not where thinning left them.

    Args:
        courses: the strokes.
        off: (h, w) distance from the middle of the nearest line, px.
    """
    ends = [
        (number, end)
        for number, course in enumerate(courses)
        for end in (0, -1)
        if course.loose[end] and not course.is_closed and len(course.points) > 1
    ]
    if not ends:
        return list(courses)
    tips = np.array([courses[number].points[end] for number, end in ends], np.float32)
    ways = np.array(
        [heading(courses[number].points[:: 1 if end == 0 else -1], _HEADING) for number, end in ends], np.float32
    )
    more = _more(off, tips, ways)
    drawn = list(courses)
    for (number, end), ahead in zip(ends, more, strict=True):
        further = ahead[np.isfinite(ahead[:, 0])]
        if len(further):
            parts = (further[::-1], drawn[number].points) if end == 0 else (drawn[number].points, further)
            drawn[number] = replace(drawn[number], points=np.concatenate(parts))
    return drawn


def _more(off: Page, tips: Floats, ways: Floats) -> Floats:
    """(N, _STEPS, 2) points of lines beyond tips; not a number where there are none."""
    more = np.full((len(tips), _STEPS, 2), np.nan, np.float32)
    row = np.clip(tips[:, 1], 0, off.shape[0] - 1)
    for rows, seen, _ in overlapping_strips(off.shape[0], _ROWS, _MARGIN):
        here = np.flatnonzero((row >= rows.start) & (row < rows.stop))
        if len(here):
            near = np.asarray(off[seen], np.float32)
            above = np.array([0, seen.start], np.float32)
            more[here] = _followed(near, tips[here] - above, ways[here]) + above
    return more


def _followed(off: Floats, tips: Floats, ways: Floats) -> Floats:
    """Follows lines from their tips in steps, each of which comes back to the middle of the line."""
    points = np.full((len(tips), _STEPS, 2), np.nan, np.float32)
    goes = np.ones(len(tips), bool)
    for step in range(_STEPS):
        px = np.minimum(_reach(off, tips, ways), _STEP)
        goes &= px > _LEAST
        ahead = np.asarray(tips + px[:, None] * ways, np.float32)
        aside = np.stack([-ways[:, 1], ways[:, 0]], 1).astype(np.float32)
        ahead[px == _STEP] += (_side(off, ahead, aside)[:, None] * aside)[px == _STEP]
        points[goes, step] = ahead[goes]
        onward = ahead - tips
        ways = np.asarray(onward / np.maximum(np.hypot(*onward.T), 1e-6)[:, None], np.float32)
        tips = ahead
        goes &= px == _STEP
    return points


def _side(off: Floats, points: Floats, aside: Floats) -> Floats:
    """(N,) px from points to the middle of the line: where the parabola of the squared distance is lowest."""
    one, here, other = (np.square(_at(off, points + step * aside)) for step in (-1, 0, 1))
    bend = np.maximum(one - 2 * here + other, _FLAT)
    return np.asarray(np.clip((one - other) / (2 * bend), -1, 1), np.float32)


def _reach(off: Floats, tips: Floats, ways: Floats) -> Floats:
    """(N,) px from tips to where the distance rises to `_LEVEL`, less that."""
    most = _STEP + 2
    level = np.stack([_at(off, tips + step * ways) for step in range(most + 1)], 1)
    risen = level >= _LEVEL
    after = np.where(risen.any(1), np.argmax(risen, 1), most)
    before = np.maximum(after - 1, 0)
    one, other = (np.take_along_axis(level, each[:, None], 1)[:, 0] for each in (before, after))
    share = np.clip((_LEVEL - one) / np.maximum(other - one, 1e-3), 0, 1)
    return np.asarray(before + share - _LEVEL, np.float32)


def _at(off: Floats, points: Floats) -> Floats:
    return interpolated(off, points[:, 0], points[:, 1])
