"""Peak memory of `lineart ink` beside what the plan expected: python tests/benchmarks/memory.py."""

from __future__ import annotations

import sys
from typing import Any

from common import PAGES, arguments, draw_page, drawing, ink, keep

from lineart_cli.errors import ArgumentError
from lineart_cli.machine import hardware
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, InkOptions
from lineart_cli.plan import PageSize, Request, plan

SIZES = ("A4 300", "A4 600", "A6 300")
TILES = ("auto", "512", "1024", "2048")
WAYS = (("openvino", "f32"), ("openvino", "bf16"), ("onnxruntime", "f32"))


def main() -> None:
    """Measure every way that this machine grants."""
    options = arguments(__doc__ or "").parse_args()
    card, machine = catalogue.find(MODEL), hardware.detect()
    rows: list[dict[str, Any]] = []
    print(f"{'page':8} {'runtime':12} {'precision':9} {'tile':>5} {'expected MB':>12} {'measured MB':>12} {'ratio':>6}")
    for name in SIZES:
        *_, dpi = PAGES[name]
        page = PageSize(*PAGES[name], scale=dpi / 300)
        file = draw_page(options.folder / f"{name.replace(' ', '-')}.png", *PAGES[name])
        for backend, precision in WAYS:
            for tile in TILES:
                wish = {"backend": backend, "precision": precision, "tile": tile}
                try:
                    expected = plan(page, card, machine, Request.of(InkOptions.parse(wish))).memory
                except ArgumentError as error:
                    print(f"{name:8} {backend:12} {precision:9} {tile:>5}  {error}", file=sys.stderr)
                    continue
                done = ink(
                    file,
                    options.folder / "ink",
                    *drawing(dpi),
                    *(part for key, value in wish.items() for part in (f"--{key}", value)),
                )
                rows.append({"page": name, **wish, "expected": expected, "measured": done.peak, "exit": done.code})
                ratio = expected / done.peak
                start = f"{name:8} {backend:12} {precision:9} {tile:>5}"
                print(f"{start} {expected / 1e6:12.0f} {done.peak / 1e6:12.0f} {ratio:6.2f}", flush=True)
    keep(options.json, rows)


if __name__ == "__main__":
    main()
