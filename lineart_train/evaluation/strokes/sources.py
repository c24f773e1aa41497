"""Where labelled strokes come from: artists' files, and the generator."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from lineart_train.generator.scenes.compose import scene
from lineart_train.generator.scenes.curves import Points
from lineart_train.generator.scenes.drawings import Library
from lineart_train.generator.sketch.hand import bundles, random_hand
from lineart_train.generator.sketch.spacing import separate

PAGE = (2480.0, 3508.0)
MARGIN = 190.0
"""A4 at 300 dpi and the margin left free, px."""


def artists(folder: Path) -> list[list[Points]]:
    """The lines of all drawings of a folder, each as its strokes, (N, 2) px on an A4 page at 300 dpi.

    Files are `.scap`: blocks in braces, `#stroke line` first, then `x y pressure` a row, as stroke-consolidation
    research uses them.

    Raises:
        ValueError: there are none, or one holds no strokes; names it.
    """
    paths = sorted(folder.glob("*.scap"))
    if not paths:
        raise ValueError(f"{folder} holds no labelled strokes. Give a folder of .scap files.")
    lines = []
    for path in paths:
        labelled = _read(path)
        if not labelled:
            raise ValueError(f"{path} holds no strokes.")
        lines += _on_page(labelled)
    return lines


def _read(path: Path) -> list[tuple[int, Points]]:
    strokes = []
    for block in path.read_text(errors="ignore").split("{")[1:]:
        rows = [row.split() for row in block.partition("}")[0].splitlines() if row.strip()]
        label = next((int(float(row[1])) for row in rows if row[0].startswith("#") and len(row) > 1), -1)
        points = [(float(row[0]), float(row[1])) for row in rows if row[0][0] not in "#@"]
        if len(points) > 1:
            strokes.append((label, np.asarray(points, np.float32)))
    return strokes


def _on_page(labelled: list[tuple[int, Points]]) -> list[list[Points]]:
    every = np.concatenate([points for _, points in labelled])
    low, span = every.min(0), np.ptp(every, 0)
    page = PAGE if span[0] <= span[1] else PAGE[::-1]
    scale = min((side - 2 * MARGIN) / length for side, length in zip(page, span, strict=True))
    lines = defaultdict(list)
    for label, points in labelled:
        lines[label].append(((points - low) * scale).astype(np.float32))
    return list(lines.values())


def generator(seed: int, pages: int, size: int, library: Library | None) -> list[list[Points]]:
    """The lines of `pages` canvases of `size` px, each as its strokes, (N, 2) px; clean pages are left out."""
    lines = []
    for index in range(pages):
        rng = np.random.default_rng((seed, index))
        hand = random_hand(rng)
        if hand.passes > 1:
            drawn = bundles(separate(scene(rng, size, library), hand.gap), hand, rng)
            lines += [[stroke.points for stroke in strokes] for strokes, _ in drawn]
    return lines
