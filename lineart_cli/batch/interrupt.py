"""Ctrl-C and SIGTERM: the first one asks for an end, the second is one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def asked_to_stop(at_once: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that is set by the first Ctrl-C or SIGTERM; to be used in the main thread.

    A signal that is ignored, as in the background of a script, stays so.

    Args:
        at_once: called by the second, inside the signal handler, and should not return.
    """
    stopped = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            at_once()
        stopped.set()

    heard = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
