"""Edits that stay: python tests/benchmarks/edits.py SKETCHES.

Each page is inked. Then its ink is edited by a script: a part of a line is erased, another is erased and drawn anew
4 px beside, and a detail is drawn. Its sketch is changed as well: a part of it is erased and a stroke added, on every
second page just where the ink was edited. It is inked again, with `--keep-edits`, and plainly in a copy of the folder
without the edits. Told are

- kept: the share of the pixels changed by the edits that are as the edits left them;
- rest: the share of the pixels away from all edits and conflicts that are the plain ink's;
- ends: of lines, of which the plain ink's and the edits' own together are allowed;
- core seconds of the run with edits, as a share of the one without.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from common import LINEART, arguments, keep, run
from PIL import Image

from lineart_cli.brushes.drawing.skeleton import skeletonize
from lineart_cli.edits.prints import SIDE

PART = 60
"""Px of a side of what is erased of the ink."""
AWAY = 2 * SIDE
"""Px from an edit beyond which it has no part."""

Page = np.ndarray


def main() -> None:
    """Ink, edit and ink again."""
    parser = arguments(__doc__ or "")
    parser.add_argument("sketches", type=Path, help="folder of PNG files")
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--threads", default="auto")
    options = parser.parse_args()
    sketches = sorted(options.sketches.glob("*.png"))[: options.pages]
    with tempfile.TemporaryDirectory() as name:
        rows = measured(Path(name), sketches, options.threads)
    for row in rows:
        print(
            "  ".join(
                f"{name} {value:.4%}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()
            )
        )
    keep(options.json, rows)


def measured(root: Path, sketches: list[Path], threads: str) -> list[dict[str, Any]]:
    """A row of figures for each page, and one for all."""
    scans, merged, plain = root / "scans", root / "merged", root / "plain"
    scans.mkdir()
    for sketch in sketches:
        shutil.copy(sketch, scans)
    command = (*LINEART, "ink", str(scans), "--threads", threads, "--quiet", "--output")
    run((*command, str(merged)))
    shutil.copytree(merged, plain)
    kept_files = sum(path.stat().st_size for path in (merged / ".lineart-kept").iterdir())
    inks = sum(path.stat().st_size for path in merged.glob("*.png"))
    before = {sketch.name: grey(merged / sketch.name) for sketch in sketches}
    edited = {}
    for number, sketch in enumerate(sketches):
        random = np.random.default_rng(number)
        edited[sketch.name], places = edit(before[sketch.name], random)
        save(edited[sketch.name], merged / sketch.name)
        save(redraw(grey(sketch), random, places[0] if number % 2 else None), scans / sketch.name)
    plainly = run((*command, str(plain)))
    with_edits = run((*command, str(merged), "--keep-edits"))
    entries = json.loads((merged / ".lineart.json").read_text())["pages"]
    rows = [
        row(name, before[name], edited[name], grey(plain / name), grey(merged / name), entries[name]) for name in before
    ]
    return [
        *rows,
        {
            "page": "all",
            "kept": float(np.mean([each["kept"] for each in rows])),
            "rest": float(np.mean([each["rest"] for each in rows])),
            "ends over": sum(max(each["ends"] - each["allowed"], 0) for each in rows),
            "core seconds": with_edits.cpu_seconds / plainly.cpu_seconds,
            "seconds": with_edits.seconds / plainly.seconds,
            "peak": f"{with_edits.peak / 1e6:.0f} MB, plain {plainly.peak / 1e6:.0f} MB",
            "fingerprints": kept_files / inks,
        },
    ]


def edit(ink: Page, random: np.random.Generator) -> tuple[Page, list[tuple[int, int]]]:
    """The ink with a part of a line erased, another drawn anew and a detail added; and where the three are."""
    page = ink.copy()
    row, column = np.nonzero(ink < 128)
    places = [(int(row[at]), int(column[at])) for at in random.integers(len(row), size=3)]
    for number, (y, x) in enumerate(places):
        part = (slice(max(y - PART // 2, 0), y + PART // 2), slice(max(x - PART // 2, 0), x + PART // 2))
        if number == 0:
            page[part] = 255
        elif number == 1:
            page[part] = np.roll(ink[part], 4, 1)
        else:
            across, down = random.integers(-200, 200, 2).tolist()
            cv2.line(page, (x, y), (x + across, y + down), 0, 3, cv2.LINE_AA)
    return page, places


def redraw(sketch: Page, random: np.random.Generator, place: tuple[int, int] | None) -> Page:
    """The sketch with a part erased, at `place` or anywhere on a stroke, and a stroke added."""
    page = sketch.copy()
    row, column = np.nonzero(sketch < 128)
    at = random.integers(len(row), size=2)
    y, x = place or (int(row[at[0]]), int(column[at[0]]))
    page[max(y - 80, 0) : y + 80, max(x - 80, 0) : x + 80] = int(np.median(sketch))
    begin = int(column[at[1]]), int(row[at[1]])
    cv2.line(page, begin, (begin[0] + 150, begin[1] + 60), 60, 6, cv2.LINE_AA)
    return page


def row(name: str, before: Page, edited: Page, plain: Page, merged: Page, entry: dict[str, Any]) -> dict[str, Any]:
    """The figures of a page."""
    by_artist = edited != before
    outside = cv2.dilate(by_artist.astype(np.uint8), np.ones((2 * AWAY + 1, 2 * AWAY + 1), np.uint8)) == 0
    for left, top, width, height in entry["conflicts"]:
        outside[top : top + height, left : left + width] = False
    own = max(ends(edited) - ends(before), 0)
    return {
        "page": name,
        "kept": float((merged == edited)[by_artist].mean()),
        "rest": float((merged == plain)[outside].mean()),
        "edits": entry["edits"],
        "conflicts": len(entry["conflicts"]),
        "ends": ends(merged),
        "allowed": ends(plain) + own,
    }


def ends(ink: Page) -> int:
    """How many ends the lines of a page have."""
    lines = skeletonize(ink < 128)
    around = cv2.boxFilter(lines.astype(np.uint8), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return int(np.count_nonzero(lines & (around == 2)))


def grey(path: Path) -> Page:
    """A page as (H, W) uint8."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def save(page: Page, path: Path) -> None:
    """Writes a page in place of another, with its dpi."""
    with Image.open(path) as image:
        dpi = image.info.get("dpi", (300, 300))
    Image.fromarray(page).save(path, dpi=dpi)


if __name__ == "__main__":
    main()
