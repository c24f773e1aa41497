from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from lineart_cli.batch import edited_output, files, watch
from lineart_cli.batch.watch import GIVEN_UP, SETTLED, Saves
from lineart_cli.errors import ArgumentError
from lineart_cli.events import Event, PageSkipped
from waiting import LATE

A, B = Path("a.png"), Path("b.png")


def whole(_: Path) -> bool:
    return True


def broken(_: Path) -> bool:
    return False


class TestSaves:
    def test_what_is_known_is_not_told(self) -> None:
        saves = Saves({A: (1, 2, 3)})
        assert saves.update({A: (1, 2, 3)}, 0, whole) == set()
        assert not saves.is_waiting

    def test_a_change_is_told_once_and_only_when_it_has_settled(self) -> None:
        saves = Saves({A: (1, 2, 3)})
        assert saves.update({A: (1, 5, 4)}, 0, whole) == set()
        assert saves.is_waiting
        assert saves.update({A: (1, 9, 5)}, SETTLED, whole) == set()
        assert saves.update({A: (1, 9, 5)}, 1.9 * SETTLED, whole) == set()
        assert saves.update({A: (1, 9, 5)}, 2 * SETTLED, whole) == {A}
        assert saves.update({A: (1, 9, 5)}, 9, whole) == set()
        assert not saves.is_waiting

    def test_a_new_file_and_one_in_the_place_of_another_are_told(self) -> None:
        saves = Saves({A: (1, 2, 3)})
        now = {A: (7, 2, 3), B: (2, 2, 2)}
        assert saves.update(now, 0, whole) == set()
        assert saves.update(now, SETTLED, whole) == {A, B}

    def test_a_file_that_goes_is_not_told_and_one_that_comes_again_is(self) -> None:
        saves = Saves({A: (1, 2, 3)})
        assert saves.update({}, 0, whole) == set()
        assert not saves.is_waiting
        assert saves.update({A: (2, 2, 4)}, 1, whole) == set()
        assert saves.update({A: (2, 2, 4)}, 2, whole) == {A}

    def test_a_file_that_cannot_be_read_is_waited_for_but_not_for_ever(self) -> None:
        saves = Saves({})
        assert saves.update({A: (1, 1, 1)}, 0, broken) == set()
        assert saves.update({A: (1, 1, 1)}, SETTLED, broken) == set()
        assert saves.is_waiting
        assert saves.update({A: (1, 1, 1)}, GIVEN_UP, broken) == {A}


def test_what_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("scans", "b*d"):
        Path(name).mkdir()
    Path("a.png").touch()
    assert watch.watched(["a.png", "scans/*.png", "scans/?.tif"]) == ([Path(), Path("scans")], False)
    assert watch.watched(["a.png", "scans"]) == ([Path("scans")], True)
    assert watch.watched(["scans/**/*.png"]) == ([Path("scans")], True)
    assert watch.watched(["none/*.png"]) == ([], False)


class Desk:
    """A folder that is watched in a thread of its own; tells what was run."""

    def __init__(self, root: Path) -> None:
        self.scans, self.out = root / "scans", root / "scans/ink"
        self.scans.mkdir()
        self.out.mkdir()
        self.stopped = threading.Event()
        self.clash = False
        self.retries = watch.Retries(self)
        self.told: list[str] = []
        self._runs: list[list[str]] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._follow)

    def begin(self) -> None:
        known = watch.stamps(list(self.scans.glob("*.png")))
        self._known = known
        self._thread.start()
        self.wait(lambda: bool(self.told))

    def _follow(self) -> None:
        watch.follow(
            [str(self.scans)], self.out, self._known, self._plan, self._run, self._tell, self.stopped, self.retries
        )

    def _plan(self, sources: Sequence[files.Source]) -> list[files.Job]:
        if self.clash:
            raise ArgumentError("--output", "a.png", "both")
        return files.plan(sources, self.out, ".png")

    def _run(self, jobs: Sequence[files.Job]) -> None:
        with self._news:
            self._runs.append(sorted(job.source.name for job in jobs))
            self._news.notify_all()

    def _tell(self, line: str) -> None:
        with self._news:
            self.told.append(line)
            self._news.notify_all()

    def report(self, event: Event) -> None:
        """Passed on by `retries`."""

    def wait(self, what: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(what, LATE)

    def next_run(self) -> list[str]:
        self.wait(lambda: bool(self._runs))
        return self._runs.pop(0)

    def end(self) -> None:
        self.stopped.set()
        self._thread.join(LATE)
        assert not self._thread.is_alive()
        assert not self._runs


def draw(path: Path, shade: int) -> None:
    Image.new("L", (20, 10), shade).save(path)


def test_every_way_to_save_is_seen_and_ink_is_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name in "abc":
        draw(desk.scans / f"{name}.png", 0)
    desk.begin()
    draw(desk.out / "a.png", 0)
    draw(desk.scans / ".a.png.swp.png", 1)
    os.replace(desk.scans / ".a.png.swp.png", desk.scans / "a.png")
    assert desk.next_run() == ["a.png"]
    (desk.scans / "c.png").unlink()
    (desk.scans / "b.png").unlink()
    draw(desk.scans / "b.png", 2)
    assert desk.next_run() == ["b.png"]
    (desk.scans / "deep").mkdir()
    draw(desk.scans / "deep/new.png", 2)
    assert desk.next_run() == ["new.png"]
    half = (desk.scans / "a.png").read_bytes()
    (desk.scans / "a.png").write_bytes(half[:40])
    (desk.scans / "a.png").write_bytes(half)
    assert desk.next_run() == ["a.png"]
    desk.end()


def test_ink_that_was_saved_while_its_page_was_inked_is_inked_again_at_rest(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    sketch, ink = desk.scans / "a.png", desk.out / "a.png"
    for path in (sketch, ink):
        draw(path, 0)
    desk.begin()
    for note in ("is finished", edited_output.RETRIED):
        desk.retries.report(PageSkipped(str(sketch), str(ink), note))
    assert desk.next_run() == ["a.png"]
    assert desk.retries.outputs() == []
    desk.end()  # it is inked once


def test_what_cannot_be_planned_waits_for_the_next_save(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.clash = True
    desk.begin()
    draw(desk.scans / "a.png", 0)
    desk.wait(lambda: desk.told[-1] == "--output a.png: both")
    desk.clash = False
    draw(desk.scans / "b.png", 0)
    assert desk.next_run() == ["a.png", "b.png"]
    desk.end()
