"""`lineart` with a fake in place of the network: as a process of its own, and as it is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from shell import Shell

# The inker tells that it has begun, waits, and inks noise (which does not compress) that depends on the thickness.
DRIVER = """
import os, resource, signal, sys, time
import numpy as np
from lineart_cli import app

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell runs in the background

class Slow:
    waits = {waits}
    def bands(self, grey, size, plan, tool, faint, tone):
        print("inking\\n", end="", flush=True)  # in one piece: another thread may be telling of a page
        wait = self.waits.pop(0) if len(self.waits) > 1 else self.waits[0]
        while wait == "go" and not os.path.exists("go"):
            time.sleep(0.02)
        time.sleep(0 if wait == "go" else wait)
        yield np.random.default_rng(int(tool.thickness.page_px(size.dpi))).integers(0, 200, size.shape, np.uint8)

app._open_inker = lambda *_: Slow()
if {limit}:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
app.main()
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with scans/{a,b,c}.png."""
    (tmp_path / "scans").mkdir()
    for name in "abc":
        Image.new("L", (300, 300), 255).save(tmp_path / f"scans/{name}.png", dpi=(300, 300))
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts `lineart ink` in `folder`.

    `waits` are the seconds that the inker takes for each page, or "go": until there is a file of that name; the last
    holds for all pages that follow. `limit` is the size that no file may exceed.
    """

    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, waits: tuple[float | str, ...] = (0,), limit: int = 0) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER.format(waits=list(waits), limit=limit), "ink", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        with process:  # closes its pipes
            process.kill()


@pytest.fixture
def lineart(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    """The command, in a folder with scans/{a.png, deep/b.png} at 300 dpi."""
    monkeypatch.chdir(tmp_path)
    for name in ("scans/a.png", "scans/deep/b.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.linear_gradient("L").save(path, dpi=(300, 300))
    return Shell(monkeypatch, capsys)
