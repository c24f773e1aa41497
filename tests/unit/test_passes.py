from __future__ import annotations

import numpy as np
import pytest

from lineart_cli.inference import passes
from pictures import darken_of


def drawn(draw: passes.Draw, rows: slice, columns: slice, *channels: int) -> np.ndarray:
    out = np.full((*channels, rows.stop - rows.start, columns.stop - columns.start), np.nan, np.float16)
    draw((rows, columns), out)
    return out


def test_a_smaller_page_has_the_means_of_squares_and_paper_beyond() -> None:
    page = np.random.default_rng(0).random((201, 135), np.float32)
    small = drawn(passes.smaller(darken_of(page), page.shape, 2), slice(0, 101), slice(0, 68))
    wanted = np.pad(page, ((0, 1), (0, 1))).reshape(101, 2, 68, 2).mean((1, 3))
    np.testing.assert_allclose(small, wanted, atol=3e-4)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_a_smaller_page_is_the_same_in_every_part(step: int) -> None:
    page = np.random.default_rng(1).random((403, 271), np.float32)
    small = passes.smaller(darken_of(page), page.shape, step)
    height, width = -(-403 // step), -(-271 // step)
    whole = drawn(small, slice(0, height), slice(0, width))
    for rows, columns in (
        (slice(0, 7), slice(3, width)),
        (slice(33, height), slice(0, 5)),
        (slice(5, 98), slice(9, 42)),
    ):
        np.testing.assert_array_equal(drawn(small, rows, columns), whole[rows, columns])


def test_a_page_alone_has_an_empty_draft_and_another_its_own() -> None:
    page = np.random.default_rng(2).random((150, 90), np.float32)
    draft = np.random.default_rng(3).integers(0, 256, (150, 90), np.uint8)
    rows, columns = slice(10, 149), slice(3, 80)
    sketch, empty = drawn(passes.alone(darken_of(page)), rows, columns, 2)
    np.testing.assert_array_equal(sketch, page[rows, columns].astype(np.float16))
    assert not empty.any()
    sketch, ink = drawn(passes.beside(darken_of(page), draft), rows, columns, 2)
    np.testing.assert_array_equal(sketch, page[rows, columns].astype(np.float16))
    np.testing.assert_allclose(ink, draft[rows, columns] / 255, atol=3e-4)
    assert ink.max() == 1


@pytest.mark.parametrize("cuts", [[64, 66], [1, 64, 65], [129, 1]])
def test_what_lies_beyond_the_page_is_cut_off(cuts: list[int]) -> None:
    page = np.arange(130 * 8).reshape(130, 8)
    bands = np.split(page, np.cumsum(cuts)[:-1])
    np.testing.assert_array_equal(np.vstack(list(passes.cropped(bands, (129, 7)))), page[:129, :7])
