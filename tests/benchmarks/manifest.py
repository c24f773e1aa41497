"""What an output folder's record costs at so many pages: python tests/benchmarks/manifest.py --pages 1000 100000.

All but the inking is done, by `OutputFolder`: a page's status is asked, its file of some bytes put into its place. The
time of that is told for the first and the last pages of a folder that fills up, alone and while another run puts its
pages into the same folder by turns; and how long it takes to open and to leave the folder when it is full.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from common import arguments, keep

from lineart_cli import stamps
from lineart_cli.batch import manifest
from lineart_cli.batch.manifest import Entry
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.imaging.tone import Exposure
from lineart_cli.machine import process
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, InkOptions

A_FOLDER = 1000
"""Pages in a folder of the tree, as many as a shot has frames."""
TIMED = 500
"""Pages at either end that are timed."""


def main() -> None:
    """Fill folders, alone and by turns with another run."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--pages", type=int, nargs="*", default=[1000, 100_000])
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for pages in options.pages:
        rows.append({"pages": pages, **_measured(options.folder / f"record-{pages}", pages)})
        _show(rows[-1])
    keep(options.json, rows)


def _measured(root: Path, pages: int) -> dict[str, float]:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    wanted = _entry()
    found = {}
    with OutputFolder(root) as folder:
        ends = [_fill([folder], wanted, range(first, last)) for first, last in _parts(pages)]
        found["first_ms"], found["last_ms"] = ends[0], ends[-1]
        start = time.monotonic()
    found["leaving_s"] = time.monotonic() - start
    found["manifest_MB"] = (root / manifest.NAME).stat().st_size / 1e6
    start = time.monotonic()
    with OutputFolder(root) as one, OutputFolder(root) as other:
        found["opening_s"] = (time.monotonic() - start) / 2
        found["by_turns_ms"] = _fill([one, other], wanted, range(pages, pages + TIMED))
    found["peak_MB"] = process.peak_memory(os.getpid()) / 1e6
    return found


def _parts(pages: int) -> list[tuple[int, int]]:
    return [(0, TIMED), (TIMED, pages - TIMED), (pages - TIMED, pages)]


def _fill(folders: list[OutputFolder], wanted: Entry, numbers: range) -> float:
    """Milliseconds a page."""
    start = time.monotonic()
    for number in numbers:
        folder = folders[number % len(folders)]
        name = f"shot{number // A_FOLDER:03}/{number:06}.png"
        output = folder.root / name
        page = replace(wanted, input=f"../scans/{name}")
        folder.status(output, page)
        folder.last_ink(output, page)
        with folder.unfinished(".png") as part:
            part.write_bytes(b"ink of %d" % number)
            folder.settle(part, output, replace(page, output_sha256=stamps.sha256(part)))
    return 1000 * (time.monotonic() - start) / max(len(numbers), 1)


def _entry() -> Entry:
    card = catalogue.find(MODEL)
    exposure = asdict(Exposure(0.98765, 0.0123456, 1.23456))
    sha256 = "0" * 64
    return Entry(
        input="",
        page=0,
        input_sha256=sha256,
        settings=InkOptions().settings(),
        model=manifest.model_of(card),
        lineart=card.version,
        output_sha256="",
        width=2480,
        height=3508,
        dpi=300.0,
        thickness=3.0,
        scale=1.0,
        exposure=exposure,
        prints=sha256,
    )


def _show(row: dict[str, Any]) -> None:
    print(", ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
