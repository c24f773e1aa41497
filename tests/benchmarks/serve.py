"""Start of `lineart serve`, previews of a window of 1000 x 700 px, and an A4 layer beside bare inking.

Bare inking is what the network and the cutting of lines take for a page that is in memory at its scale, in a process
that has the networks of all passes ready. Seconds are told by the clock, and of all cores together: on a machine that
is busy with other things, believe those. What is asked for is in the last column.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import common
import cv2
import numpy as np
import psutil
from PIL import Image

from lineart_cli import app
from lineart_cli.bench import settings
from lineart_cli.brushes.style import Tool
from lineart_cli.inference.engines import CompiledNetworks, Engine, EngineChoice, open_engine
from lineart_cli.inference.ready import ReadyNetworks
from lineart_cli.inking.inker import Inker
from lineart_cli.machine import folders, hardware, process
from lineart_cli.model import catalogue
from lineart_cli.options import InkOptions, Length
from lineart_cli.pages.readers.raw import first_line
from lineart_cli.plan import PageSize, Request, plan
from lineart_cli.scale import working_scale

WINDOW = (1000, 700)
TIMES = 5


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of all cores."""

    wall: float
    cores: float


class Serve:
    """`lineart serve`, and what it took to greet."""

    def __init__(self) -> None:
        start = time.monotonic()
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "lineart_cli", "serve"]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self._usage = psutil.Process(self.process.pid)
        self._number = 0
        self.ask("hello", version=2)
        self.started = Took(time.monotonic() - start, self._cores())

    def ask(self, do: str, **fields: Any) -> Took:
        """What a request takes until it is answered."""
        start, cores = time.monotonic(), self._cores()
        assert self.process.stdin
        assert self.process.stdout
        self._number += 1
        self.process.stdin.write(json.dumps({"id": self._number, "do": do, **fields}) + "\n")
        self.process.stdin.flush()
        while True:
            told = json.loads(self.process.stdout.readline())
            if told["event"] == "failed":
                raise SystemExit(told["error"])
            if told["event"] != "progress":
                return Took(time.monotonic() - start, self._cores() - cores)

    def end(self) -> None:
        with self.process:
            assert self.process.stdin
            self.process.stdin.close()

    def _cores(self) -> float:
        times = self._usage.cpu_times()
        return times.user + times.system


class Bare:
    """Inking without files, of a page in memory."""

    def __init__(self, png: Path) -> None:
        self._card = catalogue.find(app.MODEL)
        grey = np.asarray(Image.open(png).convert("L"))
        size = PageSize(*grey.shape, 300.0, 1, 0)
        seen, shrunk = grey.astype(np.float32) / 255, working_scale.overview_factor(grey.shape)
        small = cv2.resize(seen, working_scale.shape_at(shrunk, grey.shape)[::-1], interpolation=cv2.INTER_AREA)
        estimate = working_scale.measure(small, shrunk, self._card.scale_network)
        scale = working_scale.choose(estimate, size.shape, 3.0, self._card.thickness_px[1]).factor
        self._size = replace(size, scale=scale)
        width, height = self._size.working_shape[::-1]
        self._page = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        options, machine = InkOptions.parse({}), hardware.detect()
        self._plan = plan(self._size, self._card, machine, Request.of(options, settings.load(machine), 1))
        self._compiled = CompiledNetworks(folders.compiled_networks())
        self._networks = ReadyNetworks(self._open, most=2, awake=1, awake_px=2_500_000)

    def _open(self, choice: EngineChoice, window: tuple[int, int]) -> Engine:
        return open_engine(self._card.network_for(choice.precision), choice, window, self._compiled)

    def ink(self) -> Took:
        start, cores = time.monotonic(), time.process_time()
        inker = Inker(self._card, self._networks.open)
        for _ in inker.bands(self._page, self._size, self._plan, Tool(thickness=Length(3.0))):
            pass
        self._networks.rest()
        return Took(time.monotonic() - start, time.process_time() - cores)


def main() -> None:
    parser = common.arguments(__doc__ or "")
    options = parser.parse_args()
    process.give_back_memory()
    png = common.draw_page(options.folder / "a4.png", *common.PAGES["A4 300"])
    raw = _raw(png, options.folder / "a4.pixels")
    serve = Serve()
    rows: list[tuple[str, list[Took], str]] = [("serve greets", [serve.started], "")]
    out, prints, old = (str(options.folder / name) for name in ("out.pixels", "prints", "old"))
    asked = {"pixels": str(raw), "out": out, "prints": prints, "fill": {"colour": "000000", "sample": "u8"}}
    rows.append(("A4 layer, first", [serve.ask("ink", **asked)], ""))
    bare = Bare(png)
    bare.ink()
    layers, inks = [], []
    for _ in range(TIMES):
        raw.touch()  # as if it was drawn on: it is looked at again
        layers.append(serve.ask("ink", **asked))
        inks.append(bare.ink())
    rows += [("A4 layer, network ready", layers, ""), ("A4 bare inking", inks, "")]
    more = [Took(a.wall - b.wall, a.cores - b.cores) for a, b in zip(layers, inks, strict=True)]
    rows.append(("A4 layer beyond bare inking", more, "0.3"))
    edited = {"pixels": str(options.folder / "layer.pixels"), "prints": old}
    Path(edited["pixels"]).write_bytes(Path(out).read_bytes())
    Path(old).write_bytes(Path(prints).read_bytes())
    rows.append(("A4 layer again, with its edits", [serve.ask("ink", **asked, edited=edited) for _ in range(2)], ""))
    serve.end()
    serve = Serve()
    for zoom in (1.0, 0.33, 3.0):
        width, height = (min(round(side / zoom), whole) for side, whole in zip(WINDOW, (2480, 3508), strict=True))
        seen = {"pixels": str(raw), "out": out, "crop": [400, 500, min(width, 2080), min(height, 3008)], "zoom": zoom}
        wide, high = (min(side, math.ceil(zoom * whole)) for side, whole in zip(WINDOW, (2480, 3508), strict=True))
        page = [round(min(zoom, 1) * side) for side in (2480, 3508)]
        asked = {"width": wide, "height": high, "page": page}
        rows.append((f"window prepared for, at {zoom:.0%}", [serve.ask("prepare", **asked)], ""))
        raw.touch()
        rows.append((f"preview at {zoom:.0%}, first", [serve.ask("preview", **seen)], "1"))
        drawn = []
        for step in range(TIMES):
            _draw_on(raw, step)
            drawn.append(serve.ask("preview", **seen))
        rows.append((f"preview at {zoom:.0%}, drawn on", drawn, "1"))
        changed = [serve.ask("preview", **seen, options={"thickness": str(3 + step)}) for step in range(TIMES)]
        rows.append((f"preview at {zoom:.0%}, other settings", changed, "1"))
        moved = [serve.ask("preview", **{**seen, "crop": [9 * step, 9, *seen["crop"][2:]]}) for step in range(TIMES)]
        rows.append((f"preview at {zoom:.0%}, elsewhere", moved, "1"))
    serve.end()
    print(f"{'':36} {'clock':>8} {'least':>8} {'cores':>8}   asked for")
    for name, took, wanted in rows:
        wall = [each.wall for each in took]
        cores = statistics.median(each.cores for each in took)
        print(f"{name:36} {statistics.median(wall):7.2f}s {min(wall):7.2f}s {cores:7.2f}s   {wanted}")
    common.keep(options.json, [{"what": name, "seconds": [asdict(each) for each in took]} for name, took, _ in rows])


def _draw_on(raw: Path, step: int) -> None:
    """Adds a short stroke to the page as Krita hands it over."""
    with raw.open("r+b") as file:
        start = len(file.readline())
        for row in range(4):
            file.seek(start + 4 * (2480 * (700 + 9 * step + row) + 600))
            file.write(b"\x30\x30\x30\xff" * 300)


def _raw(png: Path, path: Path) -> Path:
    """The page as Krita hands it over."""
    grey = np.asarray(Image.open(png).convert("L"))
    pixels = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    path.write_bytes(first_line(grey.shape[1], grey.shape[0], "bgra", "u8", dpi=300.0) + pixels.tobytes())
    return path


if __name__ == "__main__":
    main()
