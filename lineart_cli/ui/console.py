"""What the user sees of a run: a progress bar and a summary on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
)
from rich.text import Text

from lineart_cli.batch.files import counts_text
from lineart_cli.errors import one_line
from lineart_cli.events import (
    PRINTED,
    BatchDone,
    Event,
    Notice,
    PageDone,
    PageFailed,
    PagePlanned,
    PageSkipped,
    PageStarted,
    Reporter,
    to_json,
)
from lineart_cli.options import InkOptions
from lineart_cli.ui.log_file import logging_to


class PagesPerMinute(ProgressColumn):
    """How fast pages go, over the whole run."""

    def render(self, task: Task) -> Text:
        if not task.completed or not task.elapsed:
            return Text("-- pages/min")
        return Text(f"{60 * task.completed / task.elapsed:.1f} pages/min")


class TimeLeft(ProgressColumn):
    """The time left: by what is expected of the page in work until the first is done, then by those that are."""

    def __init__(self) -> None:
        super().__init__()
        self._done, self._after = 0.0, 0.0

    def render(self, task: Task) -> Text:
        elapsed = task.elapsed or 0.0
        if task.completed != self._done:
            self._done, self._after = task.completed, elapsed
        a_page = self._after / self._done if self._done else task.fields["expected"]
        if a_page is None or task.total is None:
            return Text("-:--:--", style="progress.remaining")
        return Text(f"{timedelta(seconds=round(max(a_page * task.total - elapsed, 0)))}", style="progress.remaining")


class JsonReporter:
    """One JSON object a page, each on its line, plans only where they are wanted; see `events.to_json`."""

    def __init__(self, stream: TextIO, plans: bool) -> None:
        self._stream = stream
        self._printed = PRINTED if plans else tuple(kind for kind in PRINTED if kind is not PagePlanned)

    def report(self, event: Event) -> None:
        if isinstance(event, self._printed):
            line = json.dumps(to_json(event)).replace("\x7f", "\\u007f")
            print(f"{line}\n", end="", file=self._stream, flush=True)


class PlanReporter:
    """Each page and its plan, with those of its reasons that were not told for the page before."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: tuple[str, ...] = ()

    def report(self, event: Event) -> None:
        match event:
            case PagePlanned():
                from_size = ", guessed from its size" if event.dpi_source == "size" else ""
                size = f"{event.width} x {event.height} px at {event.dpi:g} dpi{from_size}"
                print(f"{_way(event)}: {size}; lines {event.thickness:g} px", file=self._stream)
                print(f"  {event.plan}", file=self._stream)
                if event.edits:
                    print(f"    {_count(event.edits)}, which stay", file=self._stream)
                print(f"    scale {event.scale:g}: {event.scale_why}", file=self._stream)
                for reason in event.reasons:
                    if reason not in self._told:
                        print(f"    {reason}", file=self._stream)
                self._told = event.reasons
            case PageSkipped():
                edits = f" ({_count(event.edits)})" if event.edits else ""
                print(f"{_way(event)}: {event.note or 'finished'}{edits}", file=self._stream)


class TerminalReporter:
    """Failures and notes as they come, a bar while `progress` is shown, and the closing summary."""

    def __init__(self, console: Console, progress: Progress, pages: int, options: InkOptions) -> None:
        self._console = console
        self._progress = progress
        self._task = progress.add_task("", total=pages, expected=None)
        self._quiet = options.quiet
        self._inks = not (options.quiet or options.dry_run)

    def report(self, event: Event) -> None:
        match event:
            case PageStarted():
                self._progress.update(self._task, description=one_line(Path(event.input).name))
            case PagePlanned():
                self._progress.update(self._task, expected=event.seconds)
            case PageFailed():
                self._say(f"lineart: {event.error}", "red")
            case PageSkipped() if event.note and self._inks:
                self._say(f"{one_line(event.output)}: {event.note}", "yellow")
            case Notice() if not self._quiet:
                self._say(f"lineart: {event.text}", "yellow")
            case BatchDone() if self._inks:
                self._progress.stop()
                self._say(summary(event), "bold")
        if isinstance(event, PageDone | PageSkipped | PageFailed):
            self._progress.advance(self._task)

    def _say(self, line: str, style: str) -> None:
        self._console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


class _All:
    def __init__(self, reporters: list[Reporter]) -> None:
        self._reporters = reporters

    def report(self, event: Event) -> None:
        for reporter in self._reporters:
            reporter.report(event)


def _way(event: PagePlanned | PageSkipped) -> str:
    return f"{one_line(event.input)} -> {one_line(event.output)}"


def _count(edits: int) -> str:
    return f"{edits} edit" if edits == 1 else f"{edits} edits"


def show_cursor() -> None:
    """Undoes what a progress bar that nobody can stop any more has done to the terminal."""
    Console(stderr=True).show_cursor()


def summary(done: BatchDone) -> str:
    """The closing line: how many pages were inked, skipped and failed, where the ink is, how long it took, and how many
    files of which suffix were passed over.
    """
    left_out = f"; passed over {one_line(counts_text(done.passed_over))}" if done.passed_over else ""
    return (
        f"{done.inked} inked, {done.skipped} skipped, {done.failed} failed; "
        f"in {one_line(done.output)}, after {done.seconds:.1f} s{left_out}"
    )


def bar(console: Console, disable: bool = False) -> Progress:
    """The progress bar: page, count, pages per minute, time left; nothing where `console` is no terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        PagesPerMinute(),
        TimeLeft(),
        console=console,
        transient=True,
        disable=disable or not console.is_terminal,
    )


@contextmanager
def counted(what: str, count: int, quiet: bool) -> Iterator[Callable[[], None]]:
    """A bar for `count` things, where stderr is a terminal; to be told of each that is done."""
    with bar(Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task(what, total=count, expected=None)
        yield lambda: progress.advance(task)


@contextmanager
def reporter(pages: int, options: InkOptions, results: TextIO) -> Iterator[Reporter]:
    """A reporter for a run over `pages` pages: stderr for people, `results` (stdout, as a rule), and the log file.

    With `json` there are JSON lines among the results. With `dry_run` the plan is there, unless as JSON, and stderr has
    no bar and no summary. With `verbose` the plan is on stderr, if it is not among the results already. With `quiet`
    there is nothing but failures on stderr. No bar is shown where JSON lines go to a terminal: they would meet in it.
    """
    as_json, dry_run, verbose, quiet = options.json, options.dry_run, options.verbose, options.quiet
    console = Console(stderr=True)
    progress = bar(console, disable=quiet or dry_run or (as_json and results.isatty()))
    reporters: list[Reporter] = [TerminalReporter(console, progress, pages, options)]
    if as_json:
        reporters.append(JsonReporter(results, plans=dry_run or verbose))
    elif dry_run:
        reporters.append(PlanReporter(results))
    elif verbose:
        reporters.append(PlanReporter(sys.stderr))
    log_file = Path(options.log_file) if options.log_file else None
    with logging_to(log_file, verbose=verbose) as log, progress:
        yield _All([*reporters, log])
