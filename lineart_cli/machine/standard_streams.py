"""The standard streams of a process: results go to stdout, messages to stderr.

A result that is not taken, as stdout is closed or its disk is full, is an error; so nobody takes a part for the whole.
A message that is not taken changes nothing.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO, cast

from lineart_cli.errors import ResultsError


def prepare() -> None:
    """Opens those that the shell has closed, and makes a rule of the above. Letters that they lack are escaped.

    Call it before any file is opened: that would get the number of a closed stream, and the output of libraries.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115 - as long as we live
    if sys.stdout is None:
        sys.stdout = _refusing()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.stdout = cast("TextIO", _Guarded(sys.stdout, _fail))
    sys.stderr = cast("TextIO", _Guarded(sys.stderr, lambda _: None))


def is_closed(stream: TextIO) -> bool:
    """Whether a stream takes nothing, as the shell has closed it."""
    try:
        os.write(stream.fileno(), b"")
    except io.UnsupportedOperation:  # it is in memory
        return False
    except OSError as error:
        return error.errno == errno.EBADF
    return False


def silence(stream: TextIO) -> None:
    """Lets what is still to be written to a stream go nowhere."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


class _Guarded:
    """A stream that goes nowhere from where it refuses what is written to it, which `refused` is told."""

    def __init__(self, stream: TextIO, refused: Callable[[OSError], None]) -> None:
        self._stream = stream
        self._refused = refused

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        self._guard(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._guard(self._stream.flush)

    def _guard(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as error:
            silence(self._stream)
            self._refused(error)


def _fail(error: OSError) -> None:
    raise ResultsError(error) from error


def _refusing() -> TextIO:
    """A stream in the place of stdout that takes nothing, and says so."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 1, inheritable=True)
    os.close(nothing)
    return open(1, "w", closefd=False)
