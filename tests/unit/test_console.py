from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from rich.progress import Progress

from lineart_cli.events import BatchDone, PageDone, PageFailed, PageStarted
from lineart_cli.options import InkOptions
from lineart_cli.ui import console

DONE = PageDone("scans/[b]odd.png", "ink/odd.png", 10, 20, 300.0, 3.0, 0.5)


def test_the_bar_counts_pages_names_the_page_and_tells_pages_per_minute() -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=120)
    with console.bar(terminal) as progress:
        listener = console.TerminalReporter(terminal, progress, pages=4, options=InkOptions())
        listener.report(PageStarted("scans/[b]odd.png"))
        listener.report(DONE)
        progress.refresh()
        shown = screen.getvalue()
    assert "[b]odd.png" in shown
    assert "1/4" in shown
    assert "pages/min" in shown


class Terminal(io.StringIO):
    """What is printed on a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("results", "has_bar"), [(Terminal(), False), (io.StringIO(), True)])
def test_json_lines_do_not_run_into_the_bar(
    monkeypatch: pytest.MonkeyPatch, results: io.StringIO, has_bar: bool
) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with console.reporter(1, InkOptions(json=True), results) as listener:
        listener.report(PageStarted("a.png"))
        listener.report(DONE)
    assert ("pages/min" in screen.getvalue()) is has_bar
    assert json.loads(results.getvalue())["output"] == "ink/odd.png"


def test_pages_per_minute() -> None:
    now = [0.0]
    progress = Progress(get_time=lambda: now[0])
    progress.add_task("", total=10)
    (task,) = progress.tasks
    now[0] = 30.0
    assert str(console.PagesPerMinute().render(task)) == "-- pages/min"
    progress.advance(task.id, 4)
    assert str(console.PagesPerMinute().render(task)) == "8.0 pages/min"


def test_the_time_left_is_the_plan_s_until_a_page_is_done() -> None:
    now = [0.0]
    progress = Progress(get_time=lambda: now[0])
    progress.add_task("", total=4, expected=None)
    (task,) = progress.tasks
    left = console.TimeLeft()
    assert str(left.render(task)) == "-:--:--"
    progress.update(task.id, expected=20.0)
    now[0] = 15.0
    assert str(left.render(task)) == "0:01:05"
    now[0] = 90.0
    assert str(left.render(task)) == "0:00:00"
    now[0] = 100.0
    progress.advance(task.id)
    assert str(left.render(task)) == "0:05:00"
    now[0] = 130.0
    assert str(left.render(task)) == "0:04:30"


def test_a_long_error_stays_on_one_line_and_is_no_markup() -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, width=40)
    with console.bar(terminal) as progress:
        listener = console.TerminalReporter(terminal, progress, pages=1, options=InkOptions(quiet=True))
        listener.report(PageFailed("a.png", "scans/[red]a[/red].png: is cut off or damaged; scan or save it again"))
    assert screen.getvalue() == "lineart: scans/[red]a[/red].png: is cut off or damaged; scan or save it again\n"


def test_the_summary_says_where() -> None:
    line = console.summary(BatchDone(3, 1, 2, "ink", 61.04))
    assert line == "3 inked, 1 skipped, 2 failed; in ink, after 61.0 s"


def test_the_summary_counts_what_was_passed_over() -> None:
    line = console.summary(BatchDone(1, 0, 0, "ink", 2.0, {".txt": 1, ".docx": 3}))
    assert line == "1 inked, 0 skipped, 0 failed; in ink, after 2.0 s; passed over 3 .docx, 1 .txt"
