"""What runs in each worker of a cluster: pages are inked as `lineart ink` inks them, and one network stays ready."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from distributed import Worker, WorkerPlugin, get_worker

from lineart_cli import __version__, planning
from lineart_cli.batch import manifest, pipeline
from lineart_cli.batch.context import Shared
from lineart_cli.batch.files import Job
from lineart_cli.batch.watchdog import WatchedInker, patience
from lineart_cli.batch.work import RunContext
from lineart_cli.cluster.desk import Desk
from lineart_cli.cluster.orders import Delivery, Order, Outcome, Place, Refusal, Setup
from lineart_cli.errors import EngineError
from lineart_cli.events import Event, PagePlanned, Renaming
from lineart_cli.inking.inker import open_inker
from lineart_cli.machine import folders, hardware, process
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model import catalogue
from lineart_cli.model.card import ModelCard
from lineart_cli.options import MODEL
from lineart_cli.pages import libraries
from lineart_cli.plan import PageSize, Plan
from lineart_cli.scale import reader

_End = tuple[Event, Delivery | None]
_LOOK = 5.0  # seconds between looks at whether a page hangs
_HANGS = 3.0
"""How many times as long as a page may be read or inked it may take in all: whatever holds it then is no engine."""


def ink(setup: Setup, place: Place, orders: Sequence[Order]) -> Outcome | Refusal:
    """The task of a cluster: inks pages one after the other.

    Raises:
        ModelError: no page can be inked here; so of every error of `pipeline.ink`.
        TimeoutError: a page hangs.
    """
    if setup.lineart != __version__:
        return Refusal(f"has lineart {__version__} and not {setup.lineart}")
    try:
        station = _stations.of(setup)
    except _OtherModelError as error:
        return Refusal(str(error))
    return station.ink(place, orders)


async def close(run: str) -> None:
    """Lets go of what was kept ready for a run; Dask asks for a coroutine where nobody waits for it."""
    await asyncio.to_thread(_stations.close, run)


class _OtherModelError(Exception):
    """The worker has another model."""


class _Stations:
    """The station of the one run that this process works for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: _Station | None = None

    def of(self, setup: Setup) -> _Station:
        with self._lock:
            if self._now is None or self._now.run != setup.run:
                self._let_go()
                self._now = _Station(setup)
            return self._now

    def close(self, run: str) -> None:
        with self._lock:
            if self._now is not None and self._now.run == run:
                self._let_go()

    def _let_go(self) -> None:
        if self._now is not None:
            self._now.close()
            self._now = None


_stations = _Stations()


class _Station:
    """All that the pages of a run are inked with here."""

    def __init__(self, setup: Setup) -> None:
        if not setup.options.verbose:
            logging.getLogger("lineart_cli").addHandler(logging.NullHandler())  # without any, Python writes to stderr
        process.give_back_memory()
        libraries.quieten()
        card, options = catalogue.find(MODEL), setup.options
        if manifest.model_of(card) != setup.model:
            raise _OtherModelError(f"has {_named(manifest.model_of(card))} and not {_named(setup.model)}")
        self.run = setup.run
        self._scratch = tempfile.TemporaryDirectory(prefix="lineart-", ignore_cleanup_errors=True)
        scratch, cache = Path(self._scratch.name), folders.compiled_networks()
        reader.keep_compiled(cache)
        inker = WatchedInker(lambda: open_inker(card, options.bits, setup.keep, scratch, cache), options.bits)
        decide = planning.decide(card, options, setup.pages, ours(hardware.detect()))
        self._open_feed = partial(_Feed, card=card, decide=decide, inker=inker, setup=setup)
        self._lock = threading.Lock()
        self._feed: tuple[Place, _Feed] | None = None

    def ink(self, place: Place, orders: Sequence[Order]) -> Outcome:
        with self._lock:
            if self._feed is None or self._feed[0] != place or self._feed[1].has_ended:
                self._end_feed()
                self._feed = place, self._open_feed(place, Path(self._scratch.name))
            feed = self._feed[1]
        return feed.ink(orders)

    def close(self) -> None:
        with self._lock:
            self._end_feed()
        self._scratch.cleanup()

    def _end_feed(self) -> None:
        if self._feed is not None:
            self._feed[1].close()
            self._feed = None


class _Feed:
    """The three stages of `pipeline`, which pages are put into as they come."""

    def __init__(
        self,
        place: Place,
        scratch: Path,
        card: ModelCard,
        decide: Callable[[PageSize], Plan],
        inker: WatchedInker,
        setup: Setup,
    ) -> None:
        self.has_ended = False
        self._timeout = setup.options.page_timeout
        self._desk = Desk(place, scratch, setup.options.overwrite)
        self._shown: dict[str, str] = {}
        self._teller = Renaming(self, self._shown)
        self._told: list[Event] = []
        self._planned: dict[str, float] = {}
        self._shared: dict[Path, Shared | None] = {}
        self._last = time.monotonic()
        self._waiting = SimpleQueue[Job | None]()
        self._ends: dict[Path, tuple[Path, Future[_End]]] = {}
        self._stopped = threading.Event()
        run = RunContext(
            setup.options,
            setup.tools,
            card,
            decide,
            inker,
            self._desk,
            self._teller.report,
            self._stopped,
            self._of_shot,
        )
        threading.Thread(target=self._work, args=(run,), name="lineart-line", daemon=True).start()

    def ink(self, orders: Sequence[Order]) -> Outcome:
        start = time.monotonic()
        futures = [self._put(order) for order in orders]
        try:
            ends = [self._end_of(future) for future in futures]
        except TimeoutError:
            self.has_ended = True
            raise
        told, self._told = self._told, []
        return Outcome(ends, told, time.monotonic() - start)

    def close(self) -> None:
        self._stopped.set()
        self._waiting.put(None)

    def report(self, event: Event) -> None:
        self._last = time.monotonic()
        if isinstance(event, PagePlanned):
            megapixels = max(event.megapixels, event.width * event.height / 1e6)
            self._planned[event.output] = self._planned.get(event.output, 0.0) + megapixels
        self._told.append(event)

    def _of_shot(self, job: Job) -> Shared | None:
        return self._shared[job.output]

    def _put(self, order: Order) -> Future[_End]:
        if Path(order.output) in self._ends:  # another try for it comes while the first is at work
            return self._ends[Path(order.output)][1]
        self._desk.expect(order)
        job = Job(Path(order.source), Path(order.output), order.page, order.pages, order.tool, order.is_joined)
        self._shown.update(zip((order.output, order.source), reversed(order.shown), strict=True))
        future = Future[_End]()
        self._ends[job.output] = job.source, future
        self._shared[job.output] = order.shared
        self._waiting.put(job)
        return future

    def _end_of(self, future: Future[_End]) -> _End:
        while True:
            with suppress(TimeoutError):
                return future.result(_LOOK)
            megapixels = sum(self._planned.values())
            most = _HANGS * ((self._timeout or 0) * max(len(self._planned), 1) or patience(megapixels))
            if time.monotonic() - self._last > most:
                raise TimeoutError(f"nothing has come of its pages in {most:.0f} s")

    def _work(self, run: RunContext) -> None:
        try:
            pipeline.ink(iter(self._waiting.get, None), run, self._ended)
            fault: BaseException = EngineError("has stopped")
        except BaseException as error:
            fault = error
        self.has_ended = True
        for _, future in list(self._ends.values()):
            future.set_exception(fault)

    def _ended(self, job: Job, event: Event) -> None:
        self._last = time.monotonic()
        output = str(job.output)
        self._planned.pop(self._shown[output], None)
        end = self._teller.renamed(event), self._desk.take(job.output)
        _, future = self._ends.pop(job.output)
        self._shown.pop(output)
        self._shared.pop(job.output)
        if all(source != job.source for source, _ in list(self._ends.values())):
            self._shown.pop(str(job.source))
        future.set_result(end)


class Uninterrupted(WorkerPlugin):
    """Leaves Ctrl-C, which a terminal sends to a command and all that it has started, to the command."""

    name = "lineart-uninterrupted"

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - Dask gives it
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def ours(machine: Hardware) -> Hardware:
    """The part of a machine that Dask has given to this worker: as many cores as it has threads, and its memory."""
    worker = get_worker()
    limit = worker.memory_manager.memory_limit or machine.memory_total
    return replace(
        machine,
        share=min(machine.share, float(worker.state.nthreads)),
        memory_total=min(machine.memory_total, limit),
        memory_free=min(machine.memory_free, limit),
    )


def _named(model: Mapping[str, str]) -> str:
    return f"model {model['name']} {model['version']} ({model['sha256'][:8]})"
