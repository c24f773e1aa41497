"""The fold of an open book is blank; lines that run where a fold could be are drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lineart_cli.imaging import tone
from lineart_cli.imaging.fold import fold
from lineart_cli.imaging.paper import cell_means
from scans import HEIGHT, WIDTH, added, drawing, found, scanned, turned


def spread(depth: float, width: float, line: int, degrees: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A page with a shadow that falls off to both sides of its middle and a dark line there, and its strokes."""
    away = np.abs(np.arange(WIDTH) - WIDTH / 2 - 20)
    light = 1 - (1 - depth) * np.exp(-away / width) * np.ones((HEIGHT, 1))
    light[:, away < line / 2] *= 0.3
    ink = drawing()
    ink[:, away < 60] = 0
    if degrees:
        light = turned(light.astype(np.float32), 1.0, degrees, 1.1)
    return 0.95 * light * (1 - ink), ink


@pytest.mark.parametrize("degrees", [0.0, -1.5, 2.5])
@pytest.mark.parametrize(("depth", "width", "line"), [(0.5, 80, 0), (0.35, 25, 0), (0.5, 60, 5), (0.2, 40, 6)])
def test_a_fold_is_blank_and_what_is_drawn_beside_it_stays(
    depth: float, width: float, line: int, degrees: float
) -> None:
    page, ink = spread(depth, width, line, degrees)
    for turns in (0, 1):
        dark = np.rot90(tone.darkness(np.rot90(scanned(page), turns).copy()), -turns)
        assert found(dark[:, :600], ink[:, :600]) > 0.99
        assert found(dark[:, -600:], ink[:, -600:]) > 0.99
        assert added(dark, ink) < 0.1


@pytest.mark.parametrize("width", [3, 9, 20])
def test_a_line_from_side_to_side_is_drawn(width: int) -> None:
    page, stroke = scanned(0.95 * (1 - drawing())), np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.line(stroke, (WIDTH // 2, 0), (WIDTH // 2 + 10, HEIGHT), 1.0, width, cv2.LINE_AA)
    page = np.rint(page * (1 - 0.7 * stroke)).astype(np.uint8)
    assert found(tone.darkness(page), stroke) > 0.99


def test_a_soft_dark_stroke_over_half_of_the_page_is_drawn() -> None:
    page, _ = spread(0.3, 25, 4)
    bare, _ = spread(1.0, 25, 0)
    page[: HEIGHT // 2] = bare[: HEIGHT // 2]
    assert tone.darkness(scanned(page))[HEIGHT // 2 + 80 :, WIDTH // 2 + 20].min() > 0.5


@pytest.mark.parametrize("shape", [(50, 700), (7, 900), (700, 50), (1, 1300), (777, 777)])
@pytest.mark.parametrize("level", [0, 255])
def test_strips_and_pages_of_one_grey_have_no_fold(shape: tuple[int, int], level: int) -> None:
    assert not fold(cell_means(np.full(shape, level, np.uint8)), level / 255).at.any()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_paper_is_never_darker_than_what_is_drawn_on_it() -> None:
    away = np.abs(np.arange(WIDTH) - 740.0)
    shadow = np.clip((away - 40) / 60, 0, 1) * np.ones((HEIGHT, 1))
    assert np.isfinite(tone.darkness(np.rint(255 * shadow).astype(np.uint8))).all()


@pytest.mark.parametrize(("width", "soft"), [(0, 20), (24, 5), (40, 8), (40, 20), (56, 8)])
def test_a_soft_stroke_from_side_to_side_is_drawn(width: int, soft: float) -> None:
    stroke = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.line(stroke, (WIDTH // 2, 0), (WIDTH // 2 + 10, HEIGHT), 1.0, max(width, 1))
    stroke = cv2.GaussianBlur(stroke, (0, 0), soft)
    page = scanned(0.95 * (1 - 0.8 * stroke / stroke.max()))
    for turns in (0, 1):
        dark = np.rot90(tone.darkness(np.rot90(page, turns).copy()), -turns)
        assert dark[stroke > 0.9 * stroke.max()].min() > 0.5
