"""The way of one page: header -> is it finished? -> plan -> read -> ink -> write -> its place in the output folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineart_cli import __version__, manifest, pages
from lineart_cli.errors import LineartError, ModelError, PageError
from lineart_cli.events import Event, PageDone, PagePlanned, PageSkipped
from lineart_cli.files import Job
from lineart_cli.manifest import Entry, Stamp, Standing
from lineart_cli.model_card import ModelCard
from lineart_cli.options import MODEL_DPI, THICKNESS_RANGE, InkOptions
from lineart_cli.output_folder import OutputFolder
from lineart_cli.plan import PageSize, Plan
from lineart_cli.watchdog import WatchedInker, patience, within

_EDITED = "was changed after lineart inked it, and is kept; --overwrite inks it again"
_UNKNOWN = "is not known to be lineart's, differs from what would be inked, and is kept; --overwrite replaces it"
_ADOPTED = "was there without a record, and is just what was inked again"


@dataclass(frozen=True)
class Means:
    """All that a page is inked with.

    Attributes:
        options: of `lineart ink`.
        card: of the model.
        decide: makes the plan for a page, or refuses it with an ArgumentError.
        inker: used by one page at a time, which holds `inking`.
        folder: the output folder.
        report: told that a page is planned, where that is wanted.
        stopped: once it is set, no page is begun.
    """

    options: InkOptions
    card: ModelCard
    decide: Callable[[PageSize], Plan]
    inker: WatchedInker
    inking: threading.Lock
    folder: OutputFolder
    report: Callable[[Event], None]
    stopped: threading.Event


def outcome(job: Job, means: Means) -> Event | None:
    """What becomes of a page; None where the run was stopped before it was inked.

    Raises:
        PageError: it cannot be read, inked or written.
        ModelError: no page can be inked.
    """
    start = time.monotonic()
    stamp = manifest.stamp(job.source)
    sheet = _sheet(job, means.options)
    wanted = _wanted(job, sheet, means, _digest(job.source, stamp))
    there = means.folder.standing(job.output, wanted)
    if there is Standing.FINISHED:
        return _skipped(job, means, "")
    if there is Standing.EDITED and pages.is_whole(job.output):
        return _skipped(job, means, _EDITED)
    planned = _planned(job, sheet, means)
    if means.options.dry_run:
        return planned
    if means.options.verbose:
        means.report(planned)
    seconds = means.options.page_timeout or patience(max(planned.megapixels, sheet.header.width * sheet.header.height / 1e6))
    grey = _read(job, means, stamp, seconds)
    with means.inking:
        if means.stopped.is_set():
            return None
        ink = _ink(job, grey, sheet, means, seconds)
    del grey
    there = _write(job, ink, sheet, means, wanted)
    if there is Standing.FINISHED:
        return _skipped(job, means, _ADOPTED)
    if there in {Standing.EDITED, Standing.UNKNOWN}:
        return _skipped(job, means, _EDITED if there is Standing.EDITED else _UNKNOWN)
    seconds = round(time.monotonic() - start, 3)
    return PageDone(*_names(job, sheet), round(sheet.thickness, 3), seconds, sheet.note)


@dataclass(frozen=True)
class _Sheet:
    """A page as it will be worked on: `dpi` px per inch, `thickness` in page px."""

    header: pages.Header
    dpi: float
    dpi_source: str
    thickness: float

    @property
    def note(self) -> str:
        return f"only the first of {self.header.frames} images is inked" if self.header.frames > 1 else ""


def _sheet(job: Job, options: InkOptions) -> _Sheet:
    header = pages.read_header(job.source, options.max_megapixels)
    pages.check_size(job.source, header.width, header.height, options.format)
    dpi, dpi_source = pages.working_dpi(header, options.dpi)
    at_300 = options.thickness.model_px(dpi)
    if not THICKNESS_RANGE[0] <= at_300 <= THICKNESS_RANGE[1]:
        low, high = (each * dpi / MODEL_DPI for each in THICKNESS_RANGE)
        reason = f"--thickness {options.thickness} is {at_300:.3g} px at 300 dpi, out of 1 to 16"
        advice = f"at this page's {dpi:.4g} dpi give {low:.3g}px to {high:.3g}px, or set --dpi"
        raise PageError(job.source, reason, advice)
    return _Sheet(header, dpi, dpi_source, options.thickness.page_px(dpi))


def _names(job: Job, sheet: _Sheet) -> tuple[str, str, int, int, float]:
    return str(job.source), str(job.output), sheet.header.width, sheet.header.height, round(sheet.dpi, 2)


def _wanted(job: Job, sheet: _Sheet, means: Means, digest: str) -> Entry:
    return Entry(
        means.folder.input_name(job.source),
        0,
        digest,
        means.options.settings(),
        manifest.model_of(means.card),
        __version__,
        "",
        sheet.header.width,
        sheet.header.height,
        round(sheet.dpi, 2),
        round(sheet.thickness, 3),
    )


def _skipped(job: Job, means: Means, note: str) -> PageSkipped:
    means.folder.note(job.output, None)
    return PageSkipped(str(job.source), str(job.output), note)


def _planned(job: Job, sheet: _Sheet, means: Means) -> PagePlanned:
    header, thickness = sheet.header, round(sheet.thickness, 3)
    try:
        plan = means.decide(PageSize(header.height, header.width, sheet.dpi))
    except LineartError as error:
        raise PageError(job.source, "cannot be inked", str(error)) from error
    return PagePlanned(
        *_names(job, sheet),
        sheet.dpi_source,
        thickness,
        round(means.options.thickness.model_px(sheet.dpi), 3),
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
        sheet.note,
    )


def _read(job: Job, means: Means, stamp: Stamp | None, seconds: float) -> NDArray[np.float32]:
    try:
        grey = within(seconds, lambda: pages.read_grey(job.source, means.options.desaturate))
    except TimeoutError as error:
        reason = f"is not read after {seconds:g} s"
        raise PageError(job.source, reason, "save it anew, or give it longer with --page-timeout") from error
    if manifest.stamp(job.source) != stamp:
        raise PageError(job.source, "was changed while it was read", "run again")
    return grey


def _ink(job: Job, grey: NDArray[np.float32], sheet: _Sheet, means: Means, seconds: float) -> NDArray[np.uint8]:
    try:
        return means.inker.ink(grey, sheet.dpi, sheet.thickness, means.options.faint, seconds)
    except ModelError:
        raise
    except LineartError as error:
        raise PageError(job.source, "cannot be inked", str(error)) from error


def _write(job: Job, ink: NDArray[np.uint8], sheet: _Sheet, means: Means, wanted: Entry) -> Standing:
    options = means.options
    tag = sheet.header.dpi if options.dpi is None else (options.dpi, options.dpi)
    with means.folder.unfinished(job.output.suffix) as part:
        try:
            pages.write_ink(part, ink, options.format, options.transparent, tag)
            wanted = replace(wanted, output_sha256=manifest.sha256(part))
        except PageError as error:
            raise PageError(job.output, error.reason, error.advice) from error
        return means.folder.settle(part, job.output, wanted)


@lru_cache(maxsize=64)
def _digest(path: Path, stamp: Stamp | None) -> str:
    """The sha256 of an input; of one with many pages it is computed once."""
    try:
        return manifest.sha256(path)
    except OSError as error:
        raise PageError(path, f"cannot be read ({error.strerror})", "check its permissions") from error
