"""Time and peak memory of `lineart ink` from A4 at 300 dpi to A0 at 600 dpi: python tests/benchmarks/sizes.py.

The pages are lineart's own sample over and over. Beside 8-bit grey in a PNG, the largest comes in the other kinds of
file as well. The megapixels that the network computes in a second tell whether a large page is as fast as a small one;
of those of the page there are fewer, since halos are a greater part of tiles that have less memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from common import PAGES, arguments, drawing, ink, keep, made

from lineart_cli import pages
from lineart_cli.bench import sample
from lineart_cli.machine import hardware
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, InkOptions, ReadOptions
from lineart_cli.pages.writers import png
from lineart_cli.plan import PageSize, Request, plan

SIZES = ("A4 300", "A4 600", "A3 600", "A0 600")
KINDS = {"grey-8.png": (1, np.uint8), "grey-8.tiff": (1, np.uint8), "grey-16.png": (1, np.uint16)}
KINDS |= {"rgb-8.png": (3, np.uint8), "rgb-8.tiff": (3, np.uint8), "rgb-16.tiff": (3, np.uint16)}
ROWS = 64


def main() -> None:
    """Ink every page, and print a row for each."""
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", choices=SIZES, nargs="*", default=list(SIZES))
    parser.add_argument("--kind", choices=KINDS, nargs="*", help="kinds of files; without, all for A0 and grey-8.png")
    parser.add_argument("--brush", default="technical_pen", help="to draw with")
    options = parser.parse_args()
    pages_of = {size: options.kind or (KINDS if size == "A0 600" else ["grey-8.png"]) for size in options.size}
    keep(
        options.json, [_row(size, kind, options.brush, options.folder) for size in pages_of for kind in pages_of[size]]
    )


def _row(size: str, kind: str, brush: str, folder: Path) -> dict[str, Any]:
    height, width, dpi = PAGES[size]
    path = made(folder / f"{size.replace(' ', '-')}-{kind}", _write, height, width, dpi, kind)
    wanted = InkOptions.parse({"brush": brush})
    planned = plan(_page(path, dpi), catalogue.find(MODEL), hardware.detect(), Request.of(wanted))
    done = ink(path, folder / "ink", "--brush", brush, *drawing(dpi))
    megapixels = {"page": height * width / 1e6, "network": planned.computed_megapixels}
    speed = {name: each / done.seconds for name, each in megapixels.items()}
    print(
        f"{size} {kind:12} {brush}: exit {done.code} {done.seconds:6.1f} s {done.cpu_seconds:6.1f} s of cores "
        f"{speed['page']:5.2f} MP/s of the page {speed['network']:5.2f} MP/s of the network "
        f"{done.peak / 1e6:4.0f} MB, expected {planned.memory / 1e6:4.0f}",
        flush=True,
    )
    row = {"page": size, "kind": kind, "brush": brush, "exit": done.code, "seconds": done.seconds}
    row |= {"cpu_seconds": done.cpu_seconds, "peak": done.peak, "expected": planned.memory}
    return row | {"page_megapixels": megapixels["page"], "network_megapixels": megapixels["network"]}


def _page(path: Path, dpi: float) -> PageSize:
    header = pages.read_header(path, ReadOptions())
    px_bytes = pages.grey_type(header.bits, header.is_grey, None).itemsize
    return PageSize(header.height, header.width, dpi, px_bytes, header.held, scale=dpi / 300)


def _write(path: Path, height: int, width: int, dpi: int, kind: str) -> None:
    samples, dtype = KINDS[kind]
    strips = _strips(height, width, dpi, samples, dtype)
    if path.suffix == ".png":
        with path.open("wb") as file:
            png.write_rows(file, strips, (height, width), (dpi, dpi))
        return
    tifffile.imwrite(
        path,
        (imagecodecs.lzw_encode(strip.tobytes()) for strip in strips),
        shape=(height, width, samples) if samples > 1 else (height, width),
        dtype=dtype,
        photometric="rgb" if samples > 1 else "minisblack",
        compression="lzw",
        rowsperstrip=ROWS,
        resolution=(dpi, dpi),
        resolutionunit="inch",
        metadata=None,
    )


def _strips(height: int, width: int, dpi: int, samples: int, dtype: type[np.uint8 | np.uint16]) -> Iterator[np.ndarray]:
    """The sample page, (rows, width, samples) at a time, as often as it takes; paper is a little yellow in colour."""
    scale = dpi // round(sample.DPI)
    page = sample.page(*(scale * side for side in sample.A4))
    columns = np.arange(width) % page.shape[1]
    for top in range(0, height, ROWS):
        rows = np.arange(top, min(top + ROWS, height)) % page.shape[0]
        grey = np.ascontiguousarray(page[rows][:, columns], dtype) * dtype(np.iinfo(dtype).max // 255)
        yield grey[..., None] if samples == 1 else np.stack([grey, grey, grey - (grey >> 4)], -1)


if __name__ == "__main__":
    sys.exit(main())
