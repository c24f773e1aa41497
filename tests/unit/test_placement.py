"""Ink lies on its line, from the top of a page to its foot: at every resolution, with every pen, in every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lineart_cli import pages
from lineart_cli.brushes import store
from lineart_cli.brushes.style import EVEN, Style, Tool
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import Inker
from lineart_cli.model.card import ModelCard
from lineart_cli.options import BLACK, Length, ReadOptions
from lineart_cli.pages import InkedPage, Look

HEIGHT, WIDTH, EVERY, STROKE = 4.0, 0.4, 0.2, 0.016  # inches: of the page, between its rungs, of a pencil's line
NEAR = 0.5
"""Px by which ink may be off; of the page, or of the network's where that is coarser."""
PENS = ["even", "technical_pen", "ink_pen", "calligraphy", "charcoal", "marker"]
"""One of each kind: solid, tapered, turning, grainy and soft; a dry brush's streaks lie off the line by right."""


class Follower:
    """An engine that follows level lines: each row's distance from the middle of the nearest run of dark rows."""

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        dark = sketch[0, 0].astype(np.float32).mean(1)
        runs = np.split(np.arange(len(dark)), np.flatnonzero(np.diff(dark > 0.02)) + 1)
        middles = [np.average(run, weights=dark[run]) for run in runs if dark[run[0]] > 0.02]
        off = np.abs(np.arange(len(dark))[:, None] - np.array(middles)).min(1, initial=16)
        return np.broadcast_to(thickness / 2 - off[None, None, :, None], sketch.shape).astype(np.float32)


def rungs(dpi: float) -> np.ndarray:
    """Middles of the lines of `ladder`, px."""
    return np.arange(EVERY / 2, HEIGHT, EVERY) * dpi


def ladder(dpi: float) -> np.ndarray:
    """Level lines on white, uint8; a pixel is as dark as it is covered."""
    edges = np.arange(round(HEIGHT * dpi) + 1)
    covered = np.zeros(len(edges) - 1)
    for middle in rungs(dpi):
        covered += np.diff(np.clip(edges, middle - STROKE * dpi / 2, middle + STROKE * dpi / 2))
    return np.repeat(np.rint(255 - 225 * covered).astype(np.uint8)[:, None], round(WIDTH * dpi), 1)


def off_the_line(ink: np.ndarray, dpi: float) -> float:
    """How far the ink of a rung is from its middle, px, at the worst."""
    rows = ink[:, len(ink[0]) // 3 : -len(ink[0]) // 3].astype(float).mean(1)
    at = np.arange(len(rows)) + 0.5
    inside = [np.abs(at - middle) < 0.4 * EVERY * dpi for middle in rungs(dpi)]
    assert all(rows[each].sum() > 0 for each in inside), "a line is missing"
    return max(
        abs(np.average(at[each], weights=rows[each]) - middle) for each, middle in zip(inside, rungs(dpi), strict=True)
    )


def style(name: str) -> Style:
    return EVEN if name == "even" else store.find(name)[1]


@pytest.fixture
def inker(card: ModelCard, decide: Callable[..., Any]) -> Inker:
    return ArrayInker(Inker(card, lambda *_: Follower()), decide())


@pytest.mark.parametrize("dpi", [50, 72, 120, 149, 200, 300, 400, 601, 1200])
@pytest.mark.parametrize("pen", PENS)
def test_ink_lies_on_its_line(inker: Inker, pen: str, dpi: int) -> None:
    tool = Tool(style(pen), Length(5 * dpi / 300), None, pen)
    assert off_the_line(inker.ink(ladder(dpi), dpi, tool, scale=dpi / 300), dpi) < NEAR * max(dpi / 300, 1)


@pytest.mark.parametrize("dpi", [72, 300])
@pytest.mark.parametrize("file_format", [name for name, each in pages.OUTPUT_FORMATS.items() if not each.has_curves])
def test_ink_lies_on_its_line_in_every_format(tmp_path: Path, inker: Inker, file_format: str, dpi: int) -> None:
    sketch, tool = ladder(dpi), Tool(EVEN, Length(5 * dpi / 300), None, "even")
    ink = inker.ink(sketch, dpi, tool, scale=dpi / 300)
    path = tmp_path / f"a{pages.OUTPUT_FORMATS[file_format].suffix}"
    page = InkedPage(np.split(ink, [1, 70, 200]), ink.shape, 8, (dpi, dpi), sketch, pages.Metadata())
    pages.write_ink(path, page, file_format, Look(BLACK, False))
    has_layers = pages.OUTPUT_FORMATS[file_format].has_layers
    shown = pages.read_grey(path, ReadOptions(layer=pages.INK if has_layers else None))
    assert off_the_line(1 - shown, dpi) < NEAR
