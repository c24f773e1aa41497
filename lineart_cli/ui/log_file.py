"""The log file of a run: every event with its time, and the whole traceback of every error."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lineart_cli.errors import ArgumentError, LineartError
from lineart_cli.events import Event, Reporter, to_json
from lineart_cli.options import DASH

_log = logging.getLogger("lineart_cli")


class LogReporter:
    """Logs each event as the JSON object that `--json` has for it."""

    def report(self, event: Event) -> None:
        _log.info("%s", json.dumps(to_json(event)))


def check(path: Path, out: Path | None, inputs: Sequence[Path]) -> None:
    """Refuses a log that would get in the way of the run.

    Raises:
        ArgumentError: `path` is that of standard output, in the folder for the ink, is an input, or cannot be written.
    """
    if str(path) == DASH:
        raise ArgumentError("--log-file", path, "is no file; give the name of one, or --json for standard output")
    real = os.path.realpath(path)
    if out is not None and Path(real).is_relative_to(os.path.realpath(out)):
        raise ArgumentError("--log-file", path, "is in the folder for the ink; write it elsewhere")
    if real in {os.path.realpath(each) for each in inputs}:
        raise ArgumentError("--log-file", path, "is one of the inputs; give another name")
    try:
        path.open("ab").close()
    except OSError as error:
        raise ArgumentError("--log-file", path, f"cannot be written ({error.strerror}); give another name") from error


class _LogFile(logging.FileHandler):
    """The file, and why it does not take what is logged, where that is so: it stops nothing."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
        self.refusal: OSError | None = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - of logging
        error = sys.exc_info()[1]
        self.refusal = self.refusal or (error if isinstance(error, OSError) else None)

    def close(self) -> None:
        try:
            super().close()
        except OSError as error:
            self.refusal = self.refusal or error


@contextmanager
def logging_to(path: Path | None, *, verbose: bool) -> Iterator[Reporter]:
    """A reporter that adds to the end of `path`; with `verbose`, tracebacks of unexpected errors go to stderr.

    Raises:
        LineartError: in the end, where the file has not taken all.
    """
    file = _LogFile(path) if path is not None else None
    handlers: list[logging.Handler] = [logging.NullHandler()]  # without any, Python would write to stderr
    if file is not None:
        handlers.append(file)
        _log.setLevel(logging.INFO)
    if verbose:
        handlers.append(logging.StreamHandler(sys.stderr))
        handlers[-1].setLevel(logging.ERROR)
    for handler in handlers:
        _log.addHandler(handler)
    try:
        yield LogReporter()
    finally:
        _log.setLevel(logging.NOTSET)
        for handler in handlers:
            _log.removeHandler(handler)
            handler.close()
    if file is not None and file.refusal is not None:
        advice = "all else is done; make room, or give another file"
        raise LineartError(f"--log-file {path}: is not written to its end ({file.refusal.strerror}); {advice}")
