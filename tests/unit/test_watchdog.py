from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from lineart_cli import watchdog
from lineart_cli.errors import ArgumentError, EngineError

GREY = np.ones((10, 20), np.float32)


class Inkers:
    """Opens inkers; each page of theirs does what `answers` says next: an array, an error, or an event to wait for."""

    def __init__(self, *answers: object) -> None:
        self.opened = 0
        self._answers = list(answers)

    def open(self) -> Inkers:
        self.opened += 1
        return self

    def ink(self, grey: np.ndarray, dpi: float, thickness: float, faint: float) -> np.ndarray:
        answer = self._answers.pop(0)
        if isinstance(answer, threading.Event):
            answer.wait()
            return np.zeros(grey.shape, np.uint8)
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[return-value]


GOOD = np.zeros(GREY.shape, np.uint8)


def ink(inker: watchdog.WatchedInker, seconds: float = 60) -> np.ndarray:
    return inker.ink(GREY, 300, 3, 0.35, seconds)


def test_one_inker_serves_many_pages_and_is_opened_late() -> None:
    inkers = Inkers(GOOD, GOOD)
    inker = watchdog.WatchedInker(inkers.open)
    assert inkers.opened == 0
    assert ink(inker) is GOOD
    assert ink(inker) is GOOD
    assert inkers.opened == 1


@pytest.mark.parametrize(
    ("answer", "error", "opened"),
    [
        (EngineError("broken"), EngineError, 2),
        (RuntimeError("boom"), RuntimeError, 2),
        (MemoryError(), MemoryError, 2),
        (GOOD[1:], EngineError, 2),
        (GOOD.astype(np.float32) * np.nan, EngineError, 2),
        (None, AttributeError, 2),
        (ArgumentError("--max-memory", "1MB", "more"), ArgumentError, 1),
    ],
)
def test_after_a_fault_the_next_page_has_a_new_inker(answer: object, error: type[Exception], opened: int) -> None:
    inkers = Inkers(answer, GOOD)
    inker = watchdog.WatchedInker(inkers.open)
    with pytest.raises(error):
        ink(inker)
    assert ink(inker) is GOOD
    assert inkers.opened == opened


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What a hung engine waits for; it is let go in the end."""
    event = threading.Event()
    yield event
    event.set()
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(10)


def test_an_inker_that_hangs_is_given_up_and_replaced(released: threading.Event) -> None:
    inkers = Inkers(released, GOOD)
    inker = watchdog.WatchedInker(inkers.open)
    assert not watchdog.is_stuck()
    with pytest.raises(EngineError, match=r"the engine gave no answer in 0.05 s; give it longer with --page-timeout"):
        ink(inker, 0.05)
    assert watchdog.is_stuck()
    assert ink(inker) is GOOD
    assert inkers.opened == 2


def test_patience_grows_with_the_page_and_is_never_less_than_a_minute() -> None:
    assert watchdog.patience(0) == 60
    assert watchdog.patience(8.7) == pytest.approx(147)
