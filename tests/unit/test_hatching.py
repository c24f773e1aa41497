"""Hatching: what is found of it in drawn pages, and that the option leaves it out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from lineart_cli import ink_page
from lineart_cli.inference import hatching
from lineart_cli.inference.hatching.area import hatched
from lineart_cli.options import InkOptions
from lineart_cli.plan import PageSize
from pictures import darken_of

Page = np.ndarray
SHAPE = (420, 520)


def line(page: Page, one: tuple[float, float], other: tuple[float, float], dark: float = 0.8, width: int = 3) -> None:
    ends = [tuple(round(16 * each) for each in end) for end in (one, other)]
    cv2.line(page, *ends, dark, width, cv2.LINE_AA, 4)


def blank() -> Page:
    return np.zeros(SHAPE, np.float32)


def contour(page: Page) -> Page:
    """The outline of the left and right of a shape."""
    line(page, (60, 40), (60, 380), width=4)
    line(page, (300, 40), (300, 380), width=4)
    return page


def hatch(page: Page, gap: float = 12, angle: float = 0.5, dark: float = 0.5) -> Page:
    """Strokes from the right contour inwards, as uneven as a hand draws them."""
    rng = np.random.default_rng(1)
    for number in range(round(280 / gap)):
        y, length = 60 + number * gap + rng.normal(0, 0.06 * gap), 90 + rng.normal(0, 6)
        turn = angle + rng.normal(0, 0.03)
        line(page, (298, y), (298 - length * math.cos(turn), y + length * math.sin(turn)), dark, 2)
    return page


def shutters() -> Page:
    page = contour(blank())
    for y in range(60, 380, 14):
        line(page, (60, y), (300, y))
    return page


def bricks() -> Page:
    page = blank()
    for row in range(12):
        y = 40 + 26 * row
        line(page, (40, y), (460, y))
        for x in range(40 + 20 * (row % 2), 461, 40):
            line(page, (x, y), (x, y + 26))
    return page


def stairs() -> Page:
    page = blank()
    for step in range(10):
        x, y = 40 + 36 * step, 380 - 28 * step
        line(page, (x, y), (x + 36, y))
        line(page, (x + 36, y), (x + 36, y - 28))
    return page


def fence() -> Page:
    page = blank()
    for x in range(40, 460, 30):
        corners = [(x, 90), (x + 20, 90), (x + 20, 320), (x, 320)]
        for one, other in zip(corners, [*corners[1:], corners[0]], strict=True):
            line(page, one, other)
    for y in (150, 260):
        line(page, (20, y), (480, y))
    return page


def rays() -> Page:
    page = blank()
    cv2.circle(page, (260, 210), 60, 0.8, 4, cv2.LINE_AA)
    for number in range(24):
        x, y = math.cos(2 * math.pi * number / 24), math.sin(2 * math.pi * number / 24)
        line(page, (260 + 70 * x, 210 + 70 * y), (260 + 130 * x, 210 + 130 * y))
    return page


def planks() -> Page:
    page = blank()
    for y in range(60, 300, 40):
        line(page, (30, y), (490, y))
    return page


def letters() -> Page:
    page = np.zeros(SHAPE, np.uint8)
    for y in (120, 200, 280):
        cv2.putText(page, "Illill tiny mill", (20, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 204, 3, cv2.LINE_AA)
    return np.asarray(page / 255, np.float32)


def loose() -> Page:
    """An outline that was drawn over and over."""
    page, rng = blank(), np.random.default_rng(0)
    for _ in range(8):
        axes = (round(160 + rng.normal(0, 3)), round(120 + rng.normal(0, 3)))
        cv2.ellipse(page, (260, 210), axes, 0, rng.uniform(0, 360), rng.uniform(400, 700), 0.5, 3, cv2.LINE_AA)
    return page


def shares(page: Page, lines: Page) -> tuple[float, float]:
    """Which shares of all that is drawn, and of the lines among it, are taken for hatching."""
    gone = hatched(page) > 0
    return float(gone[(page > 0.3) & (lines < 0.1)].mean()), float(gone[lines > 0.3].mean())


@pytest.mark.parametrize("gap", [8, 12, 20])
@pytest.mark.parametrize("angle", [0.0, 0.5, -0.8])
def test_strokes_go_and_the_contour_that_they_touch_stays(gap: float, angle: float) -> None:
    strokes, lines = shares(hatch(contour(blank()), gap, angle), contour(blank()))
    assert strokes > 0.95
    assert lines < 0.02


@pytest.mark.parametrize("gap", [12, 16])
def test_crossed_strokes_go(gap: float) -> None:
    strokes, lines = shares(hatch(hatch(contour(blank()), gap, 0.7), gap, -0.6), contour(blank()))
    assert strokes > 0.9
    assert lines < 0.02


@pytest.mark.parametrize(
    "draw", [blank, lambda: contour(blank()), shutters, bricks, stairs, fence, rays, planks, letters, loose]
)
def test_what_is_no_hatching_stays(draw: Callable[[], Page]) -> None:
    assert not hatched(draw()).any()


def test_few_strokes_are_no_hatching() -> None:
    page = blank()
    for y in (100, 112, 124):
        line(page, (100, y), (180, y + 40))
    assert not hatched(page).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (50, 1), (7, 300), (40, 60)])
def test_tiny_and_noisy_pages_have_none(shape: tuple[int, int]) -> None:
    assert not hatched(np.random.default_rng(0).random(shape, np.float32)).any()


def test_bands_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    page = np.tile(hatch(contour(blank())), (5, 1))
    every, whole = (slice(0, page.shape[0]), slice(0, page.shape[1])), np.empty_like(page)
    hatching.dropped(darken_of(page), page.shape)(every, whole)
    monkeypatch.setattr(hatching, "_BAND_PX", 1)
    cut = hatching.dropped(darken_of(page), page.shape)
    banded = np.empty_like(page)
    cut(every, banded)
    np.testing.assert_array_equal(banded, whole)
    part = np.empty((300, 200), np.float32)
    cut((slice(407, 707), slice(150, 350)), part)
    np.testing.assert_array_equal(part, whole[407:707, 150:350])
    assert (whole > 0).sum() < 0.7 * (page > 0).sum()


@pytest.mark.parametrize("hatching", ["keep", "drop"])
def test_plans_know_what_becomes_of_it(decide: Callable[..., Any], hatching: str) -> None:
    planned = decide(hatching=hatching)(PageSize(420, 520, 300))
    assert planned.drops_hatching == (hatching == "drop")
    assert any(reason.startswith("hatching: left out") for reason in planned.reasons) == planned.drops_hatching


def test_settings_tell_it_only_where_it_is_dropped() -> None:
    assert "hatching" not in InkOptions().settings()
    assert InkOptions.parse({"hatching": "drop"}).settings()["hatching"] == "drop"


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_ink_without_hatching_is_that_of_the_lines_alone(passes: int) -> None:
    sketch = np.uint8(255 * (1 - hatch(contour(blank()))))
    kept, dropped = (ink_page(sketch, 300, passes=passes, hatching=each) for each in ("keep", "drop"))
    lines = contour(blank()) > 0.1
    beside = cv2.dilate(lines.astype(np.uint8), np.ones((9, 9))) == 0
    assert (kept[beside] > 127).sum() > 3000
    assert (dropped[beside] > 127).sum() < 20
    assert (dropped > 127)[:, 290:310].any(1)[60:360].all()
