"""A page as it will be worked on: what its file says, what it is drawn with, and the scale that its drawing wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from lineart_cli import __version__, pages, stamps
from lineart_cli.batch import manifest, overview
from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import Entry
from lineart_cli.batch.output_folder import OutputFolder, unwritable
from lineart_cli.batch.overview import Scan
from lineart_cli.batch.watchdog import NoAnswerError, Worker, patience
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import PageError
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.tone import Exposure, Tone, measure
from lineart_cli.model.card import ModelCard
from lineart_cli.options import STROKE_RANGE, THICKNESS_RANGE, TOLERANCE_RANGE, InkOptions, Length, Several, px_text
from lineart_cli.plan import PageSize
from lineart_cli.scale import working_scale
from lineart_cli.scale.working_scale import Estimate
from lineart_cli.stamps import Stamp

_T = TypeVar("_T")


@dataclass(frozen=True)
class Shared:
    """What the frames of a shot have in common.

    Attributes:
        scale: px of the page for a px at which the network works.
        exposure: of all of them.
        why: explains the scale.
    """

    scale: float
    exposure: Exposure
    why: str


@dataclass(frozen=True)
class PageContext:
    """A page of ink to be made.

    Attributes:
        job: for this page alone.
        options: of `lineart ink`.
        scan: the sketch.
        size: its scale is 1 until `scaled`.
        dpi_source: where its dpi comes from.
        tool: what is drawn with.
        entry: for the manifest.
        stamp: tells whether the file is still the one that all this is about.
        scale_why: explains the scale.
        greys: of the sketch, as long as they are kept from a look at it until it is read.
        is_frame: whether it has the exposure of its shot, whatever its own is.
    """

    job: Job
    options: InkOptions
    scan: Scan
    size: PageSize
    dpi_source: str
    tool: Tool
    entry: Entry
    stamp: Stamp | None
    scale_why: str = ""
    greys: list[pages.Greys] = field(default_factory=list)
    is_frame: bool = False

    @property
    def kept_colours(self) -> tuple[str, ...]:
        """The pencils whose lines are inked by themselves; none on a grey page."""
        return () if self.scan.header.is_grey else self.options.keep_colour or ()

    @property
    def without_colours(self) -> Scan:
        """The sketch without the lines that are inked by themselves, and those that are not inked."""
        if not self.kept_colours:
            return self.scan
        dropped = Several([*(self.options.drop_colour or ()), *self.kept_colours])
        return replace(self.scan, options=replace(self.options, drop_colour=dropped))

    @property
    def thickness(self) -> float:
        """Of the lines, page px."""
        return self.tool.thickness.page_px(self.size.dpi)


def opened(job: Job, tool: Tool, options: InkOptions, folder: OutputFolder, card: ModelCard) -> PageContext:
    """The page as far as it can be told without decoding the page.

    Raises:
        PageError: the page cannot be read, or no line of that thickness can be drawn on it.
    """
    stamp = stamps.stamp(job.source)
    header = pages.read_header(job.source, options, job.page)
    pages.check_size(str(job), header.width, header.height, options.format)
    dpi, dpi_source = pages.working_dpi(header, options.dpi)
    thickness = _in_range(job, "--thickness", tool.thickness, dpi, THICKNESS_RANGE)
    if pages.OUTPUT_FORMATS[options.format].has_curves:
        _in_range(job, "--tolerance", options.tolerance, dpi, TOLERANCE_RANGE)
    if isinstance(options.drawing, Length):
        _in_range(job, "--drawing", options.drawing, dpi, STROKE_RANGE)
    entry = Entry(
        input=folder.input_name(job.source),
        page=job.page,
        input_sha256=_digest(job.source, stamp),
        settings={**options.settings(), **tool.settings()},
        model=manifest.model_of(card),
        lineart=__version__,
        output_sha256="",
        width=header.width,
        height=header.height,
        dpi=round(float(dpi), 2),
        thickness=round(thickness, 3),
    )
    scan = Scan(job.source, job.page, header, options)
    return PageContext(
        job=job,
        options=options,
        scan=scan,
        size=scan.size(dpi, len(options.keep_colour or ())),
        dpi_source=dpi_source,
        tool=tool,
        entry=entry,
        stamp=stamp,
    )


def _in_range(job: Job, option: str, length: Length, dpi: float, px: tuple[float, float]) -> float:
    """A length in px of a page; raises PageError where it is beyond what an option can be."""
    here = length.page_px(dpi)
    if not px[0] <= here <= px[1]:
        reason = f"{option} {length} is {px_text(here)} px on this page of {dpi:.4g} dpi"
        raise PageError(str(job), reason, f"give {px[0]:g}px to {px[1]:g}px, or set --dpi")
    return here


def scaled(page: PageContext, folder: OutputFolder, card: ModelCard, worker: Worker) -> PageContext:
    """The page with the scale that its drawing wants; raises PageError where the page cannot be read."""
    drawing, size = page.options.drawing, page.size
    greys: list[pages.Greys] = []
    seen = None
    if not isinstance(drawing, Length):
        seconds = page.options.page_timeout or patience(size.px / 1e6)
        seen = unharmed(page, seconds, worker, lambda: overview.look(page.scan))
        if seen.greys is not None and not page.job.is_joined and not page.kept_colours:
            greys.append(seen.greys)
    estimate, steps = overview.estimated(drawing, size.dpi, seen, card.scale_network)
    last = folder.last_ink(page.job.output, page.entry)
    last_scale = last.scale if last else None
    chosen = working_scale.choose(estimate, size.shape, page.thickness, card.thickness_px[1], steps, last_scale)
    exposure = last.exposure if last and last.scale == chosen.factor else {}
    entry = replace(page.entry, scale=chosen.factor, exposure=exposure)
    return replace(page, size=replace(size, scale=chosen.factor), entry=entry, scale_why=chosen.why, greys=greys)


def of_shot(page: PageContext, shared: Shared, card: ModelCard) -> PageContext:
    """The page with what it shares with the other frames of its shot, as far as its size allows that."""
    estimate = Estimate(shared.scale, shared.why)
    chosen = working_scale.choose(estimate, page.size.shape, page.thickness, card.thickness_px[1])
    entry = replace(page.entry, scale=chosen.factor, exposure=asdict(shared.exposure))
    size = replace(page.size, scale=chosen.factor)
    return replace(page, size=size, entry=entry, scale_why=chosen.why, is_frame=True)


def read(page: PageContext, seconds: float, scratch: Path, worker: Worker) -> tuple[Page, bool, Tone]:
    """What `overview.read` gives, and the page's tone; raises PageError where that takes longer, or fails."""
    greys = page.greys.pop() if page.greys else None
    last = Exposure(**page.entry.exposure) if page.entry.exposure else None

    def reading() -> tuple[Page, bool, Tone]:
        pixels, is_inverted = overview.read(page.without_colours, page.size, greys, scratch)
        return pixels, is_inverted, measure(pixels, last, is_fixed=page.is_frame)

    return unharmed(page, seconds, worker, reading)


def unharmed(page: PageContext, seconds: float, worker: Worker, reading: Callable[[], _T]) -> _T:
    """What `reading` gives in the worker, in so many seconds, of a file that is not changed meanwhile."""
    job = page.job
    try:
        found = worker.result(seconds, reading)
    except NoAnswerError as error:
        reason = f"is not read after {seconds:g} s"
        raise PageError(str(job), reason, "save it anew, or give it longer with --page-timeout") from error
    except OSError as error:
        raise unwritable(job.output, error) from error
    if stamps.stamp(job.source) != page.stamp:
        raise PageError(str(job), "was changed while it was read", "run again")
    return found


def _digest(path: Path, stamp: Stamp | None) -> str:
    """The sha256 of an input; of one with many pages it is computed once, as long as the file is the same."""
    try:
        return stamps.sha256_at(path, stamp)
    except OSError as error:
        raise PageError(path, f"cannot be read ({error.strerror})", "check its permissions") from error
