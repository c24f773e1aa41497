"""Every figure on drawings so small that it can be checked by hand: a line of 400 px, and what goes wrong with it."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from lineart_train.evaluation import metrics
from lineart_train.evaluation.metrics import FIGURES, Grey, figures

HEIGHT, WIDTH, ROW, LEFT, RIGHT, TOLERANCE = 160, 480, 80, 40, 440, 8
LONG = RIGHT - LEFT


def truth() -> Grey:
    """A level line of 400 px that tolerates 8 px."""
    tolerance = np.zeros((HEIGHT, WIDTH), np.uint8)
    tolerance[ROW, LEFT:RIGHT] = TOLERANCE
    return tolerance


def line(*rows: int, thick: int = 3) -> Grey:
    """Level lines over the whole length of the true one, centred on the given rows."""
    ink = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for row in rows:
        ink[row - thick // 2 : row - thick // 2 + thick, LEFT:RIGHT] = 0
    return ink


def test_a_perfect_line() -> None:
    found = figures(line(ROW), truth(), 3.0)
    assert tuple(found) == FIGURES
    assert found["precision"] == 1.0
    assert found["recall"] == 1.0
    assert found["f1"] == 1.0
    assert found["length"] == pytest.approx(1.0, abs=0.01)  # thinning takes a pixel off either end
    assert found["ends"] == 1.0
    assert found["edge"] == pytest.approx(1.0, abs=0.1)
    assert found["wobble"] < 0.3  # what the smoothing does near the ends
    assert found["dirt"] == 0.0
    assert found["width"] == pytest.approx(3.0 / metrics.KULPA, abs=0.04)  # a level line is measured 5 % short
    assert found["score"] == pytest.approx(100.0, abs=1.0)


def test_a_line_off_its_course_is_right_up_to_the_tolerance() -> None:
    assert figures(line(ROW + TOLERANCE, thick=1), truth(), 1.0)["f1"] == 1.0
    beyond = figures(line(ROW + TOLERANCE + 1, thick=1), truth(), 1.0)
    assert beyond["precision"] == beyond["recall"] == beyond["f1"] == beyond["score"] == 0.0


def test_half_a_line_halves_recall_alone() -> None:
    ink = line(ROW)
    ink[:, LEFT + LONG // 2 :] = 255
    found = figures(ink, truth(), 3.0)
    assert found["precision"] == 1.0
    assert found["recall"] == pytest.approx(0.5 + TOLERANCE / LONG, abs=0.01)
    assert found["length"] == pytest.approx(0.5, abs=0.01)


def test_a_doubled_line_halves_precision_but_for_the_room_of_a_cell() -> None:
    found = figures(line(ROW - 5, ROW + 5), truth(), 3.0)
    room = metrics.CURVE_ROOM + metrics.SPARE_ROOM / metrics.CELL  # claims that a true pixel has room for
    assert found["precision"] == pytest.approx(room / 2, abs=0.02)
    assert found["recall"] == 1.0
    assert found["length"] == pytest.approx(2.0, abs=0.02)
    assert found["ends"] == 2.0


def test_the_nearest_of_two_lines_is_accepted() -> None:
    skeleton = metrics.skeleton_of(line(ROW, ROW + 6, thick=1))
    right = metrics.accepted(skeleton, truth())
    assert right[ROW].sum() == skeleton[ROW].sum()
    assert 0 < right[ROW + 6].sum() < 0.4 * LONG
    assert right.sum() / skeleton.sum() == pytest.approx(metrics.precision(skeleton, truth()), abs=0.03)


def test_what_is_invented_costs_precision_alone() -> None:
    found = figures(line(ROW, 20), truth(), 3.0)
    assert found["precision"] == pytest.approx(0.5)
    assert found["recall"] == 1.0


def test_dashes_have_ends() -> None:
    ink = line(ROW)
    for x in range(LEFT + 36, RIGHT - 4, 40):
        ink[:, x : x + 4] = 255
    found = figures(ink, truth(), 3.0)
    assert found["ends"] == 10.0
    assert found["recall"] == 1.0
    assert found["score"] == pytest.approx(100 * 10**-0.3, abs=1.0)


def test_a_trembling_line_wobbles_by_its_amplitude_over_the_root_of_two() -> None:
    x = np.arange(LEFT, RIGHT)
    tremor = np.column_stack([x, ROW + 3 * np.sin(2 * math.pi * x / 20)])
    ink = np.full((HEIGHT, WIDTH), 255, np.uint8)
    cv2.polylines(ink, [np.round(tremor).astype(np.int32)], False, 0, 3)
    found = figures(ink, truth(), 3.0)
    assert found["wobble"] == pytest.approx(3 / math.sqrt(2), abs=0.35)
    assert found["precision"] == pytest.approx(1.0, abs=0.05)
    assert found["score"] < 60


def test_a_wide_bend_is_no_tremor() -> None:
    ink = np.full((400, 400), 255, np.uint8)
    cv2.circle(ink, (200, 200), 150, 0, 3)
    assert metrics.wobble(metrics.skeleton_of(ink)) < 0.5


def test_short_lines_have_no_wobble() -> None:
    skeleton = np.zeros((20, 80), bool)
    skeleton[10, 10 : 10 + metrics.SHORTEST - 1] = True
    assert metrics.wobble(skeleton) == 0.0


def test_haze_is_dirt_and_the_soft_edge_of_a_line_is_not() -> None:
    ink = line(ROW)
    ink[ROW - 3 : ROW - 1, LEFT:RIGHT] = 200
    assert figures(ink, truth(), 3.0)["dirt"] == 0.0
    ink[10:30, 100:120] = 240
    ink[40:60, 100:120] = 250  # clean enough
    found = figures(ink, truth(), 3.0)
    assert found["dirt"] == 1000 * 400 / LONG
    assert found["precision"] == 1.0


@pytest.mark.parametrize("thick", [1, 5, 9])
def test_width_is_that_of_the_stroke(thick: int) -> None:
    found = figures(line(ROW, thick=thick), truth(), 3.0)
    assert found["width"] == pytest.approx(thick / metrics.KULPA, rel=0.03)


def test_a_ragged_line_has_a_long_edge() -> None:
    ink = line(ROW, thick=5)
    ink[ROW - 3, LEFT:RIGHT:2] = 0
    smooth = figures(line(ROW, thick=5), truth(), 5.0)["edge"]
    assert figures(ink, truth(), 5.0)["edge"] > smooth + 0.2


def test_a_blank_page_scores_0() -> None:
    blank = np.full((HEIGHT, WIDTH), 255, np.uint8)
    assert figures(blank, truth(), 3.0) == dict.fromkeys(FIGURES, 0.0)
    assert figures(blank - 100, truth(), 3.0)["score"] == 0.0  # haze only


def test_lengths_follow_kulpa() -> None:
    diagonal = np.eye(101, dtype=bool)
    assert metrics._px_of_line(diagonal) == pytest.approx(0.948 * 100 * math.sqrt(2))
    corner = np.zeros((20, 20), bool)
    corner[5, 5:15] = corner[5:15, 5] = True  # the pixels beside the corner are no diagonal step
    assert metrics._px_of_line(corner) == pytest.approx(0.948 * 18)


def test_pages_that_cannot_be_compared_say_why() -> None:
    with pytest.raises(ValueError, match="the ink is 480 x 100 px, the truth 480 x 160 px"):
        figures(line(ROW)[:100], truth(), 3.0)
    with pytest.raises(ValueError, match="no line"):
        figures(line(ROW), np.zeros((HEIGHT, WIDTH), np.uint8), 3.0)


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        ({}, 1.0),
        ({"ends": 0.5, "edge": 0.9, "wobble": 0.1}, 1.0),
        ({"ends": 4.0}, 4.0**-0.3),
        ({"edge": 4.4}, 0.5),
        ({"wobble": 2.4}, 0.5),
        ({"dirt": 2000.0}, 0.5),
        ({"width": 3.5}, 1.0),
        ({"width": 9.5}, 0.5),
        ({"f1": 0.5}, 0.5),
    ],
)
def test_each_fault_has_its_price(change: dict[str, float], factor: float) -> None:
    fair = {"f1": 1.0, "ends": 1.0, "edge": 1.0, "wobble": 0.4, "dirt": 0.0, "width": 3.0}
    assert metrics.score(fair | change, 3.0) == pytest.approx(100 * factor)
