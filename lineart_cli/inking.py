"""The way of one page: header -> is it finished? -> scale -> plan -> read -> ink -> write -> the output folder."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lineart_cli import manifest, pages, sheet
from lineart_cli.brushes.style import Tool
from lineart_cli.engines import UnusableError
from lineart_cli.errors import LineartError, ModelError, PageError
from lineart_cli.events import Event, Notice, PageDone, PagePlanned, PageSkipped
from lineart_cli.files import Job
from lineart_cli.manifest import Standing
from lineart_cli.model_card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.output_folder import OutputFolder, unwritable
from lineart_cli.plan import PageSize, Plan
from lineart_cli.sheet import Sheet
from lineart_cli.spool import AHEAD, Page
from lineart_cli.turns import Turns
from lineart_cli.watchdog import WatchedInker, patience

_ADOPTED = "was there without a record, and is just what is inked now"
_KEPT = {
    Standing.EDITED: "was changed after lineart inked it, and is kept; --overwrite inks it again",
    Standing.UNKNOWN: "is not lineart's as far as is known, and is kept; --overwrite replaces it",
}
_TURNED = "has light lines on dark, which are inked as dark lines on light are; --invert no inks it as it is"
_BLANK = "comes out blank; --faint 0.1 inks fainter lines, and --invert yes light lines on dark"
_MOSTLY_BLACK = "comes out mostly black; --invert yes is for light lines on dark, --faint 0.7 for a dark page"
_LEAST_INK, _MOST_INK = 1e-5, 0.5  # shares of a page


@dataclass(frozen=True)
class Means:
    """All that a page is inked with.

    Attributes:
        options: of `lineart ink`.
        tools: what to draw with, see `brushes.store.tools`.
        card: of the model.
        decide: makes the plan for a page, or refuses it with an ArgumentError.
        inker: used by one page at a time, whose turn it is.
        turns: of the pages that are in work.
        folder: the output folder.
        report: told that a page is planned; of the last one in a dry run, that is the outcome.
        stopped: once it is set, no page is begun.
    """

    options: InkOptions
    tools: Mapping[str, Tool]
    card: ModelCard
    decide: Callable[[PageSize], Plan]
    inker: WatchedInker
    turns: Turns
    folder: OutputFolder
    report: Callable[[Event], None]
    stopped: threading.Event


def outcome(job: Job, number: int, means: Means) -> Event | None:
    """What becomes of a page, or of all that are joined; None where the run was stopped before.

    Args:
        job: the page.
        number: for its turn.
        means: what it is inked with.

    Raises:
        PageError: it cannot be read, inked or written.
        ModelError: no page can be inked.
        UnusableError: no page can be inked so.
    """
    try:
        return _outcome(job, number, means)
    except _StoppedError:
        return None
    except PageError as error:
        if not job.is_joined or error.path == str(job.output):
            raise
        advice = f"{error.advice}; without this page, {job.output} is not written"
        raise PageError(error.path, error.reason, advice) from error


class _StoppedError(Exception):
    """The run was stopped before a page was inked."""


def _outcome(job: Job, number: int, means: Means) -> Event | None:
    start = time.monotonic()
    folder, card = means.folder, means.card
    sheets = [sheet.opened(part, means.tools[part.tool], means.options, folder, card) for part in job.parts]
    first = sheets[0]
    there = folder.standing(job.output, first.entry)
    if there is Standing.FINISHED:
        return _skipped(job, means, "")
    if there is Standing.EDITED and pages.is_whole(job.output):
        return _skipped(job, means, _KEPT[there])
    with means.turns.place(number) as allow:
        sheets = [sheet.looked_at(each, folder, card) for each in sheets]
        planned = [_planned(each, means) for each in sheets]
        *before, last = planned
        for each in before:
            means.report(each)
        if means.options.dry_run:
            return last
        means.report(last)
        allow(min(each.at_once for each in planned))
        drawn: list[pages.Drawing] = []
        found = _written(job, number, sheets, planned, means, drawn)
    kept = _why_kept(there, found)
    if kept:
        return _skipped(job, means, kept)
    seconds = round(time.monotonic() - start, 3)
    counts = (sum(each.strokes for each in drawn), sum(each.segments for each in drawn)) if drawn else (None, None)
    return PageDone(*_names(first), first.entry.thickness, seconds, job.page, planned[0].scale, *counts)


def _names(page: Sheet) -> tuple[str, str, int, int, float]:
    job, size = page.job, page.size
    return str(job.source), str(job.output), size.width, size.height, page.entry.dpi


def _skipped(job: Job, means: Means, note: str) -> PageSkipped:
    means.folder.note(job.output, None)
    return PageSkipped(str(job.source), str(job.output), note, job.page)


def _why_kept(before: Standing, after: Standing) -> str:
    """Why an output was not replaced by the ink that was made; empty where it was, or would be the same."""
    return _ADOPTED if before is Standing.UNKNOWN and after is Standing.FINISHED else _KEPT.get(after, "")


def _planned(page: Sheet, means: Means) -> PagePlanned:
    job, size = page.job, page.size
    try:
        plan = means.decide(size)
    except LineartError as error:
        raise PageError(str(job), "cannot be inked", str(error)) from error
    return PagePlanned(
        *_names(page),
        page.dpi_source,
        page.entry.thickness,
        round(page.tool.thickness.model_px(size.dpi), 3),
        plan.choice.backend,
        plan.choice.device,
        plan.choice.precision,
        plan.choice.threads,
        plan.at_once,
        len(plan.tiles),
        plan.window,
        round(plan.computed_megapixels, 2),
        plan.memory,
        None if math.isnan(plan.seconds) else round(plan.seconds, 3),
        str(plan),
        plan.reasons,
        job.page,
        size.scale,
        page.scale_why,
    )


def _written(
    job: Job,
    number: int,
    sheets: Sequence[Sheet],
    planned: Sequence[PagePlanned],
    means: Means,
    drawn: list[pages.Drawing],
) -> Standing:
    """Writes what becomes of a job; adds to `drawn` what was written as curves."""
    options = means.options
    look = pages.Look(options.ink_colour, options.transparent)
    made = _inked(number, sheets, planned, means, drawn)
    with means.folder.unfinished(job.output.suffix) as part, closing(made) as inked:
        try:
            if job.is_joined:
                samples = sum(each.size.px for each in sheets)
                pages.write_joined(part, inked, options.format, look, samples * options.bits // 8)
            else:
                pages.write_ink(part, next(inked), options.format, look)
            entry = replace(sheets[0].entry, output_sha256=manifest.sha256(part))
        except OSError as error:
            raise unwritable(job.output, error) from error
        return means.folder.settle(part, job.output, entry)


def _inked(
    number: int,
    sheets: Sequence[Sheet],
    planned: Sequence[PagePlanned],
    means: Means,
    drawn: list[pages.Drawing],
) -> Generator[pages.InkedPage]:
    """Each page's ink, which comes as it is written, and what goes into its file beside it."""
    options = means.options
    output = pages.OUTPUT_FORMATS[options.format]
    for each, plan in zip(sheets, planned, strict=True):
        job, size = each.job, each.size
        seconds = options.page_timeout or patience(max(plan.megapixels, size.px / 1e6))
        page, is_turned = sheet.read(each, seconds, means.folder.scratch)
        if is_turned and options.invert == "auto":
            means.report(Notice(f"{job}: {_TURNED}"))
        dpi = each.scan.header.dpi if options.dpi is None else (options.dpi, options.dpi)
        sketch = pages.read_sketch(job.source, options, job.page) if output.has_layers else None
        metadata = pages.read_metadata(job.source, job.page) if options.keep_metadata else pages.Metadata()
        means.turns.wait(number)
        if means.stopped.is_set():
            raise _StoppedError
        end = partial(means.turns.over, number) if each is sheets[-1] else None
        if output.has_curves:
            drawn.append(_drawing(each, page, means, seconds, end))
            yield pages.InkedPage((), size.shape, options.bits, dpi, None, metadata, drawn[-1])
            continue
        with closing(_bands(each, page, means, seconds, end)) as bands:
            yield pages.InkedPage(bands, size.shape, options.bits, dpi, sketch, metadata)


def _drawing(wanted: Sheet, page: Page, means: Means, seconds: float, end: Callable[[], None] | None) -> pages.Drawing:
    """The page's ink as curves; `end` is told when it is made."""
    options, size = means.options, wanted.size
    tolerance = options.tolerance.page_px(size.dpi)
    with _faults(wanted):
        made = means.inker.drawing(page, size, wanted.tool, options.faint, options.strokes, tolerance, seconds)
    _finish(wanted, means, made.area / size.px, end)
    return replace(made, title=wanted.job.output.stem, settings=wanted.entry.settings)


def _bands(
    wanted: Sheet, page: Page, means: Means, seconds: float, end: Callable[[], None] | None
) -> Generator[pages.Pixels]:
    """The page's ink from top to bottom; `end` is told as soon as the last of it is made, before that is written."""
    ahead, size, ink = deque[pages.Pixels](), 0, 0.0
    with _faults(wanted):
        for band in means.inker.bands(page, wanted.size, wanted.tool, means.options.faint, seconds):
            ahead.append(band)
            size += band.nbytes
            ink += float(band.sum()) / np.iinfo(band.dtype).max
            while size > AHEAD:
                size -= ahead[0].nbytes
                yield ahead.popleft()
    _finish(wanted, means, ink / wanted.size.px, end)
    yield from ahead


@contextmanager
def _faults(wanted: Sheet) -> Iterator[None]:
    """Errors that are the page's own name it."""
    try:
        yield
    except (ModelError, UnusableError):
        raise
    except LineartError as error:
        raise PageError(str(wanted.job), "cannot be inked", str(error)) from error


def _finish(wanted: Sheet, means: Means, share: float, end: Callable[[], None] | None) -> None:
    """What there is to say of a page that is inked, that much of it; raises PageError where its file was changed."""
    if end is not None:
        end()
    if not _LEAST_INK <= share <= _MOST_INK:
        means.report(Notice(f"{wanted.job}: {_BLANK if share < _LEAST_INK else _MOSTLY_BLACK}"))
    if manifest.stamp(wanted.job.source) != wanted.stamp:
        raise PageError(str(wanted.job), "was changed while it was inked", "run again")
