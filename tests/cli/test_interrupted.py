"""Runs that are stopped, killed, or not alone: nothing is lost, nothing half-written, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from folders import content
from lineart_cli import stamps
from lineart_cli.batch import manifest
from lineart_cli.batch.kept_files import NAME as KEPT
from lineart_cli.batch.manifest import NAME
from lineart_cli.pages import is_whole
from waiting import LATE

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals differ")

Start = Callable[..., subprocess.Popen[str]]


def inking(process: subprocess.Popen[str], pages: int) -> None:
    """Waits until so many pages have been begun."""
    assert process.stdout
    assert [process.stdout.readline() for _ in range(pages)] == ["inking\n"] * pages


def pages_of(folder: Path) -> list[str]:
    """The pages in a folder that holds nothing else but their manifest."""
    kept, known, *names = sorted(os.listdir(folder))
    assert (kept, known) == (KEPT, NAME)
    assert sorted(manifest.parse((folder / NAME).read_text()).pages) == names
    assert all(is_whole(folder / name) for name in names)
    return names


@pytest.mark.parametrize(("jobs", "number"), [("1", signal.SIGTERM), ("3", signal.SIGINT)])
def test_a_signal_lets_the_page_that_is_inked_be_finished_and_no_other(
    folder: Path, start: Start, jobs: str, number: int
) -> None:
    process = start("scans", "-o", "ink", "--jobs", jobs, waits=(0, "go"))
    inking(process, 2)
    process.send_signal(number)
    assert process.stderr
    assert process.stderr.readline().startswith("lineart: stopping when the page")
    (folder / "go").touch()
    _, err = process.communicate(timeout=LATE)
    assert process.returncode == 130
    assert err.endswith("lineart: stopped; what is finished is kept, run again to go on\n")
    assert len(pages_of(folder / "ink")) == 2


def test_a_second_signal_ends_at_once_and_leaves_no_temporary_file(folder: Path, start: Start) -> None:
    process = start("scans", "-o", "ink", "--jobs", "3", waits=(0, 600))
    inking(process, 2)
    process.send_signal(signal.SIGINT)
    assert process.stderr
    assert process.stderr.readline().startswith("lineart: stopping when the page")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LATE)
    assert process.returncode == 130
    assert len(pages_of(folder / "ink")) == 1


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_run_that_was_killed_again_and_again_ends_like_an_undisturbed_one(
    folder: Path, start: Start, jobs: str
) -> None:
    start("scans", "-o", "whole", "--jobs", "3").communicate(timeout=LATE)
    for page in (1, 1, 2):
        process = start("scans", "-o", "ink", "--jobs", jobs, waits=(0, 600))
        inking(process, page)
        process.kill()
        process.communicate(timeout=LATE)
        assert os.path.exists(folder / "ink/.lineart")
    start("scans", "-o", "ink", "--jobs", jobs).communicate(timeout=LATE)
    assert content(folder / "ink") == content(folder / "whole")


def test_a_run_that_was_killed_between_two_settings_goes_on(folder: Path, start: Start) -> None:
    start("scans", "-o", "whole", "-t", "5").communicate(timeout=LATE)
    start("scans", "-o", "ink").communicate(timeout=LATE)
    process = start("scans", "-o", "ink", "-t", "5", "--jobs", "1", waits=(0, 600))
    inking(process, 2)
    process.kill()
    process.communicate(timeout=LATE)
    out, _ = start("scans", "-o", "ink", "-t", "5", "--json").communicate(timeout=LATE)
    events = [json.loads(line)["event"] for line in out.splitlines() if line != "inking"]
    assert events == ["page_skipped", "page_done", "page_done"]
    assert content(folder / "ink") == content(folder / "whole")


@pytest.mark.parametrize("thickness", ["3", "5"])
def test_two_runs_into_one_folder_do_not_harm_each_other(folder: Path, start: Start, thickness: str) -> None:
    runs = [
        start("scans", "-o", "ink", "--jobs", "2", waits=(0.05,)),
        start("scans", "-o", "ink", "-t", thickness, waits=(0.05,)),
    ]
    for run in runs:
        _, err = run.communicate(timeout=LATE)
        assert run.returncode == 0, err
    assert pages_of(folder / "ink") == ["a.png", "b.png", "c.png"]
    entries = manifest.parse((folder / "ink" / NAME).read_text()).pages
    assert {name: entry.output_sha256 for name, entry in entries.items()} == {
        name: stamps.sha256(folder / "ink" / name) for name in entries
    }


def test_a_run_leaves_the_unfinished_files_of_another_alone(folder: Path, start: Start) -> None:
    first = start("scans/a.png", "-o", "ink", waits=("go",))
    inking(first, 1)
    (unfinished,) = (folder / "ink/.lineart").glob("run-*")
    start("scans/b.png", "-o", "ink").communicate(timeout=LATE)
    assert unfinished.exists()
    (folder / "go").touch()
    first.communicate(timeout=LATE)
    assert pages_of(folder / "ink") == ["a.png", "b.png"]


def test_a_hung_engine_costs_its_page_and_the_process_still_ends(folder: Path, start: Start) -> None:
    process = start("scans", "-o", "ink", "--page-timeout", "3", waits=(0, 600, 0))
    _, err = process.communicate(timeout=LATE)
    assert process.returncode == 1
    assert "scans/b.png: cannot be inked; the engine gave no answer in 3 s; give it longer with --page-timeout" in err
    assert sorted(os.listdir(folder / "ink")) == [KEPT, NAME, "a.png", "c.png"]


def test_watching_inks_what_is_saved_again_and_ends_well_with_ctrl_c(folder: Path, start: Start) -> None:
    process = start("scans", "-o", "ink", "--watch", "--json")
    assert process.stdout
    events = (json.loads(line) for line in process.stdout if line != "inking\n")
    first = [next(events) for _ in range(4)]
    assert [event["event"] for event in first] == ["page_done"] * 3 + ["notice"]
    Image.new("L", (300, 300), 3).save(folder / "scans/.b.tmp", "PNG", dpi=(300, 300))
    os.replace(folder / "scans/.b.tmp", folder / "scans/b.png")
    again = next(events)
    assert (again["event"], again["input"]) == ("page_done", "scans/b.png")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LATE)
    assert process.returncode == 0
    assert "lineart: watching scans; Ctrl-C ends it\n" in err
    assert err.count(" inked, 0 skipped, 0 failed") == 2
    assert pages_of(folder / "ink") == ["a.png", "b.png", "c.png"]
