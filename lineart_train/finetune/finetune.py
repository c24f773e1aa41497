"""Fits a style to the stroke in a picture: what `fidelity` measures of both is compared, and the tables are moved.

No pixel is compared with a pixel: the paper of the picture is not ours. Some moves change the tables as a whole (width
and opacity at low, middle and high pressure, how soft edges are, grain, each band, how edges stray, where ends begin to
fade and how soon); each is tried both ways in turn, kept if the stroke comes nearer, and tried less far otherwise
(pattern search: Hooke and Jeeves, JACM 8, 1961).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from lineart_cli.brushes.drawing.paint import paint
from lineart_cli.brushes.fitting.measure import Strip, half_width, lines_of, measure, plain
from lineart_cli.brushes.noise import WAVELENGTHS, Floats
from lineart_cli.brushes.style import CAPS, PRESSURES, REACH, STEPS, Style
from lineart_cli.replacing import replacing
from lineart_train.evaluation.fidelity import FIGURES, fidelity

TRIES_IN_ALL = 500
FIRST, LAST = 0.15, 0.01
"""Length of the moves at the beginning, and when there is no more to find: shares of what is moved."""
PAPERS = 3
"""Pieces of paper on which a style draws the stroke, so that none of them is learnt by heart."""
_LONGER = 1.3  # a move that helped is so much longer the next time
_BETTER = 1e-4  # difference that counts
_MOST_GRAIN = 8.0
_SOME_GRAIN, _SOME_EDGE_JITTER = 0.05, 0.004  # with which a brush that has none begins
_WIDTHS, _OPACITIES = (0.0, 1 / 3, 2 / 3, 1.0), (0.0, 0.5, 1.0)  # pressures at which they are moved
_PARTS = (len(_WIDTHS), len(_OPACITIES), 1, 1, len(WAVELENGTHS) + 1, 1, 2)
MOVES, GRAIN, EDGE_JITTER = sum(_PARTS), sum(_PARTS[:3]), sum(_PARTS[:5])
"""How many there are, and where those of grain and of the jitter of edges begin."""
_WORTH = np.repeat((0.5, 0.5, 0.05, 0.05, 0.05, 0.05, 0.5), _PARTS)
"""Difference that a move of 1 must be worth, and a smaller one by its square: strokes of one brush differ, too. It is
more for what has been measured by least squares."""

Tell = Callable[[float, float], object]
"""Told after each try: the share that is done, of all tries or of the time, and the difference that is left."""


def finetune(
    strip: Strip, about: str, minutes: float, state: Path, keep: Callable[[Style], None], tell: Tell, source: str = ""
) -> Style:
    """Fit a style to a stroke.

    Args:
        strip: the stroke.
        about: a few words for lists.
        minutes: to take at most.
        state: file from which the search goes on if it is there and about the same stroke; when all is done, it tells
            so, and the next search ends with the same style at once.
        keep: given each style that is better than all before; an interruption loses nothing.
        tell: see `Tell`.
        source: what the stroke was taken from, for `is_of_another`.

    Returns:
        The best style.
    """
    start, seen = measure(strip, about), Seen(strip)
    stroke = _digest(strip)
    place, steps, tries = _restored(state, stroke) or (np.zeros(MOVES), np.full(MOVES, FIRST), 0)
    best = moved(start, place)
    least = seen.difference(best) + _cost(place)
    keep(best)
    before, spent = time.monotonic(), 0.0
    while not _is_done(steps, tries) and spent < 1:
        for move in np.flatnonzero(steps):
            for way in (1, -1):
                there = place + way * steps[move] * np.eye(MOVES)[move]
                style = moved(start, there)
                left = seen.difference(style) + _cost(there)
                tries += 1
                if better := left < least - _BETTER:
                    least, best, place = left, style, there
                    keep(best)
                spent = (time.monotonic() - before) / (60 * minutes)
                tell(min(max(tries / TRIES_IN_ALL, spent), 1.0), least)
                if better:
                    break
            steps[move] *= _LONGER * way if better else 0.5
            progress = {"place": place.tolist(), "steps": steps.tolist(), "tries": tries}
            _save(state, {"stroke": stroke, "source": source, **progress})
    if _is_done(steps, tries):
        tell(1.0, least)
    return best


def is_done(state: Path) -> bool:
    """Whether a search has come to its end, by the file that it left."""
    kept = _restored(state)
    return kept is not None and _is_done(*kept[1:])


def is_of_another(state: Path, strip: Strip, source: str) -> bool:
    """Whether a search, by the file that it left, was for another stroke, and one that was taken from elsewhere."""
    try:
        kept = json.loads(state.read_text("utf-8"))
        return bool(kept["stroke"] != _digest(strip) and kept["source"] != source)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _digest(strip: Strip) -> str:
    return hashlib.sha256(np.ascontiguousarray(strip.ink).data).hexdigest()


def _is_done(steps: Floats, tries: int) -> bool:
    return tries >= TRIES_IN_ALL or bool(np.abs(steps).max() <= LAST)


def _restored(state: Path, stroke: str | None = None) -> tuple[Floats, Floats, int] | None:
    """Place, steps and tries of a search for a stroke, or for any; None where there is none to go on with."""
    try:
        kept = json.loads(state.read_text("utf-8"))
        place, steps = (np.array(kept[name], np.float64) for name in ("place", "steps"))
        is_sound = place.shape == steps.shape == (MOVES,) and bool(np.isfinite([place, steps]).all())
        return (place, steps, int(kept["tries"])) if is_sound and stroke in {None, kept["stroke"]} else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _cost(place: Floats) -> float:
    return float((_WORTH * np.square(place)).sum())


def moved(style: Style, place: Floats) -> Style:
    """A style with its tables moved.

    Args:
        style: to begin with.
        place: (MOVES,) logarithms of factors: of the width, of the power to which coverage is raised, of the distance
            from the edge, of the grain, of each band, of how edges stray; half widths by which the ends are moved, and
            the logarithm of how quickly they rise.
    """
    pressures, distances = np.linspace(0, 1, PRESSURES), np.arange(STEPS)
    widths, opacities, (soft,), (grain,), bands, (jitter,), (shift, quick) = np.split(place, np.cumsum(_PARTS)[:-1])
    width = np.array(style.width) * np.exp(np.interp(pressures, _WIDTHS, widths))
    power = np.exp(np.interp(pressures, _OPACITIES, opacities))[:, None]
    # Coverage that is drawn out around the edge leaves the width as it is.
    edge = (STEPS - 1) / REACH
    nearer = np.maximum(edge + (distances - edge) * np.exp(soft), 0)
    cover = np.stack([np.interp(nearer, distances, row) for row in style.table]) ** power
    mixed = np.array(style.bands) * np.exp(bands)
    ends = np.interp(shift + np.array(CAPS) * np.exp(quick), CAPS, style.caps)
    return replace(
        style,
        width=plain(np.clip(width, 0.01, 2)),
        cover=tuple(plain(row) for row in cover),
        grain=round(min(_more(style.grain, _SOME_GRAIN, grain), _MOST_GRAIN), 4),
        bands=plain(mixed / np.linalg.norm(mixed)),
        edge_jitter=round(_more(style.edge_jitter, _SOME_EDGE_JITTER, jitter), 4),
        caps=plain(ends),
    )


def _more(value: float, some: float, move: float) -> float:
    return max((value + some) * float(np.exp(move)) - some, 0.0)


class Seen:
    """The stroke in the picture, and how far one in a style is from it."""

    def __init__(self, strip: Strip) -> None:
        self.true = strip.whole[None]
        self.lines = lines_of(strip, PAPERS)
        self.thickness = 2 * half_width(strip)
        self.names = [name for name in FIGURES if name != "ends" or strip.tip is not None]

    def difference(self, style: Style) -> float:
        """Mean of the errors of `fidelity`: roughness and grain are measured on each paper, the rest on their mean."""
        shape = PAPERS * self.true.shape[1], self.true.shape[2]
        papers = np.stack(np.split(paint(self.lines, style, self.thickness, shape).astype(np.float32) / 255, PAPERS))
        level = fidelity(papers, self.true)
        single = [fidelity(paper[None], self.true) for paper in papers]
        errors = {**level, **{name: float(np.mean([each[name] for each in single])) for name in ("roughness", "grain")}}
        return sum(errors[name] for name in self.names) / len(self.names)


def _save(path: Path, progress: dict[str, object]) -> None:
    with replacing(path) as part:
        part.write_text(json.dumps(progress), "utf-8")
