"""`lineart try`: a part of a page in nine ways, each as `lineart ink` makes it of the whole page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError
from lineart_cli.imaging import disk_array
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import Inker, open_inker
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Crop, InkOptions, TryOptions
from lineart_cli.pages import signed
from lineart_cli.trial import grid, sheet
from lineart_cli.trial.grid import FAINTS, ROWS, Trial

SHAPE = (700, 1100)


def sketch() -> np.ndarray:
    """Few strokes, but for many in the lower right corner."""
    page = np.full(SHAPE, 240, np.uint8)
    for number in range(6):
        cv2.circle(page, (900, 560), 10 + 20 * number, 60, 6, cv2.LINE_AA)
    cv2.ellipse(page, (250, 200), (160, 90), 20, 0, 300, 60, 6, cv2.LINE_AA)
    return page


@pytest.fixture
def trial(tmp_path: Path, card: ModelCard) -> Trial:
    Image.fromarray(sketch()).save(tmp_path / "a.png", dpi=(300, 300))
    return grid.begin(tmp_path / "a.png", 0, InkOptions(), card)


@pytest.mark.parametrize("crop", [Crop(700, 400, 300, 250), Crop(0, 0, 90, 60), Crop(1000, 600, 100, 100)])
def test_cells_have_the_ink_of_the_whole_page(
    trial: Trial, card: ModelCard, decide: Callable[..., Any], crop: Crop
) -> None:
    for cell in trial.cells(crop, decide()):
        if cell.drawing == "auto":
            whole = ArrayInker(open_inker(card), decide()).ink(sketch(), 300, Tool(), cell.faint)
            np.testing.assert_allclose(cell.ink, whole[crop.rows, crop.columns], atol=1)


def test_turned_pages_that_would_go_to_a_disk_are_tried(
    tmp_path: Path, card: ModelCard, decide: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(sketch())).save(tmp_path / "a.jpg", quality=95, dpi=(300, 300), exif=exif)
    monkeypatch.setattr(disk_array, "LARGE", 1)
    trial = grid.begin(tmp_path / "a.jpg", 0, InkOptions(), card)
    crop = Crop(700, 400, 300, 250)
    assert len(list(trial.cells(crop, decide()))) == len(ROWS) * len(FAINTS)
    np.testing.assert_allclose(trial.sketch(crop), sketch()[crop.rows, crop.columns], atol=40)


class Pen:
    """An engine that inks what is darker than 0.4."""

    def __init__(self, *_: object) -> None:
        pass

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        return np.where(sketch > 0.4, np.float32(2), np.float32(-2))


def test_cells_are_inked_at_three_scales_and_with_three_limits(
    trial: Trial, card: ModelCard, decide: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    crop = Crop(700, 400, 300, 250)
    monkeypatch.setattr(grid, "open_inker", lambda card: Inker(card, Pen))
    cells = list(trial.cells(crop, decide()))
    assert [(cell.drawing, cell.faint) for cell in cells] == [(row, faint) for row in ROWS for faint in FAINTS]
    assert [cell.scale for cell in cells[::3]] == [0.75, 1, 1.5]
    for cell in cells:
        whole = ArrayInker(Inker(card, Pen), decide()).ink(sketch(), 300, Tool(), cell.faint, cell.scale)
        off = np.abs(cell.ink.astype(int) - whole[crop.rows, crop.columns])
        assert off.mean() < 0.15 * cell.ink.mean()
    assert len({cell.ink.tobytes() for cell in cells}) > len(ROWS)


def test_without_a_crop_the_part_with_the_most_strokes_is_taken(trial: Trial) -> None:
    crop = trial.telling_crop()
    assert (crop.width, crop.height) == (700, 700)
    assert crop.left + crop.width > 1000


def test_a_small_page_is_tried_as_a_whole(tmp_path: Path, card: ModelCard) -> None:
    Image.fromarray(sketch()[:90, :120]).save(tmp_path / "a.png")
    trial = grid.begin(tmp_path / "a.png", 0, InkOptions(), card)
    assert trial.telling_crop() == Crop(0, 0, 120, 90)


def test_the_sketch_is_shown_as_it_is(trial: Trial) -> None:
    crop = Crop(700, 400, 300, 250)
    np.testing.assert_array_equal(trial.sketch(crop), sketch()[crop.rows, crop.columns])


@pytest.mark.parametrize("crop", [Crop(900, 0, 300, 100), Crop(0, 690, 100, 16), Crop(5000, 0, 20, 20)])
def test_a_crop_beyond_the_page_is_refused_with_its_size(trial: Trial, crop: Crop) -> None:
    with pytest.raises(ArgumentError, match=rf"--crop {crop}: reaches beyond the page of 1100 x 700 px"):
        trial.checked(crop)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4", "a,b,c,d", "-1,0,50,50", "0,0,50,50,50", "1.5,0,50,50"])
def test_what_is_no_crop_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match=r"^--crop .*: write left, top, width and height in px"):
        TryOptions.parse({"crop": text})


def test_a_crop_is_left_top_width_and_height() -> None:
    assert TryOptions.parse({"crop": " 1, 20,300,40 "}).crop == Crop(1, 20, 300, 40)


def test_one_tool_at_a_time_is_tried(tmp_path: Path, card: ModelCard) -> None:
    with pytest.raises(ArgumentError, match="--thickness, --brush several: give one of each"):
        grid.begin(tmp_path / "a.png", 0, InkOptions.parse({"thickness": "2,3"}), card)


def test_a_page_that_the_file_does_not_have_is_refused(tmp_path: Path, card: ModelCard) -> None:
    Image.fromarray(sketch()).save(tmp_path / "a.png")
    with pytest.raises(ArgumentError, match=r"--page 2: .*a\.png has 1 page$"):
        grid.begin(tmp_path / "a.png", 1, InkOptions(), card)


def test_the_sheet_has_the_sketch_and_nine_cells_with_their_options(tmp_path: Path) -> None:
    drawn = sheet.Sheet(np.full((100, 200), 128, np.uint8), ["a.png", "--crop 0,0,200,100"])
    empty = np.asarray(drawn.image).copy()
    for row in ROWS:
        for faint in FAINTS:
            drawn.add(grid.Cell(row, faint, 1.0, np.full((100, 200), 255, np.uint8)))
    drawn.save(tmp_path / "sheet.png", tmp_path / "a.png")
    with Image.open(tmp_path / "sheet.png") as image:
        filled = np.asarray(image)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(np.uint8(filled == 0))
    large = boxes[1:][boxes[1:, cv2.CC_STAT_AREA] > 480 * 230]
    assert len(large) == 9
    for left, top, width, height, _ in large:  # something is written below each of them
        assert (filled[top + height : top + height + 50, left : left + width] < 100).sum() > 100
    np.testing.assert_array_equal(filled[:, :480], empty[:, :480])


@pytest.mark.parametrize(("name", "says"), [("a.jpg", "end in .png"), ("page.png", "is the page itself")])
def test_names_that_no_sheet_may_have(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        sheet.check(tmp_path / name, tmp_path / "page.png")


def test_a_sheet_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    drawn = sheet.Sheet(np.zeros((20, 20), np.uint8), [])
    with pytest.raises(ArgumentError, match="cannot be written"):
        drawn.save(tmp_path / "nowhere" / "sheet.png", tmp_path / "a.png")


def test_a_sheet_takes_the_place_of_a_sheet_and_of_nothing_else(tmp_path: Path) -> None:
    out, page = tmp_path / "sheet.png", tmp_path / "a.png"
    sheet.Sheet(np.full((100, 200), 128, np.uint8), []).save(out, page)
    sheet.check(out, page)
    for content in (b"a letter", page_of(out)):
        out.write_bytes(content)
        with pytest.raises(ArgumentError, match="is there already, and is no sheet of lineart try"):
            sheet.check(out, page)


def test_a_sheet_of_another_page_stays(tmp_path: Path) -> None:
    out, page = tmp_path / "01-try.png", tmp_path / "ch1/01.png"
    drawn = sheet.Sheet(np.full((100, 200), 128, np.uint8), [])
    drawn.save(out, page)
    sheet.check(out, tmp_path / "ch1/../ch1/01.png")
    with pytest.raises(
        ArgumentError, match=r"--output .*as the sheet of another page than .*ch2/01.png; give a name with"
    ):
        sheet.check(out, tmp_path / "ch2/01.png")
    signed.save(drawn.image, out, "--output", signed.TRY)  # as sheets of before are signed
    sheet.check(out, page)


def page_of(path: Path) -> bytes:
    """A PNG of an artist's."""
    Image.new("L", (20, 20), 255).save(path)
    return path.read_bytes()
