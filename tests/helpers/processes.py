"""`lineart` in processes of their own."""

from __future__ import annotations

from subprocess import Popen

from waiting import LATE


def done(process: Popen[str]) -> tuple[int, str, str]:
    """Waits for its end: the exit code, and what was said on stdout and stderr."""
    out, err = process.communicate(timeout=LATE)
    return process.returncode, out, err
