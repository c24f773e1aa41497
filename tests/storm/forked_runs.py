"""Runs `lineart ink` again and again, each in a fork of one process, so that a run costs next to nothing.

Reads a run as a line of JSON, see `Run`, and answers with a line of what became of it; until its input ends. A fake
that inks noise stands in for the network.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from lineart_cli import app
from lineart_cli.brushes.style import Tool
from lineart_cli.imaging.disk_array import Page
from lineart_cli.plan import PageSize, Plan

OUT = "ink-out"
_OPERATIONS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir", "os.scandir", "fcntl.flock"}


@dataclass(frozen=True)
class Run:
    """A run to be made.

    Attributes:
        folder: to run in.
        arguments: of `lineart ink`.
        kill_before: the operation on files, from 0, that it does not live to see; of those that concern OUT.
        kill_after: seconds after which it is killed.
        uid: the user that it runs as, or None for the present one.
        meddle: a seed: while it runs, its inputs, which are scans/*, are saved anew, cut off, moved and put back.
    """

    folder: str
    arguments: list[str]
    kill_before: int | None = None
    kill_after: float | None = None
    uid: int | None = None
    meddle: int | None = None


@dataclass(frozen=True)
class Ended:
    """How a run has ended: exit code, or minus the signal; what it wrote, its operations, and seconds."""

    code: int
    out: str
    err: str
    operations: int
    seconds: float


class Noise:
    """Inks noise that depends on the page and the thickness."""

    def bands(self, grey: Page, size: PageSize, plan: Plan, tool: Tool, faint: float) -> Iterator[np.ndarray]:
        seed = int(grey[:].sum(dtype=np.float64) * 1000) + int(tool.thickness.page_px(size.dpi))
        yield np.random.default_rng(seed).integers(0, 200, size.shape, np.uint8)


def main() -> None:
    """Answers until there are no more questions."""
    app._open_inker = lambda *_: Noise()  # type: ignore[assignment]
    _load_all()
    for line in sys.stdin:
        print(json.dumps(asdict(_ended(Run(**json.loads(line))))), flush=True)


def _load_all() -> None:
    """A first run, so that all others find everything imported."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.png", "b.tif"):
            Image.new("L", (9, 9)).save(Path(folder, name))
        sys.argv = ["lineart", "ink", folder, "-o", str(Path(folder, OUT)), "--quiet"]
        with contextlib.suppress(SystemExit):
            app.main()


def _ended(run: Run) -> Ended:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, tempfile.TemporaryFile() as count:
        start = time.monotonic()
        child = os.fork()
        if not child:
            _run(run, out.fileno(), err.fileno(), count.fileno())
        if run.kill_after is not None:
            time.sleep(run.kill_after)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        seconds = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        operations = count.seek(0, os.SEEK_END)
        return Ended(os.waitstatus_to_exitcode(status), out.read(), err.read(), operations, seconds)


def _run(run: Run, out: int, err: int, count: int) -> None:
    """The life of a child, which does not return."""
    code: object = 70
    try:
        os.chdir(run.folder)
        os.dup2(out, 1)
        os.dup2(err, 2)
        if run.uid is not None:
            os.setgroups([])
            os.setgid(run.uid)
            os.setuid(run.uid)
        if run.meddle is not None:
            threading.Thread(target=_meddle, args=(Random(run.meddle),), daemon=True).start()
        done = 0

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal done
            if event in _OPERATIONS and (event == "fcntl.flock" or OUT in str(arguments[0])):
                if done == run.kill_before:
                    os.kill(os.getpid(), signal.SIGKILL)
                done += 1
                os.write(count, b".")

        sys.addaudithook(watch)
        sys.argv = ["lineart", "ink", *run.arguments]
        app.main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


def _meddle(rng: Random) -> None:
    scans = sorted(path for path in Path("scans").iterdir() if path.is_file())
    contents = {path: path.read_bytes() for path in scans}
    while True:
        path = rng.choice(scans)
        content = contents[rng.choice(scans)]
        with contextlib.suppress(OSError):
            _change(path, content, rng)
        time.sleep(rng.uniform(0, 0.01))


def _change(path: Path, content: bytes, rng: Random) -> None:
    kind = rng.randrange(4)
    if kind == 0:
        path.write_bytes(content)
    elif kind == 1:
        os.truncate(path, rng.randrange(len(content)))
    else:
        beside = path.with_name(f".{path.name}")
        if kind == 2:
            beside.write_bytes(content)
        else:
            os.replace(path, beside)
            time.sleep(rng.uniform(0, 0.01))
        os.replace(beside, path)


if __name__ == "__main__":
    main()
