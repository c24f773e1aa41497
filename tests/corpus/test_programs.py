"""What Krita, GIMP and Inkscape write is read as they show it, and what lineart writes is shown as it is meant.

Files that these programs wrote lie in `files/`, so that they are read everywhere; those with large profiles do not.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import Colour, ReadOptions
from lineart_cli.pages import ColouredLines, Drawing, InkedPage, Layer, Look, Shape
from pictures import without_merged

FILES = Path(__file__).parent / "files"
Written = Callable[[str], Path]

WIDTH, HEIGHT = 100, 80
PAPER, RED = np.array([0.9, 0.85, 0.7]), np.array([0.8, 0.1, 0.1])
LUMA = np.array([0.2126, 0.7152, 0.0722])
SPACES = {"rgba_u8": 8, "rgba_u16": 16, "graya_u8": 8, "graya_u16": 16}
OTHER_SPACES = ("rgba_f32", "cmyka_u8", "laba_u16")
KINDS = ("rgb_u8", "rgb_u8_linear", "rgb_u16", "rgb_u32", "rgb_half_linear", "rgb_float", "rgb_float_linear")
KINDS += ("grey_u8", "grey_u16", "indexed", "nested")
_STEP = 1 / 255


@pytest.fixture(params=["written", "kept"])
def folder_of(request: pytest.FixtureRequest, written: Written) -> Written:
    """The folder with the files of a program: those that are kept, and those that it writes now."""
    return written if request.param == "written" else lambda _: FILES


def found(folder: Path, name: str) -> Path:
    path = folder / name
    if folder == FILES and not path.exists():
        pytest.skip("too large to be kept")
    return path


def seen(path: Path, layer: str | None = None) -> np.ndarray:
    """(h, w, 3) what a page looks like, in [0, 1]."""
    pixels = pages.read_sketch(path, ReadOptions(layer=layer))
    return np.broadcast_to(np.atleast_3d(pixels), (*pixels.shape[:2], 3)) / 255


def shown(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")) / 255


def is_close(one: np.ndarray, other: np.ndarray, steps: float = 2) -> None:
    np.testing.assert_allclose(one, other, atol=steps * _STEP)


def laid(page: np.ndarray, colour: np.ndarray, left: int, top: int, width: int, height: int) -> None:
    """Lays a rectangle that covers ever more from left to right on a page."""
    x, y = np.arange(WIDTH), np.arange(HEIGHT)
    coverage = ((x - left + 1) / width)[None, :, None]
    inside = ((y >= top) & (y < top + height))[:, None] & ((x >= left) & (x < left + width))[None]
    page[:] = np.where(inside[..., None], page * (1 - coverage) + colour * coverage, page)


class TestKrita:
    @pytest.mark.parametrize("space", SPACES)
    def test_layers_of_each_space_are_together_what_krita_shows(
        self, folder_of: Written, tmp_path: Path, space: str
    ) -> None:
        path = found(folder_of("krita"), f"krita_{space}.kra")
        assert pages.read_header(path, ReadOptions()).dpi == pytest.approx((150, 150))
        bare = without_merged(path, tmp_path)
        assert pages.read_header(bare, ReadOptions()).bits == SPACES[space]
        is_close(seen(bare), seen(path))
        assert np.ptp(seen(path)) > 0.3

    @pytest.mark.parametrize("space", SPACES)
    def test_a_layer_alone(self, folder_of: Written, space: str) -> None:
        path = found(folder_of("krita"), f"krita_{space}.kra")
        page = np.ones((HEIGHT, WIDTH, 3))
        colour = RED if space.startswith("rgb") else np.full(3, RED @ LUMA)
        if SPACES[space] == 16:  # Krita holds light as it is there
            colour = 1.055 * colour ** (1 / 2.4) - 0.055
        laid(page, colour, -20, 10, 70, 30)
        is_close(seen(path, "red"), page)

    @pytest.mark.parametrize("space", OTHER_SPACES)
    def test_other_spaces_are_read_merged_and_their_layers_refused(self, folder_of: Written, space: str) -> None:
        path = found(folder_of("krita"), f"krita_{space}.kra")
        page = seen(path)
        assert page.shape == (HEIGHT, WIDTH, 3)
        assert page[:5].std(axis=(0, 1)).max() < 0.01 < page.std()
        with pytest.raises(PageError, match="convert it to RGB or grey with 8 or 16 bits"):
            pages.read_sketch(path, ReadOptions(layer="red"))

    @pytest.mark.parametrize("suffix", ["kra", "krz", "ora", "psd"])
    def test_groups_and_blend_modes(self, folder_of: Written, tmp_path: Path, suffix: str) -> None:
        folder = folder_of("krita")
        path = found(folder, f"krita_nested.{suffix}")
        expected = seen(found(folder, "krita_nested.kra"))
        is_close(seen(path), expected, 3)
        if suffix in {"kra", "ora"}:
            is_close(seen(without_merged(path, tmp_path)), expected, 3)
        outer = seen(path, "outer")
        assert (outer[:, :9] == 1).all()
        assert outer[10, 60].max() < 0.9

    def test_masks(self, folder_of: Written, tmp_path: Path) -> None:
        path = found(folder_of("krita"), "krita_masked.kra")
        assert b"transparencymask" in zipfile.ZipFile(path).read("maindoc.xml")
        is_close(seen(without_merged(path, tmp_path)), seen(path), 3)
        masked = seen(path, "masked")
        assert (masked[:45] == 1).all()
        assert masked[50, 60].max() < 0.75

    def test_an_animation_shows_its_frame(self, folder_of: Written, tmp_path: Path) -> None:
        path = found(folder_of("krita"), "krita_animated.kra")
        page, bare = seen(path), seen(without_merged(path, tmp_path))
        is_close(page[12:28, 15:85], np.broadcast_to(np.array([20, 20, 60]) / 255, (16, 70, 3)))
        is_close(page[42:58, 15:85], np.broadcast_to(PAPER, (16, 70, 3)))
        is_close(bare, page)


class TestGimp:
    @pytest.mark.parametrize("kind", KINDS)
    def test_pictures_of_each_kind_are_what_gimp_shows(self, folder_of: Written, kind: str) -> None:
        folder = folder_of("gimp")
        path = folder / f"gimp_{kind}.xcf"
        is_close(seen(path), shown(folder / f"gimp_{kind}.png"), 3)
        assert pages.read_header(path, ReadOptions()).dpi == pytest.approx((150, 150))

    def test_a_layer_alone(self, folder_of: Written) -> None:
        page = seen(folder_of("gimp") / "gimp_nested.xcf", "below")
        is_close(page[10, 15], np.array([51, 153, 51]) / 255)
        assert (page[:5] == 1).all()

    @pytest.mark.parametrize("name", ["packed", "upward"])
    def test_its_targa_files(self, folder_of: Written, name: str) -> None:
        folder = folder_of("gimp")
        path = folder / f"gimp_{name}.tga"
        if not path.exists():
            pytest.skip("GIMP's plug-in for TGA has crashed")
        is_close(seen(path), shown(folder / "gimp_indexed.png"))

    def test_its_photoshop_file(self, folder_of: Written) -> None:
        folder = folder_of("gimp")
        is_close(seen(folder / "gimp_nested.psd"), shown(folder / "gimp_nested.png"), 3)


class TestInkscape:
    def test_its_drawings_are_what_it_shows(self, folder_of: Written) -> None:
        folder = folder_of("inkscape")
        header = pages.read_header(folder / "inkscape_drawing.svg", ReadOptions())
        assert (header.width, header.height, header.dpi) == (300, 240, (300, 300))
        page = seen(folder / "inkscape_drawing.svg").reshape(HEIGHT, 3, WIDTH, 3, 3).mean((1, 3))
        assert np.abs(page - shown(folder / "inkscape_drawing.png")).mean() < 2 * _STEP


def inked() -> InkedPage:
    """Strokes in black and red over a grey sketch."""
    ink, red = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    ink[20:25, 10:90], red[10:70, 40:44] = 255, 200
    sketch = np.full((HEIGHT, WIDTH), 220, np.uint8)
    return InkedPage(
        [ink], ink.shape, dpi=(150, 150), sketch=sketch, colours=[ColouredLines("red", Colour(200, 30, 30), red)]
    )


class TestOpenedThere:
    def test_krita_shows_layered_files_as_meant(self, tmp_path: Path, krita: Callable[..., None]) -> None:
        files = [tmp_path / f"ink.{name}" for name in ("ora", "psd", "png")]
        for file in files:
            pages.write_ink(file, inked(), file.suffix[1:], Look())
        krita("convert", tmp_path, LINEART_FILES=os.pathsep.join(map(str, files)))
        for file in files:
            is_close(shown(file.with_name(f"{file.name}.png")), seen(file))

    def test_gimp_shows_photoshop_files_as_meant(self, tmp_path: Path, gimp: Callable[..., None]) -> None:
        pages.write_ink(tmp_path / "ink.psd", inked(), "psd", Look())
        gimp('(convert "ink.psd")', tmp_path)
        is_close(shown(tmp_path / "ink.psd.png"), seen(tmp_path / "ink.psd"))

    def test_inkscape_shows_curves_as_meant(self, tmp_path: Path, launch: Callable[..., None]) -> None:
        line = np.array([[[10, 20], [40, 20], [70, 20], [90, 20]]], float)
        layers = [Layer("centre lines red", [Shape([line + np.array([0, 30])], 5.0)], colour=Colour(200, 30, 30))]
        layers.append(Layer("centre lines", [Shape([line], 5.0)]))
        page = InkedPage([], (HEIGHT, WIDTH), drawn=[Drawing(layers, 150, 0.2)])
        pages.write_ink(tmp_path / "ink.svg", page, "svg", Look())
        told = ["-w", str(WIDTH), "-b", "white", f"--export-filename={tmp_path}/ink.png"]
        launch(["inkscape", str(tmp_path / "ink.svg"), *told], tmp_path / "home")
        picture = shown(tmp_path / "ink.png")
        assert picture.shape == (HEIGHT, WIDTH, 3)
        is_close(picture[20, 50], np.zeros(3))
        is_close(picture[50, 50], np.array([200, 30, 30]) / 255)
        is_close(picture[35, 50], np.ones(3))


def test_kept_files_are_few_and_small() -> None:
    assert sum(path.stat().st_size for path in FILES.iterdir()) < 300_000
