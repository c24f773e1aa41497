from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineart_cli.inference.tiles import MARGIN, Region, Tile, best_tiles, plan_tiles, same_windows

sides = st.integers(1, 700)
strides = st.sampled_from([1, 2, 8, 32, 48])
halos = st.integers(0, 200)


def up(length: int, multiple_of: int) -> int:
    return -(-length // multiple_of) * multiple_of


def canvas_of(height: int, width: int, multiple_of: int) -> Region:
    margin = up(MARGIN, multiple_of)
    return Region(-margin, -margin, up(height, multiple_of) + margin, up(width, multiple_of) + margin)


def computed_px(tiles: tuple[Tile, ...]) -> int:
    height, width = tiles[0].window.shape
    return len(tiles) * height * width


def assert_exact(tiles: tuple[Tile, ...], height: int, width: int, multiple_of: int, halo: int) -> None:
    """The cores are the page, and each window shows all that its core sees of the canvas."""
    canvas = canvas_of(height, width, multiple_of)
    times = np.zeros((height, width), int)
    for tile in tiles:
        core, window = tile.core, tile.window
        assert core == core.clipped(height, width)
        assert min(core.shape) > 0
        times[core.slices] += 1
        assert window.shape == tiles[0].window.shape
        assert window.y0 == canvas.y0 or canvas.y0 < window.y0 <= core.y0 - halo
        assert window.x0 == canvas.x0 or canvas.x0 < window.x0 <= core.x0 - halo
        assert window.y1 == canvas.y1 or canvas.y1 > window.y1 >= core.y1 + halo
        assert window.x1 == canvas.x1 or canvas.x1 > window.x1 >= core.x1 + halo
        on_grid = (core.y0, core.x0, window.y0, window.x0, window.y1, window.x1)
        assert all(each % multiple_of == 0 for each in on_grid)
    assert (times == 1).all()


@given(sides, sides, st.tuples(st.integers(9, 800), st.integers(9, 800)), strides, halos)
def test_tiles_are_the_page_and_see_what_they_need(
    height: int, width: int, tile: tuple[int, int], multiple_of: int, halo: int
) -> None:
    assert_exact(plan_tiles(height, width, tile, multiple_of, halo), height, width, multiple_of, halo)


@given(sides, sides, st.integers(1, 1_000_000), strides, halos)
def test_the_best_tiles_are_the_page_and_see_what_they_need(
    height: int, width: int, most_px: int, multiple_of: int, halo: int
) -> None:
    assert_exact(best_tiles(height, width, most_px, multiple_of, halo), height, width, multiple_of, halo)


@given(sides, sides, st.integers(1, 1_000_000), strides, halos)
def test_a_smaller_page_is_cut_into_the_windows_of_a_larger_one(
    height: int, width: int, most_px: int, multiple_of: int, halo: int
) -> None:
    window = best_tiles(height, width, most_px, multiple_of, halo)[0].window.shape
    small = -(-height // 2), -(-width // 2)
    tiles = same_windows(*small, window, multiple_of, halo)
    assert_exact(tiles, *small, multiple_of, halo)
    cuts = len({tile.core.y0 for tile in tiles}), len({tile.core.x0 for tile in tiles})
    for side, found, count in zip(window, tiles[0].window.shape, cuts, strict=True):
        assert found == side if count > 1 else found <= side


@given(sides, sides, st.integers(1, 800), strides, halos)
def test_cores_keep_to_the_size_and_are_even(height: int, width: int, side: int, multiple_of: int, halo: int) -> None:
    tiles = plan_tiles(height, width, (side, side), multiple_of, halo)
    heights = [tile.core.shape[0] for tile in tiles if tile.core.x0 == 0]
    assert max(heights) <= max(side, multiple_of)
    assert len(set(heights[:-1])) <= 1
    assert heights[0] * len(heights) - height < len(heights) * multiple_of


@pytest.mark.parametrize("most_px", [None, 10_000_000])
@pytest.mark.parametrize("size", [(3508, 2480), (1, 1), (33, 700)])
def test_a_page_in_one_tile_is_the_canvas(size: tuple[int, int], most_px: int | None) -> None:
    tiles = plan_tiles(*size, (4096, 4096), 32, 384) if most_px is None else best_tiles(*size, most_px, 32, 384)
    assert tiles == (Tile(Region(0, 0, *size), canvas_of(*size, 32)),)


@pytest.mark.parametrize(
    ("size", "side", "core", "window", "count"),
    [
        ((3508, 2480), 2048, (1760, 1248), (2208, 1696), 4),
        ((3508, 2480), 1024, (896, 832), (1664, 1600), 12),
        ((3508, 2480), 1000, (896, 832), (1664, 1600), 12),
        ((3508, 1000), 1024, (896, 1000), (1664, 1152), 4),
        ((33, 32), 1, (32, 32), (192, 160), 2),
    ],
)
def test_tiles_of_a_given_side(
    size: tuple[int, int], side: int, core: tuple[int, int], window: tuple[int, int], count: int
) -> None:
    tiles = plan_tiles(*size, (side, side), 32, 384)
    assert tiles[0].core.shape == core
    assert tiles[0].window.shape == window
    assert len(tiles) == count


@pytest.mark.parametrize(
    ("size", "most_px", "count", "computed"),
    [
        ((3508, 2480), 10_000_000, 1, 9_572_352),
        ((3508, 2480), 6_000_000, 2, 11_587_584),
        ((2480, 3508), 6_000_000, 2, 11_587_584),
        ((3508, 2480), 5_000_000, 3, 13_602_816),
        ((3508, 2480), 4_000_000, 4, 14_979_072),
        ((300, 200), 2_000_000, 1, 157_696),
        ((60_000, 100), 2_000_000, 9, 17_031_168),
    ],
)
def test_the_best_tiles_of_a_page(size: tuple[int, int], most_px: int, count: int, computed: int) -> None:
    tiles = best_tiles(*size, most_px, 32, 384)
    assert len(tiles) == count
    assert computed_px(tiles) == computed
    assert computed <= count * most_px


def test_windows_are_even_so_outer_cores_are_longer() -> None:
    tiles = best_tiles(3508, 2480, 5_000_000, 32, 384)
    assert [tile.core.shape[0] for tile in tiles] == [1280, 960, 1268]
    assert [(tile.window.y0, tile.window.y1) for tile in tiles] == [(-64, 1664), (896, 2624), (1856, 3584)]


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(0, 300), st.integers(1_000_000, 9_000_000))
def test_no_cores_of_one_size_are_better(height: int, width: int, halo: int, most_px: int) -> None:
    best = computed_px(best_tiles(height, width, most_px, 32, halo))
    for side in range(max(halo, 64), 3000, 160):
        for tile in ((side, side), (side, width)):
            other = plan_tiles(height, width, tile, 32, halo)
            if computed_px(other) <= len(other) * most_px:
                assert best <= computed_px(other)


def test_a_budget_too_small_still_gives_tiles_worth_computing() -> None:
    tiles = best_tiles(3508, 2480, 10, 32, 256)
    assert min(min(tile.core.shape) for tile in tiles) >= 192
    assert max(tiles[0].window.shape) < 1000


def test_regions_shift_and_clip() -> None:
    region = Region(-4, 2, 6, 12)
    assert region.clipped(5, 9) == Region(0, 2, 5, 9)
    assert region.seen_from(-4, 2) == Region(0, 0, 10, 10)
