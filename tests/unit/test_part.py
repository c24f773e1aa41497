"""Parts of a page as pages of their own."""

from __future__ import annotations

import numpy as np
import pytest

from lineart_cli.batch.part import Part
from lineart_cli.imaging.tone import apply, darkness, measure
from lineart_cli.options import Crop
from lineart_cli.plan import PageSize

HEIGHT, WIDTH = 1103, 1501  # of the page at its working scale
PLACES = [(0, 0), (37, 11), (500, 411), (1201, 803), (640, 803), (1201, 0)]


@pytest.mark.parametrize("scale", [1.0, 1.5, 0.75])
def test_parts_of_one_size_have_one_shape_wherever_they_lie(scale: float) -> None:
    page = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    tone, size = measure(page), PageSize(round(scale * HEIGHT), round(scale * WIDTH), 300.0, scale=scale)
    shapes = set()
    for left, top in PLACES:
        crop = Crop(round(scale * left), round(scale * top), round(scale * 300), round(scale * 300))
        part = Part.of(page, size, crop, tone, 64, 128)
        shapes.add(part.page.shape)
        assert part.size.working_shape == part.page.shape
        rows, columns = (slice(round(each.start / scale), round(each.stop / scale)) for each in inside(part.crop))
        np.testing.assert_array_equal(part.page[rows, columns][:299, :299], page[top : top + 299, left : left + 299])
    assert shapes == {(512, 512)}


def test_a_part_takes_more_in_where_it_is_to_be_larger() -> None:
    page = np.random.default_rng(2).integers(0, 255, (HEIGHT, WIDTH), np.uint8)
    tone, size = measure(page), PageSize(HEIGHT, WIDTH, 300.0)
    for left, top in PLACES:
        part = Part.of(page, size, Crop(left, top, 300, 300), tone, 64, 128, (700, 256))
        assert part.page.shape == (700, 512)
        np.testing.assert_array_equal(
            part.page[part.crop.rows, part.crop.columns], page[top : top + 300, left : left + 300]
        )
    assert Part.of(page, size, Crop(0, 0, 300, 300), tone, 64, 128, (9999, 0)).page.shape == (HEIGHT, 512)


def test_a_part_is_as_dark_as_it_is_in_the_whole_page() -> None:
    page = np.full((HEIGHT, WIDTH), 250, np.uint8)
    page[160:1000, 300:1400] = 150
    page[::40] = 30
    tone, size = measure(page), PageSize(HEIGHT, WIDTH, 300.0)
    for left, top in PLACES:
        part = Part.of(page, size, Crop(left, top, 300, 300), tone, 64, 128)
        dark = np.empty(part.page.shape, np.float32)
        apply(part.page, part.tone, 0.35, (slice(0, dark.shape[0]), slice(0, dark.shape[1])), dark)
        np.testing.assert_array_equal(
            dark[part.crop.rows, part.crop.columns], darkness(page)[top : top + 300, left : left + 300]
        )


def test_a_small_page_is_a_part_as_a_whole() -> None:
    page = np.full((200, 300), 255, np.uint8)
    part = Part.of(page, PageSize(200, 300, 300.0), Crop(100, 50, 80, 90), measure(page), 64, 128)
    assert part.page.shape == (200, 256)
    assert part.crop == Crop(100 - 32, 50, 80, 90)


def inside(crop: Crop) -> tuple[slice, slice]:
    return crop.rows, crop.columns
