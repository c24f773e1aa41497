"""The way of one job in three stages, each in a thread of its own: it is read, inked and written.

read:   header -> is it finished? -> scale -> plan -> pixels at the working scale
ink:    pixels -> bands of ink
write:  bands -> a file -> the output folder
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from lineart_cli import pages, stamps
from lineart_cli.batch import coloured, context, edited_output, ink_file, page_events
from lineart_cli.batch.channel import Channel
from lineart_cli.batch.coloured import Separation
from lineart_cli.batch.context import PageContext
from lineart_cli.batch.files import Job
from lineart_cli.batch.ink_file import InkFile
from lineart_cli.batch.manifest import OutputStatus
from lineart_cli.batch.output_folder import unwritable
from lineart_cli.batch.watchdog import patience
from lineart_cli.batch.work import JobInWork, PageInWork, RunContext
from lineart_cli.errors import LineartError, ModelError, PageError
from lineart_cli.events import Event, Notice, PageSkipped, PageStarted
from lineart_cli.imaging.disk_array import AHEAD
from lineart_cli.imaging.resample import fit
from lineart_cli.inference.engines import UnusableError, load_ahead
from lineart_cli.options import InkOptions
from lineart_cli.plan import Plan

_ADOPTED = "was there without a record, and is just what is inked now"
_UNKNOWN = "is not lineart's as far as is known, and is kept; --overwrite replaces it"
_INVERTED = "has light lines on dark, which are inked as dark lines on light are; --invert no inks it as it is"
_NO_COLOURS = "has light lines on dark, of which no colour is kept"
_TONED = "has screentone, which is left out; --screentone keep inks it like the rest"
_BLANK = "comes out blank; --faint 0.1 inks fainter lines, and --invert yes light lines on dark"
_MOSTLY_BLACK = "comes out mostly black; --invert yes is for light lines on dark, --faint 0.7 for a dark page"
_TINY = "has so few px that no lines can be told on it; its ink means nothing"
_REPLACED = "takes the place of the ink of {0}, which is still there; to have both, choose another folder or --name"
_LEFT = "has edits, and stays as it is: the ink of its sketch has another name now, and begins without them"
_THICK = "lines of {0:g} px are too thick for a page of {1} x {2} px; give less --thickness"
_THICKEST = 0.25  # of a page's shorter side, that tells why it has hardly any ink, or too much
_LEAST_SIDE = 16  # px
_LEAST_INK, _MOST_INK = 1e-5, 0.5  # shares of a page


class Ended(Exception):  # noqa: N818 - it is none
    """Ends a job without ink; the event says how, and is missing where the run was stopped."""

    def __init__(self, event: Event | None = None) -> None:
        super().__init__()
        self.event = event


def read(work: JobInWork, run: RunContext) -> None:
    """First stage: find out how the job's pages are to be inked, and read them into `work.read`.

    Raises:
        Ended: nothing is to be inked.
        PageError: a page cannot be read, or has no plan.
    """
    job, folder = work.job, run.folder
    run.report(PageStarted(str(job.source), job.page))
    opened = [context.opened(part, run.tools[part.tool], run.options, folder, run.card) for part in job.parts]
    before = folder.status(job.output, opened[0].entry)
    if before is OutputStatus.FINISHED:
        known = folder.entry(job.output)
        raise Ended(_skipped(job, run, "", known.edits if known else None))
    for text in _other_ink(opened[0], before, run):
        run.report(Notice(text))
    edited, why = None, ""
    if before is OutputStatus.EDITED:
        try:
            edited = edited_output.to_be_merged(job, opened[0].entry, run.options, folder)
        except edited_output.Kept as kept:
            if pages.is_whole(job.output):  # what is cut off may be ink that a full disk has not taken
                raise Ended(_skipped(job, run, kept.note, kept.edits)) from kept
            why = kept.note
    for page in opened:
        for note in page.scan.header.notes:
            run.report(Notice(f"{page.job}: {note}"))
    if not run.options.dry_run:
        _load_ahead(opened[0], run)
    scaled = [_scaled(each, run) for each in opened]
    plans = [_planned(each, run) for each in scaled]
    edits = len(edited.edits()) if edited and run.options.dry_run else 0
    *events, last = [page_events.planned(each, plan, run.card, edits) for each, plan in zip(scaled, plans, strict=True)]
    for event in events:
        run.report(event)
    if run.options.dry_run:
        raise Ended(last)
    run.report(last)
    limit = min(plan.at_once for plan in plans)
    run.in_memory.enter(limit)
    work.limit, work.px = limit, sum(each.size.px for each in scaled)
    for each, plan in zip(scaled, plans, strict=True):
        work.turn.acquire()
        if work.is_over:
            break
        work.read.put(replace(_pixels(each, plan, before, run), edited=edited, why_kept=why))


def ink(work: JobInWork, run: RunContext) -> None:
    """Second stage: ink what the first has read; the third is given each page before its ink, which follows in bands.

    Raises:
        Ended: the run was stopped.
        Exception: whatever the stage before, or the inker, raises.
    """
    for page in work.read:
        if run.stopped.is_set():
            raise Ended
        inked = _with_colours(page, run)
        work.inked.put(inked)
        with inked.bands.filling():
            if pages.OUTPUT_FORMATS[run.options.format].has_curves:
                _draw(inked, run)
            else:
                _bands(inked, run)


def write(work: JobInWork, run: RunContext) -> Event | None:
    """Third stage: write the ink, and put the file into the output folder.

    Returns:
        What has become of the job; None where the run was stopped.

    Raises:
        PageError: it could not be read, inked or written.
        Exception: whatever the stages before raise.
    """
    try:
        return _written(work, run)
    except Ended as ended:
        return ended.event
    except PageError as error:
        if not work.job.is_joined or error.path == str(work.job.output):
            raise
        advice = f"{error.advice}; without this page, {work.job.output} is not written"
        raise PageError(error.path, error.reason, advice) from error
    finally:
        work.is_over = True
        work.turn.release()
        with suppress(BaseException):  # what the second stage raises, who comes to an end with the job too
            for page in work.inked:
                page.bands.abandon()
        if work.limit is not None:
            run.in_memory.leave(work.limit)


def _other_ink(page: PageContext, before: OutputStatus, run: RunContext) -> Iterator[str]:
    """What is to be known of ink of another sketch, or of this one under another name."""
    job, folder = page.job, run.folder
    if before is OutputStatus.OUTDATED and (source := folder.other_input(job.output, page.entry)):
        yield f"{job.with_output}: {_REPLACED.format(source)}"
    if before is OutputStatus.ABSENT and run.options.keep_edits:
        yield from (f"{other} {_LEFT}" for other in folder.edited_elsewhere(job.output, page.entry))


def _load_ahead(page: PageContext, run: RunContext) -> None:
    """Begins to import the runtime beside the look at a page, whose scale changes the plan, but not its runtime."""
    with suppress(PageError):
        load_ahead(_planned(page, run).choice)


def _scaled(page: PageContext, run: RunContext) -> PageContext:
    shared = run.shared(page.job)
    if shared is not None:
        return context.of_shot(page, shared, run.card)
    return context.scaled(page, run.folder, run.card, run.reader)


def _planned(page: PageContext, run: RunContext) -> Plan:
    try:
        return run.decide(page.size)
    except LineartError as error:
        raise PageError(str(page.job), "cannot be inked", str(error)) from error


def _pixels(page: PageContext, plan: Plan, before: OutputStatus, run: RunContext) -> PageInWork:
    """The page read at the working scale, and what its file has beside the ink."""
    job, options = page.job, run.options
    pixels, is_inverted, tone = context.read(page, _patience(page, plan, options), run.folder.scratch, run.reader)
    page = replace(page, entry=replace(page.entry, exposure=asdict(tone.exposure)))
    if is_inverted and options.invert == "auto":
        run.report(Notice(f"{job}: {_INVERTED}"))
    separations = _separations(page, plan, is_inverted, run)
    if page.scan.dots.left_out:
        run.report(Notice(f"{job}: {_TONED}"))
    output, header = pages.OUTPUT_FORMATS[options.format], page.scan.header
    bands: Channel[Any] = Channel() if output.has_curves else Channel(AHEAD, lambda band: band.nbytes)
    shape = page.size.shape if output.has_curves else (header.height, header.width)
    ink = pages.InkedPage(
        bands=() if output.has_curves else fit(bands, page.size.shape, shape),
        shape=shape,
        bits=options.bits,
        dpi=header.written_dpi(options.dpi),
        sketch=pages.read_sketch(job.source, options, job.page) if output.has_layers else None,
        metadata=pages.read_metadata(job.source, job.page) if options.keep_metadata else pages.Metadata(),
        drawn=bands if output.has_curves else (),
        seconds=header.seconds,
    )
    return PageInWork(page, plan, before, [pixels], tone, bands, ink, separations=separations)


def _separations(page: PageContext, plan: Plan, is_inverted: bool, run: RunContext) -> list[Separation]:
    """What the coloured pencils have drawn that are inked by themselves; those that are missing are told."""
    options, found = run.options, list[Separation]()
    if options.keep_colour is None:
        return []
    if is_inverted:
        run.report(Notice(f"{page.job}: {_NO_COLOURS}"))
        return []
    if page.kept_colours:
        found = coloured.read(page, _patience(page, plan, options), run.folder.scratch, run.reader)
    if missing := coloured.missing(options, found):
        run.report(Notice(f"{page.job}: has no lines in {' or '.join(missing)} to keep"))
    return found


def _with_colours(work: PageInWork, run: RunContext) -> PageInWork:
    """A page whose coloured lines are inked, where it has some."""
    page, seconds = work.page, _patience(work.page, work.plan, run.options)
    if not work.separations or pages.OUTPUT_FORMATS[run.options.format].has_curves:
        return work
    with _own_faults(page, run):
        made = coloured.inked(page, work.plan, work.separations, run.inker, seconds, run.folder.scratch)
        return replace(work, ink=replace(work.ink, colours=tuple(made)))


def _bands(work: PageInWork, run: RunContext) -> None:
    """Ink a page from top to bottom, and see to it that it is still the page that was read."""
    page, size, inked = work.page, work.page.size, 0.0
    seconds = _patience(page, work.plan, run.options)
    bands = run.inker.bands(work.pixels.pop(), size, work.plan, page.tool, run.options.faint, work.tone, seconds)
    with _own_faults(page, run), closing(bands):
        for band in bands:
            inked += float(band.sum()) / np.iinfo(band.dtype).max
            work.bands.put(band)
    _check(page, inked / size.px + sum(map(coloured.share, work.ink.colours)), run)


def _draw(work: PageInWork, run: RunContext) -> None:
    """Ink a page with curves, and see to it that it is still the page that was read."""
    page, options = work.page, run.options
    seconds, tolerance = _patience(page, work.plan, options), options.tolerance.page_px(page.size.dpi)
    with _own_faults(page, run):
        wanted = (page.size, work.plan, page.tool, options.faint, options.strokes, tolerance, work.tone, seconds)
        layers = coloured.drawn(page, work.plan, work.separations, run.inker, seconds)
        drawing = run.inker.drawing(work.pixels.pop(), *wanted)
    drawing = replace(drawing, layers=[*layers, *drawing.layers])
    work.bands.put(replace(drawing, title=page.job.output.stem, settings=page.entry.settings))
    _check(page, drawing.area / page.size.px, run)


@contextmanager
def _own_faults(page: PageContext, run: RunContext) -> Iterator[None]:
    """Errors that are not those of all pages name this one."""
    try:
        yield
    except (ModelError, UnusableError):
        run.stopped.set()  # no page can be inked
        raise
    except LineartError as error:
        raise PageError(str(page.job), "cannot be inked", str(error)) from error


def _check(page: PageContext, share: float, run: RunContext) -> None:
    """Tell of a page with hardly any ink, or too much, and raise PageError where its file was changed meanwhile."""
    if not _LEAST_INK <= share <= _MOST_INK:
        run.report(Notice(f"{page.job.with_output}: {_why_odd(page, share)}"))
    if stamps.stamp(page.job.source) != page.stamp:
        raise PageError(str(page.job), "was changed while it was inked", "run again")


def _why_odd(page: PageContext, share: float) -> str:
    """What may be wrong with a page of which so much is ink."""
    thickness, shortest = page.thickness, min(page.size.shape)
    if shortest < _LEAST_SIDE:
        return _TINY
    if thickness > _THICKEST * shortest:
        return _THICK.format(thickness, page.size.width, page.size.height)
    return _BLANK if share < _LEAST_INK else _MOSTLY_BLACK


def _patience(page: PageContext, plan: Plan, options: InkOptions) -> float:
    return options.page_timeout or patience(max(plan.computed_megapixels, page.size.px / 1e6))


def _written(work: JobInWork, run: RunContext) -> Event:
    job, first = work.job, next(work.inked)
    known = run.folder.entry(job.output)
    unfinished = run.folder.unfinished(job.output.suffix)
    with first.bands.taking(), unfinished as part, closing(_inked(work, first)) as inked:
        try:
            file = _file(part, inked, work, first, run)
        except OSError as error:
            raise unwritable(job.output, error) from error
        merged = first.edited.sha256 if first.edited else None
        after = run.folder.settle(part, job.output, file.entry, file.kept, merged)
    if kept := why_kept(first.before, after, run.options):
        return _skipped(job, run, kept if pages.is_whole(job.output) else first.why_kept or kept)
    if file.conflicts:
        run.report(page_events.changed_twice(job, file, known))
    return page_events.done(first.page, work, file)


def why_kept(before: OutputStatus, after: OutputStatus, options: InkOptions) -> str:
    """Why an output was not replaced, by how it stood when its page was begun, and when it was inked; or empty."""
    if after is OutputStatus.EDITED:
        return edited_output.why_kept(options, is_while_inked=True)
    if after is OutputStatus.UNKNOWN:
        return _UNKNOWN
    return _ADOPTED if (before, after) == (OutputStatus.UNKNOWN, OutputStatus.FINISHED) else ""


def _file(
    part: Path, inked: Generator[pages.InkedPage], work: JobInWork, first: PageInWork, run: RunContext
) -> InkFile:
    entry, options = first.page.entry, run.options
    if work.job.is_joined:
        return ink_file.write_joined(part, inked, work.px, entry, options)
    file = ink_file.write(part, next(inked), entry, options, first.edited, work.job.output, run.folder.scratch)
    next(inked, None)
    return file


def _inked(work: JobInWork, first: PageInWork) -> Generator[pages.InkedPage]:
    """The job's pages one after the other; each has been written when the next is asked for."""
    for page in chain([first], work.inked):
        with page.bands.taking():
            yield page.ink
            if page.ink.drawn:
                work.drawings.append((page.ink.drawing.strokes, page.ink.drawing.segments))
            work.colours.update((each.name, str(each.colour)) for each in page.separations)
            deque(page.bands, maxlen=0)  # raises what went wrong after the last of them
        work.turn.release()


def _skipped(job: Job, run: RunContext, note: str, edits: int | None = None) -> PageSkipped:
    run.folder.note(job.output, None)
    return PageSkipped(str(job.source), str(job.output), note, job.page, edits)
