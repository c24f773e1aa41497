"""A page's lines as curves: found once, then drawn with one brush or another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.drawing import pen_pressure
from lineart_cli.brushes.drawing.paint import Lines
from lineart_cli.brushes.drawing.skeleton import BORDER, SHORT, WALK
from lineart_cli.brushes.style import ANGLES, PRESSURES, Tool
from lineart_cli.imaging.bilinear import interpolated
from lineart_cli.pages import CENTRES, OUTLINES, Drawing, Layer, Shape
from lineart_cli.plan import PageSize
from lineart_cli.vector import solids
from lineart_cli.vector.ends import drawn_out
from lineart_cli.vector.fitting import Curves, Doubles, Runs, fitted
from lineart_cli.vector.graph import graph
from lineart_cli.vector.joining import Course, courses
from lineart_cli.vector.outline import outlines, places
from lineart_cli.vector.smooth import Strokes, strokes
from lineart_cli.vector.valley import valley

_THINNED = 2  # of so many points, one is followed by curves


@dataclass(frozen=True)
class Traced:
    """The strokes of a page, whatever they are drawn with.

    Attributes:
        lines: that they were found in.
        strokes: their centre lines, px of `lines`.
        solid: (h, w) uint8, 1 in the middle of solid blacks.
    """

    lines: Lines
    strokes: Strokes
    solid: NDArray[np.uint8]


def traced(lines: Lines) -> Traced:
    """Find the strokes of a page."""
    middle = valley(lines.off)
    connected = graph(middle.row, middle.column)
    found = drawn_out(courses(connected, middle.point, middle.depth), lines.off)
    return Traced(lines, strokes(found), middle.solid)


def drawn(found: Traced, tool: Tool, size: PageSize, kinds: str, tolerance: float) -> Drawing:
    """Draw the strokes of a page.

    Args:
        found: the strokes.
        tool: what to draw with.
        size: of the page.
        kinds: "outline", "centre" or "both".
        tolerance: how far a curve may be from its line, page px.
    """
    drawer = _Drawer(found, tool, size, tolerance)
    fills = list(drawer.fills())
    layers = []
    if kinds != "centre":
        layers.append(Layer(OUTLINES, [*fills, *drawer.outlines()]))
    if kinds != "outline":
        layers.append(Layer(CENTRES, [*fills, *drawer.centres()], is_seen=kinds == "centre"))
    return Drawing(layers, size.dpi, tolerance)


class _Drawer:
    def __init__(self, found: Traced, tool: Tool, size: PageSize, tolerance: float) -> None:
        self.found, self.style, self.tolerance = found, tool.style, tolerance
        self.pressure = (
            np.full((1, 1), tool.pressure, np.float32) if tool.pressure is not None else found.lines.pressure
        )
        shape = found.lines.off.shape
        self.scale: Doubles = np.array([size.width / shape[1], size.height / shape[0]])
        self.thickness = tool.thickness.page_px(size.dpi)
        self.size = size
        self.curves = self._fitted(found.strokes.runs)
        self.places = places(self.curves)
        self.half = self._half()

    def outlines(self) -> Iterator[Shape]:
        """The outline of each stroke."""
        strokes = self.found.strokes
        made = outlines(self.places, self.half, strokes.is_ring, self.tolerance / 2)
        for _, parts in groupby(zip(strokes.stroke.tolist(), made, strict=True), lambda each: each[0]):
            yield Shape([part for _, run in parts for part in run])

    def centres(self) -> Iterator[Shape]:
        """The centre line of each stroke, as broad as that is on average."""
        strokes = self.found.strokes
        count = len(strokes.is_closed)
        curves = _split(self.curves.control, strokes.stroke[self.curves.run], count)
        halves = _split(self.half, strokes.stroke[self.places.run], count)
        for control, half, is_closed in zip(curves, halves, strokes.is_closed, strict=True):
            yield Shape([control], 2 * float(half.mean()), is_closed)

    def fills(self) -> Iterator[Shape]:
        """The solid blacks."""
        found = self.found

        def half(points: Doubles) -> Doubles:
            broad = self._width(self._press(points)) * (self.thickness / 2)
            return np.asarray(broad / self.scale.mean())

        for closed in solids.edges(found.solid, found.lines.off, half):
            edges = strokes([Course(edge.astype(np.float32), True) for edge in closed])
            curves = self._fitted(edges.runs)
            yield Shape(_split(curves.control, edges.stroke[curves.run], len(closed)))

    def _fitted(self, runs: Runs) -> Curves:
        """Curves in page px along runs in px of the lines."""
        thin = _thinned(runs)
        return fitted(Runs((thin.points + 0.5) * self.scale, thin.ways, thin.first), self.tolerance)

    def _half(self) -> Doubles:
        """(N,) half the width at each place, page px."""
        found = self.places
        press = self._press(found.points / self.scale - 0.5) * self._taper()
        half = self._width(press) * (self.thickness / 2)
        share = np.mod(np.arctan2(found.ways[:, 1], found.ways[:, 0]) / np.pi, 1) * ANGLES
        return np.asarray(
            half * np.interp(share, np.arange(ANGLES + 1), [*self.style.angle_width, self.style.angle_width[0]])
        )

    def _press(self, points: Doubles) -> Doubles:
        """(N,) pressure at places, px of the lines."""
        x, y = ((points + 0.5) / pen_pressure.STRIDE - 0.5).astype(np.float32).T
        return interpolated(self.pressure, x, y).astype(np.float64)

    def _width(self, press: Doubles) -> Doubles:
        return np.asarray(np.interp(press, np.linspace(0, 1, PRESSURES), self.style.width))

    def _taper(self) -> Doubles:
        """(N,) factors of the pressure near loose ends, as `Trace.factor` gives them."""
        found, strokes = self.places, self.found.strokes
        if not self.style.taper or not len(found.points):
            return np.ones(len(found.points))
        stroke = strokes.stroke[found.run]
        first = np.searchsorted(stroke, np.arange(len(strokes.is_closed)))
        last = np.append(first[1:], len(stroke)) - 1
        gone = found.gone
        gone -= gone[first][stroke]
        left = gone[last][stroke] - gone
        near_edge = self._near_edge(found.points)
        loose = np.array(strokes.loose, bool).reshape(-1, 2) & ~np.stack([near_edge[first], near_edge[last]], 1)
        room = np.where(loose.all(1), 0.5, 1) * gone[last]
        most = min(self.style.taper * self.thickness, WALK * float(self.scale.mean()))
        over = np.minimum(most, np.where(room > self.thickness, SHORT * room, 0))[stroke]
        end = np.minimum(np.where(loose[stroke, 0], gone, np.inf), np.where(loose[stroke, 1], left, np.inf))
        share = np.where(over > 0, np.clip(end / np.maximum(over, 1e-3), 0, 1), 1)
        return np.asarray(share * (2 - share))

    def _near_edge(self, points: Doubles) -> NDArray[np.bool_]:
        """(N,) whether places are so near to the page's edge that lines go on beyond it."""
        page = np.array([self.size.width, self.size.height])
        return np.asarray((np.minimum(points, page - points) < BORDER * self.scale).any(1))


def _thinned(runs: Runs) -> Runs:
    """Runs of fewer points, for speed; both ends of each stay."""
    place = np.arange(len(runs.points)) - np.repeat(runs.first, runs.last - runs.first + 1)
    kept = place % _THINNED == 0
    kept[runs.last] = True
    return Runs(runs.points[kept], runs.ways[kept], (np.cumsum(kept) - 1)[runs.first])


def _split(values: Doubles, of: NDArray[np.int64], count: int) -> list[Doubles]:
    """Values, by the numbers from 0 to `count`, rising, of what they belong to."""
    return np.split(values, np.searchsorted(of, np.arange(1, count)))[:count]
