"""What the benchmarks share: pages to ink, commands that are timed and watched, and a record of it all."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image

from lineart_cli.bench import sample
from lineart_cli.machine import hardware
from lineart_cli.scale import working_scale

ROOT = Path(__file__).parents[2]
LINEART = (sys.executable, "-m", "lineart_cli")
PAGES = {
    "A6 300": (1754, 1240, 300),
    "A4 300": (3508, 2480, 300),
    "A4 600": (7016, 4960, 600),
    "A3 600": (9921, 7016, 600),
    "A0 600": (28087, 19866, 600),
}
"""Height and width in px, and dpi."""
PACKAGES = ("numpy", "opencv-python-headless", "pillow", "openvino", "onnxruntime")


@dataclass(frozen=True)
class Run:
    """A command that has ended: its exit code, seconds from start to end, seconds of all its cores, peak bytes."""

    code: int
    seconds: float
    cpu_seconds: float
    peak: int


def run(
    command: Sequence[str], environment: dict[str, str] | None = None, prepare: Callable[[], None] | None = None
) -> Run:
    """Run a command to its end; what it prints on stdout is dropped. POSIX only.

    Python may keep the modules that it compiles, as pip does where it installs them.

    Args:
        command: to run.
        environment: variables beside our own.
        prepare: called in the new process, before it becomes the command.
    """
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(environment or {})},
        preexec_fn=prepare,  # noqa: PLW1509
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    scale = 1 if sys.platform == "darwin" else 1024
    cpu = usage.ru_utime + usage.ru_stime
    return Run(process.returncode, time.monotonic() - start, cpu, usage.ru_maxrss * scale)


def drawing(dpi: float) -> tuple[str, str]:
    """The option by which a page of that dpi is worked on at 300, whatever is on it."""
    return "--drawing", f"{working_scale.STROKE * dpi / 300:g}px"


def ink(
    pages: Path,
    out: Path,
    *options: str,
    command: Sequence[str] = LINEART,
    environment: dict[str, str] | None = None,
    prepare: Callable[[], None] | None = None,
) -> Run:
    """Ink a page or a folder with `lineart ink`, or another `command` that knows `ink`, started anew; see `run`."""
    wishes = ["ink", str(pages), "--output", str(out), "--overwrite", "--quiet", *options]
    return run([*command, *wishes], environment, prepare)


def draw_page(path: Path, height: int, width: int, dpi: float) -> Path:
    """Write lineart's own sample page, if it is not there yet."""
    return made(path, _draw, height, width, dpi)


def made(path: Path, make: Callable[..., None], *arguments: object) -> Path:
    """A file that `make(path, *arguments)` writes, if it is not there yet.

    In a process of its own: the peak of a process counts from the memory that its parent had when it was started.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        process = multiprocessing.get_context("spawn").Process(target=make, args=(path, *arguments))
        process.start()
        process.join()
    return path


def _draw(path: Path, height: int, width: int, dpi: float) -> None:
    Image.fromarray(sample.page(height, width)).save(path, dpi=(dpi, dpi))


def record() -> dict[str, Any]:
    """Commit, machine and versions."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    machine = hardware.detect()
    return {
        "commit": subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip(),
        "cpu": machine.cpu,
        "instructions": machine.instructions,
        "cores": machine.share,
        "memory": machine.memory_total,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def arguments(description: str) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--folder", type=Path, default=Path("benchmark"), help="pages and ink go there")
    return parser


def keep(file: Path | None, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows with the record, if a file is wanted."""
    if file is not None:
        file.write_text(json.dumps({**record(), "rows": list(rows)}, indent=2) + "\n", "utf-8")
