from __future__ import annotations

import cv2
import numpy as np
import pytest

from lineart_cli.imaging import tone
from lineart_cli.options import FAINT_RANGE, NEUTRAL_FAINT, InkOptions


def page(height: int = 900, width: int = 1100) -> np.ndarray:
    return np.ones((height, width), np.float32)


def draw(onto: np.ndarray, darkness: float, *lines: tuple[int, int, int, int], width: int = 5) -> np.ndarray:
    """Multiply lines (x0, y0, x1, y1) of some darkness onto a page; returns where they are."""
    mask = np.zeros(onto.shape, np.uint8)
    for x0, y0, x1, y1 in lines:
        cv2.line(mask, (x0, y0), (x1, y1), 1, width)
    onto *= 1 - darkness * mask
    return mask > 0


def uneven(scan: np.ndarray, noise: float = 0.012) -> np.ndarray:
    """Light that falls off by a third across the page, yellowed paper, scanner noise."""
    y, x = np.mgrid[: scan.shape[0], : scan.shape[1]].astype(np.float32)
    light = 0.95 - 0.2 * x / scan.shape[1] - 0.1 * (y / scan.shape[0]) ** 2
    lit = scan * light + np.random.default_rng(1).normal(0, noise, scan.shape)
    return np.asarray(np.clip(lit, 0, 1), np.float32)


LINES = [(100, 100 + 60 * n, 1000, 160 + 60 * n) for n in range(10)]


def test_a_clean_page_keeps_its_white_and_reaches_the_ink_level() -> None:
    scan = page()
    drawn = draw(scan, 0.4, *LINES)
    dark = tone.darkness(scan)
    assert dark.dtype == np.float32
    assert (dark[~drawn] == 0).all()
    np.testing.assert_allclose(dark[drawn], tone.INK, atol=1e-4)
    assert scan.min() == pytest.approx(0.6)  # the input is left alone


def test_a_part_is_darkened_as_the_whole_is() -> None:
    grey = np.random.default_rng(0).integers(50, 256, (250, 190), np.uint8)
    part = np.s_[37:205, 11:190]
    dark = np.empty(grey[part].shape, np.float16)
    tone.apply(grey, tone.measure(grey), 0.2, part, dark)
    np.testing.assert_array_equal(dark, tone.darkness(grey, 0.2)[part].astype(np.float16))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_whole_numbers_are_as_good_as_fractions(dtype: type) -> None:
    scan = page()
    draw(scan, 0.5, *LINES)
    scan = uneven(scan)
    white = np.iinfo(dtype).max
    counted = np.round(scan * white).astype(dtype)
    fractions = (counted / np.float32(white)).astype(np.float32)
    np.testing.assert_allclose(tone.darkness(counted), tone.darkness(fractions), atol=4e-3)


def test_black_lines_on_white_are_hardly_touched() -> None:
    scan = page()
    drawn = draw(scan, 1.0, *LINES)
    np.testing.assert_allclose(tone.darkness(scan)[drawn], tone.GAIN[0], atol=1e-4)


@pytest.mark.parametrize(("contrast", "wanted"), [(0.2, 0.7), (0.12, 0.5), (0.06, 0.5)])
def test_pale_lines_are_dark_enough_to_be_lines(contrast: float, wanted: float) -> None:
    scan = page()
    drawn = draw(scan, contrast, *LINES)
    np.testing.assert_allclose(tone.darkness(scan)[drawn], wanted, atol=1e-3)


def test_the_grain_of_paper_is_no_darker_beside_pale_lines_than_beside_others() -> None:
    pale, firm = page(), page()
    drawn = draw(pale, 0.12, *LINES)
    draw(firm, 0.2, *LINES)
    grain = np.random.default_rng(5).normal(0, 0.012, pale.shape).astype(np.float32)
    pale += grain
    firm += grain
    assert tone.measure(pale).exposure.gain == tone.measure(firm).exposure.gain == tone.GAIN[1]
    assert tone.darkness(pale)[~drawn].mean() < 0.01


def test_uneven_paper_becomes_white_and_lines_equally_dark() -> None:
    scan = page()
    drawn = draw(scan, 0.5, *LINES)
    dark = tone.darkness(uneven(scan))
    core = cv2.erode(drawn.astype(np.uint8), np.ones((3, 3))) > 0
    left, right = dark[:, :500][core[:, :500]], dark[:, 600:][core[:, 600:]]
    assert left.mean() == pytest.approx(right.mean(), abs=0.02)
    assert dark[core].mean() == pytest.approx(tone.INK, abs=0.06)
    assert dark[~drawn].mean() < 0.01
    assert np.percentile(dark[~drawn], 99) < 0.05
    for part in np.array_split(dark, 4, axis=1):  # no shadow is left anywhere
        assert np.median(part) < 0.005


def test_a_bundle_of_strokes_leaves_no_dent_in_the_paper() -> None:
    scan = page()
    draw(scan, 0.6, (100, 400, 1000, 400), width=45)
    paper = tone.paper_map(scan)
    np.testing.assert_allclose(paper, 1, atol=1e-6)


def test_a_black_area_is_not_paper() -> None:
    scan = page()
    scan[300:600, 400:800] = 0.03
    assert tone.darkness(scan)[310:590, 410:790].min() > 0.75
    assert tone.darkness(np.zeros((400, 400), np.float32)).min() > 0.75


def test_grain_survives() -> None:
    scan = page()
    drawn = draw(scan, 0.5, *LINES, width=7)
    grain = np.random.default_rng(3).uniform(0.6, 1.3, scan.shape).astype(np.float32)
    scan = np.where(drawn, 1 - (1 - scan) * grain, scan)
    dark = tone.darkness(scan)[drawn]
    assert np.corrcoef(dark, grain[drawn])[0, 1] > 0.97
    assert dark.std() > 0.1


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.03])
def test_a_blank_page_stays_blank(noise: float) -> None:
    dark = tone.darkness(uneven(page(), noise))
    assert dark.mean() < 0.01
    assert tone.measure(uneven(page(), noise)).exposure.gain == 1


def test_faint_moves_the_threshold_and_keeps_the_main_lines() -> None:
    scan = page()
    main = draw(scan, 0.6, *LINES)
    faint = draw(scan, 0.12, (100, 800, 1000, 800), width=3)
    found = {share: tone.darkness(scan, share) for share in (0.1, 0.2, 0.35, 0.6)}
    for dark in found.values():
        np.testing.assert_allclose(dark[main], tone.INK, atol=4e-3)
    levels = [float(dark[faint].mean()) for dark in found.values()]
    assert levels == sorted(levels, reverse=True)
    assert levels[1] == pytest.approx(tone.INK * NEUTRAL_FAINT, abs=5e-3)  # 0.12 is 0.2 of 0.6
    assert levels[2] == pytest.approx(tone.INK * 0.2, abs=5e-3)


def test_the_neutral_faint_is_the_option_s_default() -> None:
    assert InkOptions().faint == NEUTRAL_FAINT
    for share in FAINT_RANGE:
        assert np.isfinite(tone.darkness(uneven(page(64, 64)), share)).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 9), (300, 1), (65, 129)])
def test_any_size_goes(shape: tuple[int, int]) -> None:
    dark = tone.darkness(np.full(shape, 0.9, np.float32))
    assert dark.shape == shape
    np.testing.assert_allclose(dark, 0, atol=1e-6)


def test_the_same_page_gives_the_same_darkness() -> None:
    scan = page()
    draw(scan, 0.5, *LINES)
    scan = uneven(scan)
    np.testing.assert_array_equal(tone.darkness(scan), tone.darkness(scan))


@pytest.mark.parametrize("size", [1, 2, 3, 60, 61, 50_000, 50_001])
@pytest.mark.parametrize("steps", [1, 7, 100_000])
def test_the_median_is_numpy_s_also_of_values_in_steps_and_in_order(size: int, steps: int) -> None:
    values = (np.random.default_rng(size).normal(1, 0.02, size) * steps).round().astype(np.float32) / np.float32(steps)
    for each in (values, np.sort(values), values**9):
        assert tone._median(each.copy()) == np.median(each)
