"""A list of files in, a folder of ink out: one bad page never stops the rest."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from copy import copy
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

from lineart_cli.batch import page
from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import Failure
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.watchdog import Inker, WatchedInker
from lineart_cli.batch.work import JobInWork, RunContext
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import LineartError, PageError
from lineart_cli.events import BatchDone, Event, Notice, PageDone, PageFailed, PageSkipped, Reporter
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.plan import PageSize, Plan

_POLL = 0.2  # seconds between looks at whether the run is to stop

_log = logging.getLogger(__name__)


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
        """
        self.folder = folder
        self._reporter = reporter
        self._reporting = threading.Lock()
        self._stopped = stopped
        inker = WatchedInker(open_inker, options.bits)
        self._run = RunContext(options, tools, card, decide, inker, folder, self.report, stopped)
        self._counts: Counter[type[Event]] = Counter()
        self._fault: BaseException | None = None

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
            passed_over: files that were left out, see `files.passed_over`.

        Raises:
            ModelError: the inker cannot be opened; nothing is inked then.
            UnusableError: the runtime or the device is of no use; nothing is inked then.
            KeyboardInterrupt: the run was stopped before its last page; what is not finished is as it was before.
        """
        start = time.monotonic()
        self._counts.clear()
        self._fault = None
        if notice := self.folder.take_notice():
            self.notice(notice)
        for problem in problems:
            self.report(PageFailed(problem.path, str(problem)))
        to_ink, to_write = SimpleQueue[JobInWork | None](), SimpleQueue[JobInWork | None]()
        with ThreadPoolExecutor(3) as stages:
            reading = stages.submit(self._read, jobs, to_ink)
            inking = stages.submit(self._ink, to_ink, to_write)
            ended = stages.submit(self._write, to_write)
            self._wait([reading, inking, ended])
        if self._fault is not None:
            raise self._fault
        if ended.result() < len(jobs):
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
        """Tells and counts an event, one at a time."""
        with self._reporting:
            self._counts[type(event)] += 1
            self._reporter.report(event)

    def _wait(self, stages: Sequence[Future[Any]]) -> None:
        told = False
        try:
            for stage in stages:
                while not wait([stage], _POLL).done:
                    if self._stopped.is_set() and self._fault is None and not told:
                        told = True
                        self.notice("stopping when the page that is being inked is done; Ctrl-C again stops at once")
                stage.result()
        except BaseException:
            self._stopped.set()
            raise

    def _read(self, jobs: Sequence[Job], to_ink: SimpleQueue[JobInWork | None]) -> None:
        try:
            for job in jobs:
                self._run.in_memory.wait()
                if self._stopped.is_set():
                    break
                work = JobInWork(job)
                to_ink.put(work)
                with suppress(BaseException), work.read.filling():  # what goes wrong is for the last stage to say
                    page.read(work, self._run)
        finally:
            to_ink.put(None)

    def _ink(self, to_ink: SimpleQueue[JobInWork | None], to_write: SimpleQueue[JobInWork | None]) -> None:
        try:
            for work in iter(to_ink.get, None):
                to_write.put(work)
                with suppress(BaseException), work.inked.filling():
                    page.ink(work, self._run)
        finally:
            to_write.put(None)

    def _write(self, to_write: SimpleQueue[JobInWork | None]) -> int:
        """How many jobs have come to an end, good or bad, and are not left to another run."""
        ended = 0
        for work in iter(to_write.get, None):
            try:
                event = self._outcome(work)
                if isinstance(event, PageFailed):
                    failure = Failure(self.folder.input_name(work.job.source), work.job.page, event.error)
                    self.folder.note(work.job.output, failure)
                if event is not None:
                    ended += 1
                    self.report(event)
            except BaseException as error:
                self._fault = self._fault or error
                self._stopped.set()
        return ended

    def _outcome(self, work: JobInWork) -> Event | None:
        """What has become of a job; raises LineartError where no page can be inked."""
        job = work.job
        try:
            return page.write(work, self._run)
        except PageError as error:
            _log.info("%s", error, exc_info=error)
            failure = error
        except LineartError:
            raise
        except MemoryError as error:
            failure = PageError(str(job), "does not fit in memory", "use a smaller --tile, or close other programs")
            _log.info("%s", failure, exc_info=error)
        except Exception as error:
            reason = f"unexpected {type(error).__name__}: {error}"
            failure = PageError(str(job), reason, "run again with --verbose and report what it says")
            _log.error("%s", failure, exc_info=error)
        return PageFailed(str(job.source), str(failure), job.page)
