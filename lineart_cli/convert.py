"""One page, arrays in and out: tone -> tiles -> network -> ink."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli.brushes import weight
from lineart_cli.brushes.paint import Lines, paint
from lineart_cli.brushes.style import Tool
from lineart_cli.engines import Engine, EngineChoice, open_engine
from lineart_cli.errors import ArgumentError
from lineart_cli.model_card import ModelCard
from lineart_cli.options import NEUTRAL_FAINT
from lineart_cli.plan import PageSize, Plan
from lineart_cli.regions import Tile
from lineart_cli.resample import fit, linear_rows, strips
from lineart_cli.tone import darkness

if TYPE_CHECKING:
    import numpy.typing as npt

    Coverage = npt.NDArray[np.unsignedinteger[Any]]

_TYPES = {8: np.uint8, 16: np.uint16}


class Inker:
    """Inks pages with one model, and keeps the network ready for the shape it was last used at."""

    def __init__(
        self,
        card: ModelCard,
        decide: Callable[[PageSize], Plan],
        prepare: Callable[[Plan], Engine],
        bits: int = 8,
        keep: bool = False,
    ) -> None:
        """
        Args:
            card: of the model.
            decide: makes the plan for a page of that size.
            prepare: makes the network ready as planned.
            bits: 8 or 16, of the ink's coverage.
            keep: remember the lines of the last page, for more tools to draw them.
        """
        self._card = card
        self._decide = decide
        self._prepare = prepare
        self._bits = bits
        self._keep = keep
        self._kept: tuple[bytes, Lines] | None = None
        self._ready: tuple[EngineChoice, tuple[int, int], Engine] | None = None

    def ink(self, grey: npt.NDArray[np.float32], dpi: float, tool: Tool, faint: float = NEUTRAL_FAINT) -> Coverage:
        """Ink a page.

        Args:
            grey: (H, W) float32 in [0, 1], encoded values, 1 = white; used up: its memory may serve for other things.
            dpi: pixels per inch of the page.
            tool: what the lines are drawn with.
            faint: how faint a line may be and still be inked, see `tone.darkness`.

        Returns:
            (H, W) coverage of ink, uint8 or uint16: 0 none, 255 or 65535 full.

        Raises:
            ArgumentError: the model cannot draw lines of that thickness, or the page does not fit in the memory.
            EngineError: the runtime failed.
        """
        height, width = grey.shape
        size = PageSize(height, width, dpi)
        scale, shape = size.fitted(self._card.dpi)
        thickness = tool.thickness.page_px(dpi)
        self._check_thickness(thickness, scale)
        if self._keep or not tool.style.plain:
            lines = self._lines(grey, size, faint)
            if tool.style.plain:
                return enlarge(-lines.off, grey.shape, scale, self._bits, thickness / scale / 2)
            return paint(lines, tool.style, thickness / scale, grey.shape, tool.pressure, self._bits)
        plan = self._decide(size)
        page = fit(grey, shape)
        darkness(page, faint, out=page)
        engine = self._engine(plan)
        if scale == 1:
            ink = np.empty(page.shape, _TYPES[self._bits])
            run_tiles(page, plan.tiles, engine, thickness, ink, partial(coverage, bits=self._bits))
            return ink
        level = np.empty(page.shape, np.float16)
        run_tiles(page, plan.tiles, engine, thickness / scale, level)
        del page
        return enlarge(level, grey.shape, scale, self._bits)

    def _lines(self, grey: npt.NDArray[np.float32], size: PageSize, faint: float) -> Lines:
        """All that brushes need to know of a page; that of the last page is kept, if it is to be."""
        page = hashlib.sha256(grey.data).digest() if self._keep else b""
        if self._kept is None or self._kept[0] != page:
            self._kept = None  # frees its memory first
            lines = self._found(grey, size, faint)
            if not self._keep:
                return lines
            self._kept = page, lines
        return self._kept[1]

    def _found(self, grey: npt.NDArray[np.float32], size: PageSize, faint: float) -> Lines:
        plan = self._decide(size)
        page = fit(grey, size.fitted(self._card.dpi)[1])
        darkness(page, faint, out=page)
        graphite = weight.cells(page)
        off = np.empty(page.shape, np.float16)
        # The level is half the thickness less the distance: of lines without thickness, just the distance.
        run_tiles(page, plan.tiles, self._engine(plan), 0.0, off, np.negative)
        line = np.empty(graphite.shape, np.float32)
        for rows in strips(len(off)):
            thin = np.clip(1 - off[rows].astype(np.float32), 0, 1)
            line[rows.start // weight.STRIDE : -(-rows.stop // weight.STRIDE)] = weight.cells(thin)
        return Lines(off, weight.pressure(graphite, line), self._card.level_px)

    def _check_thickness(self, thickness: float, scale: float) -> None:
        low, high = (each * scale for each in self._card.thickness_px)
        if not low <= thickness <= high:
            advice = (
                f"the model draws lines of {low:.3g} to {high:.3g} px on a page of {scale * self._card.dpi:.4g} dpi"
            )
            raise ArgumentError("--thickness", f"{thickness:.3g}px", advice)

    def _engine(self, plan: Plan) -> Engine:
        if self._ready is None or self._ready[:2] != (plan.choice, plan.window):
            self._ready = None  # frees the memory of the old shape first
            self._ready = (plan.choice, plan.window, self._prepare(plan))
        return self._ready[2]


def open_inker(card: ModelCard, decide: Callable[[PageSize], Plan], bits: int = 8, keep: bool = False) -> Inker:
    """An inker with the runtimes that the plans name; these raise EngineError when they are first needed."""
    return Inker(card, decide, lambda plan: open_engine(card.network, plan.choice, plan.window), bits, keep)


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


def coverage(level: npt.NDArray[np.float32], scale: float = 1, bits: int = 8) -> Coverage:
    """Turn levels, px at the network's dpi, into ink, 0 to 255 or 65535, for pixels `scale` times as fine."""
    ink = np.empty(level.shape, _TYPES[bits])
    full = np.iinfo(ink.dtype).max
    for rows in strips(len(level)):
        share = level[rows] * np.float32(scale * full)
        share += np.float32(0.5 * full + 0.5)
        ink[rows] = np.clip(share, 0, full, out=share)
    return ink


def enlarge(
    level: npt.NDArray[np.float16], shape: tuple[int, int], scale: float, bits: int = 8, more: float = 0.0
) -> Coverage:
    """Draw the ink at a page's own resolution, so that its edges are as sharp as the page.

    Args:
        level: (h, w) float16, px at the network's dpi.
        shape: (H, W) of the page.
        scale: pixels of the page per pixel at the network's dpi.
        bits: 8 or 16, of the result.
        more: px that are added to the level.

    Returns:
        (H, W) coverage, uint8 or uint16.
    """
    ink = np.empty(shape, _TYPES[bits])
    for rows in strips(shape[0]):
        ink[rows] = coverage(linear_rows(level, shape, rows) + np.float32(more), scale, bits)
    return ink
