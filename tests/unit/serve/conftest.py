"""`lineart serve` with a tiny network, a page for it, and a caller whose hello was answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lineart_cli.model.card import ModelCard
from lineart_cli.pages.readers.raw import first_line
from lineart_cli.serve import Studio
from serving import SHAPE, Caller, sketch
from waiting import LATE


@pytest.fixture
def studio(card: ModelCard, decide: Callable[..., Any]) -> Studio:
    return Studio(card, lambda _: decide(), None)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page"
    path.write_bytes(first_line(SHAPE[1], SHAPE[0], "y", "u8", dpi=300.0) + sketch().tobytes())
    return path


@pytest.fixture
def caller(studio: Studio) -> Iterator[Caller]:
    made = Caller(studio)
    assert made.ask(1, "hello", version=1)["event"] == "hello"
    yield made
    made.send(None)
    made.thread.join(LATE)
    assert not made.thread.is_alive()
