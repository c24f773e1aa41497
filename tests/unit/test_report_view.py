"""What a report shows of a sketch and its ink, so that both can be compared."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageColor

from lineart_cli import pages, stamps
from lineart_cli.batch import small_pictures
from lineart_cli.batch.manifest import Entry
from lineart_cli.options import BLACK, Colour, InkOptions, ReadOptions, ReportOptions
from lineart_cli.report import html
from lineart_cli.report.rows import Row
from lineart_cli.report.view import Picture, View, look_at

WIDTH, HEIGHT = 60, 40
WHITE = Colour(255, 255, 255)
COLOURS = {"red": Colour(220, 40, 30), "blue": Colour(40, 60, 200)}


def view(source: Path, output: Path, **settings: object) -> View:
    """Both as a report shows them; of ink in `output`, made with options as the manifest has them."""
    entry = Entry(
        input=os.path.relpath(source, output.parent),
        page=0,
        input_sha256=stamps.sha256(source),
        settings={**InkOptions().settings(), **settings},
        model={},
        lineart="1.2.3",
        output_sha256=stamps.sha256(output),
        width=WIDTH,
        height=HEIGHT,
        dpi=600.0,
        thickness=3.0,
    )
    return look_at(Row(output.name, entry.input, 0, entry, ""), output.parent, ReportOptions())


def pixels(shown: Picture | None, address: str = "whole") -> np.ndarray:
    """(H, W, 3) of a picture that is no SVG."""
    kind, data = getattr(shown, address).split(",", 1)
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        return np.asarray(image.convert("RGB"), int)


@pytest.fixture
def sketch(tmp_path: Path) -> Path:
    Image.new("RGB", (WIDTH, HEIGHT), (200, 200, 100)).save(tmp_path / "sketch.png")
    return tmp_path / "sketch.png"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A sheet with a stroke, a little turned, on a dark desk."""
    desk = np.random.default_rng(0).normal(90, 3, (1200, 900))
    corners = cv2.boxPoints(((450, 600), (600, 840), 4)).astype(np.int32)
    cv2.fillConvexPoly(desk, corners, 235)
    cv2.line(desk, (300, 500), (600, 700), 40, 4)
    Image.fromarray(np.clip(desk, 0, 255).astype(np.uint8)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


class TestSketch:
    def test_the_sheet_of_a_photo_lies_under_its_ink(self, tmp_path: Path, photo: Path) -> None:
        sheet = pages.read_sketch(photo, ReadOptions(page="auto"))
        assert sheet.shape < (900, 700)
        Image.new("L", sheet.shape[::-1], 255).save(tmp_path / "ink.png")
        shown = view(photo, tmp_path / "ink.png", page="auto")
        assert pixels(shown.sketch).shape == pixels(shown.ink).shape
        assert pixels(shown.sketch)[8].min() > 200  # nothing of the desk

    def test_unequal_dpi_are_shown_in_true_proportions(self, tmp_path: Path) -> None:
        for name in ("fax.png", "ink.png"):
            Image.new("L", (WIDTH, HEIGHT), 255).save(tmp_path / name, dpi=(204, 98))
        shown = view(tmp_path / "fax.png", tmp_path / "ink.png")
        assert shown.sketch is not None
        assert (shown.sketch.width, shown.sketch.height) == (WIDTH, 83)
        for address in ("whole", "thumbnail"):
            assert pixels(shown.sketch, address).shape == pixels(shown.ink, address).shape == (83, WIDTH, 3)

    @pytest.mark.parametrize("strange", [{"page": "half"}, {"page": True}, {"dpi": "many"}])
    def test_settings_that_make_no_sense_are_left_out(self, tmp_path: Path, sketch: Path, strange: dict) -> None:
        assert view(sketch, sketch, **strange).notes == ()


def layered(path: Path, *pencils: str, colour: Colour = BLACK) -> Path:
    """A layered file, with bands of rows on a grey sketch: the ink, then lines in each pencil."""
    band = np.zeros((HEIGHT, WIDTH), np.uint8)
    band[:10] = 255
    lines = [
        pages.ColouredLines(name, COLOURS[name], np.roll(band, 10 * (number + 1), 0))
        for number, name in enumerate(pencils)
    ]
    page = pages.InkedPage([band], band.shape, sketch=np.full_like(band, 90), colours=lines)
    pages.write_ink(path, page, path.suffix[1:], pages.Look(colour))
    return path


def test_a_pdf_is_shown_as_fine_as_its_sketch(tmp_path: Path, sketch: Path) -> None:
    page = pages.InkedPage((), (HEIGHT, WIDTH), drawn=[pages.Drawing([], 600, 0.5)])
    pages.write_ink(tmp_path / "ink.pdf", page, "pdf", pages.Look())
    shown = pixels(view(sketch, tmp_path / "ink.pdf").ink)
    np.testing.assert_allclose(shown.shape, (HEIGHT, WIDTH, 3), atol=1)


@pytest.mark.parametrize("name", ["ink.ora", "ink.psd"])
class TestLayers:
    def test_light_ink_is_shown_on_black(self, tmp_path: Path, sketch: Path, name: str) -> None:
        shown = view(sketch, layered(tmp_path / name, "red", colour=WHITE), ink_colour="#ffffff", keep_colour="red").ink
        np.testing.assert_allclose(pixels(shown)[5::10, 0], [WHITE, COLOURS["red"], BLACK, BLACK], atol=4)

    def test_coloured_lines_are_shown_with_the_ink(self, tmp_path: Path, sketch: Path, name: str) -> None:
        shown = pixels(view(sketch, layered(tmp_path / name, "blue", "red"), keep_colour="red,green,blue").ink)
        expected = [BLACK, COLOURS["blue"], COLOURS["red"], (255, 255, 255)]
        np.testing.assert_allclose(shown[5::10, 0], expected, atol=4)

    def test_without_coloured_lines(self, tmp_path: Path, sketch: Path, name: str) -> None:
        shown = pixels(view(sketch, layered(tmp_path / name), keep_colour="red").ink)
        assert shown[5::10, 0, 0].tolist() == [0, 255, 255, 255]


class TestLightInk:
    @pytest.mark.parametrize("colour", ["#ffffff", "#ffff00", "#87ceeb"])
    def test_on_transparency_it_is_shown_on_black(self, tmp_path: Path, sketch: Path, colour: str) -> None:
        Image.new("RGBA", (WIDTH, HEIGHT), colour + "00").save(tmp_path / "ink.png")
        shown = view(sketch, tmp_path / "ink.png", ink_colour=colour, transparent=True).ink
        assert pixels(shown).max() == 0
        assert pixels(shown, "thumbnail").max() < 8

    def test_on_white_paper_it_is_shown_as_it_is(self, tmp_path: Path, sketch: Path) -> None:
        Image.new("L", (WIDTH, HEIGHT), 255).save(tmp_path / "ink.png")
        assert pixels(view(sketch, tmp_path / "ink.png", ink_colour="#ffffff").ink).min() == 255

    @pytest.mark.parametrize(("colour", "is_for_black"), [("#ffffff", True), ("#000080", False), ("pale", False)])
    def test_curves_have_a_ground_by_their_colour(
        self, tmp_path: Path, sketch: Path, colour: str, is_for_black: bool
    ) -> None:
        (tmp_path / "ink.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        shown = view(sketch, tmp_path / "ink.svg", ink_colour=colour)
        assert shown.ink is not None
        assert shown.ink.is_for_black == is_for_black
        row = Row("ink.svg", "sketch.png", 0, None, "")
        assert ('class="ink for-black"' in html.page(0, row, shown, {})) == is_for_black


@pytest.mark.parametrize(("colour", "levels"), [("#ffffff", [0, 167, 255]), ("#000000", [255, 88, 0])])
def test_ink_in_pdf_is_shown_on_black_where_it_is_light(
    tmp_path: Path, sketch: Path, colour: str, levels: list[int]
) -> None:
    line = np.array([[[0, 20.25], [20, 20.25], [40, 20.25], [60, 20.25]]])
    drawing = pages.Drawing([pages.Layer("ink", [pages.Shape([line], width=12.5)])], 600, 0.05)
    page = pages.InkedPage((), (HEIGHT, WIDTH), drawn=[drawing])
    pages.write_ink(tmp_path / "ink.pdf", page, "pdf", pages.Look(Colour._make(ImageColor.getrgb(colour))))
    shown = pixels(view(sketch, tmp_path / "ink.pdf", ink_colour=colour).ink)
    np.testing.assert_allclose(shown[[4, 14, 20], 30, 0], levels, atol=8)


@pytest.mark.parametrize(("is_on_black", "levels"), [(False, [255, 227, 200]), (True, [0, 100, 200])])
def test_small_pictures_are_laid_on_white_or_black(is_on_black: bool, levels: list[int]) -> None:
    page = np.full((HEIGHT, WIDTH, 2), 200, np.uint8)
    page[..., 1] = np.repeat([0, 128, 255], WIDTH // 3)
    packed = small_pictures.packed(lambda rows: page[rows], page.shape[:2], is_on_black)
    with Image.open(io.BytesIO(packed)) as image:
        np.testing.assert_allclose(np.asarray(image.convert("L"), int)[20, 10::20], levels, atol=6)
