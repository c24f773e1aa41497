"""Processes that draw: each reads the library of clean drawings once, gives way to training, and ends with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection
from pathlib import Path

import cv2

from lineart_cli.machine.process import give_way
from lineart_train.generator.scenes.drawings import Library, load

_libraries: list[Library | None] = []


def workers(drawings: Path | None, count: int = 0) -> ProcessPoolExecutor:
    """Start drawing processes.

    Args:
        drawings: folder of clean drawings, or None.
        count: of the processes; 0 for one per core that training leaves free, at least 1.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count or _spare_cores(), context, initializer=_start, initargs=(drawings,))


def library() -> Library | None:
    """The clean drawings of this process, which is one of `workers`."""
    return _libraries[0]


def _spare_cores() -> int:
    return max(1, len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 2) - 1)


def _start(drawings: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for training, which ends them
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    give_way()
    cv2.setNumThreads(1)
    _libraries[:] = [load(drawings) if drawings else None]


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
