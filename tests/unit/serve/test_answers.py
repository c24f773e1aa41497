"""What is answered to requests that are wrong or cannot be met, and to callers of other versions."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.pages.readers.raw import first_line
from lineart_cli.serve import Studio, pixels
from lineart_cli.serve.protocol import OLDEST, VERSION, Order, Request, RequestError
from serving import Caller
from waiting import LATE


def test_nothing_is_inked_for_a_folder_that_does_not_exist(caller: Caller, page: Path) -> None:
    assert caller.ask(2, "ink", pixels=str(page), out=str(page.parent / "no/ink"))["event"] == "failed"
    assert not [each for each in caller.said if each["event"] == "progress"]


def test_errors_are_the_command_s(caller: Caller, page: Path) -> None:
    asked = {"pixels": str(page), "out": str(page.with_name("ink"))}
    cases = [
        ({"options": {"thickness": "thick"}}, "argument", "--thickness thick: not a length"),
        ({"options": {"brush": "broom"}}, "argument", "--brush broom: unknown"),
        ({"options": {"output": "x"}}, "argument", "options.output x: unknown"),
        ({"options": {"thickness": "2,3"}}, "argument", "one of each"),
        ({"pixels": str(page) + "x"}, "page", "is not there"),
        ({"out": str(page.parent / "no/ink")}, "page", "no does not exist; make it first"),
        ({"out": str(page.parent)}, "page", "is a folder"),
        (
            {"mask": str(page.parent / "mask")},
            "page",
            "mask: cannot be read (No such file or directory); write the mask",
        ),
        ({"mask": str(page)}, "page", "is no mask of 450 x 320 px"),
        ({"crop": [400, 0, 100, 10]}, "argument", "reaches beyond"),
        ({"crop": [0, 0, 0, 10]}, "request", "crop"),
        ({"fill": {"colour": "zz", "sample": "u8"}}, "request", "fill"),
        ({"zoom": -1}, "request", "zoom -1: write a number above 0"),
        ({"zoom": None}, "request", "zoom None: write a number above 0"),
        ({"zoom": 10**400}, "request", "write a number above 0"),
        ({"last_scale": "1"}, "request", "last_scale '1': write a number above 0"),
        (
            {"crop": [0.5, 0, 100, 100]},
            "request",
            "crop [0.5, 0, 100, 100]: write [left, top, width, height], whole px",
        ),
        ({"crop": {"left": 0}}, "request", "write [left, top, width, height]"),
        ({"crop": None}, "request", "write [left, top, width, height]"),
        ({"fill": {"colour": "00", "sample": ["u8"]}}, "request", "u8, u16, f16 or f32"),
        ({"options": []}, "request", "options []: write an object of texts"),
        ({"options": {"thickness": None}}, "request", "write an object of texts"),
        ({"out": ""}, "request", "out '': write the path of a file"),
    ]
    for number, (more, kind, text) in enumerate(cases, 2):
        told = caller.ask(number, "ink", **{**asked, **more})
        assert (told["event"], told["kind"]) == ("failed", kind), told
        assert text in told["error"]
        assert "\n" not in told["error"]
    assert caller.ask(90, "ink", **asked)["event"] == "done"


def test_lines_that_are_no_requests_are_told_and_passed_over(caller: Caller) -> None:
    for line in (
        "{",
        "[]",
        '"ink"',
        '{"do": "ink"}',
        '{"id": true, "do": "ink"}',
        "\x00",
        "9" * 1_000_001,
        "[" * 100_000,
        '{"id": ' + "[" * 400 + "]" * 400 + "}",
    ):
        caller.said.clear()
        caller.send(line)
        assert caller.last(None)["kind"] == "request"
    asked = (
        {},
        {"do": 7},
        {"do": "dance"},
        {"do": "ink"},
        {"do": "cancel"},
        {"do": "ink", "pixels": "\ud800", "out": "b"},
    )
    for number, fields in enumerate(asked, 20):
        caller.send(json.dumps({"id": number, **fields}))
        assert caller.last(number)["kind"] == "request"
    caller.send("")
    assert caller.ask(30, "brushes")["event"] == "done"


def test_a_request_that_fails_leaves_no_older_ink_and_never_takes_the_sketch_away(caller: Caller, page: Path) -> None:
    out = page.with_name("ink")
    asked = {"pixels": str(page), "out": str(out)}
    for number, (do, more) in enumerate(
        (
            ("ink", {"options": {"thickness": "thick"}}),
            ("ink", {"pixels": str(page) + "x"}),
            ("preview", {"zoom": 0}),
            ("ink", {"crop": [0, 0, 9000, 1]}),
        ),
        2,
    ):
        out.write_bytes(b"of before")
        assert caller.ask(number, do, **{**asked, **more})["event"] == "failed"
        assert not out.exists()
    assert "named for two files" in caller.ask(20, "ink", pixels=str(page), out=str(page))["error"]
    assert page.exists()


@pytest.mark.parametrize("version", range(OLDEST, VERSION + 1))
def test_callers_of_older_versions_are_answered_in_theirs(studio: Studio, version: int) -> None:
    caller = Caller(studio)
    assert caller.ask(1, "hello", version=version)["version"] == version
    caller.send(None)


@pytest.mark.parametrize(("version", "who"), [(0, "the caller"), (99, "lineart")])
def test_versions_that_differ_say_who_is_to_be_updated(studio: Studio, version: int, who: str) -> None:
    caller = Caller(studio)
    assert "hello comes first" in caller.ask(1, "brushes")["error"]
    assert caller.ask(2, "hello", version=version)["error"].endswith(f"update {who}")
    assert "hello comes first" in caller.ask(3, "brushes")["error"]
    assert "version '1': write a whole number" in caller.ask(5, "hello", version="1")["error"]
    caller.send('{"id": 4, "do": "quit"}')
    caller.thread.join(LATE)
    assert not caller.thread.is_alive()


def test_a_document_that_is_too_large_is_told_before_it_is_read(caller: Caller, tmp_path: Path) -> None:
    head = first_line(36_000, 36_000, "y", "u8")
    (tmp_path / "huge").write_bytes(head)
    os.truncate(tmp_path / "huge", len(head) + 36_000**2)
    told = caller.ask(2, "ink", pixels=str(tmp_path / "huge"), out=str(tmp_path / "out"))
    assert told["kind"] == "page"
    assert "is over 1200 megapixels" in told["error"]


def test_a_name_that_no_disk_takes_is_to_be_shorter(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"cannot be written \(File name too long\); give it a shorter name, or name"):
        pixels.write_bytes(b"", tmp_path / ("a" * 300))


def test_a_request_says_what_is_wrong_with_it() -> None:
    with pytest.raises(RequestError, match="pixels: missing"):
        Order.of(Request(1, "ink", {}))
    with pytest.raises(ArgumentError, match="--faint"):
        Order.of(Request(1, "ink", {"pixels": "a", "out": "b", "options": {"faint": 7}}))
