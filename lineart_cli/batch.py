"""A list of files in, a folder of ink out: one bad page never stops the rest."""

from __future__ import annotations

import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lineart_cli import pages
from lineart_cli.errors import LineartError, PageError
from lineart_cli.events import BatchDone, Event, PageDone, PageFailed, PagePlanned, PageSkipped, PageStarted, Reporter
from lineart_cli.files import Job
from lineart_cli.options import MODEL_DPI, THICKNESS_RANGE, InkOptions
from lineart_cli.plan import PageSize, Plan

AUTO_JOBS = 1  # the engine alone keeps all cores busy


class Inker(Protocol):
    """Inks pages, one at a time."""

    def ink(self, grey: NDArray[np.float32], dpi: float, thickness: float, faint: float, bits: int) -> pages.Pixels:
        """Inks a page.

        Args:
            grey: (H, W) in [0, 1], encoded values, 1 = white; used up.
            dpi: px per inch.
            thickness: of the lines, in page px.
            faint: how faint a line may be, as a fraction of the main lines' darkness.
            bits: 8 or 16.

        Returns:
            (H, W) coverage, uint8 or uint16, 0 = no ink, 255 or 65535 = full.
        """


@dataclass(frozen=True)
class _Sheet:
    """A page as it will be worked on: `dpi` px per inch, `thickness` in page px."""

    header: pages.Header
    dpi: float
    dpi_source: str
    thickness: float


def run(
    jobs: Sequence[Job],
    problems: Sequence[PageError],
    out: Path,
    options: InkOptions,
    decide: Callable[[PageSize], Plan],
    open_inker: Callable[[], Inker],
    reporter: Reporter,
) -> BatchDone:
    """Inks every job whose output is not finished, and reports page by page.

    With `options.dry_run` nothing is opened for inking or written; each page is reported as PagePlanned. With
    `options.verbose` it is so before it is inked.

    Args:
        jobs: what to ink, see `files.plan`.
        problems: what was asked for and not found; reported first, and counted as failed.
        out: the output folder, for the summary.
        options: all of `lineart ink`'s.
        decide: makes the plan for a page, or refuses it with an ArgumentError.
        open_inker: called once, when the first page needs it, and not at all when none does.
        reporter: told every event, in the end the BatchDone that is also returned.

    Raises:
        LineartError: the inker cannot be opened; nothing is inked then.
        KeyboardInterrupt: pages in work are dropped, finished ones are kept.
    """
    start = time.monotonic()
    work = _Run(options, decide, open_inker, reporter)
    for problem in problems:
        work.report(PageFailed(problem.path, str(problem)))
    work.all(jobs)
    counts, seconds = work.counts, round(time.monotonic() - start, 3)
    done = BatchDone(counts[PageDone], counts[PageSkipped], counts[PageFailed], str(out), seconds)
    work.report(done)
    return done


class _Run:
    def __init__(
        self,
        options: InkOptions,
        decide: Callable[[PageSize], Plan],
        open_inker: Callable[[], Inker],
        reporter: Reporter,
    ) -> None:
        self._options = options
        self._decide = decide
        self._open_inker = open_inker
        self._inker: Inker | None = None
        self._reporter = reporter
        self.counts: Counter[type[Event]] = Counter()
        self._reporting = threading.Lock()
        self._inking = threading.Lock()
        self._stopped = threading.Event()

    def all(self, jobs: Sequence[Job]) -> None:
        with ThreadPoolExecutor(self._options.jobs or AUTO_JOBS) as pool:
            try:
                for page in as_completed([pool.submit(self._page, job) for job in jobs]):
                    page.result()
            except BaseException:
                self._stopped.set()
                pool.shutdown(cancel_futures=True)
                raise

    def report(self, event: Event) -> None:
        with self._reporting:
            self.counts[type(event)] += 1
            self._reporter.report(event)

    def _page(self, job: Job) -> None:
        if self._stopped.is_set():
            return
        self.report(PageStarted(str(job.source)))
        try:
            event = self._outcome(job)
        except PageError as error:
            event = PageFailed(str(job.source), str(error))
        except LineartError:
            self._stopped.set()  # no page can be inked
            raise
        except MemoryError:
            event = _failed(job, "does not fit in memory", "use a smaller --tile, or close other programs")
        except Exception as error:
            if self._options.verbose:
                traceback.print_exc()
            reason = f"unexpected {type(error).__name__}: {error}"
            event = _failed(job, reason, "run again with --verbose and report what it says")
        if event is not None:
            self.report(event)

    def _outcome(self, job: Job) -> Event | None:
        """What became of the page; None where the run was stopped meanwhile."""
        options, start = self._options, time.monotonic()
        sheet = _sheet(job, options)
        header = sheet.header
        if not options.overwrite and pages.is_finished(job.output, header.width, header.height):
            return PageSkipped(str(job.source), str(job.output))
        planned = self._planned(job, sheet)
        if options.dry_run:
            return planned
        if options.verbose:
            self.report(planned)
        grey = pages.read_grey(job.source, options, job.page)
        with self._inking:
            if self._stopped.is_set():
                return None
            ink = self._ink(job, grey, sheet)
        if self._stopped.is_set():
            return None
        del grey
        pages.write_ink(job.output, _inked(job, ink, sheet, options), options.format, _look(options))
        seconds = round(time.monotonic() - start, 3)
        return PageDone(*_names(job, sheet), round(sheet.thickness, 3), seconds)

    def _planned(self, job: Job, sheet: _Sheet) -> PagePlanned:
        header, thickness = sheet.header, round(sheet.thickness, 3)
        try:
            plan = self._decide(PageSize(header.height, header.width, sheet.dpi))
        except LineartError as error:
            raise PageError(str(job), "cannot be inked", str(error)) from error
        return PagePlanned(
            *_names(job, sheet),
            sheet.dpi_source,
            thickness,
            round(self._options.thickness.model_px(sheet.dpi), 3),
            plan.choice.backend,
            plan.choice.device,
            plan.choice.precision,
            plan.choice.threads,
            len(plan.tiles),
            plan.window,
            round(plan.computed_megapixels, 2),
            plan.memory,
            str(plan),
            plan.reasons,
        )

    def _ink(self, job: Job, grey: NDArray[np.float32], sheet: _Sheet) -> pages.Pixels:
        if self._inker is None:
            self._inker = self._open_inker()
        try:
            ink = self._inker.ink(grey, sheet.dpi, sheet.thickness, self._options.faint, self._options.bits)
        except LineartError as error:
            raise PageError(str(job), "cannot be inked", str(error)) from error
        if ink.shape != grey.shape or ink.itemsize * 8 != self._options.bits:
            reason = f"the model gave {ink.shape} {ink.dtype} instead of {grey.shape} uint{self._options.bits}"
            raise PageError(str(job), reason, "try another --backend")
        return ink


def _names(job: Job, sheet: _Sheet) -> tuple[str, str, int, int, float]:
    return str(job.source), str(job.output), sheet.header.width, sheet.header.height, round(sheet.dpi, 2)


def _failed(job: Job, reason: str, advice: str) -> PageFailed:
    return PageFailed(str(job.source), str(PageError(str(job), reason, advice)))


def _inked(job: Job, ink: pages.Pixels, sheet: _Sheet, options: InkOptions) -> pages.InkedPage:
    """The ink with all that goes into its file beside it."""
    dpi = sheet.header.dpi if options.dpi is None else (options.dpi, options.dpi)
    has_layers = pages.OUTPUT_FORMATS[options.format].has_layers
    sketch = pages.read_sketch(job.source, options, job.page) if has_layers else None
    if sketch is not None and sketch.shape[:2] != ink.shape:
        raise PageError(str(job), "has changed its size while it was inked", "run again")
    metadata = pages.read_metadata(job.source, job.page) if options.keep_metadata else pages.Metadata()
    return pages.InkedPage(ink, dpi, sketch, metadata)


def _look(options: InkOptions) -> pages.Look:
    return pages.Look(options.ink_colour, options.transparent)


def _sheet(job: Job, options: InkOptions) -> _Sheet:
    header = pages.read_header(job.source, options, job.page)
    pages.check_size(str(job), header.width, header.height, options.format)
    dpi, dpi_source = pages.working_dpi(header, options.dpi)
    at_300 = options.thickness.model_px(dpi)
    if not THICKNESS_RANGE[0] <= at_300 <= THICKNESS_RANGE[1]:
        low, high = (each * dpi / MODEL_DPI for each in THICKNESS_RANGE)
        reason = f"--thickness {options.thickness} is {at_300:.3g} px at 300 dpi, out of 1 to 16"
        advice = f"at this page's {dpi:.4g} dpi give {low:.3g}px to {high:.3g}px, or set --dpi"
        raise PageError(str(job), reason, advice)
    return _Sheet(header, dpi, dpi_source, options.thickness.page_px(dpi))
