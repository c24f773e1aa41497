"""How many pages are in memory at once."""

from __future__ import annotations

import threading


class PagesInMemory:
    """Counts the pages in memory: no more than each of them allows. One thread lets them in, others let them go."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limits: list[int] = []

    def wait(self) -> None:
        """Waits until the pages that are in allow one more."""
        with self._changed:
            self._changed.wait_for(lambda: all(len(self._limits) < limit for limit in self._limits))

    def enter(self, limit: int) -> None:
        """One more page is in, which allows so many with itself; waits until no more are."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._limits) < limit)
            self._limits.append(limit)

    def leave(self, limit: int) -> None:
        """A page that entered with that limit is in memory no longer."""
        with self._changed:
            self._limits.remove(limit)
            self._changed.notify_all()
