"""Pages inked for callers, one at a time, as `lineart ink` inks them; the network stays ready in between."""

from __future__ import annotations

import gc
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineart_cli import pages, stamps
from lineart_cli.batch import overview
from lineart_cli.batch.overview import Scan
from lineart_cli.batch.part import Part, stepped
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.edits import prints
from lineart_cli.errors import ArgumentError
from lineart_cli.imaging.disk_array import Page, allocate
from lineart_cli.imaging.resample import gather
from lineart_cli.imaging.tone import Exposure, Tone
from lineart_cli.inference.engines import CompiledNetworks, Engine, EngineChoice, open_engine
from lineart_cli.inference.ready import ReadyNetworks
from lineart_cli.inking.inker import Inker
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Crop, InkOptions, Length, ReadOptions, specs
from lineart_cli.plan import PageSize, Plan
from lineart_cli.scale import reader, working_scale
from lineart_cli.scale.working_scale import WorkingScale
from lineart_cli.serve import crops, layer, pixels
from lineart_cli.serve.layer import NewInk
from lineart_cli.serve.pixels import Share
from lineart_cli.serve.protocol import Order
from lineart_cli.serve.sheet import Sheet, Worked
from lineart_cli.serve.watch import Watch, WatchedEngine

if TYPE_CHECKING:
    from lineart_cli.serve.pixels import Coverage

Decide = Callable[[PageSize], Plan]
Shape = tuple[int, int]
_DPI = 300.0
"""Resolution of a window that is prepared for: any would do."""
_MOST_SIDE = 16_384
"""Longest side of a window that is prepared for, px."""
_PREPARED = 1.5, 1.0
"""Scales that are prepared for: the usual one of A4 at 300 dpi, and that of any page which is seen from afar."""
_LARGER = 4
"""Previews take in up to so many times the px of their part, where networks are ready for that, and none for less: as
long as one takes to be made ready."""
_MOST_READY = 6
"""Networks."""
_SMALL_PX, _MOST_AWAKE = 2_500_000, 2
"""Windows of previews have fewer pixels, and that many networks for them keep what a run takes: some 120 MB in all, for
the draft and the last pass of a preview."""


@dataclass(frozen=True)
class _Surroundings:
    """What a part of a page takes in around itself, see `Part.of`.

    Attributes:
        px: working px on each side.
        step: working px by which its size goes: above 1, parts are such that networks are ready for them.
    """

    px: int
    step: int = 1


_PREVIEWED = _Surroundings(128, 128)
"""Of a preview, which has to be there soon."""


@dataclass(frozen=True)
class _Written:
    """What has been written, see `done` in `PROTOCOL.md`."""

    sha256: str
    share: float
    exposure: Exposure
    edits: Sequence[Crop] = ()
    conflicts: Sequence[Crop] = ()


class Studio:
    """Inks for callers; the last sketch and the networks are kept until `rest`."""

    def __init__(self, card: ModelCard, decide: Callable[[InkOptions], Decide], cache: Path | None) -> None:
        """
        Args:
            card: of the model.
            decide: makes what plans pages for the options of a request; raises ArgumentError.
            cache: a folder for compiled networks, or None.
        """
        self._card = card
        self._decide = decide
        self._compiled = CompiledNetworks(cache)
        reader.keep_compiled(cache)
        self._networks = ReadyNetworks(self._open, _MOST_READY, _MOST_AWAKE, _SMALL_PX)
        self._prepared: list[Shape] = []
        self._sheet: tuple[Any, Sheet] | None = None
        self._worked: tuple[PageSize, Worked] | None = None
        self._watch = Watch(lambda *_: None)

    def rest(self) -> None:
        """Let go of all memory that is kept to be quicker the next time."""
        self._networks.forget()
        self._prepared.clear()
        self._compiled.forget()
        self._sheet = self._worked = None
        reader.forget()
        gc.collect()

    def prepare(self, window: Shape, page: Shape, watch: Watch) -> None:
        """Make ready what takes long in the first preview of a window; raises as `ink`.

        Args:
            window: height and width, px of the screen.
            page: of the whole page as it is shown, likewise.
            watch: of the request.
        """
        height, width = window
        if not all(1 <= side <= _MOST_SIDE for side in window):
            raise ArgumentError("width, height", f"{width} x {height}", f"give 1 to {_MOST_SIDE} px")
        if self._card.scale_network:
            reader.opened(self._card.scale_network)
        self._prepared.clear()
        for scale in _PREPARED:
            shape = rows, columns = _stepped(window, scale, page)
            plan = self._decide(InkOptions.parse({}))(PageSize(rows, columns, _DPI))
            for tiles in (plan.draft, plan.tiles):
                watch.check()
                if tiles:
                    self._prepare(plan.choice, tiles[0].window.shape)
            self._prepared.append(shape)

    def ink(self, order: Order, watch: Watch) -> dict[str, Any]:
        """Ink a page, or a part of it, and tell what has become of it, see `PROTOCOL.md`.

        Raises:
            LineartError: as for `lineart ink`.
            CancelledError: the watch said so.
        """
        start, self._watch = time.monotonic(), watch
        pixels.check_place(order.out)
        sheet, tool = self._looked_at(order), _tool(order.options)
        watch.check()
        chosen = self._scale(sheet, tool, order, is_rough=False)
        order = order.at(chosen.factor)
        size = replace(sheet.size, scale=chosen.factor)
        crop = crops.within(order.crop, size)
        mask = pixels.mask(order.mask, crop, crop)
        watch.check()
        worked = self._at_scale(sheet, size)
        around = _Surroundings(self._card.reach(order.options.passes))
        written = self._written(worked, crop, mask, tool, order, around)
        return {
            "crop": list(crop),
            "corners": sheet.scan.header.corners,
            "pages": sheet.scan.header.pages,
            "scale": chosen.factor,
            "scale_why": chosen.why,
            "dpi": size.dpi,
            "exposure": asdict(written.exposure),
            "is_turned": worked.is_inverted,
            "share": written.share,
            "edits": len(written.edits),
            "conflicts": [list(box) for box in written.conflicts],
            "sha256": written.sha256,
            "seconds": round(time.monotonic() - start, 3),
        }

    def preview(self, order: Order, watch: Watch) -> dict[str, Any]:
        """Ink a part of a page at the size at which it is seen; raises as `ink` does.

        A px of the result is one of the screen, or of the page where that is enlarged on the screen. Where the page is
        shrunk on the screen, the network looks no closer than the screen does. The scale of a page that was drawn on a
        little is not measured anew, which would take as long as all the rest.
        """
        start, self._watch = time.monotonic(), watch
        pixels.check_place(order.out)
        sheet, tool = self._looked_at(order), _tool(order.options)
        watch.check()
        chosen = self._scale(sheet, tool, order, is_rough=True)
        order = order.at(chosen.factor)
        shrunk = max(1.0, 1 / order.zoom)
        height, width = shape = working_scale.shape_at(shrunk, sheet.size.shape)
        part = crops.within(order.crop, sheet.size)
        crop = crops.shrunk(part, shrunk, shape)
        mask = pixels.mask(order.mask, part, crop)
        seen_scale = max(chosen.factor / shrunk, 1.0) if shrunk > 1 else chosen.factor
        size = replace(sheet.size, height=height, width=width, dpi=sheet.size.dpi / shrunk, scale=seen_scale)
        watch.check()
        thin = replace(tool, thickness=Length(tool.thickness.page_px(sheet.size.dpi) / shrunk))
        worked = self._at_scale(sheet, size)
        written = self._written(worked, crop, mask, thin, order, _PREVIEWED)
        return {
            "width": crop.width,
            "height": crop.height,
            "scale": chosen.factor,
            "share": written.share,
            "seconds": round(time.monotonic() - start, 3),
        }

    def _looked_at(self, order: Order) -> Sheet:
        options = order.options
        reading = tuple(getattr(options, name) for name in specs(ReadOptions))
        key = order.pixels, stamps.stamp(order.pixels), reading
        if self._sheet is None or self._sheet[0] != key:
            last, self._sheet, self._worked = self._sheet, None, None
            header = pages.read_header(order.pixels, options)
            dpi, _ = pages.working_dpi(header, options.dpi)
            scan = Scan(order.pixels, 0, header, options)
            sheet = Sheet(scan, scan.size(dpi), overview.look(scan))
            self._sheet = key, sheet if last is None else last[1].drawn_on(sheet)
        return self._sheet[1]

    def _scale(self, sheet: Sheet, tool: Tool, order: Order, is_rough: bool) -> WorkingScale:
        """The scale of a page; a rough one is that of the page before it was drawn on, if that is known."""
        size, drawing = sheet.size, order.options.drawing
        estimates = sheet.estimates
        if is_rough and drawing not in estimates and sheet.before and drawing in sheet.before.estimates:
            estimates = sheet.before.estimates
        if drawing not in estimates:
            estimates[drawing] = overview.estimated(drawing, size.dpi, sheet.seen, self._card.scale_network)
        estimate, steps = estimates[drawing]
        thickness = tool.thickness.page_px(size.dpi)
        return working_scale.choose(
            estimate, size.shape, thickness, self._card.thickness_px[1], steps, order.last_scale
        )

    def _at_scale(self, sheet: Sheet, size: PageSize) -> Worked:
        if self._worked is None or self._worked[0] != size:
            self._worked = None
            greys = None if sheet.seen.greys is None else sheet.seen.greys.copy()
            self._worked = size, Worked(size, *overview.read(sheet.scan, size, greys, _scratch()))
        return self._worked[1]

    def _written(
        self, worked: Worked, crop: Crop, mask: Page | None, tool: Tool, order: Order, around: _Surroundings
    ) -> _Written:
        """The files that are asked for; none is there after an error."""
        try:
            page, bits = worked.size.shape, order.options.bits
            earlier = None if order.edited is None else layer.opened(order.edited, page)
            self._watch.check()
            tone, share = worked.tone(order.last_exposure), Share()
            bands = share.passed(pixels.within(*self._bands(worked, crop, tool, order, around, tone), mask))
            if earlier is None and order.prints is None:
                sha256 = pixels.write((pixels.filled(each, order.fill) for each in bands), order.out)
                return _Written(sha256, share.mean(), tone.exposure)
            ink = allocate((crop.height, crop.width), f"u{bits // 8}", _scratch())
            gather(bands, ink)
            laid = layer.laid(
                NewInk(ink, crop, mask, page), order.fill, earlier, tool.thickness.page_px(worked.size.dpi)
            )
            sha256 = pixels.write(laid.pixels(), order.out)
            if order.prints is not None:
                pixels.write_bytes(prints.packed(laid.prints()), order.prints)
            return _Written(sha256, share.mean(), tone.exposure, laid.edits, laid.conflicts)
        except BaseException:
            pixels.discard(*order.results)
            raise
        finally:
            self._networks.rest()

    def _bands(
        self, worked: Worked, crop: Crop, tool: Tool, order: Order, around: _Surroundings, tone: Tone
    ) -> tuple[Iterator[Coverage], Crop]:
        """Ink that has the part `crop` of a page in it, and where the part is in that."""
        page, size, inside = worked.page, worked.size, crop
        if (crop.height, crop.width) != size.shape:
            least = self._prepared_for(crop, size) if around.step > 1 else (0, 0)
            part = Part.of(page, size, crop, tone, around.px, around.step, least)
            page, size, inside, tone = part.page, part.size, part.crop, part.tone
        plan = self._decide(order.options)(size)
        self._watch.begin(plan.computed_megapixels, plan.seconds)
        inker = Inker(self._card, self._prepare, order.options.bits, scratch=_scratch())
        return inker.bands(page, size, plan, tool, order.options.faint, tone), inside

    def _prepared_for(self, crop: Crop, size: PageSize) -> Shape:
        """Height and width, working px, of the least part that holds another and that networks are ready for; or 0."""
        rows, columns = _stepped((crop.height, crop.width), size.scale, size.shape)
        holding = [each for each in self._prepared if each[0] >= rows and each[1] >= columns]
        least = min(holding, key=math.prod, default=(0, 0))
        return least if math.prod(least) <= _LARGER * rows * columns else (0, 0)

    def _open(self, choice: EngineChoice, window: tuple[int, int]) -> Engine:
        return open_engine(self._card.network_for(choice.precision), choice, window, self._compiled)

    def _prepare(self, choice: EngineChoice, window: tuple[int, int]) -> Engine:
        return WatchedEngine(self._networks.open(choice, window), lambda: self._watch)


def _stepped(shown: Shape, scale: float, page: Shape) -> Shape:
    """Height and width, working px, of the part of a page that a preview of so many px takes in."""
    whole, px, step = working_scale.shape_at(scale, page), _PREVIEWED.px, _PREVIEWED.step
    rows, columns = (min(stepped(side / scale, px, step), most) for side, most in zip(shown, whole, strict=True))
    return rows, columns


def _scratch() -> Path:
    """Where pages lie, in files without names, that are too large for memory."""
    return Path(tempfile.gettempdir())


def _tool(options: InkOptions) -> Tool:
    (tool,) = store.tools(options)[0].values()
    return tool
