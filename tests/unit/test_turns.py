from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from lineart_cli.batch.schedule import Turns

SOON = 0.05  # seconds in which nothing happens
LATE = 20.0


class Page:
    """A page in a thread of its own: comes in, waits for its turn, and is over when it is let go."""

    def __init__(self, turns: Turns, number: int, at_once: int) -> None:
        self.is_in, self.is_inked, self.goes, self.leaves = (threading.Event() for _ in range(4))
        self.thread = threading.Thread(target=self.work, args=(turns, number, at_once), daemon=True)
        self.thread.start()

    def work(self, turns: Turns, number: int, at_once: int) -> None:
        with turns.place(number) as allow:
            allow(at_once)
            self.is_in.set()
            turns.wait(number)
            self.is_inked.set()
            self.goes.wait(LATE)
            turns.over(number)
            self.leaves.wait(LATE)


@pytest.fixture
def begin() -> Callable[[int, int], Page]:
    turns = Turns()
    return lambda number, at_once: Page(turns, number, at_once)


def test_pages_come_in_and_are_inked_in_their_order(begin: Callable[[int, int], Page]) -> None:
    second = begin(1, 2)
    assert not second.is_in.wait(SOON)
    first = begin(0, 2)
    assert first.is_inked.wait(LATE)
    assert second.is_in.wait(LATE)
    assert not second.is_inked.wait(SOON)
    first.goes.set()
    assert second.is_inked.wait(LATE)


def test_no_more_are_in_than_each_of_them_allows(begin: Callable[[int, int], Page]) -> None:
    pages = [begin(number, at_once) for number, at_once in enumerate([3, 2, 3, 1])]
    assert pages[1].is_in.wait(LATE)
    assert not pages[2].is_in.wait(SOON)
    pages[0].goes.set()
    assert not pages[2].is_in.wait(SOON)  # it is inked, and still being written
    pages[0].leaves.set()
    assert pages[2].is_in.wait(LATE)
    for page in pages[1:3]:
        assert not pages[3].is_in.wait(SOON)
        page.goes.set()
        page.leaves.set()
    assert pages[3].is_in.wait(LATE)


def test_a_page_that_is_over_before_it_comes_in_holds_up_nobody() -> None:
    turns = Turns()
    turns.over(1)
    turns.over(0)
    turns.over(0)
    page = Page(turns, 2, 1)
    assert page.is_inked.wait(LATE)
