"""Reads clean drawings (JSON lines, optionally gzipped) as curves for scenes.

One drawing a line: {"id", "w", "h", "strokes": [{"p": [[x, y], ...], "w": width, "c": closed}, ...]}; coordinates in
the drawing's own px, y down. Other keys, such as "credit", are not read. `lineart-train drawings` writes such files.
Pieces of one line that were cut at junctions are joined again: a hand draws through.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lineart_train.generator.scenes.curves import Points, arc_length

WEIGHTS = {"icons": 0.15, "fishdraw": 0.15, "coloring": 3.0, "open": 2.0, "dicebear": 1.5}
"""How often a drawing of a file is drawn, by the start of the file's name; 1 where nothing is said."""

MOST_JOINED = 200
"""Drawings of more strokes are left in pieces: joining is quadratic, and such drawings are textures."""


@dataclass(frozen=True)
class Library:
    """Clean drawings: each some (N, 2) float32 curves, centred on 0 with a long side of 1; and their weights."""

    drawings: tuple[tuple[Points, ...], ...]
    weights: tuple[float, ...]

    def pick(self, rng: np.random.Generator) -> tuple[Points, ...]:
        """One drawing, by weight."""
        chance = np.asarray(self.weights)
        return self.drawings[int(rng.choice(len(self.drawings), p=chance / chance.sum()))]


def files(folder: Path) -> list[Path]:
    """The `*.jsonl` and `*.jsonl.gz` of a folder; not those that are still being written, whose names begin with a dot.

    Raises:
        ValueError: there are none; names the folder.
    """
    found = [path for path in sorted(folder.glob("[!.]*")) if path.name.endswith((".jsonl", ".jsonl.gz"))]
    if not found:
        raise ValueError(f"{folder} holds no drawings. Name a folder with *.jsonl or *.jsonl.gz.")
    return found


def load(folder: Path) -> Library:
    """Read the `files` of a folder.

    Raises:
        ValueError: a file is damaged, a line is no drawing, or there are none; names the file and the line.
    """
    drawings, weights = [], []
    for path in files(folder):
        weight = next((w for start, w in WEIGHTS.items() if path.name.startswith(start)), 1.0)
        for number, line in enumerate(_lines(path), 1):
            try:
                curves = _curves(json.loads(line))
            except (KeyError, TypeError, ValueError) as fault:
                raise ValueError(f"{path}:{number} is no drawing: {fault}. Each line is one JSON drawing.") from fault
            if curves:
                drawings.append(curves)
                weights.append(weight)
    return Library(tuple(drawings), tuple(weights))


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            yield from lines
    except (EOFError, OSError, UnicodeDecodeError, zlib.error) as fault:
        raise ValueError(f"{path} is damaged: {fault}. Make or copy it again.") from fault


def _curves(drawing: dict[str, list[dict[str, list[list[float]]]]]) -> tuple[Points, ...]:
    raw = []
    for stroke in drawing["strokes"]:
        points = np.asarray(stroke["p"], np.float32).reshape(-1, 2)
        if stroke.get("c") and len(points) > 2:
            points = np.concatenate([points, points[:1]])
        if len(points) > 1 and arc_length(points)[-1] > 0:
            raw.append(points)
    if not raw:
        return ()
    every = np.concatenate(raw)
    low, high = every.min(0), every.max(0)
    side = float((high - low).max())
    whole = join(raw, 0.006 * side) if len(raw) <= MOST_JOINED else raw
    return tuple(((points - (low + high) / 2) / side).astype(np.float32) for points in whole)


def join(curves: list[Points], reach: float, straight: float = 0.5) -> list[Points]:
    """Join curves end to end where two ends lie within `reach` and go on in one direction (cosine >= `straight`)."""
    waiting = sorted(curves, key=lambda c: -float(arc_length(c)[-1]))
    joined = []
    while waiting:
        curve = waiting.pop(0)
        for _ in range(2):  # grow at the end, then, turned round, at the beginning
            while (found := _follower(curve, waiting, reach, straight)) is not None:
                index, turned = found
                following = waiting.pop(index)
                curve = np.concatenate([curve, following[::-1] if turned else following])
            curve = curve[::-1]
        joined.append(curve)
    return joined


def _follower(curve: Points, others: list[Points], reach: float, straight: float) -> tuple[int, bool] | None:
    if len(others) == 0 or np.hypot(*(curve[0] - curve[-1])) < reach:
        return None
    starts = np.array([o[0] for o in others])
    ends = np.array([o[-1] for o in others])
    best, choice = straight, None
    heading = _unit(curve[-1] - curve[max(-4, -len(curve))])
    for turned, tips in ((False, starts), (True, ends)):
        for index in np.flatnonzero(np.hypot(*(tips - curve[-1]).T) < reach):
            other = others[index][::-1] if turned else others[index]
            cosine = float(heading @ _unit(other[min(3, len(other) - 1)] - other[0]))
            if cosine > best:
                best, choice = cosine, (int(index), turned)
    return choice


def _unit(vector: Points) -> Points:
    return np.asarray(vector / max(float(np.hypot(*vector)), 1e-9), np.float32)
