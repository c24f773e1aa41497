"""Pages resampled in bands, and kept on disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineart_cli.imaging import disk_array
from lineart_cli.imaging.resample import (
    distance_rows,
    enlarged_distances,
    enlarged_strips,
    fit,
    gather,
    linear_rows,
    overlapping_strips,
    regrouped,
)

SIDES = st.tuples(st.integers(1, 400), st.integers(1, 40))
CUTS = st.sets(st.integers(1, 399), max_size=6)


def page(height: int, width: int, dtype: type = np.uint8) -> np.ndarray:
    values = np.random.default_rng(height).random((height, width))
    return (values * (1 if dtype is np.float32 else np.iinfo(dtype).max)).astype(dtype)


def cut(grey: np.ndarray, cuts: set[int]) -> list[np.ndarray]:
    return np.split(grey, sorted(row for row in cuts if row < len(grey)))


@given(height=st.integers(1, 400), rows=st.integers(1, 90), around=st.integers(0, 120))
def test_overlapping_strips_have_each_row_once_and_see_those_around_it(height: int, rows: int, around: int) -> None:
    numbers, found = np.arange(height), []
    for strip in overlapping_strips(height, rows, around):
        seen = numbers[strip.seen]
        assert seen[0] == max(strip.rows.start - around, 0)
        assert seen[-1] == min(strip.rows.stop - 1 + around, height - 1)
        np.testing.assert_array_equal(seen[strip.inside], numbers[strip.rows])
        found.append(numbers[strip.rows])
    np.testing.assert_array_equal(np.concatenate(found), numbers)


@settings(max_examples=200)
@given(source=SIDES, shape=SIDES, cuts=CUTS)
def test_strips_and_the_whole_give_the_same_bits(
    source: tuple[int, int], shape: tuple[int, int], cuts: set[int]
) -> None:
    levels = page(*source, np.float32).astype(np.float16)
    found = np.concatenate(list(enlarged_strips(cut(levels, cuts), source, shape)))
    np.testing.assert_array_equal(found, linear_rows(levels, shape, slice(0, shape[0])))


@settings(max_examples=200)
@given(source=SIDES, shape=SIDES, cuts=CUTS, dtype=st.sampled_from([np.uint8, np.float32]))
def test_bands_and_the_whole_are_fitted_alike(
    source: tuple[int, int], shape: tuple[int, int], cuts: set[int], dtype: type
) -> None:
    grey = page(*source, dtype)
    found = np.concatenate(list(fit(cut(grey, cuts), source, shape)))
    np.testing.assert_array_equal(found, np.concatenate(list(fit([grey], source, shape))))
    assert found.shape == shape


@settings(max_examples=200)
@given(source=SIDES, shape=SIDES)
def test_rows_keep_their_places(source: tuple[int, int], shape: tuple[int, int]) -> None:
    step = source[0] / shape[0]
    slope = np.repeat(np.arange(source[0], dtype=np.float32)[:, None], source[1], 1)
    places = np.clip((np.arange(shape[0]) + 0.5) * step - 0.5, 0, source[0] - 1)
    for found in (fit([slope], source, shape), enlarged_strips([slope], source, shape)):
        np.testing.assert_allclose(np.concatenate(list(found))[:, 0], places, atol=0.51 * max(1, step))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("source", [(280, 170), (281, 171), (150, 1), (1, 150), (3, 3)])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.03, 1.5, 2.0, 3.7, 4.0])
def test_bands_of_any_height_are_fitted_alike(dtype: type, source: tuple[int, int], scale: float) -> None:
    grey = page(*source, dtype)
    shape = max(1, round(source[0] / scale)), max(1, round(source[1] / scale))
    whole = np.concatenate(list(fit([grey], source, shape)))
    assert (whole.shape, whole.dtype) == (shape, grey.dtype)
    for cuts in ([1, 2], [64, 65], [source[0] // 2]):
        np.testing.assert_array_equal(np.concatenate(list(fit(np.split(grey, cuts), source, shape))), whole)
    way = cv2.INTER_CUBIC if scale < 1 else cv2.INTER_AREA
    known = cv2.resize(grey, shape[::-1], interpolation=way) if shape != source else grey
    np.testing.assert_allclose(whole.astype(float), known, atol=1e-6 if dtype is np.float32 else 1)


def test_a_page_that_shrinks_keeps_its_mean() -> None:
    grey = page(997, 503, np.float32)
    small = np.concatenate(list(fit([grey], grey.shape, (300, 151))))
    assert small.mean() == pytest.approx(grey.mean(), rel=1e-5)


@pytest.mark.parametrize("cuts", [[], [1], [1, 2, 3, 70], [64], [63, 127], [100]])
def test_bands_are_regrouped(cuts: list[int]) -> None:
    grey = page(150, 7)
    bands = list(regrouped(np.split(grey, cuts), 64))
    assert [len(band) for band in bands] == [64, 64, 22]
    np.testing.assert_array_equal(np.concatenate(bands), grey)


def test_a_row_comes_out_the_same_in_whichever_strip() -> None:
    cells = page(40, 30, np.float32)
    whole = linear_rows(cells, (301, 203), slice(0, 301))
    for row in (0, 150, 300):
        np.testing.assert_array_equal(linear_rows(cells, (301, 203), slice(row, row + 1))[0], whole[row])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16])
def test_a_page_on_disk_is_read_as_an_array_is(tmp_path: Path, dtype: type) -> None:
    grey = page(50, 30).astype(dtype)
    kept = disk_array.DiskArray(grey.shape, dtype, tmp_path)
    gather(np.split(grey, [7, 20]), kept)
    assert (kept.shape, kept.dtype) == (grey.shape, grey.dtype)
    for part in (
        slice(None),
        slice(3, 9),
        slice(49, 50),
        (slice(10, 20), slice(5, 25)),
        (slice(0, 1), slice(2, None, 3)),
    ):
        np.testing.assert_array_equal(kept[part], grey[part])


def test_a_page_on_disk_is_shared_by_threads(tmp_path: Path) -> None:
    grey = page(1000, 600)
    kept = disk_array.DiskArray(grey.shape, grey.dtype, tmp_path)
    gather([grey], kept)
    rows = [slice(row, row + 5) for row in range(0, 1000, 5)] * 10
    with ThreadPoolExecutor(4) as threads:
        read = list(threads.map(kept.__getitem__, rows))
    assert all((found == grey[part]).all() for found, part in zip(read, rows, strict=True))


def test_a_page_on_disk_that_was_never_written_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cut off"):
        disk_array.DiskArray((5, 5), np.uint8, tmp_path)[:]


def test_only_large_pages_go_to_disk_and_leave_nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_array, "LARGE", 100)
    assert isinstance(disk_array.allocate((9, 11), np.uint8, tmp_path), np.ndarray)
    large = disk_array.allocate((10, 10), np.uint8, tmp_path)
    assert isinstance(large, disk_array.DiskArray)
    large[0:10] = np.zeros((10, 10), np.uint8)
    del large
    assert list(tmp_path.iterdir()) == []


def off_a_line(shape: tuple[int, int], scale: float, slope: float) -> np.ndarray:
    """Distances from a straight line, in px of a page that is `scale` times as coarse as that of `shape`."""
    row, column = ((np.arange(side) + 0.5) / scale for side in shape)
    return np.abs((row[:, None] - 10.23) - slope * (column - 3)) / np.hypot(1, slope)


@pytest.mark.parametrize("slope", [0.0, 0.1, 0.5, 0.93])
@pytest.mark.parametrize("scale", [1.5, 2, 4])
def test_distances_fall_to_nothing_on_a_line_between_pixels(scale: float, slope: float) -> None:
    small, shape = (40, 30), (round(40 * scale), round(30 * scale))
    source = off_a_line(small, 1, slope).astype(np.float16)
    found = distance_rows(source, shape, slice(0, shape[0]))
    true = off_a_line(shape, scale, slope)
    inner = np.s_[round(3 * scale) : round(-3 * scale), round(3 * scale) : round(-3 * scale)]
    near = true[inner] < 1.5
    assert np.abs(found[inner] - true[inner])[near].max() < 0.06


@pytest.mark.parametrize("cuts", [[], [1], [1, 2, 3, 30], [17]])
@pytest.mark.parametrize("shape", [(80, 60), (200, 160), (61, 45), (40, 31)])
def test_distances_come_out_the_same_in_bands(cuts: list[int], shape: tuple[int, int]) -> None:
    source = np.random.default_rng(5).random((40, 30)).astype(np.float16) * 16
    whole = distance_rows(source, shape, slice(0, shape[0]))
    bands = list(enlarged_distances(np.split(source, cuts), (40, 30), shape))
    np.testing.assert_array_equal(np.concatenate(bands), whole)
    for row in (0, 7, shape[0] - 1):
        np.testing.assert_array_equal(distance_rows(source, shape, slice(row, row + 1))[0], whole[row])
