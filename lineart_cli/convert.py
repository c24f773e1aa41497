"""One page, arrays in and out: tone -> tiles -> network -> ink, a band of rows at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli.engines import Engine, EngineChoice, OutOfMemoryError, open_engine
from lineart_cli.errors import ArgumentError
from lineart_cli.model_card import ModelCard
from lineart_cli.options import NEUTRAL_FAINT
from lineart_cli.plan import PageSize, Plan
from lineart_cli.regions import Tile, halve
from lineart_cli.resample import enlarged_strips, fit, strips
from lineart_cli.tone import apply, measure

if TYPE_CHECKING:
    import numpy.typing as npt

    Greys = npt.NDArray[np.uint8 | np.uint16 | np.float32]
    Sketch = npt.NDArray[np.float16]
    Ink = npt.NDArray[np.uint8]


class Inker:
    """Inks pages with one model, and keeps the network ready for the shape it was last used at."""

    def __init__(
        self,
        card: ModelCard,
        decide: Callable[[PageSize], Plan],
        prepare: Callable[[EngineChoice, tuple[int, int]], Engine],
    ) -> None:
        """
        Args:
            card: of the model.
            decide: makes the plan for a page of that size.
            prepare: makes the network ready as planned, for windows of a height and width.
        """
        self._card = card
        self._decide = decide
        self._prepare = prepare
        self._ready: tuple[EngineChoice, Workbench] | None = None

    def ink(self, grey: Greys, dpi: float, thickness: float, faint: float = NEUTRAL_FAINT) -> Ink:
        """Ink a page.

        Args:
            grey: (H, W) encoded values, white being the largest that a uint8 or uint16 holds, or 1.0.
            dpi: pixels per inch of the page.
            thickness: of the lines, px of the page.
            faint: how faint a line may be and still be inked, see `tone.darkness`.

        Returns:
            (H, W) uint8 coverage of ink: 0 none, 255 full.

        Raises:
            ArgumentError: the model cannot draw lines of that thickness, or the page does not fit in the memory.
            EngineError: the runtime failed.
        """
        ink = np.empty(grey.shape, np.uint8)
        row = 0
        for band in self._bands(grey, dpi, thickness, faint):
            ink[row : row + len(band)] = band
            row += len(band)
        return ink

    def _bands(self, grey: Greys, dpi: float, thickness: float, faint: float) -> Iterator[Ink]:
        """The page's ink from top to bottom."""
        size = PageSize(grey.shape[0], grey.shape[1], dpi)
        scale, shape = size.fitted(self._card.dpi)
        self._check_thickness(thickness, scale)
        plan = self._decide(size)
        page = fit(grey, shape)
        tone = measure(page)

        def draw(part: tuple[slice, slice], sketch: Sketch) -> None:
            apply(page, tone, faint, part, sketch)

        bench = self._bench(plan)
        if scale == 1:
            yield from run_tiles(shape, plan.tiles, draw, bench, thickness, coverage, np.uint8)
        else:
            levels = run_tiles(shape, plan.tiles, draw, bench, thickness / scale, np.asarray, np.float16)
            yield from enlarge(levels, shape, grey.shape, scale)

    def _check_thickness(self, thickness: float, scale: float) -> None:
        low, high = (each * scale for each in self._card.thickness_px)
        if not low <= thickness <= high:
            advice = (
                f"the model draws lines of {low:.3g} to {high:.3g} px on a page of {scale * self._card.dpi:.4g} dpi"
            )
            raise ArgumentError("--thickness", f"{thickness:.3g}px", advice)

    def _bench(self, plan: Plan) -> Workbench:
        if self._ready is None or self._ready[0] != plan.choice:
            self._ready = None  # frees the memory of the old choice first
            self._ready = (plan.choice, Workbench(self._card, partial(self._prepare, plan.choice)))
        return self._ready[1]


def open_inker(card: ModelCard, decide: Callable[[PageSize], Plan]) -> Inker:
    """An inker with the runtimes that the plans name; these raise EngineError when they are first needed."""
    return Inker(card, decide, lambda choice, window: open_engine(card.network, choice, window))


def run_tiles(
    shape: tuple[int, int],
    tiles: Sequence[Tile],
    draw: Callable[[tuple[slice, slice], Sketch], None],
    bench: Workbench,
    thickness: float,
    turn: Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]],
    dtype: type[np.generic],
) -> Iterator[npt.NDArray[Any]]:
    """Run the network for all tiles of a page; where its memory does not suffice, the rest goes on in halves of tiles.

    Args:
        shape: of the page at the network's dpi.
        tiles: the page's, row by row.
        draw: writes the darkness of some rows and columns of the page.
        bench: has the network ready for windows of any shape.
        thickness: px at the network's dpi.
        turn: applied to the levels of a core, (h, w): distance from the edge of the ink, > 0 inside, px at that dpi.
        dtype: of what `turn` returns, or is to be turned into.

    Yields:
        (h, width of the page) what `turn` made, for one row of tiles after the other.

    Raises:
        OutOfMemoryError: not even the smallest tiles are granted.
    """
    left = list(bench.affordable(tiles, shape))
    for (top, bottom), _ in groupby(left[:], lambda tile: (tile.core.y0, tile.core.y1)):
        band = np.empty((bottom - top, shape[1]), dtype)
        while left and left[0].core.y0 < bottom:
            tile = left[0]
            inside = tile.window.clipped(*shape)
            try:
                sketch = np.zeros((1, 1, *tile.window.shape), np.float16)
                draw(inside.slices, sketch[0, 0][inside.seen_from(tile.window.y0, tile.window.x0).slices])
                level = bench.engine(tile.window.shape).run(sketch, thickness)[0, 0]
            except (OutOfMemoryError, MemoryError) as error:
                left = list(bench.smaller(left, shape, error))
                continue
            kept = tile.core.seen_from(tile.window.y0, tile.window.x0).slices
            band[tile.core.seen_from(top, 0).slices] = turn(level[kept])
            del left[0]
        yield band


class Workbench:
    """A network ready for windows of one shape at a time, and what has been learned of how large they may be."""

    def __init__(self, card: ModelCard, prepare: Callable[[tuple[int, int]], Engine]) -> None:
        """
        Args:
            card: of the model.
            prepare: makes the network ready for windows of a height and width.
        """
        self._card = card
        self._prepare = prepare
        self._ready: tuple[tuple[int, int], Engine] | None = None
        self._too_many_px = math.inf

    def engine(self, window: tuple[int, int]) -> Engine:
        """The network for windows of that shape.

        Raises:
            EngineError: the runtime failed, or does not get the memory.
        """
        if self._ready is None or self._ready[0] != window:
            self._ready = None  # frees the memory of the old shape first
            self._ready = (window, self._prepare(window))
        return self._ready[1]

    def affordable(self, tiles: Sequence[Tile], shape: tuple[int, int]) -> Sequence[Tile]:
        """The tiles, or halves of them where their like has been too large before."""
        while math.prod(tiles[0].window.shape) >= self._too_many_px:
            halves = halve(tiles, *shape, self._card.multiple_of, self._card.halo_px)
            if _window_px(halves) >= _window_px(tiles):
                break
            tiles = halves
        return tiles

    def smaller(self, tiles: Sequence[Tile], shape: tuple[int, int], error: Exception) -> Sequence[Tile]:
        """Halves of tiles that were too large.

        Raises:
            OutOfMemoryError: they are as small as they may be.
        """
        self._ready = None
        self._too_many_px = _window_px(tiles)
        halves = self.affordable(tiles, shape)
        if _window_px(halves) >= self._too_many_px:
            advice = "close other programs, or take another --backend"
            raise OutOfMemoryError(f"even the smallest tiles do not get the memory; {advice}") from error
        return halves


def _window_px(tiles: Sequence[Tile]) -> int:
    return math.prod(tiles[0].window.shape)


def coverage(level: npt.NDArray[np.float32], scale: float = 1) -> Ink:
    """Turn levels, px at the network's dpi, into ink, 0 to 255, for pixels `scale` times as fine."""
    ink = np.empty(level.shape, np.uint8)
    for rows in strips(len(level)):
        share = level[rows] * np.float32(scale * 255)
        share += np.float32(0.5 * 255 + 0.5)
        ink[rows] = np.clip(share, 0, 255, out=share)
    return ink


def enlarge(
    levels: Iterable[npt.NDArray[np.float16]], shape: tuple[int, int], page: tuple[int, int], scale: float
) -> Iterator[Ink]:
    """Draw the ink at a page's own resolution, so that its edges are as sharp as the page.

    Args:
        levels: bands of rows, (h, w) float16, px at the network's dpi.
        shape: of all of them together.
        page: (H, W) of the page.
        scale: pixels of the page per pixel at the network's dpi.

    Yields:
        (rows, W) uint8 coverage.
    """
    for strip in enlarged_strips(levels, shape, page):
        yield coverage(strip, scale)
