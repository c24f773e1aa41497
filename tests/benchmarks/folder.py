"""Pages per minute of a folder, as a share of bare inference: python tests/benchmarks/folder.py SKETCHES."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from common import arguments, keep, run

from lineart_cli import hardware, model_store
from lineart_cli.engines import open_engine
from lineart_cli.options import MODEL, InkOptions
from lineart_cli.pages import read_header
from lineart_cli.plan import PageSize, Wishes, plan

PAGES = 40


def main() -> None:
    """Ink a folder, and run the network alone for as many pages, one after the other in turns."""
    parser = arguments(__doc__ or "")
    parser.add_argument("sketches", type=Path, help="folder of pages of one size")
    options = parser.parse_args()
    sketches = sorted(options.sketches.glob("*.png"))
    scans = options.folder / "scans"
    scans.mkdir(parents=True, exist_ok=True)
    for number in range(PAGES):
        link = scans / f"{number:02}.png"
        link.unlink(missing_ok=True)
        link.symlink_to(sketches[number % len(sketches)].resolve())
    rows = []
    bare = _bare(sketches[0])
    command = [sys.executable, "-m", "lineart_cli", "ink", str(scans), "-o", str(options.folder / "ink")]
    for jobs in ("1", "2", "auto"):
        done = run([*command, "--overwrite", "--quiet", "--jobs", jobs])
        share, rate = bare * PAGES / done.seconds, 60 * PAGES / done.seconds
        print(f"jobs {jobs:4} {rate:6.1f} pages a minute, {share:.0%} of bare inference, {done.peak / 1e6:.0f} MB")
        rows.append({"jobs": jobs, "pages_per_minute": rate, "share": share, "peak": done.peak})
    keep(options.json, rows)


def _bare(sketch: Path) -> float:
    """Seconds that the network alone takes for a page."""
    header = read_header(sketch, InkOptions())
    card = model_store.find(MODEL)
    planned = plan(PageSize(header.height, header.width, card.dpi), card, hardware.detect(), Wishes())
    engine = open_engine(card.network_for(planned.choice.precision), planned.choice, planned.window)
    tile = np.zeros((1, 1, *planned.window), np.float16)
    engine.run(tile, 3.0)
    start = time.monotonic()
    for _ in planned.tiles:
        engine.run(tile, 3.0)
    return time.monotonic() - start


if __name__ == "__main__":
    main()
