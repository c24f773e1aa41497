"""One page, arrays in and out: tone -> tiles -> network -> ink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli import model_store
from lineart_cli.engines import Engine, EngineChoice, open_engine
from lineart_cli.errors import ArgumentError
from lineart_cli.model_card import ModelCard
from lineart_cli.regions import Tile, best_tiles, plan_tiles
from lineart_cli.resample import fit, linear_rows, strips
from lineart_cli.tone import NEUTRAL_FAINT, darkness

if TYPE_CHECKING:
    import numpy.typing as npt

MEMORY = 200_000_000
"""Bytes that the runtime may work with when the tiles are left to us: an A4 page is inked in three bands of rows."""

SAME_SCALE = 0.02
"""Pages whose dpi differ from the network's by no more than this share are worked on as they are."""


class Inker:
    """Inks pages with one model, and keeps the network ready for the shape it was last used at."""

    def __init__(self, card: ModelCard, prepare: Callable[[tuple[int, int]], Engine], tile: int | None = None) -> None:
        """
        Args:
            card: of the model.
            prepare: makes the network ready for inputs of a height and width.
            tile: greatest side of a tile's core, px at the network's dpi; None chooses by memory.
        """
        self._card = card
        self._prepare = prepare
        self._tile = tile
        self._ready: tuple[tuple[int, int], Engine] | None = None

    def ink(
        self, grey: npt.NDArray[np.float32], dpi: float, thickness: float, faint: float = NEUTRAL_FAINT
    ) -> npt.NDArray[np.uint8]:
        """Ink a page.

        Args:
            grey: (H, W) float32 in [0, 1], encoded values, 1 = white; used up: its memory may serve for other things.
            dpi: pixels per inch of the page.
            thickness: of the lines, px of the page.
            faint: how faint a line may be and still be inked, see `tone.darkness`.

        Returns:
            (H, W) uint8 coverage of ink: 0 none, 255 full.

        Raises:
            ArgumentError: the model cannot draw lines of that thickness.
            EngineError: the runtime failed.
        """
        scale = dpi / self._card.dpi
        if abs(scale - 1) <= SAME_SCALE:
            scale = 1.0
        self._check_thickness(thickness, scale)
        height, width = (max(1, round(side / scale)) for side in grey.shape)
        page = fit(grey, (height, width))
        darkness(page, faint, out=page)
        tiles = self._tiles(height, width)
        engine = self._engine(tiles[0].window.shape)
        if scale == 1:
            ink = np.empty(page.shape, np.uint8)
            run_tiles(page, tiles, engine, thickness, ink, coverage)
            return ink
        level = np.empty(page.shape, np.float16)
        run_tiles(page, tiles, engine, thickness / scale, level)
        del page
        return enlarge(level, grey.shape, scale)

    def _check_thickness(self, thickness: float, scale: float) -> None:
        low, high = (each * scale for each in self._card.thickness_px)
        if not low <= thickness <= high:
            advice = (
                f"the model draws lines of {low:.3g} to {high:.3g} px on a page of {scale * self._card.dpi:.4g} dpi"
            )
            raise ArgumentError("--thickness", f"{thickness:.3g}px", advice)

    def _tiles(self, height: int, width: int) -> tuple[Tile, ...]:
        card = self._card
        if self._tile is not None:
            return plan_tiles(height, width, (self._tile, self._tile), card.multiple_of, card.halo_px)
        return best_tiles(height, width, int(MEMORY / card.bytes_per_px), card.multiple_of, card.halo_px)

    def _engine(self, shape: tuple[int, int]) -> Engine:
        if self._ready is None or self._ready[0] != shape:
            self._ready = None  # frees the memory of the old shape first
            self._ready = (shape, self._prepare(shape))
        return self._ready[1]


def open_inker(
    model: str = "standard",
    backend: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
) -> Inker:
    """Open a model by name; see `EngineChoice` and `Inker` for the arguments.

    Raises:
        ModelError: the model is not there, or damaged.
        EngineError: the runtime is missing, or refuses device or precision.
    """
    card = model_store.find(model)
    prepare = partial(open_engine, card.network, EngineChoice(backend, device, precision, threads))
    return Inker(card, prepare, tile)


def run_tiles(
    page: npt.NDArray[np.float32],
    tiles: Sequence[Tile],
    engine: Engine,
    thickness: float,
    out: npt.NDArray[Any],
    turn: Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]] = np.asarray,
) -> None:
    """Run the network for all tiles of a page.

    Args:
        page: (H, W) float32 in [0, 1], the darkness.
        tiles: the page's.
        engine: ready for the shape of their windows.
        thickness: px at the network's dpi.
        out: (H, W), what `turn` makes of the level: signed distance from the edge of the ink, px at the network's dpi.
        turn: applied to the levels, (h, w) float32, of one core after the other.
    """
    sketch = np.empty((1, 1, *tiles[0].window.shape), np.float32)
    for tile in tiles:
        window = tile.window
        inside = window.clipped(*page.shape)
        sketch.fill(0)
        sketch[0, 0][inside.seen_from(window.y0, window.x0).slices] = page[inside.slices]
        kept = tile.core.seen_from(window.y0, window.x0).slices
        out[tile.core.slices] = turn(engine.run(sketch, thickness)[0, 0][kept])


def coverage(level: npt.NDArray[np.float32], scale: float = 1) -> npt.NDArray[np.uint8]:
    """Turn levels, px at the network's dpi, into ink, 0 to 255, for pixels `scale` times as fine."""
    ink = np.empty(level.shape, np.uint8)
    for rows in strips(len(level)):
        share = level[rows] * np.float32(scale * 255)
        share += np.float32(0.5 * 255 + 0.5)
        ink[rows] = np.clip(share, 0, 255, out=share)
    return ink


def enlarge(level: npt.NDArray[np.float16], shape: tuple[int, int], scale: float) -> npt.NDArray[np.uint8]:
    """Draw the ink at a page's own resolution, so that its edges are as sharp as the page.

    Args:
        level: (h, w) float16, px at the network's dpi.
        shape: (H, W) of the page.
        scale: pixels of the page per pixel at the network's dpi.

    Returns:
        (H, W) uint8 coverage.
    """
    ink = np.empty(shape, np.uint8)
    for rows in strips(shape[0]):
        ink[rows] = coverage(linear_rows(level, shape, rows), scale)
    return ink
