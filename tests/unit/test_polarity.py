"""Light lines on dark paper are told from dark ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lineart_cli.imaging.disk_array import DiskArray
from lineart_cli.imaging.polarity import dark_on_light, is_light_on_dark
from lineart_cli.imaging.resample import gather

WHITES = {np.uint8: 255, np.uint16: 65535, np.float32: 1}


def drawing(width: int = 4) -> np.ndarray:
    """Where lines are, (900, 1000) float32."""
    ink = np.zeros((900, 1000), np.float32)
    for at in range(120, 880, 110):
        cv2.ellipse(ink, (500, 450), (at // 2, at // 3), at, 0, 320, 1, width, cv2.LINE_AA)
        cv2.line(ink, (at, 40), (at + 60, 240), 1, width, cv2.LINE_AA)
    return ink


def drawn(paper: float, line: float, width: int = 4, dtype: type = np.uint8) -> np.ndarray:
    page = paper + (line - paper) * drawing(width)
    page += np.random.default_rng(0).normal(0, 0.008, page.shape)
    return (np.clip(page, 0, 1) * WHITES[dtype]).astype(dtype)


@pytest.mark.parametrize("width", [3, 8, 25])
@pytest.mark.parametrize(("paper", "line"), [(0.0, 1.0), (0.15, 0.7), (0.4, 0.9), (0.6, 0.95)])
def test_light_lines_on_dark(paper: float, line: float, width: int) -> None:
    assert is_light_on_dark(drawn(paper, line, width))


@pytest.mark.parametrize("width", [3, 8, 25])
@pytest.mark.parametrize(("paper", "line"), [(1.0, 0.0), (0.9, 0.5), (0.4, 0.1), (0.3, 0.05)])
def test_dark_lines_on_light_or_on_toned_paper(paper: float, line: float, width: int) -> None:
    assert not is_light_on_dark(drawn(paper, line, width))


@pytest.mark.parametrize("paper", [0.25, 0.4, 0.6])
def test_white_gutters_between_grey_panels_are_no_lines(paper: float) -> None:
    page = drawn(paper, 0.7 * paper, 5)
    page[430:460] = page[:430, 500:525] = page[460:, 330:350] = 250
    assert not is_light_on_dark(page)


def test_pages_with_nothing_to_tell_are_left() -> None:
    for level in (0, 90, 255):
        assert not is_light_on_dark(np.full((300, 300), level, np.uint8))
    assert not is_light_on_dark(np.zeros((1, 1), np.uint8))


def test_a_small_sheet_on_a_black_lid_is_dark_on_light() -> None:
    page = np.full((1900, 2000), 15, np.uint8)
    page[500:1400, 300:1300] = drawn(0.95, 0.3)
    assert not is_light_on_dark(page)


@pytest.mark.parametrize("desk", [0.1, 0.22, 0.35])
def test_a_slanted_sheet_on_a_dark_desk_is_dark_on_light(desk: float) -> None:
    page = np.random.default_rng(1).normal(255 * desk, 4, (700, 900)).clip(0, 255).astype(np.uint8)
    corners = np.array([(150, 120), (760, 160), (820, 590), (90, 560)], np.float32)
    flat = np.array([(0, 0), (1000, 0), (1000, 900), (0, 900)], np.float32)
    sheet = np.full((900, 1000), 242, np.uint8)
    cv2.ellipse(sheet, (500, 450), (300, 250), 0, 0, 320, 25, 4, cv2.LINE_AA)
    cv2.line(sheet, (100, 100), (900, 800), 25, 4, cv2.LINE_AA)
    seen = cv2.warpPerspective(sheet, cv2.getPerspectiveTransform(flat, corners), page.shape[::-1])
    inside = cv2.fillConvexPoly(np.zeros_like(page), corners.astype(np.int32), 1) > 0
    page[inside] = seen[inside]
    assert not is_light_on_dark(page)


def test_black_and_white_chalk_on_toned_paper_is_dark_on_light() -> None:
    page = drawn(0.4, 0.1)
    page[np.roll(drawing(), 12, 0) > 0.5] = 200
    assert not is_light_on_dark(page)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_the_page_is_turned_round(dtype: type) -> None:
    light = drawn(0.1, 0.9, dtype=dtype)
    for invert, is_inverted in (("auto", True), ("yes", True), ("no", False)):
        page, was_inverted = dark_on_light(lambda _: light.copy(), invert)
        assert was_inverted == is_inverted
        assert page.dtype == dtype
        np.testing.assert_array_equal(page, WHITES[dtype] - light if is_inverted else light)


def test_a_page_on_disk_is_turned_round_there(tmp_path: Path) -> None:
    light = drawn(0.1, 0.9)

    def read(_: bool) -> DiskArray:
        page = DiskArray(light.shape, np.uint8, tmp_path)
        gather([light], page)
        return page

    page, was_inverted = dark_on_light(read, "auto")
    assert was_inverted
    np.testing.assert_array_equal(page[:], 255 - light)


def test_the_user_may_have_dark_lines_turned_round() -> None:
    dark = drawn(0.95, 0.2)
    assert dark_on_light(lambda _: dark.copy(), "auto") == (pytest.approx(dark), False)
    np.testing.assert_array_equal(dark_on_light(lambda _: dark.copy(), "yes")[0], 255 - dark)


def test_white_lines_on_transparency_are_looked_at_on_black() -> None:
    on_white, on_black = np.full((900, 1000), 255, np.uint8), (drawing() * 255).astype(np.uint8)
    page, was_inverted = dark_on_light(lambda is_on_black: (on_black if is_on_black else on_white).copy(), "auto")
    assert was_inverted
    np.testing.assert_array_equal(page, 255 - on_black)


def test_a_blank_page_stays_white_and_faint_lines_dark() -> None:
    faint = drawn(0.98, 0.85)
    for on_white, on_black in ((np.full((90, 90), 255, np.uint8), np.zeros((90, 90), np.uint8)), (faint, faint)):
        page, was_inverted = dark_on_light(
            lambda is_on_black, grounds=(on_white, on_black): grounds[is_on_black].copy(), "auto"
        )
        assert not was_inverted
        np.testing.assert_array_equal(page, on_white)
