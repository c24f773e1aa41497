"""`lineart serve` as a process of its own: its start, its end, and faults around it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from lineart_cli.bench import sample
from waiting import LATE

ROOT = Path(__file__).parents[2]
SERVE = (sys.executable, "-m", "lineart_cli", "serve")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


class Process:
    """`lineart serve`, greeted."""

    def __init__(self, *options: str) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [*SERVE, *options], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT
        )
        self.number = 0
        assert self.ask("hello", version=2)["version"] == 2

    def send(self, do: str, **fields: Any) -> int:
        self.number += 1
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"id": self.number, "do": do, **fields}) + "\n")
        self.process.stdin.flush()
        return self.number

    def answer(self) -> dict[str, Any]:
        """The next answer that is no progress."""
        assert self.process.stdout
        while True:
            told: dict[str, Any] = json.loads(self.process.stdout.readline())
            if told["event"] != "progress":
                return told

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        self.send(do, **fields)
        return self.answer()


@pytest.fixture
def serve() -> Iterator[Process]:
    made = Process()
    yield made
    with made.process:
        made.process.kill()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.png"
    Image.fromarray(sample.page(900, 700)).save(path, dpi=(300, 300))
    return path


def test_the_shipped_network_gives_the_command_s_ink(serve: Process, page: Path, tmp_path: Path) -> None:
    told = serve.ask("ink", pixels=str(page), out=str(tmp_path / "a"), options={"brush": "ink_pen"})
    assert told["event"] == "done", told
    ink = np.fromfile(tmp_path / "a", np.uint8).reshape(900, 700)
    command = [sys.executable, "-m", "lineart_cli", "ink", str(page), "-o", str(tmp_path / "out"), "--brush", "ink_pen"]
    subprocess.run([*command, "--transparent"], check=True, capture_output=True, env=ENVIRONMENT)
    wanted = np.asarray(Image.open(tmp_path / "out/page.png"))[..., -1]
    np.testing.assert_array_equal(ink, wanted)
    assert ink.max() == 255


def test_it_ends_when_stdin_is_closed_even_at_work(serve: Process, page: Path, tmp_path: Path) -> None:
    serve.send("ink", pixels=str(page), out=str(tmp_path / "a"))
    assert serve.process.stdin
    serve.process.stdin.close()
    assert serve.process.wait(LATE) == 0
    assert not (tmp_path / "a").exists()


def test_it_ends_when_it_is_told_to(serve: Process) -> None:
    serve.send("quit")
    assert serve.process.wait(LATE) == 0
    assert serve.process.stdout
    assert serve.process.stdout.read() == ""


def test_cancel_takes_effect_between_tiles(serve: Process, tmp_path: Path) -> None:
    Image.fromarray(sample.page(3000, 2400)).save(tmp_path / "large.png")
    number = serve.send("ink", pixels=str(tmp_path / "large.png"), out=str(tmp_path / "a"))
    serve.send("cancel", of=number)
    assert serve.answer() == {"event": "cancelled", "id": number}
    assert not (tmp_path / "a").exists()
    assert serve.ask("brushes")["event"] == "done"


@pytest.mark.skipif(os.name == "nt", reason="a pipe's ends are handed on otherwise there")
def test_it_ends_when_its_caller_is_killed(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        f"served = subprocess.Popen({list(SERVE)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False)\n"
        'served.stdin.write(b\'{"id": 1, "do": "hello", "version": 1}\\n\'); served.stdin.flush()\n'
        "served.stdout.readline(); print(served.pid, flush=True); time.sleep(100)\n"
    )
    caller = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    with caller:
        assert caller.stdout
        served = psutil.Process(int(caller.stdout.readline()))
        caller.send_signal(signal.SIGKILL)
    assert not psutil.wait_procs([served], LATE)[1]


@pytest.mark.skipif(os.name == "nt", reason="needs /proc")
def test_it_ends_with_its_parent_even_if_stdin_stays_open(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    program = (
        f"import subprocess, time; print(subprocess.Popen({list(SERVE)}, stdin={reader}, stdout=2).pid, flush=True)"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", program + "; time.sleep(3)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=ENVIRONMENT,
        pass_fds=[reader],
    )
    with caller:
        assert caller.stdout
        served = psutil.Process(int(caller.stdout.readline()))
    left = psutil.wait_procs([served], LATE)[1]
    os.close(reader)
    os.close(writer)
    for each in left:
        each.kill()
    assert not left


def test_a_caller_that_does_not_read_is_no_traceback(serve: Process) -> None:
    assert serve.process.stdout
    assert serve.process.stderr
    assert serve.process.stdin
    serve.process.stdout.close()
    serve.send("brushes")
    time.sleep(0.5)
    serve.process.stdin.close()
    assert serve.process.wait(LATE) == 0
    assert "Traceback" not in serve.process.stderr.read()


def test_idle_is_checked_like_every_option() -> None:
    done = subprocess.run([*SERVE, "--idle", "0"], capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 2
    assert "--idle 0: write a whole number" in done.stderr
