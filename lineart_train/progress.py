"""What commands tell: progress on standard error, tables on standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(stderr=True)
"""For progress, warnings and errors."""


def tables() -> Console:
    """For tables, which are as wide as they need be where no terminal shows them."""
    return Console(width=None if sys.stdout.isatty() else 120)


@contextmanager
def bar(what: str, console: Console) -> Iterator[Callable[..., None]]:
    """A bar for something that is being done.

    Args:
        what: in a word.
        console: that it is on.

    Yields:
        Shows how far it is: `completed`, 0 to 1; what is `said` of it; and another `description` than `what`.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
    progress = Progress(*columns, console=console)
    task = progress.add_task(what, total=1.0, said="")

    def show(completed: float, said: str = "", description: str = what) -> None:
        progress.start()
        progress.update(task, completed=completed, said=said, description=description)

    try:
        yield show
    finally:
        if progress.live.is_started:
            progress.stop()
