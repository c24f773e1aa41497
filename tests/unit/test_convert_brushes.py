"""Pages that brushes draw: one run of the network for all of them, the same in all tiles, at every resolution."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.imaging.tone import measure
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import Inker, open_inker
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Length
from lineart_cli.plan import PageSize


class Ruler:
    """An engine that finds a line where a row is black, and counts its runs."""

    def __init__(self) -> None:
        self.runs = 0

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        self.runs += 1
        rows = np.flatnonzero(sketch[0, 0].max(1) > 0.5)
        middle = rows.mean() if len(rows) else np.inf
        off = np.abs(np.arange(sketch.shape[2], dtype=np.float32) - np.float32(middle)).clip(0, 12)
        return np.broadcast_to(thickness / 2 - off[None, None, :, None], sketch[:, :1].shape).astype(np.float32)


def tool(name: str, thickness: float, pressure: float | None = None) -> Tool:
    return Tool(store.find(name)[1], Length(thickness), pressure, name)


def page(scale: float = 1.0, stroke: int = 4) -> np.ndarray:
    sketch = np.ones((round(200 * scale), round(300 * scale)), np.float32)
    sketch[round(100 * scale) : round((100 + stroke) * scale)] = 0.0
    return sketch


@pytest.fixture
def inker(card: ModelCard, decide: Callable[..., Any]) -> tuple[ArrayInker, Ruler]:
    ruler = Ruler()
    return ArrayInker(Inker(card, lambda *_: ruler, keep=1), decide()), ruler


def width(ink: np.ndarray) -> float:
    """Ink per px of line, px, away from the page's sides."""
    middle = ink[:, ink.shape[1] // 4 : -ink.shape[1] // 4]
    return float(middle.sum(0).mean() / np.iinfo(ink.dtype).max)


@pytest.mark.parametrize(("keep", "runs"), [(0, 4), (1, 4), (2, 2)])
def test_pages_that_come_round_again_are_remembered(
    card: ModelCard, decide: Callable[..., Any], keep: int, runs: int
) -> None:
    ruler, fresh = Ruler(), ArrayInker(Inker(card, lambda *_: Ruler()), decide())
    inking = ArrayInker(Inker(card, lambda *_: ruler, keep=keep), decide())
    for name in ("charcoal", "ink_pen"):
        for sketch in (page(), np.flipud(page())):
            pen = tool(name, 5)
            np.testing.assert_array_equal(inking.ink(sketch, 300, pen), fresh.ink(sketch, 300, pen))
    assert ruler.runs == runs


def test_all_brushes_and_thicknesses_share_one_run(inker: tuple[Inker, Ruler]) -> None:
    inking, ruler = inker
    widths = {}
    for name, thickness in (("technical_pen", 3), ("technical_pen", 8), ("fineliner", 8), ("charcoal", 8)):
        widths[name, thickness] = width(inking.ink(page(), 300, tool(name, thickness, 1.0)))
    assert ruler.runs == 1
    assert widths["technical_pen", 3] == pytest.approx(3, abs=0.05)
    assert widths["technical_pen", 8] == pytest.approx(8, abs=0.05)
    assert widths["fineliner", 8] == pytest.approx(8, abs=0.2)
    assert 4 < widths["charcoal", 8] < 8.5
    inking.ink(np.flipud(page(stroke=9)), 300, tool("fineliner", 8))
    assert ruler.runs == 2


def test_a_page_seen_in_another_way_is_no_page_that_is_remembered(card: ModelCard, decide: Callable[..., Any]) -> None:
    ruler, sketch, pen = Ruler(), page(), tool("fineliner", 8)
    inking, size = Inker(card, lambda *_: ruler, keep=4), PageSize(200, 300, 300.0)
    seen = measure(sketch)
    lighter = replace(seen, exposure=replace(seen.exposure, gain=seen.exposure.gain / 4))
    for faint, tone in ((0.35, seen), (0.35, lighter), (0.9, seen)):
        for _ in range(2):
            deque(inking.bands(sketch, size, decide()(size), pen, faint, tone), maxlen=0)
    assert ruler.runs == 3


def test_an_even_line_is_the_same_alone_and_among_others(
    card: ModelCard, decide: Callable[..., Any], inker: tuple[Inker, Ruler]
) -> None:
    alone = ArrayInker(Inker(card, lambda *_: Ruler()), decide()).ink(page(), 300, tool("technical_pen", 5))
    among = inker[0].ink(page(), 300, tool("technical_pen", 5))
    assert np.abs(alone.astype(int) - among).max() <= 1


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_brushes_draw_at_the_page_s_own_resolution(inker: tuple[Inker, Ruler], scale: float) -> None:
    ink = inker[0].ink(page(scale), 300 * scale, tool("ink_pen", 8 * scale, 1.0))
    assert ink.shape == page(scale).shape
    assert width(ink) == pytest.approx(8 * scale, abs=0.4 * scale)


def test_sixteen_bits_are_sixteen_bits(card: ModelCard, decide: Callable[..., Any]) -> None:
    inking = ArrayInker(Inker(card, lambda *_: Ruler(), bits=16), decide())
    ink = inking.ink(page(), 300, tool("marker", 8, 0.5))
    assert ink.dtype == np.uint16
    assert 40_000 < ink.max() < 60_000


def test_a_lighter_hand_draws_thinner_lines(inker: tuple[Inker, Ruler]) -> None:
    widths = [width(inker[0].ink(page(), 300, tool("brush_pen", 10, pressure))) for pressure in (0.2, 0.5, 1.0)]
    assert widths == sorted(widths)
    assert widths[0] < 0.4 * widths[2]


def test_the_sketch_s_own_pressure_is_followed(card: ModelCard, decide: Callable[..., Any]) -> None:
    sketch = page()
    sketch[100:104, 150:] = 0.55  # fainter from the middle on
    ink = ArrayInker(Inker(card, lambda *_: Ruler()), decide()).ink(sketch, 300, tool("brush_pen", 10))
    strong, faint = ink[:, 40:110].sum(0).mean(), ink[:, 190:260].sum(0).mean()
    assert faint < 0.8 * strong
    even = ArrayInker(Inker(card, lambda *_: Ruler()), decide()).ink(sketch, 300, tool("brush_pen", 10, 1.0))
    assert even[:, 190:260].sum(0).mean() == pytest.approx(even[:, 40:110].sum(0).mean(), rel=0.02)


def test_what_brushes_draw_is_the_same_in_all_tiles(card: ModelCard, decide: Callable[..., Any]) -> None:
    rng = np.random.default_rng(2)
    sketch = (255 * rng.uniform(0.3, 1, (310, 270))).astype(np.uint8)
    charcoal = tool("charcoal", 6)
    in_one = ArrayInker(open_inker(card), decide(backend="onnxruntime")).ink(sketch, 300, charcoal)
    assert 0 < in_one.mean() < 255
    tiled = ArrayInker(open_inker(card), decide(backend="onnxruntime", tile=64)).ink(sketch, 300, charcoal)
    np.testing.assert_array_equal(tiled, in_one)
