"""Runs of `lineart ink` that cost next to nothing, a folder for them, and what must hold of any folder of ink."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from folders import content

OUT = "ink-out"

Ink = Callable[..., SimpleNamespace]


@pytest.fixture(scope="session")
def server() -> Iterator[subprocess.Popen[str]]:
    """What forks the runs."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("forked_runs.py"))],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def ink(server: subprocess.Popen[str], tmp_path: Path) -> Ink:
    """Runs `lineart ink scans -o ink-out` with further arguments, see `forked_runs.Run`; gives `forked_runs.Ended`.

    `folder` is where, if not the test's own.
    """

    def run(*arguments: str, out: str = OUT, folder: Path = tmp_path, **how: Any) -> SimpleNamespace:
        assert server.stdin
        assert server.stdout
        command = {"folder": str(folder), "arguments": ["scans", "-o", out, *arguments], **how}
        server.stdin.write(json.dumps(command) + "\n")
        server.stdin.flush()
        ended = SimpleNamespace(**json.loads(server.stdout.readline()))
        assert "Traceback" not in ended.err, ended.err
        assert ended.code in {0, 1, 2, -9}, ended.err
        return ended

    return run


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Six pages in four files, one of them a folder deeper."""
    return draw(tmp_path / "scans")


def draw(folder: Path, seed: int = 0) -> Path:
    (folder / "deep").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for name in ("a.png", "b.png", "deep/c.png"):
        Image.fromarray(rng.integers(0, 256, (90, 64), np.uint8)).save(folder / name, dpi=(300, 300))
    tifffile.imwrite(folder / "d.tif", rng.integers(0, 256, (3, 64, 80), np.uint8), photometric="minisblack")
    return folder


def under_final_names(folder: Path) -> dict[str, bytes]:
    """The ink in a folder that a run may still be at work in."""
    return {name: data for name, data in content(folder).items() if not name.startswith(".lineart")}


@pytest.fixture
def looks() -> SimpleNamespace:
    """The functions of this module, for the tests beside it."""
    return SimpleNamespace(draw=draw, content=content, under_final_names=under_final_names)
