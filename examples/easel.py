"""A page on which curves are drawn from back to front, so that what lies in front hides what lies behind.

Lengths are in millimetre-like units of 10 px at 300 dpi: an A4 page is 248 wide and 351 high. A path is written as
text, "x,y x,y ...", and runs smoothly through its knots; a knot written "^x,y" is a sharp corner.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np

from lineart_train.generator.scenes.curves import Points, ellipse, spline

Kind = Literal["broad", "fine", "black"]
UNIT = 10.0
"""Pixels at 300 dpi in one unit of a path."""


@dataclass(frozen=True)
class Line:
    """A clean line: (N, 2) float32 px, and how it is drawn: broadly, finely, or laid once to blacken a spot."""

    points: Points
    kind: Kind


@dataclass
class Easel:
    """A drawing in the making.

    width, height: the page, in units.
    lines: what is visible so far, in px.
    guides: construction lines, in px; nothing hides them.
    """

    width: float = 248.0
    height: float = 351.0
    lines: list[Line] = field(default_factory=list)
    guides: list[Points] = field(default_factory=list)
    _frame: Points = field(default_factory=lambda: np.eye(3, dtype=np.float32))

    @property
    def shape_px(self) -> tuple[int, int]:
        """Height and width of the page in px."""
        return (3508, 2480) if self.height > self.width else (2480, 3508)

    @contextmanager
    def frame(self, x: float, y: float, turn: float = 0.0, scale: tuple[float, float] = (1.0, 1.0)) -> Iterator[None]:
        """Draw around (x, y) as the origin, scaled across and along, then turned clockwise by `turn` degrees."""
        before = self._frame
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        across, along = scale
        self._frame = before @ np.array(
            [[c * across, -s * along, x], [s * across, c * along, y], [0, 0, 1]], np.float32
        )
        yield
        self._frame = before

    def line(self, *paths: str, fine: bool = False) -> None:
        """Draw open paths over what is there."""
        self.lines += [Line(self._placed(_open(*_knots(path))), _kind(fine)) for path in paths]

    def flap(self, path: str, fine: bool = False) -> None:
        """Draw an open path that hides what lies between it and the chord of its ends."""
        curve = self._placed(_open(*_knots(path)))
        self._hide(curve)
        self.lines.append(Line(curve, _kind(fine)))

    def shape(self, path: str, fine: bool = False) -> None:
        """Draw a closed path that hides what lies in it."""
        curve = self._placed(_closed(*_knots(path)))
        self._hide(curve)
        self.lines.append(Line(curve, _kind(fine)))

    def cover(self, path: str) -> None:
        """Hide what lies inside a closed path, without an outline."""
        self._hide(self._placed(_closed(*_knots(path))))

    def oval(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        turn: float = 0.0,
        arc: tuple[float, float] = (0.0, 360.0),
        fine: bool = False,
        solid: bool = True,
    ) -> None:
        """Draw an ellipse or an arc of it (start and sweep in degrees); a `solid` one hides what lies in it."""
        curve = self._placed(_oval(x, y, rx, ry, turn, arc))
        if solid:
            self._hide(curve)
        self.lines.append(Line(curve, _kind(fine)))

    def tube(self, path: str, radius: float, rings: float = 0.0, end: float | None = None) -> None:
        """Draw a pipe along a path, from `radius` to `end`; with `rings`, a bowed line across every so many units."""
        spine = _open(*_knots(path))
        tangent = np.gradient(spine, axis=0)
        tangent /= np.hypot(*tangent.T)[:, None]
        half = np.linspace(radius, radius if end is None else end, len(spine))[:, None]
        side = half * np.stack([-tangent[:, 1], tangent[:, 0]], 1)
        left, right = self._placed(spine + side), self._placed(spine - side)
        self._hide(np.concatenate([left, right[::-1]]))
        self.lines += [Line(left, "broad"), Line(right, "broad")]
        if rings:
            bow = np.linspace(-1, 1, max(8, int(radius * 6)))[:, None]
            for i in range(int(rings / 0.6), len(spine) - 3, int(rings / 0.3)):
                ring = spine[i] + bow * side[i] + 0.4 * half[i] * (1 - bow**2) * tangent[i]
                self.lines.append(Line(self._placed(ring), "fine"))

    def spot(self, x: float, y: float, rx: float, ry: float) -> None:
        """Blacken a small ellipse, ring in ring."""
        rings = round(max(rx, ry) * UNIT / 3)
        for part in np.arange(1, rings + 1) / rings:
            self.lines.append(Line(self._placed(_oval(x, y, rx * part, ry * part, 0.0, (0.0, 360.0))), "black"))

    def guide(self, *paths: str) -> None:
        """Add open construction lines."""
        self.guides += [self._placed(_open(*_knots(path))) for path in paths]

    def guide_oval(self, x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> None:
        """Add an ellipse to the construction lines."""
        self.guides.append(self._placed(_oval(x, y, rx, ry, turn, (0.0, 370.0))))

    def _placed(self, points: Points) -> Points:
        return ((points @ self._frame[:2, :2].T + self._frame[:2, 2]) * UNIT).astype(np.float32)

    def _hide(self, outline: Points) -> None:
        mask = np.zeros(self.shape_px, np.uint8)
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
        kept = []
        for line in self.lines:
            x, y = np.round(line.points).astype(int).T
            seen = (x < 0) | (y < 0) | (x >= mask.shape[1]) | (y >= mask.shape[0])
            seen[~seen] = mask[y[~seen], x[~seen]] == 0
            edges = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(np.int8), [0]])))
            kept += [Line(line.points[a:b], line.kind) for a, b in edges.reshape(-1, 2) if b - a >= 6]
        self.lines = kept


def _kind(fine: bool) -> Kind:
    return "fine" if fine else "broad"


def _knots(path: str) -> tuple[Points, list[int]]:
    """The knots, (K, 2) float32, and the indices of the sharp ones."""
    words = path.split()
    knots = np.array([[float(v) for v in word.lstrip("^").split(",")] for word in words], np.float32)
    return knots, [i for i, word in enumerate(words) if word.startswith("^")]


def _open(knots: Points, corners: list[int]) -> Points:
    cuts = sorted({0, *corners, len(knots) - 1})
    parts = [spline(knots[a : b + 1], 3.0 / UNIT) for a, b in pairwise(cuts)]
    return np.concatenate([parts[0], *[part[1:] for part in parts[1:]]])


def _closed(knots: Points, corners: list[int]) -> Points:
    if corners:
        ring = np.roll(knots, -corners[0], axis=0)
        return _open(np.concatenate([ring, ring[:1]]), [i - corners[0] for i in corners])
    around = spline(np.concatenate([knots[-1:], knots, knots[:2]]), 3.0 / UNIT)
    half = len(around) // 2
    away = np.hypot(*(around - knots[0]).T)
    first, last = int(away[:half].argmin()), half + int(away[half:].argmin())
    return np.concatenate([around[first:last], around[first : first + 1]])


def _oval(x: float, y: float, rx: float, ry: float, turn: float, arc: tuple[float, float]) -> Points:
    start, sweep = math.radians(arc[0]), math.radians(arc[1])
    centre, axes = np.array([x, y], np.float32), np.array([rx, ry], np.float32)
    return ellipse(centre, axes, math.radians(turn), start, sweep, 3.0 / UNIT)
