"""A list of files in, a folder of ink out: one bad page never stops the rest."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial

from lineart_cli.batch import pipeline, renamed_ink, sequence
from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import Failure
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.watchdog import Inker, WatchedInker
from lineart_cli.batch.work import RunContext
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import PageError
from lineart_cli.events import BatchDone, Event, Notice, PageDone, PageFailed, PageSkipped, Reporter
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.plan import PageSize, Plan

Ink = Callable[[Sequence[Job], RunContext, Callable[[Job, Event], None]], None]


class Batch:
    """Inks lists of pages into one folder, with one engine."""

    def __init__(
        self,
        folder: OutputFolder,
        options: InkOptions,
        tools: Mapping[str, Tool],
        card: ModelCard,
        decide: Callable[[PageSize], Plan],
        open_inker: Callable[[], Inker],
        reporter: Reporter,
        stopped: threading.Event,
        ink: Ink = pipeline.ink,
    ) -> None:
        """
        Args:
            folder: where the ink goes.
            options: all of `lineart ink`'s.
            tools: what to draw with, see `brushes.store.tools`.
            card: of the model.
            decide: makes the plan for a page, or refuses it with an ArgumentError.
            open_inker: called when the first page needs it, and again after a fault of the engine.
            reporter: told every event.
            stopped: when it is set, pages that are being inked or written are finished, and no others begun.
            ink: inks the jobs, as `pipeline.ink` does it in this process.
        """
        self.folder = folder
        self._reporter = reporter
        self._reporting = threading.Lock()
        self._ink = ink
        inker = WatchedInker(open_inker, options.bits)
        self._run = RunContext(options, tools, card, decide, inker, folder, self.report, stopped)
        self._counts: Counter[type[Event]] = Counter()
        self._told: set[str] = set()
        self._ended = 0

    def within(self, folder: OutputFolder, reporter: Reporter) -> Batch:
        """A batch that inks into another folder and tells another reporter, with the same engine."""
        other = copy(self)
        other.folder, other._reporter, other._counts = folder, reporter, Counter()
        other._run = replace(self._run, folder=folder, report=other.report)
        return other

    def run(
        self, jobs: Sequence[Job], problems: Sequence[PageError] = (), passed_over: Mapping[str, int] | None = None
    ) -> BatchDone:
        """Inks every job whose output is not finished, and reports page by page, in the end the BatchDone it returns.

        Each page is reported as PagePlanned before it is inked; with `options.dry_run` it is left at that, and nothing
        is opened for inking or written.

        Args:
            jobs: what to ink, see `files.plan`.
            problems: what was asked for and not found; reported first, and counted as failed.
            passed_over: files that were left out, see `files.Found`.

        Raises:
            ModelError: the inker cannot be opened; nothing is inked then.
            UnusableError: the runtime or the device is of no use; nothing is inked then.
            KeyboardInterrupt: the run was stopped before its last page; what is not finished is as it was before.
        """
        start = time.monotonic()
        self._counts.clear()
        self._told.clear()
        self._ended = 0
        if notice := self.folder.take_notice():
            self.notice(notice)
        for problem in problems:
            self.report(PageFailed(problem.path, str(problem)))
        run = self._run
        if not run.options.overwrite:
            renamed_ink.follow(jobs, run.options, self.folder)
        if run.options.sequence:
            run = replace(run, shared=sequence.Shots(jobs, partial(sequence.measured, run=run)).shared)
        self._ink(jobs, run, self._end)
        if self._ended < len(jobs):
            raise KeyboardInterrupt
        counts, seconds = self._counts, round(time.monotonic() - start, 3)
        ends = counts[PageDone], counts[PageSkipped], counts[PageFailed]
        done = BatchDone(*ends, str(self.folder.root), seconds, passed_over or {})
        self.report(done)
        return done

    def notice(self, text: str) -> None:
        """Tells something about the run as a whole."""
        self.report(Notice(text))

    def report(self, event: Event) -> None:
        """Tells and counts an event, one at a time; what is to be known of a page is told once for all its pictures."""
        with self._reporting:
            if isinstance(event, Notice) and event.text in self._told:
                return
            self._told.update([event.text] if isinstance(event, Notice) else [])
            self._counts[type(event)] += 1
            self._reporter.report(event)

    def _end(self, job: Job, event: Event) -> None:
        if isinstance(event, PageFailed):
            failure = Failure(self.folder.input_name(job.source), job.page, event.error)
            self.folder.note(job.output, failure)
        self._ended += 1
        self.report(event)
