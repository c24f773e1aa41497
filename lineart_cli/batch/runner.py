"""A list of files in, a folder of ink out: one bad page never stops the rest."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import count

from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import Failure
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.page import Means, outcome
from lineart_cli.batch.schedule import Turns
from lineart_cli.batch.watchdog import Inker, WatchedInker
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import LineartError, PageError
from lineart_cli.events import BatchDone, Event, Notice, PageDone, PageFailed, PageSkipped, PageStarted, Reporter
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.plan import MOST_AT_ONCE, PageSize, Plan

_GLANCE = 0.2  # seconds between looks at whether the run is to stop

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
        self._folder = folder
        self._options = options
        self._reporter = reporter
        self._reporting = threading.Lock()
        self._stopped = stopped
        inker = WatchedInker(open_inker, options.bits)
        self._means = Means(options, tools, card, decide, inker, Turns(), folder, self.report, stopped)
        self._numbers = count()
        self._ends: dict[int, Event | None] = {}
        self._next = 0
        self._telling = threading.Lock()
        self._counts: Counter[type[Event]] = Counter()

    def run(self, jobs: Sequence[Job], problems: Sequence[PageError] = ()) -> BatchDone:
        """Inks every job whose output is not finished, and reports page by page, in the end the BatchDone it returns.

        Each page is reported as PagePlanned before it is inked; with `options.dry_run` it is left at that, and nothing
        is opened for inking or written.

        Args:
            jobs: what to ink, see `files.plan`.
            problems: what was asked for and not found; reported first, and counted as failed.

        Raises:
            ModelError: the inker cannot be opened; nothing is inked then.
            UnusableError: the runtime or the device is of no use; nothing is inked then.
            KeyboardInterrupt: the run was stopped before its last page; what is not finished is as it was before.
        """
        start = time.monotonic()
        self._counts.clear()
        if self._folder.notice:
            self.notice(self._folder.notice)
            self._folder.notice = ""
        for problem in problems:
            self.report(PageFailed(problem.path, str(problem)))
        with ThreadPoolExecutor(self._options.jobs or MOST_AT_ONCE) as pool:
            all_ended = self._wait([pool.submit(self._page, job, next(self._numbers)) for job in jobs])
        if not all_ended:
            raise KeyboardInterrupt
        counts, seconds = self._counts, round(time.monotonic() - start, 3)
        done = BatchDone(counts[PageDone], counts[PageSkipped], counts[PageFailed], str(self._folder.root), seconds)
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

    def _wait(self, pages: Sequence[Future[bool]]) -> bool:
        told, ended = False, True
        try:
            for page in pages:
                while not wait([page], _GLANCE).done:
                    if self._stopped.is_set() and not told:
                        told = True
                        self.notice("stopping when the page that is being inked is done; Ctrl-C again stops at once")
                ended &= page.result()
        except BaseException:
            self._stopped.set()
            raise
        return ended

    def _page(self, job: Job, number: int) -> bool:
        """Whether the page has come to an end, good or bad, and is not left to another run."""
        event = None
        try:
            if not self._stopped.is_set():
                self.report(PageStarted(str(job.source), job.page))
                event = self._outcome(job, number)
            if isinstance(event, PageFailed):
                self._folder.note(job.output, Failure(self._folder.input_name(job.source), job.page, event.error))
        finally:
            self._means.turns.over(number)
            self._tell(number, event)
        return event is not None

    def _tell(self, number: int, event: Event | None) -> None:
        """Reports the ends of pages in their order; those that come early wait."""
        with self._telling:
            self._ends[number] = event
            while self._next in self._ends:
                if end := self._ends.pop(self._next):
                    self.report(end)
                self._next += 1

    def _outcome(self, job: Job, number: int) -> Event | None:
        try:
            return outcome(job, number, self._means)
        except PageError as error:
            _log.info("%s", error, exc_info=error)
            failure = error
        except LineartError:
            self._stopped.set()  # no page can be inked
            raise
        except MemoryError as error:
            failure = PageError(str(job), "does not fit in memory", "use a smaller --tile, or close other programs")
            _log.info("%s", failure, exc_info=error)
        except Exception as error:
            reason = f"unexpected {type(error).__name__}: {error}"
            failure = PageError(str(job), reason, "run again with --verbose and report what it says")
            _log.error("%s", failure, exc_info=error)
        return PageFailed(str(job.source), str(failure), job.page)
