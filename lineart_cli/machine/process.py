"""The memory of a process: how much it has had, and an allocator that gives back what is free."""

from __future__ import annotations

import sys
from pathlib import Path

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # of mallopt(3)
_LARGE = 1 << 20


def give_back_memory() -> None:
    """Let this process's large blocks go back to the system once they are free, and its threads share one heap.

    Only glibc needs to be told: it raises the size from which it gives back with every large block that it sees, and
    has eight heaps a core. Elsewhere this does nothing. Call it before there are threads.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_ARENA_MAX, 1)


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
