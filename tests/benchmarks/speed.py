"""Time and peak of `lineart ink` from nothing, PNG to PNG: python tests/benchmarks/speed.py --article --json FILE.

In one table: pages of some sizes, in f32 and int8, as the CPU is and as a plain AVX2 one; and beside them the 2016
article's network on the same engine, machine and A4 page, in tiles of 1024 px, as it would take gigabytes whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from common import LINEART, PAGES, Run, arguments, draw_page, drawing, ink, keep

CAPS = ("", "AVX2", "AVX2_VNNI", "AVX512_CORE_VNNI")
"""Values of ONEDNN_MAX_CPU_ISA, which OpenVINO obeys; empty for none."""


def main() -> None:
    """Every way once, then all of them again: a machine that slows down slows down all of them."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each way; the median counts")
    parser.add_argument("--page", choices=PAGES, nargs="*", default=["A4 300", "A4 600"])
    parser.add_argument("--cap", choices=CAPS, nargs="*", default=["", "AVX2"], help="instruction sets to imitate")
    parser.add_argument("--precision", nargs="*", default=["f32", "int8"])
    parser.add_argument("--article", action="store_true", help="also the 2016 article's network, once; needs PyTorch")
    options = parser.parse_args()
    files = {name: draw_page(options.folder / f"{name.replace(' ', '-')}.png", *PAGES[name]) for name in options.page}
    ways = list(product(options.page, options.cap, options.precision))
    runs: dict[Way, list[Run]] = {}
    for _ in range(options.repeat):
        for page, cap, precision in ways:
            way = Way(page, "lineart", cap, precision)
            runs.setdefault(way, []).append(_ink(LINEART, page, files[page], options.folder, cap, precision))
    rows = [_row(way, done) for way, done in runs.items()]
    if options.article:
        from article import TILE, command

        page = draw_page(options.folder / "A4-300.png", *PAGES["A4 300"])
        wishes = ["--tile", str(TILE), "--max-memory", "8GB", "--page-timeout", "3600"]
        for cap in options.cap:
            done = _ink(command(options.folder / "article"), "A4 300", page, options.folder, cap, "f32", *wishes)
            rows.append(_row(Way("A4 300", "article", cap, "f32"), [done]))
    keep(options.json, rows)


class Way(NamedTuple):
    """What is run: page, network, ONEDNN_MAX_CPU_ISA and precision."""

    page: str
    network: str
    cap: str
    precision: str


def _ink(command: Sequence[str], name: str, page: Path, folder: Path, cap: str, precision: str, *wishes: str) -> Run:
    wishes = ("--backend", "openvino", "--precision", precision, *drawing(PAGES[name][2]), *wishes)
    return ink(page, folder / "ink", *wishes, command=command, environment={"ONEDNN_MAX_CPU_ISA": cap} if cap else None)


def _row(way: Way, done: list[Run]) -> dict[str, Any]:
    height, width, _ = PAGES[way.page]
    seconds, cpu = median(each.seconds for each in done), median(each.cpu_seconds for each in done)
    figures = {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "megapixels_per_second": height * width / 1e6 / seconds,
        "peak": max(each.peak for each in done),
        "runs": len(done),
        "exit": max(each.code for each in done),
    }
    print(
        f"{way.page} {way.network:8} {way.cap or 'native':17} {way.precision:5} {seconds:7.2f} s {cpu:7.2f} s of cores "
        f"{figures['megapixels_per_second']:6.2f} MP/s {figures['peak'] / 1e6:5.0f} MB  exit {figures['exit']}",
        flush=True,
    )
    return {**way._asdict(), **figures}


if __name__ == "__main__":
    main()
