"""Start of `lineart serve`, previews of a window of 1000 x 700 px, and an A4 layer beside `lineart ink`."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import common
import numpy as np
from PIL import Image

from lineart_cli.pages.readers.raw import first_line

WINDOW = (1000, 700)
TIMES = 5


class Serve:
    """`lineart serve`, and the seconds that it took to greet."""

    def __init__(self) -> None:
        start = time.monotonic()
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "lineart_cli", "serve"]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self._number = 0
        self.ask("hello", version=2)
        self.started = time.monotonic() - start

    def ask(self, do: str, **fields: Any) -> float:
        """Seconds until a request is answered."""
        start = time.monotonic()
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
                return time.monotonic() - start

    def end(self) -> None:
        with self.process:
            assert self.process.stdin
            self.process.stdin.close()


def main() -> None:
    parser = common.arguments(__doc__ or "")
    options = parser.parse_args()
    png = common.draw_page(options.folder / "a4.png", *common.PAGES["A4 300"])
    raw = _raw(png, options.folder / "a4.pixels")
    serve = Serve()
    rows = [("serve greets", [serve.started])]
    out = str(options.folder / "out.pixels")
    fill = {"colour": "000000", "sample": "u8"}
    rows.append(("A4 layer, first", [serve.ask("ink", pixels=str(raw), out=out, fill=fill)]))
    warm = []
    for _ in range(TIMES):
        raw.touch()  # as if it was drawn on: it is looked at again
        warm.append(serve.ask("ink", pixels=str(raw), out=out, fill=fill))
    rows.append(("A4 layer, network ready", warm))
    for zoom in (1.0, 0.33, 3.0):
        width, height = (min(round(side / zoom), whole) for side, whole in zip(WINDOW, (2480, 3508), strict=True))
        asked = {"pixels": str(raw), "out": out, "crop": [400, 500, min(width, 2080), min(height, 3008)], "zoom": zoom}
        raw.touch()
        rows.append((f"preview at {zoom:.0%}, new sketch", [serve.ask("preview", **asked)]))
        changed = [serve.ask("preview", **asked, options={"thickness": str(3 + step)}) for step in range(TIMES)]
        rows.append((f"preview at {zoom:.0%}, other settings", changed))
    serve.end()
    commands = [common.ink(png, options.folder / "ink").seconds for _ in range(2)]
    rows.append(("lineart ink, A4 PNG, whole process", commands))
    for name, seconds in rows:
        print(f"{name:36} {statistics.median(seconds):7.2f} s   (least {min(seconds):.2f}, {len(seconds)} times)")
    common.keep(options.json, [{"what": name, "seconds": seconds} for name, seconds in rows])


def _raw(png: Path, path: Path) -> Path:
    """The page as Krita hands it over."""
    grey = np.asarray(Image.open(png).convert("L"))
    pixels = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    path.write_bytes(first_line(grey.shape[1], grey.shape[0], "bgra", "u8", dpi=300.0) + pixels.tobytes())
    return path


if __name__ == "__main__":
    main()
