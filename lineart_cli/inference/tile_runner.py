"""The network at work: ready for one shape of window at a time, and run for all tiles of a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli.inference.engines import CHANNELS, Engine, OutOfMemoryError
from lineart_cli.inference.tiles import Region, Tile, halve
from lineart_cli.model.card import ModelCard

if TYPE_CHECKING:
    import numpy.typing as npt

    Sketch = npt.NDArray[np.float16]
    Draw = Callable[[tuple[slice, slice], Sketch], None]

_DRAWERS = 2
"""Threads that draw a tile, each some of its rows."""


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
        if self._ready is not None:
            self._ready[1].rest()  # whoever keeps it
        self._ready = None
        self._too_many_px = _window_px(tiles)
        halves = self.affordable(tiles, shape)
        if _window_px(halves) >= self._too_many_px:
            advice = "close other programs, or take another --backend"
            raise OutOfMemoryError(f"even the smallest tiles do not get the memory; {advice}") from error
        return halves


def run_tiles(
    shape: tuple[int, int],
    tiles: Sequence[Tile],
    draw: Draw,
    bench: Workbench,
    thickness: float,
    convert: Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]],
    dtype: npt.DTypeLike,
) -> Iterator[npt.NDArray[Any]]:
    """Run the network for all tiles of a page; where its memory does not suffice, the rest goes on in halves of tiles.

    While it is made ready or runs for one tile, the next one is drawn.

    Args:
        shape: of the page as the network sees it.
        tiles: the page's, row by row.
        draw: writes darkness and draft, (2, h, w), of some rows and columns of the page; called by several threads.
        bench: has the network ready for windows of any shape.
        thickness: px of that page.
        convert: applied to the levels of a core, (h, w): distance from the edge of the ink, > 0 inside, px of the page.
        dtype: of what `convert` returns, or is to be turned into.

    Yields:
        (h, width of the page) what `convert` made, for one row of tiles after the other.

    Raises:
        OutOfMemoryError: not even the smallest tiles are granted.
    """
    left = list(bench.affordable(tiles, shape))
    with ThreadPoolExecutor(_DRAWERS) as drawers:
        ahead: _Sketching | None = None
        for (top, bottom), _ in groupby(left[:], lambda tile: (tile.core.y0, tile.core.y1)):
            band = np.empty((bottom - top, shape[1]), dtype)
            while left and left[0].core.y0 < bottom:
                tile = left[0]
                try:
                    drawn, ahead = ahead or _Sketching(drawers, tile, shape, draw), None
                    bench.engine(tile.window.shape)
                    sketch = drawn.result()
                    if len(left) > 1:
                        ahead = _Sketching(drawers, left[1], shape, draw)
                    level = bench.engine(tile.window.shape).run(sketch, thickness)[0, 0]
                except (OutOfMemoryError, MemoryError) as error:
                    ahead = None
                    left = list(bench.smaller(left, shape, error))
                    continue
                kept = tile.core.seen_from(tile.window.y0, tile.window.x0).slices
                part = convert(level[kept])
                if part.shape == band.shape and part.dtype == band.dtype and part.flags.owndata:
                    band = part  # no second one of it
                else:
                    band[tile.core.seen_from(top, 0).slices] = part
                del left[0]
            yield band


class _Sketching:
    """What the network is given for a tile, as it is drawn."""

    def __init__(self, drawers: ThreadPoolExecutor, tile: Tile, shape: tuple[int, int], draw: Draw) -> None:
        self._sketch: Sketch = np.zeros((1, CHANNELS, *tile.window.shape), np.float16)
        inside = tile.window.clipped(*shape)
        cuts = [inside.y0 + part * inside.shape[0] // _DRAWERS for part in range(_DRAWERS + 1)]
        parts = [replace(inside, y0=y0, y1=y1) for y0, y1 in pairwise(cuts) if y0 < y1]
        self._drawn = [drawers.submit(draw, part.slices, self._seen(part, tile)) for part in parts]

    def _seen(self, part: Region, tile: Tile) -> Sketch:
        rows, columns = part.seen_from(tile.window.y0, tile.window.x0).slices
        return self._sketch[0, :, rows, columns]

    def result(self) -> Sketch:
        """Darkness and draft, (1, 2, h, w), once they are drawn; raises what went wrong with that."""
        for part in self._drawn:
            part.result()
        return self._sketch


def _window_px(tiles: Sequence[Tile]) -> int:
    return math.prod(tiles[0].window.shape)
