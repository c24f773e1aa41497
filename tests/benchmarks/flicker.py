"""How much the ink of a still drawing flickers: python tests/benchmarks/flicker.py examples/cat.png ...

A drawing is scanned so many times: with noise of its own, another light across the sheet, and shifted by up to 0.3 px.
Its ink is compared from frame to frame, and with the first frame: the share of its px that have none of the other's
within 1 px, so that what only moved with the sheet does not count. With and without `--sequence`.
"""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import cv2
import numpy as np
from common import arguments, ink, keep
from numpy.typing import NDArray
from PIL import Image

from lineart_cli.options import ReadOptions
from lineart_cli.pages import read_grey, read_header, working_dpi

SHIFT, NOISE, LIGHT, SLOPE = 0.3, 3.0, 0.06, 0.08
"""Of the scans: px, levels, and shares of the light of all of the sheet, and from one side of it to the other."""

Floats = NDArray[np.float32]


def main() -> None:
    """Scan, ink and compare."""
    parser = arguments(__doc__ or "")
    parser.add_argument("drawings", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--side", type=int, default=900, help="px of the part of each drawing, from its middle")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for drawing in options.drawings:
        scans = _scanned(drawing, options.folder / "flicker" / drawing.stem, options.frames, options.side)
        for flags in ([], ["--sequence"]):
            out = scans.with_name(f"{scans.name}-ink")
            shutil.rmtree(out, ignore_errors=True)
            ran = ink(scans, out, *flags)
            rows.append({"drawing": drawing.name, "sequence": bool(flags), "exit": ran.code, **_flicker(out)})
            _show(rows[-1])
    for sequence in (False, True):
        every = [row["next"] for row in rows if row["sequence"] is sequence]
        print(f"{'with' if sequence else 'without'} --sequence: {mean(every):.2%} of the ink from frame to frame")
    keep(options.json, rows)


def _scanned(drawing: Path, folder: Path, frames: int, side: int) -> Path:
    """The folder with the scans of the middle of a drawing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    grey = 255 * read_grey(drawing, ReadOptions())
    dpi, _ = working_dpi(read_header(drawing, ReadOptions()), None)
    top, left = (max(0, (length - side) // 2) for length in grey.shape)
    chance = np.random.default_rng(1)
    for number in range(frames):
        scan = _scan(grey[top : top + side, left : left + side], chance)
        Image.fromarray(scan).save(folder / f"{drawing.stem}_{number:04}.png", dpi=(dpi, dpi))
    return folder


def _scan(grey: Floats, chance: np.random.Generator) -> NDArray[np.uint8]:
    shift = chance.uniform(-SHIFT, SHIFT, 2)
    moved = cv2.warpAffine(
        grey,
        np.array([[1, 0, shift[0]], [0, 1, shift[1]]]),
        grey.shape[::-1],
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    down, across = (np.linspace(-0.5, 0.5, length, dtype=np.float32) for length in grey.shape)
    slope = chance.uniform(-SLOPE, SLOPE, 2)
    light = 1 - chance.uniform(0, LIGHT) - np.abs(slope).sum() / 2 + slope[0] * down[:, None] + slope[1] * across
    noise = chance.normal(0, NOISE, grey.shape)
    return np.asarray(moved * light + noise).clip(0, 255).round().astype(np.uint8)


def _flicker(folder: Path) -> dict[str, float]:
    frames = [np.asarray(Image.open(path).convert("L")) < 128 for path in sorted(folder.glob("*.png"))]
    return {
        "next": mean(_changed(one, other) for one, other in pairwise(frames)),
        "first": mean(_changed(frames[0], other) for other in frames[1:]),
        "ink": mean(float(frame.mean()) for frame in frames),
    }


def _changed(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """The share of the px of ink of two frames that have none of the other's within 1 px."""
    near = [cv2.dilate(frame.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0 for frame in (one, other)]
    changed = int((one & ~near[1]).sum() + (other & ~near[0]).sum())
    return changed / max(int(one.sum() + other.sum()), 1)


def _show(row: dict[str, Any]) -> None:
    which = "with --sequence" if row["sequence"] else "without"
    told = f"{row['next']:.2%} from frame to frame, {row['first']:.2%} from the first, ink {row['ink']:.1%} of the page"
    print(f"{row['drawing']:14} {which:15} {told}, exit {row['exit']}", flush=True)


if __name__ == "__main__":
    main()
