"""An inker that outlives the faults of its engine: what raises, hangs or gives nonsense is replaced by a new one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError, EngineError

_T = TypeVar("_T")
Coverage = NDArray[np.unsignedinteger[Any]]
Greys = NDArray[np.uint8 | np.uint16 | np.float32]

LEAST_SECONDS = 60.0
SECONDS_PER_MEGAPIXEL = 10.0
_THREAD = "lineart-watched"


class Inker(Protocol):
    """Inks pages, one at a time."""

    def ink(self, grey: Greys, dpi: float, tool: Tool, faint: float) -> Coverage:
        """Inks a page.

        Args:
            grey: (H, W) encoded values, white being the largest that a uint8 or uint16 holds, or 1.0;
                used up.
            dpi: px per inch.
            tool: what to draw with.
            faint: how faint a line may be, as a fraction of the main lines' darkness.

        Returns:
            (H, W) coverage, uint8 or uint16, 0 = no ink, 255 or 65535 = full.
        """


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

    def ink(self, grey: Greys, dpi: float, tool: Tool, faint: float, seconds: float) -> Coverage:
        """Inks a page, see `Inker.ink`, within so many seconds.

        Raises:
            EngineError: it took longer, or the result is no page of ink.
            Exception: whatever opening the inker, or the inker, raises.
        """
        inker, self._inker = self._inker or self._open_inker(), None
        shape = grey.shape
        try:
            ink = within(seconds, lambda: inker.ink(grey, dpi, tool, faint))
        except TimeoutError as error:
            advice = "give it longer with --page-timeout, or try another --backend"
            raise EngineError(f"the engine gave no answer in {seconds:g} s; {advice}") from error
        except ArgumentError:  # a page that cannot be inked as asked is no fault of the engine
            self._inker = inker
            raise
        if ink.shape != shape or ink.dtype != self._type:
            what = f"the model gave {ink.shape} {ink.dtype} instead of {shape} {self._type}"
            raise EngineError(f"{what}; try another --backend")
        self._inker = inker
        return ink


def patience(megapixels: float) -> float:
    """Seconds that a page of that size may take: some ten times as long as two slow cores need."""
    return LEAST_SECONDS + SECONDS_PER_MEGAPIXEL * megapixels


def within(seconds: float, call: Callable[[], _T]) -> _T:
    """The result of `call`.

    Raises:
        TimeoutError: there is none after so many seconds; the call goes on in a thread that nobody waits for.
        Exception: whatever `call` raises.
    """
    answer: Future[_T] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=work, name=_THREAD, daemon=True).start()
    return answer.result(seconds)


def is_stuck() -> bool:
    """Whether a call that was given up is still at work: it would keep the process from ending in good order."""
    return any(thread.name == _THREAD for thread in threading.enumerate())
