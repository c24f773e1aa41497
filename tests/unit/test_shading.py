"""Areas of a middle tone are paper to what is drawn on them."""

import cv2
import numpy as np
import pytest

from lineart_cli.imaging.paper import cell_means
from lineart_cli.imaging.shading import as_paper
from lineart_cli.imaging.texture import texture
from lineart_cli.imaging.tone import INK, darkness

SIDE = 640
BOX = slice(200, 400)


def page() -> np.ndarray:
    """A page with outlined boxes, lines 5 px wide, on white paper; float32 grey in [0, 1]."""
    grey = np.full((SIDE, SIDE), 0.97, np.float32)
    cv2.rectangle(grey, (40, 40), (600, 600), 0.15, 5)
    cv2.rectangle(grey, (200, 200), (400, 400), 0.15, 5)
    return grey


def crayoned(grey: np.ndarray, area: np.ndarray, level: float) -> np.ndarray:
    """The page with an area crayoned over: grain of some pixels around a level."""
    grain = cv2.GaussianBlur(np.random.default_rng(1).standard_normal(grey.shape).astype(np.float32), (0, 0), 1.5)
    tone = np.clip(level + 0.35 * grain, 0.05, 0.97).astype(np.float32)
    return np.where(area, np.minimum(grey, tone), grey)


def inside(margin: int) -> np.ndarray:
    """Pixels of the inner box, so far from its outline."""
    area = np.zeros((SIDE, SIDE), bool)
    area[200 + margin : 400 - margin, 200 + margin : 400 - margin] = True
    return area


@pytest.mark.parametrize("level", [0.45, 0.6, 0.8])
def test_shaded_area_is_paper_and_lines_over_it_stay_lines(level: float) -> None:
    grey = page()
    cv2.line(grey, (200, 300), (400, 300), 0.15, 5)
    dark = darkness(crayoned(grey, inside(0), level))
    field = inside(24)
    field[280:320] = False
    assert dark[field].mean() < 0.12
    assert dark[300, 220:380].mean() > 0.5
    assert dark[BOX, 200].mean() > 0.5


def test_black_shape_stays_black() -> None:
    dark = darkness(crayoned(page(), inside(0), 0.15))
    assert dark[inside(8)].mean() > 0.9 * INK


def test_area_is_shading_as_a_whole_or_not_at_all() -> None:
    """A fill about as dark as lines, streaks of it paler: what is inked does not follow the streaks."""
    grey = page()
    streaks = np.where(np.arange(SIDE) // 48 % 2, 0.24, 0.36).astype(np.float32)
    grey[BOX, BOX] = np.minimum(grey[BOX, BOX], streaks[BOX])
    assert darkness(grey)[220:380, 220:380].min() > 0.5


def test_small_fill_stays_as_dark_as_it_is() -> None:
    area = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(area, (300, 300), 30, 1, -1)
    dark = darkness(crayoned(page(), area > 0, 0.5))
    assert dark[cv2.erode(area, np.ones((9, 9), np.uint8)) > 0].mean() > 0.4


def panel(level: float, line: float) -> tuple[np.ndarray, np.ndarray]:
    """A grey panel with a white margin, and lines nowhere but on it: the page, and where they are."""
    grey, ink = np.full((2 * SIDE, 2 * SIDE), 0.96, np.float32), np.zeros((2 * SIDE, 2 * SIDE), np.uint8)
    grey[90:-90, 90:-90] = level
    for at in range(200, 1000, 200):
        cv2.ellipse(ink, (at, 1200 - at), (150, 60), at, 0, 300, 1, 5)
    grey[ink > 0] = line
    return grey, ink


@pytest.mark.parametrize("line", [0.1, 0.25])
@pytest.mark.parametrize("level", [0.42, 0.55, 0.67, 0.8])
def test_grey_of_a_panel_is_not_taken_for_lines_nor_for_a_black_shape(level: float, line: float) -> None:
    """Where lines are 0.25, the panel of 0.42 is nearly as dark; it would be black all over, and its lines lost."""
    grey, ink = panel(level, line)
    dark = darkness(grey)
    assert dark[ink > 0].mean() > 0.4
    away = cv2.dilate(ink, np.ones((9, 9))) == 0
    assert dark[110:-110, 110:-110][away[110:-110, 110:-110]].mean() < 0.05


@pytest.mark.parametrize("pitch", [9, 12])
@pytest.mark.parametrize("line", [0.5, 0.85])
def test_hatching_over_a_broad_area_is_kept_as_strokes(line: float, pitch: int) -> None:
    lines = np.zeros((SIDE, SIDE), np.uint8)
    for at in range(-SIDE, SIDE, round(pitch * 2**0.5)):
        cv2.line(lines, (at, 0), (at + SIDE, SIDE), 1, 3)
    grey = page()
    field = np.s_[50:590, 50:590]
    grey[field] = np.minimum(grey[field], 0.97 * (1 - line * lines[field]))
    dark = darkness(grey)[80:180, 80:560]
    assert dark[lines[80:180, 80:560] > 0].mean() > 0.75 * line


def test_paper_without_shading_is_the_same() -> None:
    grey = page()
    cells = cell_means(grey)
    paper = np.full_like(cells, 0.97)
    np.testing.assert_array_equal(as_paper(cells, paper, 1.0, lambda: texture(grey)), paper)
