"""Requests at work and those that wait: cancelled, replaced by newer ones, and what memory they leave."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lineart_cli.inference.engines import OutOfMemoryError
from lineart_cli.serve import Studio
from lineart_cli.serve.protocol import VERSION, Order, Request
from lineart_cli.serve.watch import CancelledError, Watch
from serving import Caller
from waiting import LATE


class _Slow:
    """A studio whose pages take until they are cancelled."""

    def __init__(self) -> None:
        self.rests = 0
        self.began = threading.Event()

    def ink(self, _order: Order | None, watch: Watch) -> dict[str, Any]:
        self.began.set()
        while True:
            watch.check()
            time.sleep(0.01)

    preview = ink

    def prepare(self, _width: int, _height: int, watch: Watch) -> None:
        self.ink(None, watch)

    def rest(self) -> None:
        self.rests += 1


def test_cancel_ends_what_is_at_work_and_what_waits(tmp_path: Path) -> None:
    caller = Caller(_Slow())  # type: ignore[arg-type]
    caller.ask(1, "hello", version=1)
    for number in (2, 3):
        caller.send(json.dumps({"id": number, "do": "ink", "pixels": "a", "out": "b"}))
    caller.send('{"id": 4, "do": "cancel", "of": 3}')
    caller.send('{"id": 5, "do": "cancel", "of": 2}')
    caller.send('{"id": 6, "do": "cancel", "of": 77}')
    assert caller.last(2)["event"] == caller.last(3)["event"] == "cancelled"
    caller.send('{"id": 7, "do": "ink", "pixels": "a", "out": "b"}')
    caller.send('{"id": 7, "do": "ink", "pixels": "a", "out": "b"}')
    assert "in use" in caller.last(7)["error"]
    caller.send(None)  # the end of the lines cancels all
    caller.thread.join(LATE)
    assert not caller.thread.is_alive()


def test_a_newer_preview_takes_the_place_of_the_last() -> None:
    caller = Caller(_Slow())  # type: ignore[arg-type]
    caller.ask(1, "hello", version=1)
    for number in (2, 3):
        caller.send(json.dumps({"id": number, "do": "preview", "pixels": "a", "out": "b"}))
    assert caller.last(2)["event"] == "cancelled"
    caller.send('{"id": 4, "do": "ink", "pixels": "a", "out": "b"}')
    assert caller.last(3)["event"] == "cancelled"
    caller.send('{"id": 5, "do": "cancel", "of": 4}')
    assert caller.last(4)["event"] == "cancelled"
    caller.send('{"id": 6, "do": "prepare", "width": 9, "height": 9}')
    caller.send('{"id": 7, "do": "ink", "pixels": "a", "out": "b"}')
    assert caller.last(6)["event"] == "cancelled"
    caller.send('{"id": 8, "do": "quit"}')
    assert caller.last(7)["event"] == "cancelled"


def test_what_has_not_begun_is_cancelled_at_once_and_the_page_at_work_goes_on(tmp_path: Path) -> None:
    studio, (stale, ink) = _Slow(), (tmp_path / "stale", tmp_path / "ink")
    caller = Caller(studio)  # type: ignore[arg-type]
    caller.ask(1, "hello", version=VERSION)
    caller.send(json.dumps({"id": 2, "do": "ink", "pixels": "a", "out": str(ink)}))
    assert studio.began.wait(LATE)
    for out in stale, ink:
        out.write_bytes(b"")
    for number, out in (3, stale), (4, ink), (5, stale):
        caller.send(json.dumps({"id": number, "do": "preview", "pixels": "a", "out": str(out)}))
    assert caller.last(3)["event"] == caller.last(4)["event"] == "cancelled"  # by newer previews
    caller.send('{"id": 6, "do": "cancel", "of": 5}')
    assert caller.last(5)["event"] == "cancelled"
    assert (stale.exists(), ink.exists()) == (False, True)  # one is no result any more, the other is being written
    caller.send(json.dumps({"id": 5, "do": "preview", "pixels": "a", "out": str(stale)}))
    caller.send(None)
    caller.thread.join(LATE)
    assert [each["id"] for each in caller.said if each["event"] == "cancelled"] == [3, 4, 5, 5, 2]


@pytest.mark.parametrize(
    "error", [MemoryError(), OutOfMemoryError("the network does not fit in the memory; close others")]
)
def test_too_little_memory_is_told_and_what_is_kept_is_given_back(error: Exception) -> None:
    class Full(_Slow):
        def ink(self, _order: Order | None, watch: Watch) -> dict[str, Any]:
            raise error

    studio = Full()
    caller = Caller(studio)  # type: ignore[arg-type]
    caller.ask(1, "hello", version=VERSION)
    told = caller.ask(2, "ink", pixels="a", out="b")
    assert told["kind"] == "memory"
    assert "memory; close other" in told["error"]
    assert studio.rests == 1
    caller.send(None)


def test_memory_is_given_back_after_a_while(page: Path) -> None:
    slow = _Slow()
    caller = Caller(slow, idle=0.05)  # type: ignore[arg-type]
    caller.ask(1, "hello", version=1)
    caller.ask(2, "brushes")
    end = time.monotonic() + LATE
    while not slow.rests and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.3)
    assert slow.rests == 1  # and not again and again
    caller.send(None)


def test_what_is_cancelled_leaves_no_file(studio: Studio, page: Path) -> None:
    watch = Watch(lambda *_: watch.cancel())
    out = page.with_name("ink")
    order = Order.of(Request(1, "ink", {"pixels": str(page), "out": str(out)}))
    with pytest.raises(CancelledError):
        studio.ink(order, watch)
    assert not out.exists()
    studio.rest()
    assert studio.ink(order, Watch(lambda *_: None))["share"] >= 0
    assert out.exists()
