"""Curves by lineart beside tracers of its raster ink: size, shapes, segments and seconds a page.

    lineart ink SKETCHES -o INK --thickness 3
    lineart ink SKETCHES -o CURVES --thickness 3 --format svg --strokes centre
    python tests/benchmarks/vector.py INK CURVES OUT

Tracers that are not installed are left out: potrace (a command) and autotrace (`pip install pyautotrace`), which
follows centre lines. OUT/<tracer>/ gets each page as SVG and as PNG, drawn by resvg, for whatever scores raster ink.
A tracer's seconds are those of tracing alone; lineart's are left to `lineart ink --json`, which has those of the page.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

DPI = 300


def by_potrace(ink: Path, svg: Path) -> None:
    """Outlines of the ink."""
    bitmap = svg.with_suffix(".pbm")
    Image.open(ink).convert("L").point(lambda level: 255 * (level > 127)).convert("1").save(bitmap)
    subprocess.run(["potrace", "--svg", "--output", svg, bitmap], check=True)
    bitmap.unlink()


def by_autotrace(ink: Path, svg: Path) -> None:
    """Centre lines of the ink, drawn 3 px wide."""
    from autotrace import Bitmap

    Bitmap(np.asarray(Image.open(ink).convert("RGB"))).trace(centerline=True, background_color=(255, 255, 255)).save(
        svg
    )
    text = re.sub(
        r"stroke:#\w+; fill:none;", "stroke:#000; stroke-width:3; stroke-linecap:round; fill:none;", svg.read_text()
    )
    svg.write_text(text)


def tracers() -> dict[str, Callable[[Path, Path], None]]:
    """Those that are installed."""
    found: dict[str, Callable[[Path, Path], None]] = {}
    if shutil.which("potrace"):
        found["potrace"] = by_potrace
    try:
        import autotrace  # noqa: F401
    except ImportError:
        return found
    return {**found, "autotrace": by_autotrace}


def counts(svg: str) -> tuple[int, int]:
    """Shapes, and their segments."""
    shapes = re.findall(r'<path[^>]* d="([^"]*)"', svg) or re.findall(r'<path[^>]*d="([^"]*)"', svg)
    number = r"[-+]?(?:\d*\.\d+|\d+\.?)(?:e[-+]?\d+)?"
    segments = 0
    for shape in shapes:
        for letter, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", shape):
            each = {"c": 6, "l": 2, "h": 1, "v": 1}.get(letter.lower())
            segments += len(re.findall(number, rest)) // each if each else 0
    return len(shapes), segments


def drawn(svg: Path, size: tuple[int, int]) -> None:
    """The PNG beside an SVG."""
    shown = resvg_py.svg_to_bytes(
        svg_string=svg.read_text("utf-8"), dpi=DPI, background="#ffffff", width=size[0], height=size[1]
    )
    svg.with_suffix(".png").write_bytes(bytes(shown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ink", "curves", "out"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    pages = [path for path in sorted(given.ink.glob("*.png")) if (given.curves / f"{path.stem}.svg").exists()]
    print(f"{'':10} {'kB':>7} {'shapes':>7} {'segments':>8} {'seconds':>8}  medians of {len(pages)} pages")
    ways = {"lineart": lambda ink, svg: shutil.copy(given.curves / svg.name, svg), **tracers()}
    for name, way in ways.items():
        folder = given.out / name
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for ink in pages:
            svg, start = folder / f"{ink.stem}.svg", time.monotonic()
            way(ink, svg)
            seconds = time.monotonic() - start
            drawn(svg, Image.open(ink).size)
            rows.append((svg.stat().st_size / 1000, *counts(svg.read_text("utf-8")), seconds))
        size, shapes, segments, seconds = (statistics.median(each) for each in zip(*rows, strict=True))
        told = "-" if name == "lineart" else f"{seconds:.2f}"
        print(f"{name:10} {size:7.0f} {shapes:7.0f} {segments:8.0f} {told:>8}")


if __name__ == "__main__":
    main()
