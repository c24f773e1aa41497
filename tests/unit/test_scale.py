"""The scale at which the network looks: measured on what is drawn, chosen from few steps, within limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lineart_cli import pages
from lineart_cli.batch import overview
from lineart_cli.imaging import disk_array
from lineart_cli.options import InkOptions, ReadOptions
from lineart_cli.scale import working_scale
from lineart_cli.scale.working_scale import LADDER, STROKE, Estimate, choose, shape_at

A4 = (3508, 2480)
ENLARGED = 4  # sketches are drawn so many times as large, and shrunk


def sketch(width: float, shape: tuple[int, int] = (700, 560), level: int = 90) -> np.ndarray:
    """A sketch of circles and waves in strokes so wide, uint8."""
    height, wide = (ENLARGED * side for side in shape)
    page = np.full((height, wide), 245, np.uint8)
    pen = round(ENLARGED * width)
    for number in range(3, 9):
        center = (wide * number // 12, height * (number % 4 + 2) // 8)
        cv2.circle(page, center, wide * number // 40, level, pen)
    along = np.linspace(0.1, 0.9, 200)
    for number in range(3):
        wave = np.stack([along * wide, height * (0.3 + 0.2 * number + 0.05 * np.sin(9 * along + number))], -1)
        cv2.polylines(page, [np.rint(wave).astype(np.int32)], False, level, pen)
    return shrunk(page, ENLARGED)


def shrunk(page: np.ndarray, times: float) -> np.ndarray:
    shape = working_scale.shape_at(times, page.shape)
    return cv2.resize(page, shape[::-1], interpolation=cv2.INTER_AREA)


def width_of(page: np.ndarray) -> float:
    ideal = working_scale.measure(np.float32(page / 255)).ideal
    assert ideal is not None
    return ideal * STROKE


@pytest.mark.parametrize("width", [2, 3.5, 6, 11, 20])
@pytest.mark.parametrize("level", [0, 90, 190])
def test_strokes_are_measured_however_dark(width: float, level: int) -> None:
    assert width_of(sketch(width, level=level)) == pytest.approx(width, rel=0.15)


def lettered(page: np.ndarray) -> None:
    for row in range(20, page.shape[0], 24):
        cv2.putText(page, "so it was", (10, row), cv2.FONT_HERSHEY_PLAIN, 0.7, 60, 1, cv2.LINE_AA)


def framed(page: np.ndarray) -> None:
    height, width = page.shape
    cv2.rectangle(page, (30, 30), (width - 30, height - 30), 0, 3)


def filled(page: np.ndarray) -> None:
    cv2.circle(page, (150, 160), 60, 10, -1)
    cv2.rectangle(page, (300, 500), (420, 620), 10, -1)


def ruled(page: np.ndarray) -> None:
    for row in range(15, page.shape[0], 18):
        cv2.line(page, (0, row), (page.shape[1], row + 1), 150, 1)


def grained(page: np.ndarray) -> None:
    noise = np.random.default_rng(1).normal(0, 9, page.shape)
    page[:] = np.clip(page + noise, 0, 255)


def black_around(page: np.ndarray) -> None:
    page[:12], page[-9:], page[:, :15], page[:, -7:] = 5, 5, 5, 5


@pytest.mark.parametrize("spoil", [lettered, framed, filled, ruled, grained, black_around])
@pytest.mark.parametrize("width", [4, 9])
def test_what_is_no_stroke_does_not_decide(spoil: Callable[[np.ndarray], None], width: float) -> None:
    page = sketch(width)
    spoil(page)
    assert width_of(page) == pytest.approx(width, rel=0.15)


def test_white_on_black_is_looked_at_as_its_inverse(tmp_path: Path) -> None:
    page = sketch(6)
    seen = overview.look(scan(tmp_path / "a.png", 255 - page, 300))
    np.testing.assert_allclose(seen.picture, page / 255, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (5, 3), (200, 200)])
def test_of_a_page_without_strokes_nothing_is_known(shape: tuple[int, int]) -> None:
    assert working_scale.measure(np.ones(shape, np.float32)).ideal is None


def test_twice_the_pixels_are_two_steps_of_the_ladder() -> None:
    for step, _, twice in zip(LADDER, LADDER[1:], LADDER[2:], strict=False):
        assert twice == 2 * step


@pytest.mark.parametrize(
    ("ideal", "shape", "thickness", "steps", "factor", "says"),
    [
        (1.1, A4, 3, 0, 1.0, "measured"),
        (1.3, A4, 3, 0, 1.5, "measured"),
        (1.1, A4, 3, -1, 0.75, "1 finer as asked for"),
        (1.1, A4, 3, 2, 2.0, "2 looser as asked for"),
        (0.3, A4, 3, 0, 0.75, "0.25 would be more than 20 megapixels"),
        (0.3, (4000, 2480), 3, 0, 1.0, "0.25 would be larger than a page that is large already"),
        (0.3, (1000, 800), 3, 0, 0.25, "measured"),
        (0.7, (12800, 800), 3, 0, 1.0, "large already"),
        (20, A4, 3, 0, 3.0, "24 would be too coarse for lines 3 px thick"),
        (20, A4, 3, -1, 2.0, "1 finer as asked for"),
        (20, A4, 12, 0, 12.0, "24 would be too coarse for lines 12 px thick"),
        (20, A4, 1, 0, 1.0, "24 would be too coarse for lines 1 px thick"),
        (20, (300, 400), 30, 0, 6.0, "24 would be less than 64 px in all"),
        (1.1, A4, 40, 0, 3.0, "1 would be too fine for lines 40 px thick"),
        (1.1, (100, 100), 90, 0, 6.0, "1 would be too fine for lines 90 px thick"),
        (1.1, A4, 1000, 0, 64.0, "1 would be too fine for lines 1000 px thick"),
        (None, (7016, 4960), 3, 0, 2.0, "too little is drawn to tell; no larger than A4 at 300 dpi"),
        (None, (500, 300), 3, 0, 1.0, "too little is drawn to tell; no larger than A4 at 300 dpi"),
    ],
)
def test_the_nearest_step_is_chosen_within_limits(
    ideal: float | None, shape: tuple[int, int], thickness: float, steps: int, factor: float, says: str
) -> None:
    estimate = Estimate(ideal, "measured" if ideal else "too little is drawn to tell")
    chosen = choose(estimate, shape, thickness, 16.0, steps)
    assert chosen.factor == factor
    assert chosen.why.endswith(says)


@pytest.mark.parametrize(
    ("ideal", "last", "factor", "says"),
    [
        (1.1, 1.5, 1.5, "kept from the last ink; now 1, measured"),
        (1.1, 0.75, 0.75, "kept from the last ink; now 1, measured"),
        (1.1, 1.0, 1.0, "measured"),
        (1.1, 2.0, 1.0, "measured"),
        (1.1, 0.7, 1.0, "measured"),
        (1.1, None, 1.0, "measured"),
    ],
)
def test_the_last_scale_is_kept_unless_it_is_far_off(
    ideal: float, last: float | None, factor: float, says: str
) -> None:
    chosen = choose(Estimate(ideal, "measured"), A4, 3, 16.0, last=last)
    assert (chosen.factor, chosen.why) == (factor, says)


def test_a_last_scale_that_the_lines_do_not_allow_any_more_is_not_kept() -> None:
    assert choose(Estimate(2.1, "measured"), A4, 32, 16.0, last=1.5).factor == 2.0


def scan(path: Path, page: np.ndarray, dpi: float | None, **options: str) -> overview.Scan:
    Image.fromarray(page).save(path, **({"dpi": (dpi, dpi)} if dpi else {}))
    wanted = InkOptions.parse(options)
    return overview.Scan(path, 0, pages.read_header(path, wanted), wanted)


def scanned(tmp_path: Path, times: float, dpi: float | None) -> overview.Scan:
    """A scan of the same drawing with so many times the pixels."""
    large = cv2.GaussianBlur(sketch(28, (2800, 2240)), (0, 0), 4)
    return scan(tmp_path / f"{times}.png", shrunk(large, 4 / times), dpi)


@pytest.mark.parametrize("times", [0.5, 1, 2, 4])
@pytest.mark.parametrize("dpi", [None, 72, 600])
def test_the_same_drawing_is_worked_on_as_the_same_picture(tmp_path: Path, times: float, dpi: float | None) -> None:
    """Its lines are so many times as thick as well."""
    known = worked_on(scanned(tmp_path, 1, 300))
    found = worked_on(scanned(tmp_path, times, dpi), 3 * times)
    assert found.shape == known.shape
    assert np.abs(found.astype(int) - known).mean() < 1


@pytest.mark.parametrize(("times", "factor"), [(0.5, 0.5), (1, 1), (2, 2), (4, 3)])
def test_lines_of_3_px_let_a_page_be_shrunk_by_3_and_no_more(tmp_path: Path, times: float, factor: float) -> None:
    """A drawing of four times the pixels is then worked on as one with a third fewer that is not shrunk."""
    found = worked_on(scanned(tmp_path, times, None))
    assert found.shape == shape_at(factor / times, (700, 560))
    wanted = np.asarray(Image.open(scanned(tmp_path, times / factor, 300).path), int)
    assert np.abs(found.astype(int) - wanted).mean() < 1


def worked_on(sheet: overview.Scan, thickness: float = 3.0) -> np.ndarray:
    seen = overview.look(sheet)
    header = sheet.header
    chosen = choose(working_scale.measure(seen.picture, seen.shrunk), (header.height, header.width), thickness, 16.0)
    size = overview.PageSize(header.height, header.width, 300, scale=chosen.factor)
    page, _ = overview.read(sheet, size, seen.greys, Path("nowhere"))
    return np.asarray(page[:])


def test_a_page_too_large_to_keep_is_looked_at_and_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = scan(tmp_path / "a.png", sketch(9), 300)
    kept = overview.look(sheet)
    whole = worked_on(sheet)
    monkeypatch.setattr(disk_array, "LARGE", 1)
    monkeypatch.setattr(overview, "allocate", lambda shape, dtype, _: np.empty(shape, dtype))
    seen = overview.look(sheet)
    assert (kept.greys is None, seen.greys is None) == (False, True)
    np.testing.assert_array_equal(seen.picture, kept.picture)
    np.testing.assert_array_equal(worked_on(sheet), whole)


def test_a_page_is_looked_at_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    page = sketch(9)
    Image.fromarray(np.rot90(page)).save(tmp_path / "a.png", exif=exif)
    sheet = overview.Scan(tmp_path / "a.png", 0, pages.read_header(tmp_path / "a.png", ReadOptions()), InkOptions())
    np.testing.assert_array_equal(overview.look(sheet).picture, np.float32(page / np.float32(255)))
