"""What one thread makes and another takes, in order: bounded, and ended by its maker with or without an error."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

_T = TypeVar("_T")


class AbandonedError(Exception):
    """Nobody takes what is put into a channel any more."""


class Channel(Generic[_T]):
    """A queue between two threads; to be iterated over once, by the one that takes."""

    def __init__(self, most: int = 1, size: Callable[[_T], int] = lambda _: 1) -> None:
        """
        Args:
            most: sum of the sizes of what may wait; a single item may be larger.
            size: of an item.
        """
        self._most = most
        self._size = size
        self._changed = threading.Condition()
        self._items: deque[_T] = deque()
        self._waiting = 0
        self._is_closed = self._is_abandoned = False
        self._error: BaseException | None = None

    def put(self, item: _T) -> None:
        """Waits until there is room for the item; raises AbandonedError where it will not be taken."""
        with self._changed:
            size = self._size(item)
            self._changed.wait_for(lambda: self._is_abandoned or not self._items or self._waiting + size <= self._most)
            if self._is_abandoned:
                raise AbandonedError
            self._items.append(item)
            self._waiting += size
            self._changed.notify_all()

    def close(self, error: BaseException | None = None) -> None:
        """Nothing more comes; with an error, that is raised where the next item would be taken."""
        with self._changed:
            self._is_closed, self._error = True, error
            self._changed.notify_all()

    def abandon(self) -> None:
        """Nothing more will be taken, and what waits is dropped."""
        with self._changed:
            self._is_abandoned = True
            self._items.clear()
            self._changed.notify_all()

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Closes the channel in the end, with the error that was raised, if one was."""
        try:
            yield
        except BaseException as error:
            self.close(error)
            raise
        else:
            self.close()

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Abandons the channel in the end: its maker never waits for one who has gone."""
        try:
            yield
        finally:
            self.abandon()

    def __iter__(self) -> Iterator[_T]:
        return self

    def __next__(self) -> _T:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._is_closed)
            if not self._items:
                try:
                    raise self._error or StopIteration
                finally:
                    self._error = None  # it holds on to all that it has come through
            item = self._items.popleft()
            self._waiting -= self._size(item)
            self._changed.notify_all()
            return item
