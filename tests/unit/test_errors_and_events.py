from __future__ import annotations

import errno
import json
import re
import typing
from dataclasses import fields
from pathlib import Path

import pytest

from lineart_cli import events
from lineart_cli.errors import ArgumentError, ExitCode, PageError, remedy
from lineart_cli.events import PRINTED


def test_messages_are_one_line_whatever_the_file_is_called() -> None:
    assert str(PageError("a\nb.png", "is\ndamaged", "scan it again")) == "a\\nb.png: is damaged; scan it again"
    assert str(ArgumentError("PATH", "\x1b[2Jb\u202e.png\udcff", "no")) == "PATH \\x1b[2Jb\\u202e.png\\udcff: no"
    assert str(PageError("क्\u200dष 図.png", "is empty", "go")) == "क्\u200dष 図.png: is empty; go"
    assert str(ArgumentError("--dpi", "x", "not a number")) == "--dpi x: not a number"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EROFS, "check the permissions of its folder"),
        (errno.ENOENT, "make its folder first"),
        (errno.ENAMETOOLONG, "give it a shorter name"),
    ],
)
def test_what_helps_where_a_file_cannot_be_written(number: int, says: str) -> None:
    assert remedy(OSError(number, "no")) == says


def test_exit_codes_are_those_that_are_documented() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "SOME_FAILED": 1,
        "BAD_ARGUMENTS": 2,
        "INTERRUPTED": 130,
    }
    assert all(code.meaning for code in ExitCode)


@pytest.mark.parametrize("event", typing.get_args(events.Event))
def test_every_event_documents_its_json(event: type[events.Event]) -> None:
    said = re.search(r"JSON: \{(.*?)\}", " ".join((event.__doc__ or "").split()))
    assert said
    _, name, *names = re.findall(r'"(\w+)"', said[1])
    assert name == event_name(event)
    assert names == [each.name for each in fields(event)]


def event_name(event: type[events.Event]) -> str:
    return str(events.to_json(event(*[None] * len(fields(event))))["event"])  # type: ignore[arg-type]


def test_the_readme_lists_every_event_that_is_printed() -> None:
    rows = [f"| `{event_name(each)}` | {', '.join(f'`{part.name}`' for part in fields(each))} |" for each in PRINTED]
    table = "\n".join(["| `event` | its other fields |", "|---|---|", *rows])
    assert table + "\n\n" in Path(__file__).parents[2].joinpath("README.md").read_text("utf-8")


def test_json_names_the_event_first_and_keeps_odd_file_names() -> None:
    event = events.PageDone("\udcff.png", "ink/ä.png", 2480, 3508, 300.0, 3.0, 1.25)
    text = json.dumps(events.to_json(event))
    assert text.startswith('{"event": "page_done", "input": "')
    assert json.loads(text)["output"] == "ink/ä.png"
    assert events.to_json(events.BatchDone(1, 2, 3, "ink", 4.0))["event"] == "batch_done"
