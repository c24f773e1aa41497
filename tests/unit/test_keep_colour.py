"""Lines in coloured pencils that are inked by themselves, in their own colour."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from batches import Listener, plan
from lineart_cli import pages
from lineart_cli.batch import files
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError
from lineart_cli.events import Notice, PageDone
from lineart_cli.imaging import pencils
from lineart_cli.imaging.tone import Tone, darkness
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, Colour, InkOptions, ReadOptions
from lineart_cli.pages import ColouredLines, Drawing, InkedPage, Layer, Look, Shape
from lineart_cli.plan import PageSize, Plan

HEIGHT, WIDTH = 300, 400
RED, BLUE = Colour(220, 40, 40), Colour(40, 80, 220)


def strokes(*ends: tuple[int, int, int, int]) -> np.ndarray:
    """(HEIGHT, WIDTH) float32 in [0, 1], how much of each pixel lines cover."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x0, y0, x1, y1 in ends:
        cv2.line(drawn, (x0, y0), (x1, y1), 255, 6, cv2.LINE_AA)
    return drawn / np.float32(255)


IN_GRAPHITE = strokes((20, 30, 380, 60), (60, 20, 90, 280))
IN_RED = strokes((20, 100, 380, 140))
IN_BLUE = strokes((20, 180, 380, 240))
ANYWHERE_ELSE = cv2.dilate(IN_GRAPHITE + IN_RED + IN_BLUE, np.ones((9, 9))) == 0


def sketch() -> np.ndarray:
    """(HEIGHT, WIDTH, 3) uint8: lines in graphite, red and blue that cross, on grainy paper."""
    rgb = np.full((HEIGHT, WIDTH, 3), [250, 246, 238], np.float64)
    for lines, colour in ((IN_RED, RED), (IN_BLUE, BLUE), (IN_GRAPHITE, (70, 70, 70))):
        rgb *= 1 - lines[..., None] * (1 - np.array(colour) / 255)
    return np.clip(np.rint(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape)), 0, 255).astype(np.uint8)


def path_of_sketch(folder: Path, picture: np.ndarray | None = None) -> Path:
    path = folder / "scans/page.png"
    path.parent.mkdir()
    Image.fromarray(sketch() if picture is None else picture).save(path, dpi=(300, 300))
    return path


class TestPencilAlone:
    def found(self, *names: str) -> tuple[np.ndarray, pencils.Pencil]:
        light = tuple(np.moveaxis(sketch() / np.float32(255), -1, 0))
        measured = pencils.measure([light], (HEIGHT, WIDTH), names)
        return np.concatenate(list(pencils.alone([light], (HEIGHT, WIDTH), measured))), measured[-1]

    @pytest.mark.parametrize(("names", "lines", "colour"), [(("red",), IN_RED, RED), (("red", "blue"), IN_BLUE, BLUE)])
    def test_is_dark_where_it_drew_and_white_elsewhere(
        self, names: tuple[str, ...], lines: np.ndarray, colour: Colour
    ) -> None:
        alone, pencil = self.found(*names)
        assert alone[(lines == 1) & (IN_GRAPHITE == 0)].max() < 0.35
        assert np.median(alone[(lines == 1) & (IN_GRAPHITE == 1)]) < 0.7  # below graphite too
        assert alone[ANYWHERE_ELSE].min() > 0.97
        others = (IN_GRAPHITE + IN_RED + IN_BLUE - lines > 0) & (lines == 0)
        assert np.median(alone[others]) > 0.97
        assert pencil.colour == pytest.approx(np.array(colour) / 255, abs=0.05)

    def test_a_pencil_that_is_not_there_has_no_colour(self) -> None:
        alone, pencil = self.found("red", "blue", "green")
        assert pencil.colour is None
        assert alone.min() > 0.97

    @pytest.mark.parametrize("quality", [60, 85, 95])
    def test_dark_fringes_of_jpeg_are_no_pencil(self, quality: int) -> None:
        page = np.full((400, 600, 3), 255, np.uint8)
        cv2.circle(page, (200, 200), 120, (235, 30, 35), 3, cv2.LINE_AA)
        cv2.line(page, (50, 350), (550, 60), (235, 30, 35), 4, cv2.LINE_AA)
        cv2.ellipse(page, (380, 200), (150, 90), 20, 0, 360, (40, 40, 40), 4, cv2.LINE_AA)
        file = io.BytesIO()
        Image.fromarray(page).save(file, "JPEG", quality=quality)
        light = tuple(np.moveaxis(np.asarray(Image.open(file)) / np.float32(255), -1, 0))
        red, blue = pencils.measure([light], page.shape[:2], ["red", "blue"])
        assert red.colour is not None
        assert blue.colour is None
        with_both, with_red = (
            np.concatenate(list(pencils.without_pencils(lambda: [light], page.shape[:2], names)))
            for names in (["red", "blue"], ["red"])
        )
        np.testing.assert_array_equal(with_both, with_red)


class HalfInker:
    """Inks all that is darker than half of the paper; gives curves from corner to corner."""

    def __init__(self) -> None:
        self.inked = 0

    def bands(
        self, page: np.ndarray, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone
    ) -> Iterator[np.ndarray]:
        self.inked += 1
        dark = darkness(np.asarray(page[:]), faint)
        ink = cv2.resize(np.where(dark > 0.3, 255, 0).astype(np.uint8), size.shape[::-1])
        yield ink[:7]
        yield ink[7:]

    def drawing(
        self, page: np.ndarray, size: PageSize, plan: Plan, tool: Tool, faint: float, kind: str, by: float, tone: Tone
    ) -> Drawing:
        line = np.array([[[0, 0], [100, 75], [300, 225], [400, 300]]], float)
        return Drawing([Layer("outlines", [Shape([line], 3.0)])], size.dpi, by)


def run(source: Path, out: Path, **options: str) -> tuple[PageDone, list[str], HalfInker]:
    """What has become of a page, what was told, and the inker."""
    wanted = InkOptions.parse({"drawing": "6px", **options})
    jobs = files.plan(files.find([str(source)], out).sources, out, pages.OUTPUT_FORMATS[wanted.format].suffix)
    out.mkdir()
    recorder, inker = Listener(), HalfInker()
    with OutputFolder(out) as folder:
        tools, _ = store.tools(wanted)
        card = catalogue.find(MODEL)
        Batch(folder, wanted, tools, card, plan, lambda: inker, recorder, threading.Event()).run(jobs)
    (done,) = (each for each in recorder.events if isinstance(each, PageDone))
    return done, [each.text for each in recorder.events if isinstance(each, Notice)], inker


def is_near(pixels: np.ndarray, colour: tuple[int, ...]) -> bool:
    return bool(np.abs(np.median(pixels, 0) - colour).max() < 15)


class TestInk:
    def test_lines_have_their_own_colour_in_the_page(self, tmp_path: Path) -> None:
        done, told, inker = run(path_of_sketch(tmp_path), tmp_path / "ink", keep_colour="red,blue")
        page = np.asarray(Image.open(done.output))
        assert is_near(page[(IN_RED == 1) & (IN_GRAPHITE == 0)], RED)
        assert is_near(page[(IN_BLUE == 1) & (IN_GRAPHITE == 0)], BLUE)
        assert is_near(page[IN_GRAPHITE == 1], (0, 0, 0))
        assert (page[ANYWHERE_ELSE] == 255).all()
        assert list(done.colours) == ["red", "blue"]
        assert is_near(np.array([Colour._make(bytes.fromhex(done.colours["red"][1:]))]), RED)
        assert (told, inker.inked) == ([], 3)

    def test_another_colour_is_dropped_at_the_same_time(self, tmp_path: Path) -> None:
        done, _, inker = run(path_of_sketch(tmp_path), tmp_path / "ink", keep_colour="red", drop_colour="blue")
        page = np.asarray(Image.open(done.output))
        assert is_near(page[(IN_RED == 1) & (IN_GRAPHITE == 0)], RED)
        assert (page[(IN_BLUE == 1) & (IN_GRAPHITE == 0)] == 255).mean() > 0.99
        assert inker.inked == 2

    def test_a_colour_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        source = path_of_sketch(tmp_path)
        done, told, _ = run(source, tmp_path / "ink", keep_colour="green")
        assert told == [f"{source}: has no lines in green to keep"]
        assert done.colours == {}
        plain, _, _ = run(source, tmp_path / "plain", drop_colour="green")
        np.testing.assert_array_equal(np.asarray(Image.open(done.output)), np.asarray(Image.open(plain.output)))

    def test_so_it_is_of_a_grey_page(self, tmp_path: Path) -> None:
        source = path_of_sketch(tmp_path, sketch()[..., 0])
        _, told, inker = run(source, tmp_path / "ink", keep_colour="red")
        assert told == [f"{source}: has no lines in red to keep"]
        assert inker.inked == 1

    def test_light_lines_on_dark_have_none(self, tmp_path: Path) -> None:
        source = path_of_sketch(tmp_path, 255 - sketch())
        done, told, _ = run(source, tmp_path / "ink", keep_colour="red", invert="yes")
        assert "light lines on dark, of which no colour is kept" in " ".join(told)
        assert done.colours == {}

    @pytest.mark.parametrize("orientation", [3, 6])
    def test_turned_pages_have_their_colours_upright(self, tmp_path: Path, orientation: int) -> None:
        path = path_of_sketch(tmp_path)
        image = Image.open(path)
        exif = image.getexif()
        exif[0x0112] = orientation
        image.save(path, exif=exif)
        done, _, _ = run(path, tmp_path / "ink", keep_colour="red")
        lines = np.rot90(IN_RED, {3: 2, 6: -1}[orientation])
        page = np.asarray(Image.open(done.output))
        assert page.shape[:2] == lines.shape
        assert is_near(page[lines == 1], RED)

    def test_curves_of_each_colour_are_a_layer(self, tmp_path: Path) -> None:
        done, _, _ = run(path_of_sketch(tmp_path), tmp_path / "ink", keep_colour="blue,red", format="svg")
        text = Path(done.output).read_text()
        assert [text.index(f'label="outlines{name}"') for name in (" red", " blue", "")] == sorted(
            text.index(f'label="outlines{name}"') for name in (" red", " blue", "")
        )
        assert all(f'stroke="{colour}"' in text for colour in [*done.colours.values(), "#000000"])
        assert done.strokes == 3


def inked(dtype: type = np.uint8) -> InkedPage:
    """Ink, and lines in red below it."""
    full = np.iinfo(dtype).max
    ink, red = ((lines * full).astype(dtype) for lines in (IN_GRAPHITE, IN_RED))
    below = np.full((HEIGHT, WIDTH), 200, np.uint8)
    bits = 8 * ink.itemsize
    return InkedPage([ink[:9], ink[9:]], ink.shape, bits, sketch=below, colours=[ColouredLines("red", RED, red)])


class TestFiles:
    @pytest.mark.parametrize("name", ["ora", "psd"])
    def test_each_colour_is_a_layer(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / f"page.{name}"
        pages.write_ink(path, inked(), name, Look())
        whole = pages.read_sketch(path, ReadOptions())
        assert is_near(whole[(IN_RED == 1) & (IN_GRAPHITE == 0)], RED)
        assert is_near(whole[IN_GRAPHITE == 1], (0, 0, 0))
        assert is_near(whole[ANYWHERE_ELSE], (200, 200, 200))
        alone = pages.read_sketch(path, ReadOptions(layer="ink red"))
        assert is_near(alone[IN_RED == 1], RED)
        assert (alone[IN_RED == 0] == 255).all()
        if name == "psd":
            assert [layer.name for layer in PSDImage.open(path)] == ["sketch", "ink red", "ink"]

    @pytest.mark.parametrize("name", ["png", "tiff", "webp"])
    @pytest.mark.parametrize("transparent", [False, True])
    def test_transparent_ink_laid_on_white_is_ink_on_white(self, tmp_path: Path, name: str, transparent: bool) -> None:
        path = tmp_path / f"page.{name}"
        pages.write_ink(path, inked(), name, Look(transparent=transparent))
        seen = pages.read_sketch(path, ReadOptions()).astype(int)
        expected = 255 - IN_RED[..., None] * (255 - np.array(RED))
        expected *= 1 - IN_GRAPHITE[..., None]
        assert np.abs(seen - expected).max() <= 2

    def test_16_bits(self, tmp_path: Path) -> None:
        pages.write_ink(tmp_path / "page.tiff", inked(np.uint16), "tiff", Look())
        raster = pages.read_raster(tmp_path / "page.tiff", ReadOptions(), tmp_path)
        assert raster.pixels.dtype == np.uint16
        assert is_near(raster.pixels[(IN_RED == 1) & (IN_GRAPHITE == 0)] / 257, RED)

    @pytest.mark.parametrize("name", ["jpeg", "bmp"])
    def test_other_formats(self, tmp_path: Path, name: str) -> None:
        pages.write_ink(tmp_path / "page", inked(), name, Look())
        seen = pages.read_sketch(tmp_path / "page", ReadOptions())
        assert is_near(seen[(IN_RED == 1) & (IN_GRAPHITE == 0)], RED)


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"keep_colour": "red", "drop_colour": "blue,red"}, "--keep-colour red with --drop-colour red"),
            ({"keep_colour": "red", "keep_edits": True}, "with --keep-edits"),
            ({"keep_colour": "red", "format": "gif"}, "with --format gif"),
            ({"keep_colour": "mauve"}, "unknown; choose from"),
        ],
    )
    def test_what_cannot_be_is_refused(self, options: dict[str, str | bool | None], message: str) -> None:
        with pytest.raises(ArgumentError, match=message):
            InkOptions.parse(options)

    def test_settings_without_it_are_as_before(self) -> None:
        assert "keep_colour" not in InkOptions().settings()
        assert InkOptions.parse({"keep_colour": "red,blue"}).settings()["keep_colour"] == "red,blue"
