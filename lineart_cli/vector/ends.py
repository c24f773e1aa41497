"""Where strokes end: the network's distance tells it to a part of a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lineart_cli.brushes.noise import sample
from lineart_cli.resample import strips
from lineart_cli.spool import Page
from lineart_cli.vector.joining import Course
from lineart_cli.vector.valley import Floats

_HEADING = 8.0  # px of a stroke that show where its end points to
_LEVEL = 1.5  # px from the middle of a line: the ink of the usual thickness ends there
_FARTHEST = 6  # px by which an end is drawn out, at most
_ROWS = 512  # that are looked at once
_MARGIN = _FARTHEST + 2


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
    ways = np.array([_heading(courses[number].points[:: 1 if end == 0 else -1]) for number, end in ends], np.float32)
    more = _more(off, tips, ways)
    drawn = list(courses)
    for (number, end), tip, way, px in zip(ends, tips, ways, more, strict=True):
        if px > 0:
            points, further = drawn[number].points, (tip + px * way)[None]
            parts = (further, points) if end == 0 else (points, further)
            drawn[number] = replace(drawn[number], points=np.concatenate(parts))
    return drawn


def _heading(points: Floats) -> Floats:
    """Unit vector out of the first of some points."""
    far = points[int(np.argmax(np.hypot(*(points - points[0]).T) > _HEADING)) or -1]
    way = points[0] - far
    return np.asarray(way / max(float(np.hypot(*way)), 1e-6), np.float32)


def _more(off: Page, tips: Floats, ways: Floats) -> Floats:
    """(N,) px that lines go on beyond tips."""
    more = np.zeros(len(tips), np.float32)
    row = np.clip(tips[:, 1], 0, off.shape[0] - 1)
    for rows in strips(off.shape[0], _ROWS):
        here = np.flatnonzero((row >= rows.start) & (row < rows.stop))
        if len(here):
            low = max(rows.start - _MARGIN, 0)
            near = off[low : min(rows.stop + _MARGIN, off.shape[0])]
            more[here] = _reach(near, tips[here] - np.array([0, low], np.float32), ways[here])
    return more


def _reach(off: Floats, tips: Floats, ways: Floats) -> Floats:
    """(N,) px from tips to where the distance rises to `_LEVEL`, less that."""
    steps = np.arange(_FARTHEST + 1, dtype=np.float32)
    at = tips[:, None] + steps[:, None] * ways[:, None]
    level = sample(off, at[..., 0].ravel(), at[..., 1].ravel()).reshape(at.shape[:2])
    risen = level >= _LEVEL
    after = np.where(risen.any(1), np.argmax(risen, 1), _FARTHEST)
    before = np.maximum(after - 1, 0)
    one, other = (np.take_along_axis(level, each[:, None], 1)[:, 0] for each in (before, after))
    share = np.clip((_LEVEL - one) / np.maximum(other - one, 1e-3), 0, 1)
    return np.asarray(before + share - _LEVEL, np.float32)
