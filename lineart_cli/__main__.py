"""`lineart` as a process of its own; `python -m lineart_cli` is the same."""

from __future__ import annotations

from lineart_cli import runtimes
from lineart_cli.machine import process


def main() -> None:
    """Runs `lineart`, and with it the process ends."""
    process.spare_threads()
    runtimes.for_inference_alone()
    with process.ending_at_once():
        from lineart_cli import app

        app.main()


if __name__ == "__main__":
    main()
