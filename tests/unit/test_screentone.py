"""Screentone is left out; lines, stipples and everything else stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lineart_cli.imaging.screentone import Dots, without_dots

SIDE = 900


def lines() -> np.ndarray:
    page = np.full((SIDE, SIDE), 250, np.uint8)
    cv2.ellipse(page, (450, 450), (380, 300), 20, 0, 330, 30, 5, cv2.LINE_AA)
    cv2.line(page, (150, 100), (800, 780), 30, 4, cv2.LINE_AA)
    cv2.circle(page, (60, 840), 2, 30, -1)  # a full stop
    return page


def toned(page: np.ndarray, pitch: float, radius: float, degrees: float) -> np.ndarray:
    """The page with a lattice of dots in its middle."""
    page = page.copy()
    turn = np.radians(degrees)
    way = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for column, row in np.ndindex(200, 200):
        x, y = SIDE / 2 + pitch * way @ (column - 100, row - 100)
        if 250 < x < 650 and 250 < y < 650:
            cv2.circle(page, (round(16 * x), round(16 * y)), round(16 * radius), 30, -1, cv2.LINE_AA, 4)
    return page


def cleaned(page: np.ndarray, rows: int = SIDE) -> tuple[np.ndarray, int]:
    dots = Dots()
    strips = (page[top : top + rows] for top in range(0, len(page), rows))
    return np.concatenate(list(without_dots(strips, page.shape[1], dots))), dots.left_out


@pytest.mark.parametrize("degrees", [0, 15, 45])
@pytest.mark.parametrize(("pitch", "radius"), [(7, 1.5), (8, 2), (11, 2.5), (14, 4), (18, 3)])
def test_dots_go_and_lines_stay(pitch: float, radius: float, degrees: float) -> None:
    page = toned(lines(), pitch, radius, degrees)
    found, left_out = cleaned(page)
    assert left_out > 100
    was = (page < 128) & (lines() > 200)
    beside = cv2.dilate((lines() < 128).astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert (found[was & ~beside] < 128).mean() < 0.02
    assert (found[lines() < 60] < 128).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_any_type_and_strips_of_any_height(dtype: type) -> None:
    white = 1 if dtype == np.float32 else np.iinfo(dtype).max
    page = (toned(lines(), 11, 2.5, 45) / 255 * white).astype(dtype)
    whole, left_out = cleaned(page)
    assert whole.dtype == dtype
    assert left_out > 1000
    for rows in (1, 64, 300):
        np.testing.assert_array_equal(cleaned(page, rows)[0], whole)


def test_a_page_without_screentone_is_unchanged() -> None:
    page = lines()
    found, left_out = cleaned(page)
    np.testing.assert_array_equal(found, page)
    assert left_out == 0


def test_hatching_and_grain_are_no_screentone() -> None:
    page = lines()
    for x in range(200, 700, 9):
        cv2.line(page, (x, 300), (x + 60, 600), 30, 2, cv2.LINE_AA)
    noisy = np.clip(page + np.random.default_rng(0).normal(0, 25, page.shape), 0, 255).astype(np.uint8)
    for each in (page, noisy):
        assert cleaned(each)[1] == 0


def test_stippling_by_hand_stays() -> None:
    page, rng = lines(), np.random.default_rng(1)
    for x, y in rng.uniform(200, 700, (2500, 2)):
        cv2.circle(page, (round(x), round(y)), int(rng.integers(1, 4)), 30, -1)
    assert cleaned(page)[1] < 0.02 * 2500


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (200, 40)])
def test_pages_of_any_size(shape: tuple[int, int]) -> None:
    page = np.zeros(shape, np.uint8)
    page[::3, ::3] = 255
    assert cleaned(page)[0].shape == shape
