"""Tiles do not show: a page inked in tiles is the page inked whole, bit for bit."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineart_cli.convert import Inker, level_of
from lineart_cli.engines import Engine, EngineChoice, open_engine
from lineart_cli.model_card import ModelCard
from lineart_cli.regions import plan_tiles

RUNTIMES = ["openvino", "onnxruntime"]
slow_setup = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def drawing(height: int, width: int, seed: int) -> np.ndarray:
    """Darkness with something in every pixel, so that any pixel a tile did not see would show."""
    return np.random.default_rng(seed).random((height, width), np.float32)


@cache
def engine_for(network: Path, backend: str, shape: tuple[int, int]) -> Engine:
    return open_engine(network, EngineChoice(backend, precision="f32"), shape)


def level(
    page: np.ndarray, tile: tuple[int, int], card: ModelCard, backend: str, halo: int | None = None
) -> np.ndarray:
    plan = plan_tiles(page.shape[0], page.shape[1], tile, card.multiple_of, card.halo_px if halo is None else halo)
    engine = engine_for(card.network, backend, plan.input_shape)
    out = np.full(page.shape, np.nan, np.float32)
    for core in plan.cores:
        out[core.slices] = level_of(page, core, plan, engine, 3.0)
    return out


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
    np.testing.assert_array_equal(level(page, tile, card, backend), level(page, page.shape, card, backend))


@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_halo_too_small_would_show(card: ModelCard, backend: str) -> None:
    page = drawing(200, 200, 1)
    tiled, whole = level(page, (96, 96), card, backend, card.multiple_of), level(page, (200, 200), card, backend)
    assert np.abs(tiled - whole).max() > 1e-3


@pytest.mark.parametrize("backend", RUNTIMES)
@pytest.mark.parametrize("dpi", [200, 300, 600])
def test_the_ink_of_a_page_is_the_same_in_all_tiles(card: ModelCard, backend: str, dpi: int) -> None:
    prepare = partial(open_engine, card.network, EngineChoice(backend, precision="f32"))
    page = 1 - drawing(310, 270, 2) ** 4
    whole = Inker(card, prepare, 4096).ink(page, dpi, dpi / 100)
    assert 0 < whole.mean() < 255
    for tile in (48, 100, None):
        np.testing.assert_array_equal(Inker(card, prepare, tile).ink(page, dpi, dpi / 100), whole)
