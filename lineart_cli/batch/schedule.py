"""Who may go on when several pages are in work: they come in, and are inked, in the order of the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial


class Turns:
    """The turns of pages with numbers from 0 on, each in a thread of its own. Every page has to be `over` some time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._to_come_in = _Numbers()
        self._to_ink = _Numbers()
        self._in_work: dict[int, int] = {}

    @contextmanager
    def place(self, page: int) -> Iterator[Callable[[int], None]]:
        """A place in memory, once the pages that are in allow one more.

        Yields:
            What is to be told, once, how many pages may be in beside and with this one; it waits until no more are.
            Before that, no other page comes in.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._to_come_in.first == page and self._is_room())
            self._in_work[page] = 0
            self._to_come_in.cross_out(page)
        try:
            yield partial(self._allow, page)
        finally:
            with self._changed:
                del self._in_work[page]
                self._changed.notify_all()

    def _is_room(self) -> bool:
        return all(len(self._in_work) < at_once for at_once in self._in_work.values())

    def _allow(self, page: int, at_once: int) -> None:
        with self._changed:
            self._in_work[page] = at_once
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(self._in_work) <= at_once)

    def wait(self, page: int) -> None:
        """Waits until all pages before are over: this one alone is inked then."""
        with self._changed:
            self._changed.wait_for(lambda: self._to_ink.first == page)

    def over(self, page: int) -> None:
        """The page is inked, or will not be."""
        with self._changed:
            self._to_come_in.cross_out(page)
            self._to_ink.cross_out(page)
            self._changed.notify_all()


class _Numbers:
    """The whole numbers, to be crossed out in any order, and the first that is left."""

    def __init__(self) -> None:
        self.first = 0
        self._out: set[int] = set()

    def cross_out(self, number: int) -> None:
        if number >= self.first:
            self._out.add(number)
        while self.first in self._out:
            self._out.remove(self.first)
            self.first += 1
