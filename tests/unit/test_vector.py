"""From distances to curves: centre lines, strokes, fitted curves, outlines, solid blacks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineart_cli.brushes import store, style
from lineart_cli.brushes.drawing.paint import Lines, paint
from lineart_cli.brushes.drawing.skeleton import CORE
from lineart_cli.brushes.style import EVEN, Style, Tool
from lineart_cli.imaging.disk_array import DiskArray
from lineart_cli.options import Length
from lineart_cli.pages import CENTRES, OUTLINES, Drawing, Shape
from lineart_cli.plan import PageSize
from lineart_cli.vector.drawing import drawn, traced
from lineart_cli.vector.fitting import Runs, fitted
from lineart_cli.vector.graph import graph
from lineart_cli.vector.joining import Course, courses
from lineart_cli.vector.smooth import strokes
from lineart_cli.vector.valley import valley

Points = Sequence[tuple[float, float]]
few = settings(max_examples=25)


def distances(*lines: Points, shape: tuple[int, int] = (160, 200)) -> np.ndarray:
    """What the network gives for lines through (x, y): the distance from the nearest, 12 px at most."""
    off = np.full(shape, 12.0)
    y, x = np.mgrid[: shape[0], : shape[1]]
    for line in lines:
        for (x0, y0), (x1, y1) in pairwise(line):
            long = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9)
            share = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / long, 0, 1)
            off = np.minimum(off, np.hypot(x - x0 - share * (x1 - x0), y - y0 - share * (y1 - y0)))
    return off.astype(np.float16)


def bow(x: float, y: float, radius: float, start: float = 0, stop: float = 2 * math.pi) -> Points:
    count = max(round(radius * (stop - start)), 12)
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in np.linspace(start, stop, count)]


def strokes_of(off: np.ndarray) -> list[Course]:
    middle = valley(off)
    return courses(graph(middle.row, middle.column), middle.point, middle.depth)


@pytest.mark.parametrize("y", range(60, 141, 4))
def test_a_dot_is_the_same_wherever_a_page_is_cut(monkeypatch: pytest.MonkeyPatch, y: int) -> None:
    off = np.maximum(distances([(100, y), (100, y)]) - 8, 0).astype(np.float16)
    whole = valley(off)
    monkeypatch.setattr("lineart_cli.vector.valley._ROWS", 100)
    cut = valley(off)
    np.testing.assert_array_equal(cut.solid, whole.solid)
    np.testing.assert_array_equal(cut.point, whole.point)
    assert whole.solid.any()


def draw(
    off: np.ndarray, thickness: float = 3, kinds: str = "outline", style: Style = EVEN, tolerance: float = 0.5
) -> Drawing:
    size = PageSize(*off.shape, 300)
    tool = Tool(style, Length(thickness), 1.0)
    return drawn(traced(Lines(off, np.ones((1, 1), np.float32))), tool, size, kinds, tolerance)


def on(curves: np.ndarray, count: int = 20) -> np.ndarray:
    """Points on curves, (N, 2)."""
    t = np.linspace(0, 1, count)[:, None, None]
    p0, p1, p2, p3 = np.moveaxis(curves, 1, 0)
    return ((1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t * t * p2 + t**3 * p3).reshape(-1, 2)


def inked(drawing: Drawing, shape: tuple[int, int], fine: int = 8) -> np.ndarray:
    """Coverage of filled shapes by the nonzero rule, (h, w) in [0, 1], by a way that is not that of the product."""
    ink = np.zeros((shape[0] * fine, shape[1] * fine), bool)
    for each in (shape for layer in drawing.layers for shape in layer.shapes):
        around = np.zeros(ink.shape, np.int32)
        for part in each.parts:
            outline = np.concatenate([on(curve[None]) for curve in part])
            wind(around, outline * fine)
        ink |= around != 0
    return ink.reshape(shape[0], fine, shape[1], fine).mean((1, 3))


def wind(around: np.ndarray, outline: np.ndarray) -> None:
    """Adds the winding number of a closed outline at the middle of each pixel."""
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, 0), strict=True):
        first, last = sorted((math.ceil(y0 - 0.5), math.ceil(y1 - 0.5)))
        for row in range(max(first, 0), min(last, len(around))):
            x = x0 + (row + 0.5 - y0) / (y1 - y0) * (x1 - x0)
            around[row, : max(math.ceil(x - 0.5), 0)] += 1 if y1 > y0 else -1


class TestCentreLines:
    @few
    @given(angle=st.floats(0, math.pi), dx=st.floats(-1, 1), dy=st.floats(-1, 1))
    def test_a_straight_line_is_found_between_pixels(self, angle: float, dx: float, dy: float) -> None:
        x, y, way = 100 + dx, 80 + dy, np.array([math.cos(angle), math.sin(angle)])
        (course,) = strokes_of(distances([(x - 60 * way[0], y - 60 * way[1]), (x + 60 * way[0], y + 60 * way[1])]))
        off = (course.points - [x, y]) @ [-way[1], way[0]]
        assert np.abs(off).max() < 0.1
        assert len(course.points) > 70

    @pytest.mark.parametrize("radius", [6, 15, 60])
    def test_a_ring_is_closed(self, radius: float) -> None:
        (course,) = strokes_of(distances(bow(100, 80, radius)))
        assert course.is_closed
        np.testing.assert_array_equal(course.points[0], course.points[-1])
        np.testing.assert_allclose(np.hypot(*(course.points - [100, 80]).T), radius, atol=0.35)

    def test_strokes_go_straight_on_where_they_cross(self) -> None:
        found = strokes_of(distances([(20, 30), (180, 130)], [(30, 140), (170, 20)], [(100, 10), (100, 150)]))
        assert len(found) == 3
        for course in found:
            way = course.points[-1] - course.points[0]
            aside = (course.points - course.points[0]) @ np.array([-way[1], way[0]]) / np.hypot(*way)
            assert np.abs(aside).max() < 1

    @few
    @given(angle=st.floats(math.radians(30), math.radians(150)))
    def test_two_lines_that_cross_are_two_strokes_at_any_angle(self, angle: float) -> None:
        dx, dy = 70 * math.cos(angle), 70 * math.sin(angle)
        found = strokes_of(distances([(20, 80), (180, 80)], [(100 - dx, 80 - dy), (100 + dx, 80 + dy)]))
        assert len(found) == 2
        assert not any(course.is_closed for course in found)

    def test_a_branch_begins_on_the_line_that_it_leaves(self) -> None:
        found = strokes_of(distances([(20, 80), (180, 80)], [(100, 80), (130, 20)]))
        branch, line = sorted(found, key=lambda course: len(course.points))
        assert sorted(branch.loose) == [False, True]
        assert line.loose == (True, True)
        foot = branch.points[0 if branch.loose[1] else -1]
        np.testing.assert_allclose(foot, [100, 80], atol=1.2)

    def test_a_line_may_cross_itself(self) -> None:
        t = np.linspace(0, 2 * math.pi, 200)
        eight = list(zip(100 + 70 * np.sin(t), 80 + 50 * np.sin(2 * t), strict=True))
        (course,) = strokes_of(distances(eight))
        assert course.is_closed
        assert np.hypot(*np.diff(course.points, axis=0).T).sum() == pytest.approx(
            np.hypot(*np.diff(eight, axis=0).T).sum(), rel=0.02
        )

    def test_ends_that_face_each_other_are_one_stroke(self) -> None:
        assert len(strokes_of(distances([(20, 80), (90, 80)], [(96, 80), (180, 80)]))) == 1
        assert len(strokes_of(distances([(20, 80), (90, 80)], [(96, 80), (96, 20)]))) == 2

    def test_what_is_in_doubt_all_along_is_no_stroke(self) -> None:
        assert strokes_of(distances([(20, 80), (180, 80)]) + np.float16(1.8)) == []


class TestGraph:
    @few
    @given(seed=st.integers(0, 10**6), share=st.floats(0.01, 0.4))
    def test_every_pixel_is_on_a_chain_or_a_dot(self, seed: int, share: float) -> None:
        pixels = np.random.default_rng(seed).random((24, 24)) < share
        row, column = (each.astype(np.int32) for each in np.nonzero(pixels))
        found = graph(row, column)
        on_chains = np.concatenate([*found.chains, found.dots, np.empty(0, np.int64)])
        assert set(on_chains.tolist()) == set(range(len(row)))
        for chain in found.chains:
            assert np.abs(np.diff(row[chain])).max() <= 1
            assert np.abs(np.diff(column[chain])).max() <= 1
        inner = np.concatenate([*(chain[1:-1] for chain in found.chains), np.empty(0, np.int64)])
        assert len(inner) == len(set(inner.tolist()))


class TestFitting:
    @few
    @given(
        seed=st.integers(0, 10**6),
        tolerance=st.sampled_from([0.05, 0.5, 3.0]),
        count=st.integers(2, 400),
    )
    def test_curves_keep_to_the_tolerance_and_hang_together(self, seed: int, tolerance: float, count: int) -> None:
        rng = np.random.default_rng(seed)
        turn = np.cumsum(cv2.GaussianBlur(rng.standard_normal((count, 1)), (0, 0), 3)[:, 0]) * 0.3
        points = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1), 0)
        ways = np.gradient(points, axis=0)
        curves = fitted(Runs(points, ways / np.hypot(*ways.T)[:, None], np.array([0])), tolerance)
        np.testing.assert_allclose(curves.control[1:, 0], curves.control[:-1, 3])
        np.testing.assert_allclose(curves.control[[0, -1], [0, 3]], points[[0, -1]])
        near = np.hypot(*(on(curves.control, 100)[:, None] - points).transpose(2, 0, 1)).min(0)
        assert near.max() <= tolerance + 0.1

    @pytest.mark.parametrize(("radius", "most"), [(20, 6), (60, 8), (200, 9)])
    def test_a_circle_takes_few_curves(self, radius: float, most: int) -> None:
        points = np.array(bow(0, 0, radius))
        curves = fitted(strokes([Course(points.astype(np.float32), True)]).runs, 0.5)
        assert len(curves.control) <= most
        np.testing.assert_allclose(np.hypot(*on(curves.control).T), radius, atol=0.6)

    def test_more_tolerance_takes_fewer_curves(self) -> None:
        off = distances([(x, 80 + 20 * math.sin(x / 12)) for x in range(10, 190)])
        counts = [draw(off, kinds="centre", tolerance=each).segments for each in (0.05, 0.5, 4.0)]
        assert counts[0] > counts[1] > counts[2]

    def test_corners_are_kept(self) -> None:
        square = [(50, 30), (150, 30), (150, 130), (50, 130), (50, 30)]
        (layer,) = draw(distances(square), kinds="centre").layers
        (shape,) = layer.shapes
        assert shape.is_closed
        assert len(shape.parts[0]) <= 8
        ends = shape.parts[0][:, 0] - 0.5
        for corner in square:
            assert np.hypot(*(ends - corner).T).min() < 1


class TestOutlines:
    @pytest.mark.parametrize("thickness", [1, 2, 3, 8, 16])
    def test_lines_are_as_broad_as_asked_for(self, thickness: float) -> None:
        off = distances([(20, 80.3), (180, 60.7)])
        length = math.hypot(160, 19.6)
        area = inked(draw(off, thickness), off.shape).sum()
        assert (area - math.pi * thickness**2 / 4) / length == pytest.approx(thickness, abs=0.15)

    @few
    @given(radius=st.floats(6, 40), thickness=st.sampled_from([1.0, 3.0, 16.0, 24.0]), turn=st.floats(0.5, 6))
    @example(radius=8.0625, thickness=16.0, turn=2.640625)
    @example(radius=8.111, thickness=16.0, turn=4.217)
    @example(radius=6.25, thickness=16.0, turn=4.0)
    @example(radius=6.0, thickness=1.0, turn=5.5)
    @example(radius=6.0, thickness=1.0, turn=5.3)
    @example(radius=14.125, thickness=1.0, turn=6.0)
    def test_outlines_have_no_holes_however_tight_the_bend(self, radius: float, thickness: float, turn: float) -> None:
        off = distances(bow(100, 80, radius, 0, turn))
        ink = inked(draw(off, thickness), off.shape, 2)
        assert ink[off < thickness / 2 - 3].min(initial=1) >= 0.25  # no slit is as broad as a pixel
        closes = (2 * math.pi - turn) * radius < 2 * CORE + 0.5  # ends this near meet: the line is a ring
        around = distances(bow(100, 80, radius)) if closes else off
        assert ink[around > thickness / 2 + 1.5].max(initial=0) == 0

    def test_a_ring_is_hollow(self) -> None:
        off = distances(bow(100, 80, 40))
        drawing = draw(off, 6)
        (shape,) = drawing.layers[0].shapes
        assert len(shape.parts) == 2
        assert inked(drawing, off.shape)[80, 100] == 0

    @pytest.mark.parametrize("name", ["ink_pen", "brush_pen", "calligraphy", "technical_pen", "marker"])
    @pytest.mark.parametrize("pressure", [0.3, 1.0])
    def test_a_brush_makes_the_outline_that_it_paints(self, name: str, pressure: float) -> None:
        style = store.find(name)[1]
        off = distances([(20, 100), (60, 60), (100, 50)], bow(140, 80, 35, 0, 4))
        lines = Lines(off, np.ones((1, 1), np.float32))
        size = PageSize(*off.shape, 300)
        ink = inked(drawn(traced(lines), Tool(style, Length(8), pressure), size, "outline", 0.5), off.shape)
        painted = paint(lines, style, 8, off.shape, pressure) / (255 * style.table[round(10 * pressure), 0])
        assert ink.mean() == pytest.approx(painted.mean(), rel=0.08)
        assert np.abs(ink - painted).mean() < 0.25 * painted.mean()

    def test_every_stroke_is_one_shape_on_each_layer(self) -> None:
        off = distances([(20, 30), (180, 130)], [(30, 140), (170, 20)], bow(100, 80, 20))
        drawing = draw(off, kinds="both")
        assert [layer.name for layer in drawing.layers] == [OUTLINES, CENTRES]
        assert [layer.is_seen for layer in drawing.layers] == [True, False]
        assert [len(layer.shapes) for layer in drawing.layers] == [3, 3]
        assert all(shape.width is None for shape in drawing.layers[0].shapes)
        assert all(shape.width == pytest.approx(3) for shape in drawing.layers[1].shapes)
        assert drawing.strokes == 3


def solid(off: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The distances with an area that is line through and through."""
    away = cv2.distanceTransform(1 - mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.minimum(off, away).astype(np.float16)


class TestSolidBlacks:
    def test_they_are_filled_with_their_holes(self) -> None:
        y, x = np.mgrid[:160, :200]
        mask = (np.hypot(x - 100, y - 80) < 50) & (np.hypot(x - 90, y - 80) > 20)
        off = solid(distances([(10, 10), (30, 10)]), mask)
        for kinds in ("outline", "centre"):
            (layer,) = draw(off, kinds=kinds).layers
            filled = [shape for shape in layer.shapes if shape.width is None and len(shape.parts) == 2]
            assert len(filled) == 1
            drawing = Drawing([layer.__class__(layer.name, filled)], 300, 0.5)
            ink = inked(drawing, off.shape)
            np.testing.assert_allclose(ink[:, 45:], np.clip(2 - off, 0, 1)[:, 45:], atol=0.7)
            assert ink.sum() == pytest.approx(np.clip(2 - off, 0, 1)[:, 45:].sum(), rel=0.02)

    def test_lines_that_leave_them_hang_together_with_them(self) -> None:
        y, x = np.mgrid[:160, :200]
        off = solid(distances([(80, 80), (190, 80)]), np.hypot(x - 60, y - 80) < 30)
        ink = inked(draw(off), off.shape)
        assert ink[80, 40:185].min() > 0.9


class TestDots:
    @pytest.mark.parametrize("kinds", ["outline", "centre"])
    @pytest.mark.parametrize("radius", [1.5, 2, 3, 4, 5, 7, 9])
    @given(dx=st.floats(-0.5, 0.5), dy=st.floats(-0.5, 0.5))
    @settings(max_examples=8)
    def test_they_are_round_and_as_large_as_they_are_drawn(
        self, dx: float, dy: float, radius: float, kinds: str
    ) -> None:
        y, x = np.mgrid[:160, :200]
        off = np.maximum(np.hypot(x - 100 - dx, y - 80 - dy) - radius, 0).clip(max=12).astype(np.float16)
        (layer,) = draw(off, kinds=kinds).layers
        (shape,) = layer.shapes
        assert shape.width is None
        ink = inked(Drawing([layer], 300, 0.5), off.shape)
        assert ink.sum() == pytest.approx(math.pi * (radius + 1.5) ** 2, rel=0.15)
        assert [ink.max(axis).sum() for axis in (0, 1)] == pytest.approx(2 * [2 * radius + 3], abs=1)

    def test_one_of_the_pen_is_a_stroke_without_a_length(self) -> None:
        (layer,) = draw(distances([(100, 80), (100, 80)]), kinds="centre").layers
        (shape,) = layer.shapes
        assert shape.width == pytest.approx(3)
        assert np.ptp(np.concatenate(list(shape.parts)).reshape(-1, 2), axis=0).max() < 0.5

    def test_short_strokes_and_small_rings_are_none(self) -> None:
        found = draw(distances([(40, 40), (46, 40)], bow(100, 80, 4)), kinds="centre").layers[0].shapes
        assert [shape.is_closed for shape in found] == [False, True]
        assert all(shape.width for shape in found)


def specks(shape: tuple[int, int]) -> np.ndarray:
    off = np.full(shape, 12, np.float16)
    off[::5, ::5] = 0
    return off


HARD: dict[str, Callable[[], np.ndarray]] = {
    "blank": lambda: np.full((160, 200), 12, np.float16),
    "one pixel": lambda: np.zeros((1, 1), np.float16),
    "all black": lambda: np.zeros((160, 200), np.float16),
    "specks": lambda: specks((160, 200)),
    "along the edge": lambda: distances([(0, 0), (199, 0), (199, 159), (0, 159), (0, 0)]),
    "a dot": lambda: distances([(100, 80), (100, 80)]),
    "nested rings": lambda: distances(*(bow(100, 80, radius) for radius in range(6, 70, 8))),
    "touching": lambda: distances(bow(70, 80, 30), bow(130, 80, 30)),
    "hatched": lambda: distances(*([(20 + x, 20), (60 + x, 140)] for x in range(0, 120, 5))),
    "noise": lambda: np.random.default_rng(1).uniform(0, 12, (160, 200)).astype(np.float16),
}


class TestHardPages:
    @pytest.mark.parametrize("kinds", ["outline", "centre", "both"])
    @pytest.mark.parametrize("thickness", [1.0, 30.0])
    @pytest.mark.parametrize("name", HARD)
    def test_curves_are_sound_whatever_the_page(self, name: str, thickness: float, kinds: str) -> None:
        drawing = draw(HARD[name](), thickness, kinds)
        shapes: list[Shape] = [shape for layer in drawing.layers for shape in layer.shapes]
        for part in (part for shape in shapes for part in shape.parts):
            assert len(part)
            assert np.isfinite(part).all()
            np.testing.assert_allclose(part[1:, 0], part[:-1, 3], atol=1e-6)
        assert shapes or name in {"blank", "one pixel"}

    @pytest.mark.parametrize("brush", sorted(store.shipped()))
    @pytest.mark.parametrize("name", ["blank", "one pixel", "all black", "a dot"])
    def test_every_brush_draws_them(self, name: str, brush: str) -> None:
        shapes = [
            shape
            for layer in draw(HARD[name](), style=style.load(store.shipped()[brush])).layers
            for shape in layer.shapes
        ]
        assert all(np.isfinite(part).all() for shape in shapes for part in shape.parts)
        assert shapes or name != "all black"

    def test_a_page_all_black_is_all_ink(self) -> None:
        assert draw(HARD["all black"]()).area == pytest.approx(160 * 200, rel=0.02)

    def test_every_speck_is_there(self) -> None:
        assert draw(specks((500, 500))).strokes == 10_000

    def test_lines_along_the_edge_are_there(self) -> None:
        off = HARD["along the edge"]()
        ink = inked(draw(off), off.shape)
        assert ink[[0, -1]].min() > 0.9
        assert ink[:, [0, -1]].min() > 0.9

    def test_a_page_on_disk_gives_the_same_curves(self) -> None:
        off = distances(
            *(bow(150, 700, radius) for radius in range(10, 140, 20)), [(0, 0), (299, 1399)], shape=(1400, 300)
        )
        spool = DiskArray(off.shape, np.float16)
        spool[0 : off.shape[0]] = off
        for kinds in ("outline", "centre"):
            one, other = draw(off, kinds=kinds), draw(spool, kinds=kinds)  # type: ignore[arg-type]
            for a, b in zip(one.layers[0].shapes, other.layers[0].shapes, strict=True):
                np.testing.assert_array_equal(a.parts[0], b.parts[0])

    def test_strips_do_not_show(self) -> None:
        """A stroke across the border of strips, and one within a strip, are the same."""
        line = [(150 + 60 * math.sin(y / 40), y) for y in range(20, 380)]
        low = [(x, y + 330) for x, y in line]
        here = strokes_of(distances(line, shape=(400, 300)))
        there = strokes_of(distances(low, shape=(800, 300)))
        assert len(here) == len(there) == 1
        assert len(here[0].points) == len(there[0].points)
        np.testing.assert_allclose(here[0].points, there[0].points - np.array([0, 330]), atol=0.01)
