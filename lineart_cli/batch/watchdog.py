"""An inker that outlives the faults of its engine: what raises, hangs or gives nonsense is replaced by a new one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError, EngineError
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.tone import Tone
from lineart_cli.pages import Drawing
from lineart_cli.plan import PageSize, Plan

_T = TypeVar("_T")
Coverage = NDArray[np.unsignedinteger[Any]]

LEAST_SECONDS = 60.0
SECONDS_PER_MEGAPIXEL = 10.0
_GIVEN_UP = "lineart-given-up"
_Call = tuple[Callable[[], Any], "Future[Any]"]


class Inker(Protocol):
    """Inks pages, one at a time."""

    def bands(self, page: Page, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone) -> Iterator[Coverage]:
        """Inks a page.

        Args:
            page: encoded values at the working scale, see `inker.Inker.bands`.
            size: of the page as it is to be drawn, (H, W).
            plan: for it.
            tool: what to draw with.
            faint: how faint a line may be, as a fraction of the main lines' darkness.
            tone: of the page.

        Yields:
            (rows, W) coverage from top to bottom, uint8 or uint16, 0 = no ink, 255 or 65535 = full.
        """

    def drawing(
        self,
        page: Page,
        size: PageSize,
        plan: Plan,
        tool: Tool,
        faint: float,
        strokes: str,
        tolerance: float,
        tone: Tone,
    ) -> Drawing:
        """Inks a page with curves.

        Args:
            page: as for `bands`.
            size: as for `bands`.
            plan: as for `bands`.
            tool: as for `bands`.
            faint: as for `bands`.
            strokes: "outline", "centre" or "both".
            tolerance: how far a curve may be from its line, px of the page as it is to be drawn.
            tone: as for `bands`.
        """


class NoAnswerError(Exception):
    """A call has taken too long, and is given up."""


class WatchedInker:
    """An inker that is opened when it is first needed, and again after each fault."""

    def __init__(self, open_inker: Callable[[], Inker], bits: int = 8) -> None:
        """
        Args:
            open_inker: not called at all when no page needs it.
            bits: that the coverage is to have, 8 or 16.
        """
        self._open_inker = open_inker
        self._type = np.dtype(f"uint{bits}")
        self._inker: Inker | None = None
        self._worker = Worker()

    def bands(
        self, page: Page, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone, seconds: float
    ) -> Generator[Coverage]:
        """Inks a page, see `Inker.bands`, within so many seconds; those between the bands do not count.

        Raises:
            EngineError: it took longer, or the result is no page of ink.
            Exception: whatever opening the inker, or the inker, raises.
        """
        with self._lent(seconds) as inker:
            bands, height, left = inker.bands(page, size, plan, tool, faint, tone), 0, seconds
            while True:
                start = time.monotonic()
                band = self._worker.result(max(left, 0), lambda: next(bands, None))
                left -= time.monotonic() - start
                if band is None:
                    break
                if band.shape[1:] != (size.width,) or band.dtype != self._type:
                    raise self._nonsense(band.shape, band.dtype, size)
                height += len(band)
                yield band
            if height != size.height:
                raise self._nonsense((height, size.width), self._type, size)

    def drawing(
        self,
        page: Page,
        size: PageSize,
        plan: Plan,
        tool: Tool,
        faint: float,
        strokes: str,
        tolerance: float,
        tone: Tone,
        seconds: float,
    ) -> Drawing:
        """Inks a page with curves, see `Inker.drawing`, within so many seconds; raises as `bands` does."""
        with self._lent(seconds) as inker:
            draw = partial(inker.drawing, page, size, plan, tool, faint, strokes, tolerance, tone)
            return self._worker.result(seconds, draw)

    @contextmanager
    def _lent(self, seconds: float) -> Iterator[Inker]:
        """The inker, which is opened anew the next time where it fails."""
        inker, self._inker = self._inker or self._open_inker(), None
        try:
            yield inker
        except NoAnswerError as error:
            advice = "give it longer with --page-timeout, or try another --backend"
            raise EngineError(f"the engine gave no answer in {seconds:g} s; {advice}") from error
        except (ArgumentError, GeneratorExit):  # what is wrong with a page, or with its file, is no fault of the engine
            self._inker = inker
            raise
        self._inker = inker

    def _nonsense(self, shape: tuple[int, ...], dtype: np.dtype[Any], size: PageSize) -> EngineError:
        what = f"the model gave {shape} {dtype} instead of {size.shape} {self._type}"
        return EngineError(f"{what}; try another --backend")


def patience(megapixels: float) -> float:
    """Seconds that a page of that size may take: some ten times as long as two slow cores need."""
    return LEAST_SECONDS + SECONDS_PER_MEGAPIXEL * megapixels


class Worker:
    """A thread for calls that may never return. One that takes too long is given up; the next has a new thread."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[_Call | None] | None = None
        self._thread: threading.Thread | None = None

    def __del__(self) -> None:
        """Ends the thread."""
        if self._calls is not None:
            self._calls.put(None)

    def result(self, seconds: float, call: Callable[[], _T]) -> _T:
        """The result of `call`.

        Raises:
            NoAnswerError: there is none after so many seconds; the call goes on in a thread that nobody waits for.
            Exception: whatever `call` raises.
        """
        if self._calls is None or self._thread is None:
            self._calls = SimpleQueue()
            self._thread = threading.Thread(target=_serve, args=(self._calls,), daemon=True)
            self._thread.start()
        answer: Future[_T] = Future()
        self._calls.put((call, answer))
        try:
            return answer.result(seconds)
        except TimeoutError:
            if answer.done():  # it is the call's own, as of a disk in the network
                raise
            self._thread.name = _GIVEN_UP
            self._calls.put(None)
            self._calls = None
            raise NoAnswerError from None


def _serve(calls: SimpleQueue[_Call | None]) -> None:
    while _answer(calls.get()):
        pass


def _answer(request: _Call | None) -> bool:
    """Whether there was something to do. Nothing of it is held on to while the thread waits for more."""
    if request is None:
        return False
    call, answer = request
    try:
        answer.set_result(call())
    except BaseException as error:
        answer.set_exception(error)
    return True


def is_stuck() -> bool:
    """Whether a call that was given up is still at work: it would keep the process from ending in good order."""
    return any(thread.name == _GIVEN_UP for thread in threading.enumerate())
