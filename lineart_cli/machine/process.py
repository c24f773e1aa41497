"""A process: its end, the memory that it has had and gives back, how much it minds others."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3)
_LARGE = 4 << 20
_KEPT = 16 << 20
_SMALL_STACK = 1 << 20  # bytes


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Lets the process end as soon as its threads and what is registered with `atexit` are done.

    It is not taken down object by object, which takes a seventh of a second with OpenVINO among them. Whoever registers
    something with `atexit` before this is left out. A host that catches the SystemExit goes on, and ends as it likes.
    """
    end: _End | None = None

    def at_once() -> None:
        if end is not None and end.is_reached and isinstance(end.args[0], int):
            with suppress(OSError):  # where a stream takes no more, the usual way to end says so
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(end.args[0])

    atexit.register(at_once)
    try:
        yield
    except SystemExit as ended:
        end = _End(ended.code)
        raise end from None


class _End(SystemExit):
    """Knows whether it ends the process: only the interpreter asks it for its code when all of its frames are gone."""

    is_reached = False

    @property
    def code(self) -> Any:  # type: ignore[override]
        self.is_reached |= sys._getframe().f_back is None
        return self.args[0]


def spare_threads() -> None:
    """Let numpy start without the threads of OpenBLAS, which wait for work at a cost of 0.06 core seconds.

    There is none for them here: no matrix is large. Call it before numpy is imported; what the user says goes first.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def give_back_memory() -> None:
    """Let this process's large blocks go back to the system once they are free, and its threads share one heap.

    Where `ulimit` counts what is not touched, its threads have small stacks.

    Only glibc needs to be told: it raises the size from which it gives back with every large block that it sees, and
    has eight heaps a core. Smaller blocks and the last megabytes stay, or else each strip of a page would be given back
    and taken again, which is a tenth of a page's processor time. Elsewhere this does nothing. Call it before there are
    threads.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import resource

    limits = (resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA))
    if any(limit != resource.RLIM_INFINITY for limit in limits):
        threading.stack_size(_SMALL_STACK)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)
        mallopt(_ARENA_MAX, 1)


def give_way() -> None:
    """Let this process work only where others leave the processor free."""
    import psutil

    if hasattr(os, "nice"):
        os.nice(5)
    else:
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)


def peak_memory(pid: int) -> int:
    """The most memory that a process has had so far, bytes; 0 if it is gone. Only a sample where nobody keeps count."""
    import psutil

    try:
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "peak_wset", memory.rss))
