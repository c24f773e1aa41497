"""One page, arrays in and out: tone -> tiles -> network -> ink, a band of rows at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.brushes import weight
from lineart_cli.brushes.paint import Lines, paint
from lineart_cli.brushes.style import Tool
from lineart_cli.engines import Compiled, Engine, EngineChoice, open_engine
from lineart_cli.errors import ArgumentError
from lineart_cli.model_card import ModelCard
from lineart_cli.options import NEUTRAL_FAINT
from lineart_cli.plan import PageSize, Plan
from lineart_cli.resample import enlarged_strips, fit, strips
from lineart_cli.tone import apply, measure
from lineart_cli.workbench import Workbench, run_tiles

if TYPE_CHECKING:
    import numpy.typing as npt

    Greys = npt.NDArray[np.uint8 | np.uint16 | np.float32]
    Floats = npt.NDArray[np.float16 | np.float32]
    Coverage = npt.NDArray[np.unsignedinteger[Any]]
    Draw = Callable[[tuple[slice, slice], Floats], None]

_TYPES = {8: np.uint8, 16: np.uint16}


class Inker:
    """Inks pages with one model, and keeps the network ready for the shape it was last used at."""

    def __init__(
        self,
        card: ModelCard,
        decide: Callable[[PageSize], Plan],
        prepare: Callable[[EngineChoice, tuple[int, int]], Engine],
        bits: int = 8,
        keep: bool = False,
    ) -> None:
        """
        Args:
            card: of the model.
            decide: makes the plan for a page of that size.
            prepare: makes the network ready as planned, for windows of a height and width.
            bits: 8 or 16, of the ink's coverage.
            keep: remember the lines of the last page, for more tools to draw them.
        """
        self._card = card
        self._decide = decide
        self._prepare = prepare
        self._bits = bits
        self._keep = keep
        self._kept: tuple[bytes, Lines] | None = None
        self._ready: tuple[EngineChoice, Workbench] | None = None

    def ink(self, grey: Greys, dpi: float, tool: Tool, faint: float = NEUTRAL_FAINT) -> Coverage:
        """Ink a page.

        Args:
            grey: (H, W) encoded values, white being the largest that a uint8 or uint16 holds, or 1.0; used up: the ink
                may take its place.
            dpi: pixels per inch of the page.
            tool: what the lines are drawn with.
            faint: how faint a line may be and still be inked, see `tone.darkness`.

        Returns:
            (H, W) coverage of ink, uint8 or uint16: 0 none, 255 or 65535 full.

        Raises:
            ArgumentError: the model cannot draw lines of that thickness, or the page does not fit in the memory.
            EngineError: the runtime failed.
        """
        size = PageSize(grey.shape[0], grey.shape[1], dpi)
        scale, shape = size.fitted(self._card.dpi)
        thickness = tool.thickness.page_px(dpi)
        self._check_thickness(thickness, scale)
        if tool.style.plain and not self._keep:
            is_free = scale != 1 and grey.dtype == _TYPES[self._bits]  # once the network's own page is made of it
            ink: Coverage = grey if is_free else np.empty(grey.shape, _TYPES[self._bits])  # type: ignore[assignment]
            _gather(self._bands(grey, size, thickness, faint), ink)
            return ink
        lines = self._lines(grey, size, faint)
        if tool.style.plain:
            ink = np.empty(grey.shape, _TYPES[self._bits])
            _gather(enlarge([-lines.off], shape, grey.shape, scale, self._bits, thickness / scale / 2), ink)
            return ink
        return paint(lines, tool.style, thickness / scale, grey.shape, tool.pressure, self._bits)

    def _bands(self, grey: Greys, size: PageSize, thickness: float, faint: float) -> Iterator[Coverage]:
        """The page's ink with a plain pen, from top to bottom."""
        scale, shape = size.fitted(self._card.dpi)
        plan = self._decide(size)
        draw, bench = _darkener(fit(grey, shape), faint), self._bench(plan)
        if scale == 1:
            turn = partial(coverage, bits=self._bits)
            yield from run_tiles(shape, plan.tiles, draw, bench, thickness, turn, _TYPES[self._bits])
        else:
            levels = run_tiles(shape, plan.tiles, draw, bench, thickness / scale, np.asarray, np.float16)
            yield from enlarge(levels, shape, size.shape, scale, self._bits)

    def _lines(self, grey: Greys, size: PageSize, faint: float) -> Lines:
        """All that brushes need to know of a page; that of the last page is kept, if it is to be."""
        page = hashlib.sha256(np.ascontiguousarray(grey).data).digest() if self._keep else b""
        if self._kept is None or self._kept[0] != page:
            self._kept = None  # frees its memory first
            lines = self._found(grey, size, faint)
            if not self._keep:
                return lines
            self._kept = page, lines
        return self._kept[1]

    def _found(self, grey: Greys, size: PageSize, faint: float) -> Lines:
        plan = self._decide(size)
        _, shape = size.fitted(self._card.dpi)
        draw = _darkener(fit(grey, shape), faint)
        off = np.empty(shape, np.float16)
        # The level is half the thickness less the distance: of lines without thickness, just the distance.
        _gather(run_tiles(shape, plan.tiles, draw, self._bench(plan), 0.0, np.negative, np.float16), off)
        graphite, line = np.empty((2, *(-(-side // weight.STRIDE) for side in shape)), np.float32)
        for rows in strips(shape[0]):
            dark = np.empty((rows.stop - rows.start, shape[1]), np.float32)
            draw((rows, slice(0, shape[1])), dark)
            thin = np.clip(1 - off[rows].astype(np.float32), 0, 1)
            cells = slice(rows.start // weight.STRIDE, -(-rows.stop // weight.STRIDE))
            graphite[cells], line[cells] = weight.cells(dark), weight.cells(thin)
        return Lines(off, weight.pressure(graphite, line), self._card.level_px)

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


def open_inker(card: ModelCard, decide: Callable[[PageSize], Plan], bits: int = 8, keep: bool = False) -> Inker:
    """An inker with the runtimes that the plans name; these raise EngineError when they are first needed."""
    compiled: dict[EngineChoice, Compiled] = {}

    def prepare(choice: EngineChoice, window: tuple[int, int]) -> Engine:
        return open_engine(card.network_for(choice.precision), choice, window, compiled.setdefault(choice, {}))

    return Inker(card, decide, prepare, bits, keep)


def _darkener(page: Greys, faint: float) -> Draw:
    """What writes the darkness of some rows and columns of a page."""
    tone = measure(page)
    return lambda part, out: apply(page, tone, faint, part, out)


def _gather(bands: Iterable[npt.NDArray[Any]], page: npt.NDArray[Any]) -> None:
    row = 0
    for band in bands:
        page[row : row + len(band)] = band
        row += len(band)


def coverage(level: npt.NDArray[np.floating[Any]], scale: float = 1, bits: int = 8) -> Coverage:
    """Turn levels, px at the network's dpi, into ink, 0 to 255 or 65535, for pixels `scale` times as fine."""
    ink = np.empty(level.shape, _TYPES[bits])
    full = np.iinfo(ink.dtype).max
    for rows in strips(len(level)):
        share = np.asarray(cv2.multiply(level[rows], scale * full, dtype=cv2.CV_32F))  # type: ignore[call-overload]
        share += np.float32(0.5 * full + 0.5)
        ink[rows] = np.clip(share, 0, full, out=share)
    return ink


def enlarge(
    levels: Iterable[npt.NDArray[np.float16]],
    shape: tuple[int, int],
    page: tuple[int, ...],
    scale: float,
    bits: int = 8,
    more: float = 0.0,
) -> Iterator[Coverage]:
    """Draw the ink at a page's own resolution, so that its edges are as sharp as the page.

    Args:
        levels: bands of rows, (h, w) float16, px at the network's dpi.
        shape: of all of them together.
        page: (H, W) of the page.
        scale: pixels of the page per pixel at the network's dpi.
        bits: 8 or 16, of the result.
        more: px that are added to the level.

    Yields:
        (rows, W) coverage, uint8 or uint16.
    """
    for strip in enlarged_strips(levels, shape, (page[0], page[1])):
        yield coverage(strip + np.float32(more), scale, bits)
