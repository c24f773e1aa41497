"""Networks are made ready once: for previews anywhere on a page, and for the pages that follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineart_cli.inference.engines import open_engine
from lineart_cli.pages.readers.raw import first_line
from serving import Caller

OPEN_ENGINE = "lineart_cli.serve.studio.open_engine"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The windows that networks are made ready for."""
    windows: list[tuple[int, int]] = []
    monkeypatch.setattr(OPEN_ENGINE, lambda *given: windows.append(given[2]) or open_engine(*given))
    return windows


def test_the_network_is_prepared_once_for_previews_anywhere_on_the_page(
    caller: Caller, page: Path, opened: list[tuple[int, int]]
) -> None:
    page.write_bytes(first_line(2600, 1800, "y", "u8") + bytes(2600 * 1800))
    assert caller.ask(2, "prepare", width=300, height=200)["event"] == "done"
    assert opened
    before = len(opened)
    asked = {"pixels": str(page), "out": str(page.with_name("preview")), "options": {"drawing": "7px"}}
    places = [(0, 0, 1), (411, 307, 1), (2300, 1600, 1), (200, 100, 0.5), (900, 800, 3), (2400, 40, 2.2)]
    for number, (left, top, zoom) in enumerate(places, 3):
        crop = [left, top, round(300 / zoom), round(200 / zoom)]
        assert caller.ask(number, "preview", **asked, crop=crop, zoom=zoom)["event"] == "done"
    assert opened[before:] == []
    told = caller.ask(9, "prepare", width=300, height=0)
    assert told["error"] == "width, height 300 x 0: give 1 to 16384 px"


def test_the_network_is_prepared_for_a_page_that_is_narrower_than_the_window(
    caller: Caller, page: Path, opened: list[tuple[int, int]]
) -> None:
    page.write_bytes(first_line(1000, 3000, "y", "u8") + bytes(1000 * 3000))
    assert caller.ask(2, "prepare", width=334, height=400, page=[333, 1000])["event"] == "done"
    assert opened
    before = len(opened)
    asked = {"pixels": str(page), "out": str(page.with_name("preview")), "options": {"drawing": "7px"}}
    for number, top in enumerate((0, 900, 1780), 3):
        assert caller.ask(number, "preview", **asked, crop=[0, top, 1000, 1200], zoom=0.333)["event"] == "done"
    assert opened[before:] == []
    assert "write [width, height]" in caller.ask(9, "prepare", width=334, height=400, page=[0, 7])["error"]


@pytest.fixture
def no_window_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineart_cli.serve.studio._SMALL_PX", 0)


def test_networks_of_large_windows_rest_between_pages_and_are_kept(
    no_window_is_small: None, caller: Caller, page: Path, opened: list[tuple[int, int]]
) -> None:
    asked = {"pixels": str(page), "out": str(page.with_name("ink")), "options": {"drawing": "7px"}}
    inks = [caller.ask(number, "ink", **asked)["sha256"] for number in (2, 3)]
    assert inks[0] == inks[1]
    assert len(opened) == len(set(opened)) > 0
