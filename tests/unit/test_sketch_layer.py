from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import ReadOptions


def read(path: Path, page: int = 0) -> np.ndarray:
    return pages.read_sketch(path, ReadOptions(), page)


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_colour_and_grey_stay_as_they_are(tmp_path: Path, rgb: np.ndarray, suffix: str) -> None:
    for pixels in (rgb, rgb[..., 0]):
        Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / f"a{suffix}")
        found = read(tmp_path / f"a{suffix}")
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, pixels)


def test_16_bits_are_rounded(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 600).astype(np.uint16).reshape(30, 20)
    tifffile.imwrite(tmp_path / "a.tif", deep)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), np.floor(deep / 257 + 0.5))


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (5, 4), (100, 0, 50, 128)).save(tmp_path / "a.png")
    share = 128 / 255
    expected = [round(255 * (1 - share) + value * share) for value in (100, 0, 50)]
    assert read(tmp_path / "a.png").tolist() == [[expected] * 5] * 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_lies_under_the_page_that_is_inked(tmp_path: Path, rgb: np.ndarray, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(rgb).save(tmp_path / "a.png", exif=exif)
    grey = pages.read_grey(tmp_path / "a.png", ReadOptions())
    luma = read(tmp_path / "a.png") @ np.array([0.2126, 0.7152, 0.0722])
    np.testing.assert_allclose(luma / 255, grey, atol=1e-5)


def test_pages_are_told_apart(tmp_path: Path) -> None:
    levels = [np.full((4, 5), level, np.uint8) for level in (10, 20)]
    tifffile.imwrite(tmp_path / "a.tif", np.stack(levels), photometric="minisblack")
    np.testing.assert_array_equal(read(tmp_path / "a.tif", 1), levels[1])
    with pytest.raises(PageError, match="has no page 3"):
        read(tmp_path / "a.tif", 2)
