"""Fits a style to the stroke in a picture: what `fidelity` measures of both is compared, and the tables are moved.

No pixel is compared with a pixel: the paper of the picture is not ours. A few moves change the tables as a whole (width
and opacity at low, middle and high pressure, grain, each band, how edges stray); each is tried both ways in turn, kept
if the stroke comes nearer, and tried less far otherwise (pattern search: Hooke and Jeeves, JACM 8, 1961).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from lineart_cli.brushes.measure import Strip, half_width, lines_of, measure, plain
from lineart_cli.brushes.noise import WAVELENGTHS, Floats
from lineart_cli.brushes.paint import paint
from lineart_cli.brushes.style import PRESSURES, Style
from lineart_train.brush.fidelity import FIGURES, fidelity

TRIES_IN_ALL = 500
FIRST, LAST = 0.15, 0.01
"""Length of the moves at the beginning, and when there is no more to find: shares of what is moved."""
PAPERS = 3
"""Pieces of paper on which a style draws the stroke, so that none of them is learnt by heart."""
_LONGER = 1.3  # a move that helped is so much longer the next time
_BETTER = 1e-4  # difference that counts
_MOST_GRAIN = 8.0
_WIDTHS, _OPACITIES = (0.0, 1 / 3, 2 / 3), (0.0, 0.5, 1.0)  # pressures at which they are moved
_GRAIN = len(_WIDTHS) + len(_OPACITIES)
_BANDS = slice(_GRAIN + 1, _GRAIN + 2 + len(WAVELENGTHS))
MOVES = _BANDS.stop + 1

Tell = Callable[[float, float], object]
"""Told after each try: the share that is done, of all tries or of the time, and the difference that is left."""


def finetune(strip: Strip, about: str, minutes: float, state: Path, keep: Callable[[Style], None], tell: Tell) -> Style:
    """Fit a style to a stroke.

    Args:
        strip: the stroke.
        about: a few words for lists.
        minutes: to take at most.
        state: file from which the search goes on if it is there and about the same stroke; removed when all is done.
        keep: given each style that is better than all before; an interruption loses nothing.
        tell: see `Tell`.

    Returns:
        The best style.
    """
    start, seen = measure(strip, about), _Seen(strip)
    stroke = hashlib.sha256(np.ascontiguousarray(strip.ink).data).hexdigest()
    kept = json.loads(state.read_text("utf-8")) if state.exists() else {}
    if kept.get("stroke") != stroke:
        kept = {"place": [0.0] * MOVES, "steps": [FIRST] * MOVES, "tries": 0}
    place, steps, tries = np.array(kept["place"]), np.array(kept["steps"]), int(kept["tries"])
    steps[_idle(start)] = 0
    best = moved(start, place)
    least = seen.difference(best)
    keep(best)
    before, spent = time.monotonic(), 0.0
    while tries < TRIES_IN_ALL and np.abs(steps).max() > LAST and spent < 1:
        for move in np.flatnonzero(steps):
            for way in (1, -1):
                there = place + way * steps[move] * np.eye(MOVES)[move]
                style = moved(start, there)
                left = seen.difference(style)
                tries += 1
                if better := left < least - _BETTER:
                    least, best, place = left, style, there
                    keep(best)
                spent = (time.monotonic() - before) / (60 * minutes)
                tell(min(max(tries / TRIES_IN_ALL, spent), 1.0), least)
                if better:
                    break
            steps[move] *= _LONGER * way if better else 0.5
            _save(state, {"stroke": stroke, "place": place.tolist(), "steps": steps.tolist(), "tries": tries})
    if tries >= TRIES_IN_ALL or np.abs(steps).max() <= LAST:
        state.unlink(missing_ok=True)
        tell(1.0, least)
    return best


def moved(style: Style, place: Floats) -> Style:
    """A style with its tables moved.

    Args:
        style: to begin with.
        place: (MOVES,) logarithms of factors: of the width, of the power to which coverage is raised, of the grain, of
            each band, of how edges stray.
    """
    pressures = np.linspace(0, 1, PRESSURES)
    widths, opacities = place[: len(_WIDTHS)], place[len(_WIDTHS) : _GRAIN]
    width = np.array(style.width) * np.exp(np.interp(pressures, (*_WIDTHS, 1.0), (*widths, 0.0)))
    cover = style.table ** np.exp(np.interp(pressures, _OPACITIES, opacities))[:, None]
    bands = np.array(style.bands) * np.exp(place[_BANDS])
    return replace(
        style,
        width=plain(np.clip(width, 0.01, 2)),
        cover=tuple(plain(row) for row in cover),
        grain=round(min(style.grain * float(np.exp(place[_GRAIN])), _MOST_GRAIN), 4),
        bands=plain(bands / np.linalg.norm(bands)),
        stray=round(style.stray * float(np.exp(place[-1])), 4),
    )


def _idle(style: Style) -> list[int]:
    """Moves that would change nothing."""
    noise = list(range(MOVES))[_BANDS] if not style.grain and not style.stray else []
    return noise + [_GRAIN] * (not style.grain) + [MOVES - 1] * (not style.stray)


class _Seen:
    """The stroke in the picture, and how far one in a style is from it."""

    def __init__(self, strip: Strip) -> None:
        self.true = strip.ink[None]
        self.shape = (PAPERS * len(strip.ink), strip.ink.shape[1])
        self.lines = lines_of(strip, PAPERS)
        self.thickness = 2 * half_width(strip)

    def difference(self, style: Style) -> float:
        """Mean of the errors of `fidelity` but for the ends, which a strip does not have."""
        ink = paint(self.lines, style, self.thickness, self.shape).astype(np.float32) / 255
        papers = [fidelity(part[None], self.true) for part in np.split(ink, PAPERS)]
        return float(np.mean([each[name] for each in papers for name in FIGURES if name != "ends"]))


def _save(path: Path, progress: dict[str, object]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(progress), "utf-8")
    os.replace(part, path)
