"""Runs that are killed at any moment, and then run again with the same command: nothing is lost or half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from PIL import Image

from lineart_cli.batch.manifest import NAME

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its runs")

Ink = Callable[..., SimpleNamespace]

COMMANDS = (
    ("--jobs", "1"),
    ("--jobs", "3"),
    ("--jobs", "3", "--format", "tiff", "--join"),
    ("--jobs", "2", "--format", "ora"),
    ("--overwrite",),
)
FORMER = ("--thickness", "5")
"""What the folder was inked with before, in some of the cases."""


class Killed:
    """A folder in which runs are killed; `whole` are undisturbed folders of ink, by command."""

    def __init__(self, folder: Path, ink: Ink, looks: SimpleNamespace) -> None:
        self._folder, self._ink, self._looks = folder, ink, looks
        self._out = folder / "ink-out"
        (folder / "scans/broken.png").write_bytes((folder / "scans/a.png").read_bytes()[:200])
        self.counts: Counter[str] = Counter()
        self._whole: dict[tuple[str, ...], SimpleNamespace] = {}
        for command in COMMANDS:
            ended = ink(*command)
            self._whole[command] = SimpleNamespace(ended=ended, content=looks.content(self._out))
            assert ended.code == 1
            assert ended.err.count("\n") == 2, ended.err
            shutil.rmtree(self._out)

    def kill(self, seed: int) -> None:
        """Kills a run once or more often, at moments that follow from `seed`, and runs it to its end."""
        rng = Random(seed)
        command = rng.choice(COMMANDS)
        whole = self._whole[command]
        shutil.rmtree(self._out, ignore_errors=True)
        may_be = [whole.content]
        if rng.random() < 0.3:
            self._ink(*command, *FORMER)
            may_be.append(self._looks.content(self._out))
        for _ in range(rng.choice((1, 1, 2, 3))):
            moment = self._moment(rng, whole.ended)
            ended = self._ink(*command, **moment)
            assert ended.code in {-9, 1}
            self.counts[f"killed, by {next(iter(moment))}" if ended.code == -9 else "ended before"] += 1
            self._check_names(may_be)
        there = self._looks.under_final_names(self._out) if self._out.exists() else {}
        finished = {name for name, data in there.items() if whole.content[name] == data}
        again = self._ink(*command, "--json")
        assert again.code == 1, again.err
        assert self._looks.content(self._out) == whole.content
        assert not (self._out / ".lineart").exists()
        events = [json.loads(line) for line in again.out.splitlines()]
        inked = {Path(each["output"]).relative_to("ink-out").as_posix() for each in events if "_done" in each["event"]}
        self.counts["resumed, equal to an undisturbed run"] += 1
        if "--overwrite" not in command:
            assert not inked & finished
            self.counts["pages found finished, and not inked again"] += len(finished)

    def _moment(self, rng: Random, ended: SimpleNamespace) -> dict[str, float]:
        if rng.random() < 0.5:
            return {"kill_before": rng.randrange(ended.operations)}
        return {"kill_after": rng.uniform(0, 1.2 * ended.seconds)}

    def _check_names(self, may_be: list[dict[str, bytes]]) -> None:
        if not self._out.exists():
            return
        for name, data in self._looks.under_final_names(self._out).items():
            assert any(whole[name] == data for whole in may_be), name
        if (self._out / NAME).exists():
            json.loads((self._out / NAME).read_text())


def storm(killed: Killed, seeds: range) -> None:
    for seed in seeds:
        try:
            killed.kill(seed)
        except BaseException:
            print(f"seed {seed}")
            raise
    print(dict(killed.counts))


@pytest.fixture
def killed(scans: Path, ink: Ink, looks: SimpleNamespace) -> Killed:
    return Killed(scans.parent, ink, looks)


def test_a_killed_run_ends_like_an_undisturbed_one(killed: Killed) -> None:
    storm(killed, range(8))


@pytest.mark.long
def test_very_many_killed_runs_end_like_undisturbed_ones(killed: Killed) -> None:
    storm(killed, range(100, 400))


@pytest.mark.long
def test_a_killed_run_of_the_real_model_ends_like_an_undisturbed_one(tmp_path: Path, looks: SimpleNamespace) -> None:
    (tmp_path / "scans").mkdir()
    for name in ("a", "b", "c"):
        sheet = Image.new("L", (200, 280), 235)
        sheet.paste(60, (ord(name) - 60, 20, ord(name) - 57, 250))
        sheet.save(tmp_path / f"scans/{name}.png", dpi=(150, 150))

    def begin(out: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "lineart_cli", "ink", "scans", "-o", out, "--quiet"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )

    start = time.monotonic()
    with begin("whole") as run:
        assert run.wait() == 0
    seconds = time.monotonic() - start
    for share in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
        with begin("ink-out") as run:
            time.sleep(share * seconds)
            run.kill()
        with begin("ink-out") as run:
            assert run.wait() == 0
        assert looks.content(tmp_path / "ink-out") == looks.content(tmp_path / "whole")
        shutil.rmtree(tmp_path / "ink-out")
