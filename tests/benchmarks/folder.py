"""Pages per minute of a folder, as a share of bare inference: python tests/benchmarks/folder.py SKETCHES.

Bare inference is the network alone, given as many tiles as all passes over the same pages have, on the same cores and
threads. It is measured before and after every run of the folder, as machines slow down and recover. Beside other work
on the same cores, look at the share of core seconds: that of time then tells more of the other work.
`ONEDNN_MAX_CPU_ISA=AVX2` goes for both.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np
from common import Run, arguments, drawing, ink, keep

from lineart_cli import planning
from lineart_cli.batch import context
from lineart_cli.batch.files import Job
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.watchdog import Worker
from lineart_cli.brushes import store
from lineart_cli.inference.engines import CHANNELS, open_engine
from lineart_cli.model import catalogue
from lineart_cli.model.card import ModelCard
from lineart_cli.options import MODEL, InkOptions, field_name
from lineart_cli.plan import Plan
from lineart_cli.plan.tiling import Tiling


def main() -> None:
    """Ink a folder and run the network alone, in turns."""
    parser = arguments(__doc__ or "")
    parser.add_argument("sketches", type=Path, help="folder of PNG files")
    parser.add_argument("--pages", type=int, default=40, help="how many, some of them several times if need be")
    parser.add_argument("--precision", nargs="*", default=["int8", "f32"])
    parser.add_argument("--jobs", nargs="*", default=["1", "auto"])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each way; the median counts")
    options = parser.parse_args()
    sketches = sorted(options.sketches.glob("*.png"))
    pages = [sketches[number % len(sketches)] for number in range(options.pages)]
    scans = _linked(pages, options.folder / "scans")
    rows: list[dict[str, Any]] = []
    for precision, jobs in product(options.precision, options.jobs):
        wishes = ["--precision", precision, "--jobs", jobs, *drawing(300)]
        bare, out = _bare(pages, wishes), options.folder / "ink"
        alone, folders = [bare()], []
        for _ in range(options.repeat):
            folders.append(ink(scans, out, *wishes))
            alone.append(bare())
        around = [_mean(pair) for pair in pairwise(alone)]
        rows.append({"precision": precision, "jobs": jobs, **_row(len(pages), around, folders)})
        _show(rows[-1])
    keep(options.json, rows)


def _row(pages: int, alone: Sequence[Bare], folders: Sequence[Run]) -> dict[str, Any]:
    shares = [base.seconds / each.seconds for base, each in zip(alone, folders, strict=True)]
    of_cores = [base.cpu_seconds / each.cpu_seconds for base, each in zip(alone, folders, strict=True)]
    return {
        "isa": os.environ.get("ONEDNN_MAX_CPU_ISA", "native"),
        "pages": pages,
        "pages_per_minute": median(60 * pages / each.seconds for each in folders),
        "bare_pages_per_minute": median(60 * pages / base.seconds for base in alone),
        "share": median(shares),
        "share_of_core_seconds": median(of_cores),
        "shares": shares,
        "shares_of_core_seconds": of_cores,
        "peak": max(each.peak for each in folders),
        "exit": max(each.code for each in folders),
    }


def _linked(pages: Sequence[Path], folder: Path) -> Path:
    """A folder of links to the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for link in folder.glob("*.png"):
        link.unlink()
    for number, page in enumerate(pages):
        (folder / f"{number:03}.png").symlink_to(page.resolve())
    return folder


class Bare(NamedTuple):
    """What the network alone takes for all pages: seconds, and seconds of all cores."""

    seconds: float
    cpu_seconds: float


def _bare(pages: Sequence[Path], wishes: Sequence[str]) -> Callable[[], Bare]:
    """What measures it, by some tiles of each of the plans that `lineart ink` makes with these options."""
    card = catalogue.find(MODEL)
    plans = Counter(_plans(pages, wishes, card))

    def measured() -> Bare:
        seconds = cpu_seconds = 0.0
        for planned, count in plans.items():
            tiling = Tiling(planned.tiles, planned.draft, planned.passes)
            for tiles, passes in ((tiling.draft, 1), (tiling.page, tiling.page_passes)):
                if not tiles:
                    continue
                window = tiles[0].window.shape
                engine = open_engine(card.network_for(planned.choice.precision), planned.choice, window)
                tile = np.zeros((1, CHANNELS, *window), np.float16)
                engine.run(tile, 3.0)
                start, cpu_start = time.monotonic(), time.process_time()
                for _ in range(TILES):
                    engine.run(tile, 3.0)
                runs = len(tiles) * passes * count / TILES
                seconds += (time.monotonic() - start) * runs
                cpu_seconds += (time.process_time() - cpu_start) * runs
        return Bare(seconds, cpu_seconds)

    return measured


def _plans(pages: Sequence[Path], wishes: Sequence[str], card: ModelCard) -> Iterator[Plan]:
    options = InkOptions.parse({field_name(flag): value for flag, value in zip(wishes[::2], wishes[1::2], strict=True)})
    tools, _ = store.tools(options)
    decide = planning.decide(card, options, len(pages))
    nowhere, worker = OutputFolder(Path(), overwrite=True, dry_run=True), Worker()
    for page in pages:
        opened = context.opened(Job(page, Path(page.name)), *tools.values(), options, nowhere, card)
        yield decide(context.scaled(opened, nowhere, card, worker).size)


def _mean(both: Sequence[Bare]) -> Bare:
    return Bare(*(mean(each) for each in zip(*both, strict=True)))


TILES = 6
"""How many each of the plans is measured with."""


def _show(row: dict[str, Any]) -> None:
    print(
        f"{row['precision']:5} {row['isa']:6} jobs {row['jobs']:4} {row['pages_per_minute']:6.1f} pages a minute, "
        f"bare {row['bare_pages_per_minute']:6.1f}: {row['share']:.0%}; {row['share_of_core_seconds']:.0%} of core "
        f"seconds; {row['peak'] / 1e6:.0f} MB, exit {row['exit']}",
        flush=True,
    )


if __name__ == "__main__":
    main()
