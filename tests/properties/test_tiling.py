"""Tiles do not show: a page inked in tiles is the page inked whole, bit for bit."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineart_cli.brushes.style import Tool
from lineart_cli.inference.engines import Engine, EngineChoice, open_engine
from lineart_cli.inference.tile_runner import Workbench, run_tiles
from lineart_cli.inference.tiles import MARGIN, Tile, best_tiles, halve, plan_tiles, same_windows
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import open_inker
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Length
from lineart_cli.plan import Request, plan

MACHINE = Hardware("Some CPU", ("avx2",), 2, 2, 64 * 10**9, 32 * 10**9)
RUNTIMES = ["openvino", "onnxruntime"]
slow_setup = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def drawing(height: int, width: int, seed: int) -> np.ndarray:
    """Darkness and draft with something in every pixel, so that any pixel a tile did not see would show."""
    return np.random.default_rng(seed).random((2, height, width), np.float32).astype(np.float16)


@cache
def engine_for(network: Path, backend: str, shape: tuple[int, int]) -> Engine:
    return open_engine(network, EngineChoice(backend, precision="f32"), shape)


def level(page: np.ndarray, tiles: tuple[Tile, ...], card: ModelCard, backend: str) -> np.ndarray:
    def draw(part: tuple[slice, slice], sketch: np.ndarray) -> None:
        sketch[...] = page[:, *part]

    bench = Workbench(card, lambda window: engine_for(card.network, backend, window))
    return np.vstack(list(run_tiles(page.shape[1:], tiles, draw, bench, 3.0, np.asarray, np.float32)))


def whole(page: np.ndarray, card: ModelCard, backend: str) -> np.ndarray:
    """The level by the definition: the network run once on the page with its margin."""
    height, width = page.shape[1:]
    stride = card.multiple_of
    canvas = np.pad(page, ((0, 0), (MARGIN, MARGIN + -height % stride), (MARGIN, MARGIN + -width % stride)))
    result = engine_for(card.network, backend, canvas.shape[1:]).run(canvas[None], 3.0)
    return result[0, 0, MARGIN : MARGIN + height, MARGIN : MARGIN + width]


@pytest.mark.parametrize("backend", RUNTIMES)
@slow_setup
@given(
    height=st.integers(1, 210),
    width=st.integers(1, 210),
    tile=st.tuples(st.integers(16, 220), st.integers(16, 220)),
    seed=st.integers(0, 99),
)
def test_tiled_is_whole(
    card: ModelCard, backend: str, height: int, width: int, tile: tuple[int, int], seed: int
) -> None:
    page = drawing(height, width, seed)
    tiles = plan_tiles(height, width, tile, card.multiple_of, card.halo_px)
    np.testing.assert_array_equal(level(page, tiles, card, backend), whole(page, card, backend))


@pytest.mark.parametrize("backend", RUNTIMES)
@pytest.mark.parametrize("more", [0, 32])
@pytest.mark.parametrize("most_px", [70_000, 120_000, 1_000_000])
@pytest.mark.parametrize("size", [(530, 410), (240, 700)])
def test_the_best_tiles_are_whole(
    card: ModelCard, backend: str, more: int, most_px: int, size: tuple[int, int]
) -> None:
    page = drawing(*size, 3)
    tiles = best_tiles(*size, most_px, card.multiple_of, card.halo_px + more)
    assert (len(tiles) == 1) == (most_px == 1_000_000)
    np.testing.assert_array_equal(level(page, tiles, card, backend), whole(page, card, backend))


@pytest.mark.parametrize("backend", RUNTIMES)
def test_halves_of_tiles_are_whole(card: ModelCard, backend: str) -> None:
    page = drawing(330, 290, 4)
    tiles = plan_tiles(*page.shape[1:], (350, 350), card.multiple_of, card.halo_px)
    wanted = whole(page, card, backend)
    for count in (2, 4, 8, 16):
        tiles = halve(tiles, *page.shape[1:], card.multiple_of, card.halo_px)
        assert len(tiles) == count
        np.testing.assert_array_equal(level(page, tiles, card, backend), wanted)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_halo_too_small_would_show(card: ModelCard, backend: str) -> None:
    page = drawing(200, 200, 1)
    tiled = level(page, plan_tiles(200, 200, (96, 96), card.multiple_of, card.multiple_of), card, backend)
    assert np.abs(tiled - whole(page, card, backend)).max() > 1e-3


@pytest.mark.parametrize("backend", RUNTIMES)
@pytest.mark.parametrize("size", [(530, 410), (240, 700), (90, 90)])
def test_tiles_in_given_windows_are_whole(card: ModelCard, backend: str, size: tuple[int, int]) -> None:
    page = drawing(*size, 5)
    tiles = same_windows(*size, (256, 288), card.multiple_of, card.halo_px)
    np.testing.assert_array_equal(level(page, tiles, card, backend), whole(page, card, backend))


@pytest.mark.parametrize("backend", RUNTIMES)
@pytest.mark.parametrize("scale", [0.75, 1, 2])
@pytest.mark.parametrize("size", [(310, 270), (311, 273)])
def test_the_ink_of_a_page_is_the_same_in_all_tiles(
    twice: ModelCard, backend: str, scale: float, size: tuple[int, int]
) -> None:
    page = (255 * (1 - drawing(*size, 2)[0] ** 4)).astype(np.uint8)

    def ink(**wishes: Any) -> np.ndarray:
        wished = Request(backend=backend, max_memory=10**9, **wishes)
        return ArrayInker(open_inker(twice), lambda size: plan(size, twice, MACHINE, wished)).ink(
            page.copy(), 300, Tool(thickness=Length(3 * scale)), scale=scale
        )

    in_one = ink()
    assert 0 < in_one.mean() < 255
    for passes in (1, 2):
        assert (in_one != ink(passes=passes)).any()
    np.testing.assert_array_equal(ink(passes=3), in_one)
    for tile in (48, 100, 4096):
        np.testing.assert_array_equal(ink(tile=tile), in_one)
    np.testing.assert_array_equal(ink(passes=2, tile=48), ink(passes=2))
