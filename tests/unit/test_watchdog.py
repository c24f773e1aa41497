from __future__ import annotations

import errno
import threading
from collections.abc import Generator, Iterator

import numpy as np
import pytest

from lineart_cli.batch import watchdog
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError, EngineError
from lineart_cli.imaging.tone import Tone, measure
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.inference.tiles import plan_tiles
from lineart_cli.plan import PageSize, Plan
from waiting import LATE

GREY = np.ones((10, 20), np.float32)
SIZE = PageSize(*GREY.shape, 300)
PLAN = Plan(EngineChoice("openvino", "CPU", "f32", 2), 1, plan_tiles(10, 20, (64, 64), 32, 64), (), 1, 1, 1.5, ())


class Inkers:
    """Opens inkers; each page of theirs does what `answers` says next: an array, an error, or an event to wait for."""

    def __init__(self, *answers: object) -> None:
        self.opened = 0
        self._answers = list(answers)

    def open(self) -> Inkers:
        self.opened += 1
        return self

    def bands(
        self, grey: np.ndarray, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone
    ) -> Iterator[np.ndarray]:
        answer = self._answers.pop(0)
        yield np.zeros((4, grey.shape[1]), np.uint8)
        if isinstance(answer, threading.Event):
            answer.wait()
        if isinstance(answer, BaseException):
            raise answer
        yield answer  # type: ignore[misc]


GOOD = np.zeros((GREY.shape[0] - 4, GREY.shape[1]), np.uint8)


def bands(inker: watchdog.WatchedInker, seconds: float = 60) -> Generator[np.ndarray]:
    return inker.bands(GREY, SIZE, PLAN, Tool(), 0.35, measure(GREY), seconds)


def ink(inker: watchdog.WatchedInker, seconds: float = 60) -> np.ndarray:
    return np.concatenate(list(bands(inker, seconds)))


def test_one_inker_serves_many_pages_and_is_opened_late() -> None:
    inkers = Inkers(GOOD, GOOD)
    inker = watchdog.WatchedInker(inkers.open)
    assert inkers.opened == 0
    assert ink(inker).shape == GREY.shape
    assert ink(inker).shape == GREY.shape
    assert inkers.opened == 1


@pytest.mark.parametrize(
    ("answer", "error", "opened"),
    [
        (EngineError("broken"), EngineError, 2),
        (RuntimeError("boom"), RuntimeError, 2),
        (MemoryError(), MemoryError, 2),
        (TimeoutError(errno.ETIMEDOUT, "a disk in the network"), TimeoutError, 2),
        (GOOD[1:], EngineError, 2),
        (GOOD[:, 1:], EngineError, 2),
        (GOOD.astype(np.float32) * np.nan, EngineError, 2),
        (np.zeros(8, np.uint8), EngineError, 2),
        (ArgumentError("--max-memory", "1MB", "more"), ArgumentError, 1),
    ],
)
def test_after_a_fault_the_next_page_has_a_new_inker(answer: object, error: type[Exception], opened: int) -> None:
    inkers = Inkers(answer, GOOD)
    inker = watchdog.WatchedInker(inkers.open)
    with pytest.raises(error):
        ink(inker)
    assert ink(inker).shape == GREY.shape
    assert inkers.opened == opened


def test_a_page_that_nobody_takes_any_more_is_no_fault_of_the_inker() -> None:
    inkers = Inkers(GOOD, GOOD)
    inker = watchdog.WatchedInker(inkers.open)
    begun = bands(inker)
    next(begun)
    begun.close()
    assert ink(inker).shape == GREY.shape
    assert inkers.opened == 1


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What a hung engine waits for; it is let go in the end."""
    event = threading.Event()
    yield event
    event.set()
    for thread in threading.enumerate():
        if thread.name == watchdog._GIVEN_UP:
            thread.join(LATE)


def test_an_inker_that_hangs_is_given_up_and_replaced(released: threading.Event) -> None:
    inkers = Inkers(released, GOOD)
    inker = watchdog.WatchedInker(inkers.open)
    assert not watchdog.is_stuck()
    with pytest.raises(EngineError, match=r"the engine gave no answer in 0.05 s; give it longer with --page-timeout"):
        ink(inker, 0.05)
    assert watchdog.is_stuck()
    assert ink(inker).shape == GREY.shape
    assert inkers.opened == 2


def test_patience_grows_with_the_page_and_is_never_less_than_a_minute() -> None:
    assert watchdog.patience(0) == 60
    assert watchdog.patience(8.7) == pytest.approx(147)
