"""How long a page of ink takes to become a PNG, and how large it gets, by encoder and setting.

    python tests/benchmarks/png.py [INK ...] [--json FILE]

INK are pages of ink as files, 8-bit grey; without them the page is an A4 sample that lineart draws and inks.
Figures are the best of several rounds; a machine is noisy, so compare within one run.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
from PIL import Image, features

from lineart_cli import pages
from lineart_cli.bench import sample
from lineart_cli.brushes.style import Tool
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import open_inker
from lineart_cli.machine import hardware
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, ReadOptions
from lineart_cli.pages.writers import png
from lineart_cli.plan import Request, plan

Encoder = Callable[[np.ndarray], bytes | np.ndarray]


def encoders() -> Iterator[tuple[str, Encoder]]:
    """Every encoder, by name; each takes (H, W) uint8 greys."""
    yield "lineart, runs (what --format png does)", lambda grey: _rows(grey, is_plain=True)
    yield "lineart, runs of differences", lambda grey: _rows(grey, is_plain=False)
    for level in range(1, 10):
        yield f"Pillow, level {level}", lambda grey, level=level: _pillow(grey, compress_level=level)
    for name, strategy in (("filtered", zlib.Z_FILTERED), ("Huffman only", zlib.Z_HUFFMAN_ONLY), ("runs", zlib.Z_RLE)):
        yield f"Pillow, level 6, {name}", lambda grey, strategy=strategy: _pillow(grey, compress_type=strategy)
    for level in (1, 3, 6, 9):
        yield f"OpenCV, level {level}", lambda grey, level=level: _opencv(grey, cv2.IMWRITE_PNG_COMPRESSION, level)
    for name, strategy in (("filtered", zlib.Z_FILTERED), ("runs", zlib.Z_RLE)):
        yield f"OpenCV, {name}", lambda grey, strategy=strategy: _opencv(grey, cv2.IMWRITE_PNG_STRATEGY, strategy)
    for level in (1, 3, 6):
        yield f"imagecodecs, level {level}", lambda grey, level=level: imagecodecs.png_encode(grey, level=level)


def _rows(grey: np.ndarray, *, is_plain: bool) -> bytes:
    file = io.BytesIO()
    png.write_rows(file, [grey[..., None]], grey.shape, is_plain=is_plain)
    return file.getvalue()


def _pillow(grey: np.ndarray, **settings: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG", **settings)
    return file.getvalue()


def _opencv(grey: np.ndarray, *settings: int) -> np.ndarray:
    return cv2.imencode(".png", grey, settings)[1]


def sample_ink() -> np.ndarray:
    """The sample page as lineart inks it, black on white."""
    card, machine = catalogue.find(MODEL), hardware.detect()
    inker = ArrayInker(open_inker(card), lambda page: plan(page, card, machine, Request()))
    grey = sample.page(*sample.A4).astype(np.float32) / np.float32(255)
    return 255 - inker.ink(grey, sample.DPI, Tool())


def measure(grey: np.ndarray, rounds: int) -> list[dict[str, str | float | int]]:
    """Milliseconds and bytes for each encoder; each is checked to give the page back."""
    rows: list[dict[str, str | float | int]] = []
    for name, encode in encoders():
        seconds = []
        for _ in range(rounds):
            start = time.perf_counter()
            data = bytes(encode(grey))
            seconds.append(time.perf_counter() - start)
        with Image.open(io.BytesIO(data)) as image:
            assert np.array_equal(np.asarray(image), grey), name
        rows.append({"encoder": name, "ms": round(min(seconds) * 1000, 1), "bytes": len(data)})
    return rows


def record() -> dict[str, str | int | None]:
    """What the figures belong to: commit, machine and versions."""
    git = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    return {
        "commit": subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip(),
        "cpu": hardware.detect().cpu,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "pillow": Image.__version__,
        "zlib_of_pillow": features.version("zlib_ng") or features.version("zlib"),
        "opencv": cv2.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and size of a page of ink as PNG, by encoder.")
    parser.add_argument("ink", nargs="*", type=Path, help="pages of ink; without, a sample is inked")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    wanted = parser.parse_args()
    inks = {path.name: pages.read_sketch(path, ReadOptions()) for path in wanted.ink} or {"sample": sample_ink()}
    results = {}
    for name, grey in inks.items():
        results[name] = measure(grey, wanted.rounds)
        print(f"{name}: {grey.shape[1]} x {grey.shape[0]} px")
        for row in results[name]:
            print(f"  {row['encoder']:40} {row['ms']:8.1f} ms {int(row['bytes']) / 1024:8.0f} KiB")
    if wanted.json:
        wanted.json.write_text(json.dumps({**record(), "pages": results}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
