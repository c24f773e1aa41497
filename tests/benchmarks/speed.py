"""Cold runs of `lineart ink`, PNG to PNG, as the CPU is and as a plain AVX2 one: python tests/benchmarks/speed.py."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Any

from common import Run, arguments, draw_page, keep, run

PAGES = {
    "A6 300": (1754, 1240, 300),
    "A4 300": (3508, 2480, 300),
    "A4 600": (7016, 4960, 600),
    "A3 600": (9921, 7016, 600),
}
CAPS = ("", "AVX2", "AVX2_VNNI", "AVX512_CORE_VNNI")
"""Values of ONEDNN_MAX_CPU_ISA, which OpenVINO obeys; empty for none."""


def main() -> None:
    """Every way once, then all of them again: a machine that slows down slows down all of them."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each way; the median counts")
    parser.add_argument("--page", choices=PAGES, default="A4 300")
    parser.add_argument("--cap", choices=CAPS, nargs="*", default=["", "AVX2"], help="instruction sets to imitate")
    parser.add_argument("--article", action="store_true", help="also the 2016 article's network, once; needs PyTorch")
    options = parser.parse_args()
    height, width, dpi = PAGES[options.page]
    page = draw_page(options.folder / f"{options.page.replace(' ', '-')}.png", height, width, dpi)
    ways = [(cap, precision) for cap in options.cap for precision in ("f32", "int8")]
    runs: dict[tuple[str, str, str], list[Run]] = {}
    sketch = _page(page, options.folder)
    for _ in range(options.repeat):
        for cap, precision in ways:
            runs.setdefault(("lineart", cap, precision), []).append(_ink([*LINEART, *sketch], cap, precision))
    if options.article:
        from article import TILE, command

        wishes = ["--tile", str(TILE), "--max-memory", "8GB", "--page-timeout", "3600"]
        start = [*command(options.folder / "article"), *sketch, *wishes]
        for cap in options.cap:
            runs["article", cap, "f32"] = [_ink(start, cap, "f32")]
    rows = [_row(options.page, height * width / 1e6, *way, done) for way, done in runs.items()]
    keep(options.json, rows)


LINEART = [sys.executable, "-m", "lineart_cli"]


def _page(page: Path, folder: Path) -> list[str]:
    return ["ink", str(page), "--output", str(folder / "ink"), "--overwrite", "--quiet", "--backend", "openvino"]


def _ink(command: list[str], cap: str, precision: str) -> Run:
    return run([*command, "--precision", precision], {"ONEDNN_MAX_CPU_ISA": cap} if cap else None)


def _row(page: str, megapixels: float, network: str, cap: str, precision: str, done: list[Run]) -> dict[str, Any]:
    seconds, cpu = median(each.seconds for each in done), median(each.cpu_seconds for each in done)
    peak = max(each.peak for each in done)
    print(
        f"{page} {network:8} {cap or 'native':17} {precision:5} {seconds:7.2f} s {cpu:7.2f} s of cores "
        f"{megapixels / seconds:6.2f} MP/s {peak / 1e6:5.0f} MB  exit {max(each.code for each in done)}",
        flush=True,
    )
    way = {"page": page, "network": network, "cap": cap, "precision": precision}
    return {**way, "seconds": seconds, "cpu_seconds": cpu, "peak": peak, "runs": len(done)}


if __name__ == "__main__":
    main()
