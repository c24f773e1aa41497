"""Ctrl-C and SIGTERM: the first one asks for an end, the second is one. And the end of whoever started this process."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from lineart_cli import PARENT


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


def end_with_parent(at_once: Callable[[], None], every: float = 2.0) -> None:
    """Looks after the process that started this one, in a thread that nobody waits for.

    Args:
        at_once: called when it is gone, and should not return.
        every: s between two looks.
    """
    import psutil

    try:
        parent = psutil.Process(os.getppid())
    except psutil.Error:
        parent = None
    if parent is None or parent.pid != PARENT:  # it is gone already, and nothing reads what we say
        at_once()
        return

    def look() -> None:
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            time.sleep(every)
        at_once()

    def watch() -> None:
        try:
            look()
        except psutil.NoSuchProcess:
            at_once()

    threading.Thread(target=watch, name="lineart-parent", daemon=True).start()
