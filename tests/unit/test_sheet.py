"""The sheet in a photo: found, straightened, and refused where it is in doubt."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from lineart_cli import pages
from lineart_cli.imaging import sheet
from lineart_cli.imaging.sheet import DoubtError
from lineart_cli.options import InkOptions
from lineart_cli.pages.picture import Block, Picture
from lineart_cli.pages.straightening import straight

WIDTH, HEIGHT = 900, 1200
PAGE = (500, 707)
CROSS = (120, 200)
"""px of the page, from its top left corner, where a cross is drawn."""


def seen(tilt: float, turn: float, lean: float = 0.0) -> np.ndarray:
    """The corners of an A4 sheet in the photo of a camera, (4, 2), tilted and turned by so many degrees."""
    flat = np.array([(-0.5, -0.707, 0), (0.5, -0.707, 0), (0.5, 0.707, 0), (-0.5, 0.707, 0)])
    x, y, z = np.radians((tilt, lean, turn))
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    places = flat @ (about_x @ about_y @ about_z).T + (0, 0, 2.2)
    return places[:, :2] / places[:, 2:] * 1200 + (WIDTH / 2, HEIGHT / 2)


def photo(corners: np.ndarray, desk: float = 0.4) -> np.ndarray:
    """(HEIGHT, WIDTH) uint8: a sheet with a cross and some strokes on a desk with a grain, in uneven light."""
    rng = np.random.default_rng(0)
    page = np.full(PAGE[::-1], 0.93, np.float32)
    for _ in range(10):
        cv2.polylines(page, [rng.integers(60, np.array(PAGE) - 60, (5, 2), np.int32)], False, 0.2, 4, cv2.LINE_AA)
    page[180:220, 100:140] = 0.93
    cv2.drawMarker(page, CROSS, 0.0, cv2.MARKER_CROSS, 30, 3)
    flat = np.array([(0, 0), (PAGE[0], 0), PAGE, (0, PAGE[1])], np.float32)
    there = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    size = WIDTH, HEIGHT
    found = cv2.warpPerspective(page, there, size, borderMode=cv2.BORDER_CONSTANT, borderValue=-1)
    grain = desk + 0.04 * np.sin(np.arange(WIDTH) / 5)
    found = np.where(found < 0, grain, found) * np.linspace(1, 0.85, HEIGHT)[:, None]
    return np.rint(255 * np.clip(found + rng.normal(0, 0.01, found.shape), 0, 1)).astype(np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "photo.png"


AUTO = InkOptions(page="auto")


class TestFound:
    @pytest.mark.parametrize(
        ("tilt", "turn", "lean"), [(0, 0, 0), (0, 7, 0), (12, -3, 0), (20, 4, 8), (-15, -10, 10), (3, 20, -20)]
    )
    def test_corners_and_proportions(self, path: Path, tilt: float, turn: float, lean: float) -> None:
        corners = seen(tilt, turn, lean)
        Image.fromarray(photo(corners)).save(path)
        header = pages.read_header(path, AUTO)
        np.testing.assert_allclose(header.corners, corners, atol=4)
        assert header.height / header.width == pytest.approx(1.414, rel=0.02)
        assert header.notes == ()
        grey = pages.read_grey(path, AUTO)
        assert grey.shape == (header.height, header.width)
        x, y = (round(at * side / whole) for at, side, whole in zip(CROSS, grey.shape[::-1], PAGE, strict=True))
        assert grey[y - 3 : y + 4, x - 3 : x + 4].min() < 0.35
        edge = np.concatenate([grey[8], grey[-9], grey[:, 8], grey[:, -9]])
        assert edge.min() > 0.65  # nothing of the desk

    def test_a_photo_that_its_file_turns(self, tmp_path: Path) -> None:
        corners = seen(10, 3)
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        Image.fromarray(np.rot90(photo(corners))).save(tmp_path / "a.jpg", exif=exif, quality=95)
        np.testing.assert_allclose(pages.read_header(tmp_path / "a.jpg", AUTO).corners, corners, atol=4)

    def test_colours_and_strips(self, path: Path) -> None:
        grey = photo(seen(10, 3))
        Image.fromarray(np.dstack([grey, grey, grey // 2])).save(path)
        sketch = pages.read_sketch(path, AUTO)
        header = pages.read_header(path, AUTO)
        assert sketch.shape == (header.height, header.width, 3)
        assert np.abs(sketch[..., 0] / 2 - sketch[..., 2]).max() < 4
        strips = np.concatenate(list(pages.read_strips(path, AUTO)))
        assert strips.shape == sketch.shape[:2]

    def test_off_by_default(self, path: Path) -> None:
        Image.fromarray(photo(seen(10, 3))).save(path)
        header = pages.read_header(path, InkOptions())
        assert (header.width, header.height, header.corners) == (WIDTH, HEIGHT, ())

    def test_a_changed_photo_is_looked_at_anew(self, path: Path) -> None:
        for turn in (0, 8):
            Image.fromarray(photo(seen(0, turn))).save(path)
            np.testing.assert_allclose(pages.read_header(path, AUTO).corners, seen(0, turn), atol=4)


def test_pictures_that_were_looked_at_are_let_go() -> None:
    def blocks() -> list[Block]:
        return [Block(np.full((300, 200, 1), 255, np.uint8), "grey", 255)]

    picture = Picture(200, 300, blocks, 8, is_grey=True)
    held = weakref.ref(blocks)
    assert "is not straightened" in straight(picture, object()).notes[0]
    del picture, blocks
    gc.collect()
    assert held() is None


class TestDoubt:
    def refused(self, path: Path, picture: np.ndarray) -> str:
        Image.fromarray(picture).save(path)
        header = pages.read_header(path, AUTO)
        assert (header.width, header.height, header.corners) == (*picture.shape[1::-1], ())
        np.testing.assert_array_equal(pages.read_grey(path, AUTO), pages.read_grey(path, InkOptions()))
        (note,) = header.notes
        return note

    def test_a_scan_without_surroundings(self, path: Path) -> None:
        scan = np.full((HEIGHT, WIDTH), 240, np.uint8)
        cv2.circle(scan, (400, 500), 200, 20, 6)
        assert self.refused(path, scan).startswith("is not straightened: ")

    def test_a_blank_page(self, path: Path) -> None:
        blank = np.full((HEIGHT, WIDTH), 250, np.uint8)
        assert self.refused(path, blank) == (
            "is not straightened: all of it is about as bright, so that no sheet stands out"
        )

    def test_a_sheet_that_is_cut_off(self, path: Path) -> None:
        corners = seen(5, 3) - np.array((250, 0))
        assert "the sheet's left edge is not in the picture" in self.refused(path, photo(corners))
        corners -= np.array((0, 250))
        assert "the sheet's top and left edges are not in the picture" in self.refused(path, photo(corners))

    def test_a_picture_that_is_all_sheet(self, path: Path) -> None:
        height, width = photo(seen(5, 3)).shape[:2]
        corners = np.array([(6, 6), (width - 7, 6), (width - 7, height - 7), (6, height - 7)], np.float32)
        assert self.refused(path, photo(corners)) == (
            "is not straightened: all of the picture is the sheet, so that there is nothing to straighten"
        )

    def test_a_sheet_on_a_desk_as_bright(self, path: Path) -> None:
        assert self.refused(path, photo(seen(5, 3), desk=0.9)).startswith("is not straightened: ")

    def test_a_sheet_that_is_turned_too_far(self, path: Path) -> None:
        assert "turn the picture first" in self.refused(
            path, photo(0.9 * seen(0, 40) + 0.1 * np.array((WIDTH, HEIGHT)) / 2)
        )

    def test_a_hand_over_an_edge(self, path: Path) -> None:
        picture = photo(seen(5, 3))
        cv2.ellipse(picture, (250, 620), (190, 90), 0, 0, 360, 90, -1)
        assert self.refused(path, picture).startswith("is not straightened: ")

    def test_a_round_sheet(self, path: Path) -> None:
        picture = np.full((HEIGHT, WIDTH), 90, np.uint8)
        cv2.circle(picture, (450, 600), 350, 240, -1)
        assert self.refused(path, picture).startswith("is not straightened: ")

    @pytest.mark.parametrize("level", [0, 128, 255])
    @pytest.mark.parametrize("shape", [(1, 1), (3, 400), (60, 60)])
    def test_pictures_of_any_size_and_light(self, shape: tuple[int, int], level: int) -> None:
        with pytest.raises(DoubtError):
            sheet.find(np.full(shape, level / 255, np.float32), shape)
