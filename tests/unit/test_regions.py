from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineart_cli.regions import Region, TilePlan, best_tile, plan_tiles

sides = st.integers(1, 700)
strides = st.sampled_from([1, 2, 8, 32])


@settings(deadline=None)
@given(sides, sides, st.integers(9, 800), strides, st.integers(0, 90))
def test_cores_cover_each_pixel_once_and_inputs_have_one_shape(
    height: int, width: int, tile: int, multiple_of: int, halo: int
) -> None:
    plan = plan_tiles(height, width, (tile, tile), multiple_of, halo)
    times = np.zeros((height, width), int)
    for core in plan.cores:
        assert core == core.clipped(height, width)
        assert min(core.shape) > 0
        assert core.y0 % multiple_of == core.x0 % multiple_of == 0
        source = plan.source(core)
        assert source.shape == plan.input_shape
        assert source.y0 % multiple_of == source.x0 % multiple_of == 0
        assert min(core.y0 - source.y0, core.x0 - source.x0, source.y1 - core.y1, source.x1 - core.x1) >= halo
        times[core.slices] += 1
    assert (times == 1).all()
    assert plan.input_shape[0] % multiple_of == plan.input_shape[1] % multiple_of == 0


@given(sides, sides, st.integers(1, 800), strides)
def test_cores_keep_to_the_size_and_are_even(height: int, width: int, tile: int, multiple_of: int) -> None:
    plan = plan_tiles(height, width, (tile, tile), multiple_of, 0)
    assert max(plan.core_shape) <= max(tile, multiple_of)
    rows = len({core.y0 for core in plan.cores})
    assert plan.core_shape[0] * rows - height < rows * multiple_of


@pytest.mark.parametrize(
    ("size", "tile", "core", "tiles"),
    [
        ((3508, 2480), (4096, 4096), (3520, 2496), 1),
        ((3508, 2480), (1024, 1024), (896, 832), 12),
        ((3508, 2480), (1000, 1000), (896, 832), 12),
        ((1, 1), (512, 512), (32, 32), 1),
        ((33, 32), (1, 1), (32, 32), 2),
    ],
)
def test_tiles_are_evened_out(size: tuple[int, int], tile: tuple[int, int], core: tuple[int, int], tiles: int) -> None:
    plan = plan_tiles(*size, tile, 32, 100)
    assert plan.core_shape == core
    assert plan.halo == 128
    assert len(plan.cores) == tiles


def best_plan(height: int, width: int, halo: int, most_px: int) -> TilePlan:
    return plan_tiles(height, width, best_tile(height, width, 32, halo, most_px), 32, halo)


@pytest.mark.parametrize(
    ("size", "halo", "most_px", "tiles"),
    [
        ((3508, 2480), 256, 20_000_000, 1),
        ((3508, 2480), 256, 7_000_000, 2),
        ((2480, 3508), 256, 7_000_000, 2),
        ((3508, 2480), 256, 2_000_000, 12),
        ((300, 200), 256, 2_000_000, 1),
        ((7016, 4960), 256, 2_000_000, 45),
        ((60_000, 100), 256, 2_000_000, 25),
    ],
)
def test_the_best_tile_fits_and_wastes_least(size: tuple[int, int], halo: int, most_px: int, tiles: int) -> None:
    plan = best_plan(*size, halo, most_px)
    assert plan.input_shape[0] * plan.input_shape[1] <= most_px
    assert len(plan.cores) == tiles


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(0, 300), st.integers(300_000, 9_000_000))
def test_no_square_tile_is_better(height: int, width: int, halo: int, most_px: int) -> None:
    best = best_plan(height, width, halo, most_px)
    for tile in range(max(halo, 64), 3000, 160):
        other = plan_tiles(height, width, (tile, tile), 32, halo)
        if other.input_shape[0] * other.input_shape[1] <= most_px:
            assert best.computed_px <= other.computed_px


def test_a_budget_too_small_still_gives_tiles_worth_computing() -> None:
    plan = best_plan(3508, 2480, 256, 10)
    assert min(plan.core_shape) >= 200


def test_regions_shift_and_clip() -> None:
    region = Region(-4, 2, 6, 12)
    assert region.clipped(5, 9) == Region(0, 2, 5, 9)
    assert region.seen_from(-4, 2) == Region(0, 0, 10, 10)
