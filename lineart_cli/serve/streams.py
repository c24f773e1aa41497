"""stdin and stdout as lines for a caller: nothing else in the process may write between them."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Iterator


def lines_out() -> Callable[[str], None]:
    """What writes a line for the caller, from any thread; all other output of the process now goes to stderr.

    A caller who does not listen any more is no error: the end of stdin tells.
    """
    sys.stdout.flush()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lock = threading.Lock()

    def say(line: str) -> None:
        with lock:
            try:
                out.write(line + "\n")
                out.flush()
            except (OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())

    return say


def lines_in() -> Iterator[str]:
    """The caller's lines, until it closes the stream; what is no UTF-8 is replaced."""
    yield from io.TextIOWrapper(sys.stdin.buffer, "utf-8", errors="replace")
