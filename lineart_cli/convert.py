"""One page, arrays in and out: tone -> tiles -> network -> ink."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lineart_cli import model_store
from lineart_cli.engines import Engine, EngineChoice, open_engine
from lineart_cli.errors import ArgumentError
from lineart_cli.model_card import ModelCard
from lineart_cli.regions import Region, TilePlan, best_tile, plan_tiles
from lineart_cli.resample import fit, linear_rows, strips
from lineart_cli.tone import NEUTRAL_FAINT, darkness

if TYPE_CHECKING:
    import numpy.typing as npt

MEMORY = 130_000_000
"""Bytes that the runtime may work with when the size of the tiles is left to us."""

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
            grey: (H, W) float32 in [0, 1], encoded values, 1 = white; left as it is.
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
        page = darkness(fit(grey, (height, width)), faint)
        plan = self._plan(height, width)
        engine = self._engine(plan.input_shape)
        if scale == 1:
            ink = np.empty(grey.shape, np.uint8)
            for core in plan.cores:
                ink[core.slices] = coverage(level_of(page, core, plan, engine, thickness), 1)
            return ink
        level = np.empty((height, width), np.float16)
        for core in plan.cores:
            level[core.slices] = level_of(page, core, plan, engine, thickness / scale)
        del page
        return enlarge(level, grey.shape, scale)

    def _check_thickness(self, thickness: float, scale: float) -> None:
        low, high = (each * scale for each in self._card.thickness_px)
        if not low <= thickness <= high:
            advice = (
                f"the model draws lines of {low:.3g} to {high:.3g} px on a page of {scale * self._card.dpi:.4g} dpi"
            )
            raise ArgumentError("--thickness", f"{thickness:.3g}px", advice)

    def _plan(self, height: int, width: int) -> TilePlan:
        card = self._card
        if self._tile is not None:
            tile = (self._tile, self._tile)
        else:
            tile = best_tile(height, width, card.multiple_of, card.halo_px, int(MEMORY / card.bytes_per_px))
        return plan_tiles(height, width, tile, card.multiple_of, card.halo_px)

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


def level_of(
    page: npt.NDArray[np.float32], core: Region, plan: TilePlan, engine: Engine, thickness: float
) -> npt.NDArray[np.float32]:
    """Run the network for one core of a page.

    Args:
        page: (H, W) float32 in [0, 1], the darkness.
        core: one of the plan's.
        plan: of the whole page.
        engine: ready for the plan's input shape.
        thickness: px at the network's dpi.

    Returns:
        (h, w) float32, the level inside the core: signed distance from the edge of the ink, px at the network's dpi.
    """
    source = plan.source(core)
    inside = source.clipped(*page.shape)
    sketch = np.zeros(plan.input_shape, np.float32)
    sketch[inside.seen_from(source.y0, source.x0).slices] = page[inside.slices]
    level: npt.NDArray[np.float32] = engine.run(sketch[None, None], thickness)[0, 0]
    return level[core.seen_from(source.y0, source.x0).slices]


def coverage(level: npt.NDArray[np.float32], scale: float) -> npt.NDArray[np.uint8]:
    """Turn levels, px at the network's dpi, into ink, 0 to 255, for pixels `scale` times as fine."""
    share = level * np.float32(scale * 255)
    share += np.float32(0.5 * 255 + 0.5)
    return np.clip(share, 0, 255, out=share).astype(np.uint8)


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
