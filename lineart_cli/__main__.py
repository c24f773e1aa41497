"""`lineart` as a process of its own; `python -m lineart_cli` is the same."""

from __future__ import annotations

import sys

from lineart_cli import runtimes
from lineart_cli.errors import ExitCode
from lineart_cli.machine import process


def main() -> None:
    """Runs `lineart`, and with it the process ends."""
    process.spare_threads()
    runtimes.for_inference_alone()
    with process.ending_at_once():
        try:
            from lineart_cli import app
        except KeyboardInterrupt:
            print("lineart: stopped", file=sys.stderr)
            sys.exit(ExitCode.INTERRUPTED)
        app.main()


if __name__ == "__main__":
    main()
