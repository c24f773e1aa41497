from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from lineart_cli.batch.channel import AbandonedError, Channel
from lineart_cli.batch.pages_in_memory import PagesInMemory
from waiting import LATE


class Beside:
    """A call in a thread of its own."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self._call = call
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:
            self.error = error

    def ends(self) -> bool:
        self._thread.join(LATE)
        return not self._thread.is_alive()

    def waits(self, of: Channel[int] | PagesInMemory) -> bool:
        """Whether it comes to wait for something to change."""
        end = time.monotonic() + LATE
        while not of._changed._waiters:  # type: ignore[attr-defined]
            assert time.monotonic() < end
            assert self._thread.is_alive()
            time.sleep(0.001)
        return True


class TestChannel:
    def test_what_is_put_is_taken_in_order_until_the_end(self) -> None:
        channel: Channel[int] = Channel()

        def fill() -> None:
            for number in range(100):
                channel.put(number)
            channel.close()

        filling = Beside(fill)
        assert list(channel) == list(range(100))
        assert filling.ends()

    def test_as_much_waits_as_is_allowed_and_one_of_any_size(self) -> None:
        channel: Channel[int] = Channel(10, lambda item: item)
        channel.put(4)
        channel.put(6)
        third = Beside(lambda: channel.put(99))
        assert third.waits(channel)
        assert next(channel) == 4
        assert third.waits(channel)
        assert next(channel) == 6
        assert third.ends()
        assert next(channel) == 99

    def test_an_error_is_raised_after_all_that_was_put_and_once(self) -> None:
        channel: Channel[int] = Channel(2)
        channel.put(1)
        with pytest.raises(OSError, match="gone"), channel.filling():
            raise OSError("gone")
        assert next(channel) == 1
        with pytest.raises(OSError, match="gone"):
            next(channel)
        assert list(channel) == []

    def test_who_waits_to_put_is_told_that_nobody_takes(self) -> None:
        channel: Channel[int] = Channel()
        channel.put(1)
        second = Beside(lambda: channel.put(2))
        assert second.waits(channel)
        channel.abandon()
        assert second.ends()
        assert isinstance(second.error, AbandonedError)


class TestPagesInMemory:
    def test_a_page_waits_until_those_that_are_in_allow_it(self) -> None:
        pages = PagesInMemory()
        pages.wait()
        pages.enter(2)
        pages.wait()
        pages.enter(3)
        waiting = Beside(pages.wait)
        assert waiting.waits(pages)
        pages.leave(2)
        assert waiting.ends()

    def test_a_page_enters_when_no_more_are_in_than_it_allows(self) -> None:
        pages = PagesInMemory()
        pages.enter(3)
        pages.enter(3)
        demanding = Beside(lambda: pages.enter(1))
        pages.leave(3)
        assert demanding.waits(pages)
        pages.leave(3)
        assert demanding.ends()
        assert Beside(pages.wait).waits(pages)
