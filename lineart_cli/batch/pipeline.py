"""Jobs on their way through the three stages of `page`, each in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from lineart_cli.batch import page
from lineart_cli.batch.files import Job
from lineart_cli.batch.work import JobInWork, RunContext
from lineart_cli.errors import LineartError, PageError
from lineart_cli.events import Event, Notice, PageFailed

_POLL = 0.2  # seconds between looks at whether the run is to stop

_log = logging.getLogger(__name__)


def ink(jobs: Iterable[Job], run: RunContext, ended: Callable[[Job, Event], None]) -> None:
    """Inks jobs in order, until there are no more or the run is stopped; one bad page never stops the rest.

    Args:
        jobs: taken one at a time, as there is room; they may come while others are inked.
        run: what they are inked with.
        ended: told what has become of each job, good or bad, that is not left to another run.

    Raises:
        ModelError: the inker cannot be opened; nothing is inked then.
        UnusableError: the runtime or the device is of no use; nothing is inked then.
    """
    _Pipeline(run, ended).ink(jobs)


class _Pipeline:
    def __init__(self, run: RunContext, ended: Callable[[Job, Event], None]) -> None:
        self._run = run
        self._ended = ended
        self._fault: BaseException | None = None

    def ink(self, jobs: Iterable[Job]) -> None:
        to_ink, to_write = SimpleQueue[JobInWork | None](), SimpleQueue[JobInWork | None]()
        with ThreadPoolExecutor(3) as stages:
            reading = stages.submit(self._read, jobs, to_ink)
            inking = stages.submit(self._ink, to_ink, to_write)
            writing = stages.submit(self._write, to_write)
            self._wait([reading, inking, writing])
        if self._fault is not None:
            raise self._fault

    def _wait(self, stages: Sequence[Future[Any]]) -> None:
        told = False
        try:
            for stage in stages:
                while not wait([stage], _POLL).done:
                    if self._run.stopped.is_set() and self._fault is None and not told:
                        told = True
                        text = "stopping when the page that is being inked is done; Ctrl-C again stops at once"
                        self._run.report(Notice(text))
                stage.result()
        except BaseException:
            self._run.stopped.set()
            raise

    def _read(self, jobs: Iterable[Job], to_ink: SimpleQueue[JobInWork | None]) -> None:
        try:
            for job in jobs:
                self._run.in_memory.wait()
                if self._run.stopped.is_set():
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

    def _write(self, to_write: SimpleQueue[JobInWork | None]) -> None:
        for work in iter(to_write.get, None):
            try:
                event = self._outcome(work)
                if event is not None:
                    self._ended(work.job, event)
            except BaseException as error:
                self._fault = self._fault or error
                self._run.stopped.set()

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
