"""Hands out the pages of a run to the workers of a cluster, and puts their ink into its place."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from lineart_cli import __version__
from lineart_cli.batch import manifest, page
from lineart_cli.batch.files import Job
from lineart_cli.batch.run_folder import taken_away
from lineart_cli.batch.work import RunContext
from lineart_cli.brushes.style import Tool
from lineart_cli.cluster import connection
from lineart_cli.cluster.dispatch import MOST_TRIES, Dispatch, Task
from lineart_cli.cluster.orders import Delivery, Order, Outcome, Place, Refusal, Setup
from lineart_cli.errors import ArgumentError, LineartError, PageError
from lineart_cli.events import Event, Notice, PageDone, PageFailed, PageSkipped
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions, Mapped
from lineart_cli.plan import PageSize, Plan

if TYPE_CHECKING:
    from distributed import Client, Future

_POLL = 0.2  # seconds between looks at whether the run is to stop
_LOOK = 1.0  # seconds between looks at which workers there are
_FETCH = 60  # seconds in which a worker that is done has to hand over what came of it
_FETCHING = 8  # such workers at once
_AGAIN = 3.0  # seconds between tries to reach a scheduler that was lost

_Ended = Callable[[Job, Event], None]


class ClusterError(LineartError):
    """A cluster that can ink nothing."""


class _LostError(Exception):
    """The scheduler is gone."""


class Crew:
    """The workers of a cluster. Its `ink` takes the place of `pipeline.ink`."""

    def __init__(self, options: InkOptions, tools: Mapping[str, Tool], card: ModelCard, pages: int, keep: int) -> None:
        """
        Args:
            options: of `lineart ink`.
            tools: what to draw with.
            card: of the model that workers have to have.
            pages: how many there are.
            keep: see `inker.Inker`.

        Raises:
            ArgumentError: see `connection.check`.
        """
        connection.check(options)
        self._options = options
        self._setup = Setup(uuid.uuid4().hex, __version__, manifest.model_of(card), options, tools, pages, keep)
        self._client: Client | None = None
        self._stack = ExitStack()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Keeps the way to the cluster open; raises ArgumentError where there is none."""
        try:
            self._connect()
            yield
        finally:
            if self._client is not None:
                from lineart_cli.cluster import station

                with suppress(Exception):
                    self._client.run(station.close, self._setup.run, wait=False)
            self._stack.close()

    def ink(self, jobs: Sequence[Job], run: RunContext, ended: _Ended) -> None:
        """See `pipeline.ink`.

        Raises:
            ClusterError: all workers are refused.
        """
        dispatch = Dispatch.of(jobs)
        while not dispatch.is_over and not run.stopped.is_set():
            assert self._client is not None  # noqa: S101
            hands = _Hands(self._client, self._setup, dispatch, run, ended)
            try:
                hands.work()
            except Exception:  # whatever it is that Dask raises
                if self._client.status == "running":
                    raise
                self._find_again(run)
            finally:
                hands.let_go()

    def _connect(self) -> None:
        self._client = self._stack.enter_context(connection.connected(self._options))

    def _find_again(self, run: RunContext) -> None:
        self._client = None
        self._stack.close()
        run.report(Notice(f"the scheduler {self._options.cluster} is lost; going on when it is there again"))
        while not run.stopped.wait(_AGAIN):
            with suppress(ArgumentError):
                self._connect()
                return


@dataclass
class _Hands:
    """One connection's work."""

    client: Client
    setup: Setup
    dispatch: Dispatch
    run: RunContext
    ended: _Ended
    at_work: dict[str, tuple[Task, Future[Any]]] = field(default_factory=dict)
    arrived: SimpleQueue[tuple[str, Any]] = field(default_factory=SimpleQueue)
    fetching: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_FETCHING))
    names: dict[str, str] = field(default_factory=dict)
    proven: set[str] = field(default_factory=set)
    wanted: Future[int] | None = None

    def work(self) -> None:
        """Until all is done, or the run is stopped and nothing is at work."""
        looked = -_LOOK
        told_to_stop = False
        while not self.dispatch.is_over:
            if time.monotonic() - looked >= _LOOK:
                looked = time.monotonic()
                self._look()
            if not self.run.stopped.is_set():
                self._hand_out()
            elif not self.at_work:
                return
            elif not told_to_stop:
                told_to_stop = True
                text = "stopping when the pages that workers have are done; Ctrl-C again stops at once"
                self.run.report(Notice(text))
            self._take_in()

    def let_go(self) -> None:
        """What workers have is to be done by others."""
        for task, _ in self.at_work.values():
            self.dispatch.given_back(task)
        self.fetching.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> None:
        """Sees which workers there are."""
        if self.client.status != "running":
            raise _LostError
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        self.names = {address: str(known.get("name", address)) for address, known in workers.items()}
        gone = {id(task) for task in self.dispatch.gone(self.names)}
        for key, (task, future) in list(self.at_work.items()):
            if id(task) in gone:
                del self.at_work[key]
                future.cancel(reason="the worker is gone", msg="the worker is gone")
                self._failed(task, "ended")
        if self.names and not self.at_work and self.dispatch.refused.issuperset(self.names):
            reason = "all of its workers are refused; install this lineart on them, and start them again"
            raise ClusterError(f"--cluster {self.setup.options.cluster}: {reason}")
        if self.names:
            self.wanted = None
        elif self.wanted is None:
            self.wanted = self.client.submit(int, pure=False)  # a cluster that adapts starts workers for what waits
            self.run.report(Notice("the cluster has no workers; going on when there are some; Ctrl-C stops"))

    def _hand_out(self) -> None:
        from lineart_cli.cluster import station

        folder, options = self.run.folder, self.setup.options
        place = Place(there(folder.root, options.map), there(folder.scratch, options.map))
        for task in self.dispatch.share_out(list(self.names)):
            orders = [self._order(job) for job in task.jobs]
            key = f"lineart-{uuid.uuid4().hex}"
            future = self.client.submit(
                station.ink,
                self.setup,
                place,
                orders,
                key=key,
                workers=[task.worker],
                allow_other_workers=False,
                pure=False,
            )
            self.at_work[key] = task, future
            future.add_done_callback(self._come)

    def _order(self, job: Job) -> Order:
        folder, mapped = self.run.folder, self.setup.options.map
        return Order(
            source=there(job.source, mapped),
            output=there(job.output, mapped),
            page=job.page,
            pages=job.pages,
            tool=job.tool,
            is_joined=job.is_joined,
            shown=(str(job.source), str(job.output)),
            input_name=folder.input_name(job.source),
            known=folder.entry(job.output),
            shared=self.run.shared(job),
        )

    def _come(self, future: Future[Any]) -> None:
        with suppress(RuntimeError):  # of fetching that is over
            self.fetching.submit(self._fetch, future)

    def _fetch(self, future: Future[Any]) -> None:
        """Takes what has come of a task, in a thread of its own: a worker may go before it has handed it over."""
        try:
            self.arrived.put((str(future.key), future.result(timeout=_FETCH)))
        except Exception as error:
            self.arrived.put((str(future.key), error))

    def _take_in(self) -> None:
        """What has come back, waiting for it a moment."""
        with suppress(Empty):
            key, result = self.arrived.get(timeout=_POLL)
            while True:
                if key in self.at_work:
                    task, future = self.at_work.pop(key)
                    future.release()
                    self._taken(task, result)
                key, result = self.arrived.get_nowait()

    def _taken(self, task: Task, result: object) -> None:
        match result:
            case Exception() if self.client.status != "running":
                self.dispatch.given_back(task)
            case Exception():
                self._failed(task, _reason(result))
                if task.worker not in self.proven:
                    self._refuse(task.worker, _reason(result))
            case Refusal():
                self.dispatch.given_back(task)
                self._refuse(task.worker, result.reason)
            case Outcome():
                self.proven.add(task.worker)
                self.dispatch.done(task, result.seconds)
                for event in result.told:
                    self.run.report(event)
                for job, (event, delivery) in zip(task.jobs, result.ends, strict=True):
                    self.ended(job, self._settled(job, event, delivery))

    def _settled(self, job: Job, event: Event, delivery: Delivery | None) -> Event:
        """What has become of a job, once its ink is in its place."""
        if isinstance(event, PageSkipped):
            self.run.folder.note(job.output, None)
        if delivery is None:
            return event
        with taken_away(self.run.folder.scratch / delivery.part) as part:
            try:
                after = self.run.folder.settle(part, job.output, delivery.entry, delivery.kept, delivery.merged)
            except PageError as error:
                return PageFailed(str(job.source), str(error), job.page)
        if isinstance(event, PageDone) and (kept := page.why_kept(delivery.before, after, self.setup.options)):
            return PageSkipped(str(job.source), str(job.output), kept, job.page)
        return event

    def _failed(self, task: Task, reason: str) -> None:
        """A worker failed with a task, whose pages are tried again, or given up."""
        name = self.names.get(task.worker, task.worker)
        for job in self.dispatch.failed(task):
            reason_text = f"was given to {MOST_TRIES} workers, and each failed; the last, {name}, {reason}"
            failure = PageError(str(job), reason_text, "ink it alone with --verbose, or give workers more memory")
            self.ended(job, PageFailed(str(job.source), str(failure), job.page))

    def _refuse(self, worker: str, reason: str) -> None:
        self.dispatch.refuse(worker)
        name = self.names.get(worker, worker)
        who = worker if name == worker else f"{name} at {worker}"
        self.run.report(Notice(f"worker {who} {reason}; it is given no pages"))


def planned_there(_page: PageSize) -> Plan:
    """Pages of a cluster are planned where they are inked."""
    raise NotImplementedError


def there(path: Path, mapped: Sequence[Mapped]) -> str:
    """What workers call a path."""
    whole = os.path.abspath(path)
    for folder in mapped:
        here = folder.here.rstrip("/\\") or folder.here
        rest = whole.removeprefix(here)
        if rest != whole and (not rest or rest[0] in "/\\" or here[-1] in "/\\"):
            separator = "\\" if "\\" in folder.there else "/"
            parts = [part for part in rest.replace(os.sep, "/").split("/") if part]
            return separator.join([folder.there.rstrip("/\\"), *parts]) or folder.there
    return whole


def _reason(error: BaseException) -> str:
    if isinstance(error, ImportError | AttributeError):
        return f"lacks this lineart ({error})"
    return f"failed ({type(error).__name__}: {error})"
