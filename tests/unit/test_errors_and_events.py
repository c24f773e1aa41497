from __future__ import annotations

import json

from lineart_cli import events
from lineart_cli.errors import ArgumentError, ExitCode, PageError


def test_messages_are_one_line_whatever_the_file_is_called() -> None:
    assert str(PageError("a\nb.png", "is\ndamaged", "scan it again")) == "a\\nb.png: is damaged; scan it again"
    assert str(ArgumentError("PATH", "\x1b[2Jb\u202e.png\udcff", "no")) == "PATH \\x1b[2Jb\\u202e.png\\udcff: no"
    assert str(PageError("क्\u200dष 図.png", "is empty", "go")) == "क्\u200dष 図.png: is empty; go"
    assert str(ArgumentError("--dpi", "x", "not a number")) == "--dpi x: not a number"


def test_exit_codes_are_those_that_are_documented() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "SOME_FAILED": 1,
        "BAD_ARGUMENTS": 2,
        "INTERRUPTED": 130,
    }
    assert all(code.meaning for code in ExitCode)


def test_json_names_the_event_first_and_keeps_odd_file_names() -> None:
    event = events.PageDone("\udcff.png", "ink/ä.png", 2480, 3508, 300.0, 3.0, 1.25)
    text = json.dumps(events.to_json(event))
    assert text.startswith('{"event": "page_done", "input": "')
    assert json.loads(text)["output"] == "ink/ä.png"
    assert events.to_json(events.BatchDone(1, 2, 3, "ink", 4.0))["event"] == "batch_done"
