"""One page, arrays in and out: tone -> tiles -> network -> ink, a band of rows at a time.

The network goes over a page several times: at half the size it makes a draft, which the next passes mend.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli import pages
from lineart_cli.brushes.drawing import pen_pressure
from lineart_cli.brushes.style import STYLE_DPI, Tool
from lineart_cli.errors import ArgumentError
from lineart_cli.imaging.disk_array import DiskArray, Page, allocate
from lineart_cli.imaging.resample import gather, is_thin, strips
from lineart_cli.imaging.tone import Exposure, Tone, apply, measure
from lineart_cli.inference import blots, crumbs, gaps, meshes, passes, solids
from lineart_cli.inference.engines import CompiledNetworks, Engine, EngineChoice, open_engine
from lineart_cli.inference.ready import ReadyNetworks
from lineart_cli.inference.tile_runner import Workbench, run_tiles
from lineart_cli.inking.cutting import TYPES, around, coverage, enlarge
from lineart_cli.model.card import Draft, ModelCard
from lineart_cli.options import NEUTRAL_FAINT, px_text
from lineart_cli.plan import PageSize, Plan

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.brushes.drawing.paint import Lines
    from lineart_cli.inference.half_size import IsInked
    from lineart_cli.inking.cutting import Coverage
    from lineart_cli.vector.drawing import Traced


class Inker:
    """Inks pages with one model, and keeps networks ready as planned, at least for the shape that was last used."""

    def __init__(
        self,
        card: ModelCard,
        prepare: Callable[[EngineChoice, tuple[int, int]], Engine],
        bits: int = 8,
        keep: int = 0,
        scratch: Path | None = None,
    ) -> None:
        """
        Args:
            card: of the model.
            prepare: makes the network ready as planned, for windows of a height and width.
            bits: 8 or 16, of the ink's coverage.
            keep: pages whose lines are remembered for more tools to draw them, on the disk if they are several.
            scratch: a folder on the disk that takes what is too large for memory, see `disk_array.allocate`.
        """
        self._card = card
        self._prepare = prepare
        self._bits = bits
        self._keep = keep
        self._scratch = scratch
        self._kept: dict[tuple[bytes, float, Exposure | None], Lines] = {}
        self._traced: Traced | None = None
        self._ready: tuple[tuple[EngineChoice, int], Workbench] | None = None

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger[Any]]:
        """Of the ink's coverage."""
        return TYPES[self._bits]

    def bands(
        self,
        page: Page,
        size: PageSize,
        plan: Plan,
        tool: Tool,
        faint: float = NEUTRAL_FAINT,
        tone: Tone | None = None,
    ) -> Iterator[Coverage]:
        """Ink a page.

        Args:
            page: encoded values at the working scale, of `size.working_shape`; white is the largest that a uint8 or
                uint16 holds, or 1.0.
            size: of the page as it is to be drawn, (H, W).
            plan: for a page of that size.
            tool: what the lines are drawn with.
            faint: how faint a line may be and still be inked, see `tone.darkness`.
            tone: of the page; measured where it is not given.

        Yields:
            (rows, W) coverage of ink from top to bottom, uint8 or uint16: 0 none, 255 or 65535 full.

        Raises:
            ArgumentError: the model cannot draw lines of that thickness, or the page does not fit in the memory.
            EngineError: the runtime failed.
        """
        scale, shape = size.scale, size.working_shape
        thickness = tool.thickness.page_px(size.dpi)
        self._check_thickness(thickness, scale)
        if tool.style.plain and not self._keep:
            yield from self._cut(size, plan, thickness, self._darkener(page, plan, faint, tone))
            return
        lines = self._lines(page, size, plan, faint, tone)
        if tool.style.plain:
            off = (lines.off[rows] for rows in strips(shape[0]))
            half = thickness / scale / 2
            if is_thin(thickness / 2, scale):
                yield from around(off, shape, size.shape, scale, self._bits, half)
            else:
                yield from enlarge(map(np.negative, off), shape, size.shape, scale, self._bits, half)
        else:
            from lineart_cli.brushes.drawing.paint import paint_bands

            grain_px = scale * STYLE_DPI / size.dpi
            yield from paint_bands(
                lines, tool.style, thickness / scale, size.shape, tool.pressure, self._bits, grain_px
            )

    def drawing(
        self,
        page: Page,
        size: PageSize,
        plan: Plan,
        tool: Tool,
        faint: float,
        strokes: str,
        tolerance: float,
        tone: Tone | None = None,
    ) -> pages.Drawing:
        """Ink a page with curves.

        Args:
            page: as for `bands`.
            size: as for `bands`.
            plan: as for `bands`.
            tool: as for `bands`.
            faint: as for `bands`.
            strokes: "outline", "centre" or "both", see `vector.drawing.drawn`.
            tolerance: how far a curve may be from its line, px of the page as it is to be drawn.
            tone: as for `bands`.

        Raises:
            ArgumentError: as of `bands`.
            EngineError: as of `bands`.
        """
        from lineart_cli.vector.drawing import drawn, traced

        self._check_thickness(tool.thickness.page_px(size.dpi), size.scale)
        lines = self._lines(page, size, plan, faint, tone)
        found = self._traced
        if found is None or found.lines is not lines:
            self._traced = None  # frees its memory first
            found = traced(lines)
        if self._keep:
            self._traced = found
        return drawn(found, tool, size, strokes, tolerance)

    def _cut(self, size: PageSize, plan: Plan, thickness: float, darken: passes.Darken) -> Iterator[Coverage]:
        """The page's ink with a plain pen, cut from the network's levels."""
        scale, shape = size.scale, size.working_shape
        draw, half, none = self._seen(darken, plan, shape), thickness / scale / 2, self._card.level_px
        run = partial(run_tiles, shape, plan.tiles, draw, self._bench(plan))
        sweep = partial(self._without_crumbs, shape, darken, plan)
        if is_thin(thickness / 2, scale):
            off = run(0.0, np.negative, np.float16)
            kept = sweep(off, lambda distance: distance < self._line, none)
            yield from around(kept, shape, size.shape, scale, self._bits, half)
        elif scale == 1:
            ink = run(thickness, partial(coverage, bits=self._bits), self.dtype)
            yield from sweep(ink, lambda covered: covered > np.iinfo(self.dtype).max // 2, 0)
        else:
            levels = run(thickness / scale, np.asarray, np.float16)
            kept = sweep(levels, lambda level: level > half - self._line, -none)
            yield from enlarge(kept, shape, size.shape, scale, self._bits)

    @property
    def _line(self) -> float:
        """Half the thickness of lines that crumbs are looked for in, working px; ink at scale 1 has its own."""
        return self._card.draft.thickness / 2 if self._card.draft else 0.0

    def _without_crumbs(
        self,
        shape: tuple[int, int],
        darken: passes.Darken,
        plan: Plan,
        bands: Iterator[npt.NDArray[Any]],
        is_inked: IsInked,
        none: float,
    ) -> Iterator[npt.NDArray[Any]]:
        """Bands of a page without crumbs, see `crumbs.sweep`; it is held as a whole for that."""
        if not self._line or not plan.draft:
            yield from bands
            return
        page = self._whole(bands, shape)
        crumbs.sweep(darken, page, is_inked, none)
        yield from (page[rows] for rows in strips(shape[0]))

    def _whole(self, bands: Iterator[npt.NDArray[Any]], shape: tuple[int, int]) -> DiskArray | npt.NDArray[Any]:
        """Bands as one: the first, where there are no others, or on the disk, as memory is planned for one."""
        first = next(bands)
        if len(first) == shape[0]:
            return first
        page = DiskArray(shape, first.dtype, self._scratch)
        gather(chain([first], bands), page)
        return page

    def _lines(self, page: Page, size: PageSize, plan: Plan, faint: float, tone: Tone | None) -> Lines:
        """All that brushes need to know of a page; that of the last pages is kept, if it is to be."""
        if not self._keep:
            return self._found(page, size, plan, faint, tone)
        known = _digest(page), faint, tone.exposure if tone else None
        if known not in self._kept:
            if len(self._kept) == self._keep:
                del self._kept[next(iter(self._kept))]  # frees its memory first
            self._kept[known] = self._found(page, size, plan, faint, tone)
        return self._kept[known]

    def _found(self, page: Page, size: PageSize, plan: Plan, faint: float, tone: Tone | None) -> Lines:
        from lineart_cli.brushes.drawing.paint import Lines

        shape = size.working_shape
        darken = self._darkener(page, plan, faint, tone)
        draw = self._seen(darken, plan, shape)
        place = DiskArray if self._keep > 1 else allocate
        off = place(shape, np.float16, self._scratch)
        # The level is half the thickness less the distance: of lines without thickness, just the distance.
        gather(run_tiles(shape, plan.tiles, draw, self._bench(plan), 0.0, np.negative, np.float16), off)
        if self._line and plan.draft:
            crumbs.sweep(darken, off, lambda distance: distance < self._line, self._card.level_px)
        graphite, line = np.empty((2, *(-(-side // pen_pressure.STRIDE) for side in shape)), np.float32)
        for rows in strips(shape[0]):
            dark = np.empty((rows.stop - rows.start, shape[1]), np.float32)
            darken((rows, slice(0, shape[1])), dark)
            thin = np.clip(1 - off[rows].astype(np.float32), 0, 1)
            cells = slice(rows.start // pen_pressure.STRIDE, -(-rows.stop // pen_pressure.STRIDE))
            graphite[cells], line[cells] = pen_pressure.cells(dark), pen_pressure.cells(thin)
        return Lines(off, pen_pressure.pressure(graphite, line), self._card.level_px)

    def _darkener(self, page: Page, plan: Plan, faint: float, tone: Tone | None) -> passes.Darken:
        """What writes the darkness of some rows and columns of a page."""
        darken = partial(apply, page, tone or measure(page), faint)
        if not plan.drops_hatching:
            return darken
        from lineart_cli.inference import hatching

        return hatching.dropped(darken, (page.shape[0], page.shape[1]), self._scratch)

    def _seen(self, darken: passes.Darken, plan: Plan, shape: tuple[int, int]) -> passes.Draw:
        """Draws the network's input of its last pass: darkness and draft."""
        if self._card.draft is None or not plan.draft:
            return passes.alone(darken)
        draft = allocate(shape, np.uint8, self._scratch)
        gather(passes.cropped(self._drafted(darken, plan, self._card.draft, shape), shape), draft)
        darken = blots.as_lines(darken, draft)
        gaps.clear(darken, draft)
        for _ in range(plan.passes - 2):
            first, draft = draft, allocate(shape, np.uint8, self._scratch)
            seen, thickness = passes.beside(darken, first), self._card.draft.thickness
            gather(run_tiles(shape, plan.tiles, seen, self._bench(plan), thickness, coverage, np.uint8), draft)
            darken = blots.as_lines(darken, draft)
            darken = meshes.redrawn(darken, first, draft)
            darken = solids.filled(darken, draft)
        return passes.beside(darken, draft)

    def _drafted(self, darken: passes.Darken, plan: Plan, draft: Draft, shape: tuple[int, int]) -> Iterator[Coverage]:
        """The ink of the first pass, enlarged to the page, of which the last row and column may lie beyond."""
        small, step = draft.shape(shape), draft.step
        draw = passes.alone(passes.smaller(darken, shape, step))
        thickness = draft.thickness * draft.scale
        levels = run_tiles(small, plan.draft, draw, self._bench(plan), thickness, np.asarray, np.float16)
        return enlarge(levels, small, (step * small[0], step * small[1]), step)

    def _check_thickness(self, thickness: float, scale: float) -> None:
        most = scale * self._card.thickness_px[1]
        if not 0 < thickness <= most:
            advice = f"the model draws lines of up to {px_text(most)} px at {scale:g} px of the page for one of its own"
            raise ArgumentError("--thickness", f"{px_text(thickness)}px", advice)

    def _bench(self, plan: Plan) -> Workbench:
        key = plan.choice, plan.ready
        if self._ready is None or self._ready[0] != key:
            self._ready = None  # frees the memory of the old choice first
            networks = ReadyNetworks(self._prepare, plan.ready, awake=1)
            prepare = networks.open if plan.ready > 1 else self._prepare
            self._ready = (key, Workbench(self._card, partial(prepare, plan.choice)))
        return self._ready[1]


def open_inker(
    card: ModelCard,
    bits: int = 8,
    keep: int = 0,
    scratch: Path | None = None,
    cache: Path | None = None,
) -> Inker:
    """An inker with the runtimes that the plans name; these raise EngineError when they are first needed.

    Compiled networks are kept in the folder `cache`, where it is given.
    """
    compiled = CompiledNetworks(cache)

    def prepare(choice: EngineChoice, window: tuple[int, int]) -> Engine:
        return open_engine(card.network_for(choice.precision), choice, window, compiled)

    return Inker(card, prepare, bits, keep, scratch)


def _digest(page: Page) -> bytes:
    digest = hashlib.sha256(repr(page.shape).encode())
    for rows in strips(page.shape[0]):
        digest.update(np.ascontiguousarray(page[rows]).data)
    return digest.digest()
