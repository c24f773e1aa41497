"""The end of whoever started this process."""

from __future__ import annotations

import threading

import pytest

from lineart_cli.batch import interrupt


def test_a_parent_that_was_gone_before_it_was_looked_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(interrupt, "PARENT", interrupt.PARENT + 1)
    interrupt.end_with_parent(ended.set)
    assert ended.is_set()


def test_a_parent_that_is_there_is_left_alone() -> None:
    ended = threading.Event()
    interrupt.end_with_parent(ended.set, every=0.01)
    assert not ended.wait(0.1)
