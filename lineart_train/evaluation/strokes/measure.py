"""Figures of overdrawing, from strokes that are grouped by the line they belong to; no truth is needed.

Around a point of a stroke, the strokes of the same line that run beside it (within `BESIDE` px across, at less than
`TURN` degrees) are its bundle. Every figure is a distribution over such points, over strokes or over their ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from lineart_train.generator.scenes.curves import Points, arc_length, normals, resample, tangents

SPACING = 3.0
"""Distance in px of the points that strokes are resampled to."""
BESIDE = 50.0
"""How far across, px, a stroke of the same line may run and still be part of the bundle."""
TURN = 50.0
"""Angle in degrees between strokes of a bundle, at most."""
AHEAD = 120.0
"""How far beyond the end of a stroke, px, its line is looked for."""
TREMOR = 10.0
"""Standard deviation in px, along a stroke, of the centre line from which its tremor is measured."""

FIGURES = {
    "strokes of a line": "count",
    "length of a stroke": "px",
    "length drawn per length of line": "ratio",
    "strokes side by side": "count",
    "width of the bundle": "px",
    "offset from the bundle's middle": "px",
    "angle to the bundle": "degrees",
    "drift along a stroke": "px",
    "tremor": "px",
    "line goes on beyond a stroke's end": "px",
}
"""Every figure with its unit."""

Samples = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class _Bundle:
    """The points of all strokes of one line: (N, 2) px, unit tangents, the stroke each belongs to."""

    points: Points
    tangents: Points
    owner: NDArray[np.int64]
    tree: cKDTree


def measure(lines: Iterable[Sequence[Points]]) -> Samples:
    """Measure lines, each given by its strokes, (N, 2) px at 300 dpi; gives the samples of every figure."""
    found: dict[str, list[float]] = {name: [] for name in FIGURES}
    for strokes in lines:
        long = [resample(each, SPACING) for each in strokes if arc_length(each)[-1] >= 2 * SPACING]
        if long:
            _measure_line(long, found)
    return {name: np.asarray(values, float) for name, values in found.items()}


def _measure_line(strokes: list[Points], found: dict[str, list[float]]) -> None:
    bundle = _bundle(strokes)
    drawn = [float(arc_length(each)[-1]) for each in strokes]
    found["strokes of a line"].append(len(strokes))
    found["length of a stroke"] += drawn
    beside = []
    for number, stroke in enumerate(strokes):
        offsets = []
        for at in np.flatnonzero(bundle.owner == number)[::4]:
            across, angles = _across(bundle, int(at))
            beside.append(1 / len(across))
            found["strokes side by side"].append(len(across))
            if len(across) > 1:
                found["width of the bundle"].append(float(np.ptp(across)))
                found["angle to the bundle"].append(float(angles.max()))
                offsets.append(-float(across.mean()))
        found["offset from the bundle's middle"] += [abs(each) for each in offsets]
        if len(offsets) > 8:
            found["drift along a stroke"].append(float(np.std(offsets)))
        found["tremor"] += _tremor(stroke)
        if len(strokes) > 1:
            found["line goes on beyond a stroke's end"] += _beyond(bundle, number)
    found["length drawn per length of line"].append(1 / float(np.mean(beside)))


def _bundle(strokes: list[Points]) -> _Bundle:
    points = np.concatenate(strokes)
    owner = np.repeat(np.arange(len(strokes)), [len(each) for each in strokes])
    return _Bundle(points, np.concatenate([tangents(each) for each in strokes]), owner, cKDTree(points))


def _seen(bundle: _Bundle, at: int, reach: float) -> tuple[NDArray[np.int64], Points, Points, Points]:
    """Points about as parallel within reach: their indices, how far ahead, how far across, degrees of turn."""
    index = np.asarray(bundle.tree.query_ball_point(bundle.points[at], reach), np.int64)
    along = bundle.tangents[at]
    step = bundle.points[index] - bundle.points[at]
    angle = np.degrees(np.arccos(np.clip(np.abs(bundle.tangents[index] @ along), 0, 1)))
    kept = angle < TURN
    return index[kept], (step @ along)[kept], (step @ np.array([-along[1], along[0]]))[kept], angle[kept]


def _across(bundle: _Bundle, at: int) -> tuple[Points, Points]:
    """Where the strokes of the bundle cross the normal, px (its own at 0), and at which angle: one each."""
    index, ahead, across, angle = _seen(bundle, at, BESIDE)
    here = np.abs(ahead) <= 0.6 * SPACING
    places, turns = [0.0], [0.0]
    for number in np.unique(bundle.owner[index[here]]):
        if number != bundle.owner[at]:
            mine = np.flatnonzero(here & (bundle.owner[index] == number))
            nearest = mine[np.argmin(np.abs(across[mine]))]
            places.append(float(across[nearest]))
            turns.append(float(angle[nearest]))
    return np.asarray(places), np.asarray(turns)


def _tremor(stroke: Points) -> list[float]:
    if len(stroke) < 24:
        return []
    centre_line = gaussian_filter1d(stroke, TREMOR / SPACING, axis=0, mode="nearest")
    return [float(np.std(((stroke - centre_line) * normals(centre_line)).sum(1)[6:-6]))]


def _beyond(bundle: _Bundle, number: int) -> list[float]:
    """How far the other strokes of the line go on beyond either end of this one, px; `AHEAD` is out of sight."""
    mine = np.flatnonzero(bundle.owner == number)
    found = []
    for tip, sense in ((mine[0], -1.0), (mine[-1], 1.0)):
        index, ahead, across, _ = _seen(bundle, int(tip), AHEAD)
        onward = (bundle.owner[index] != number) & (sense * ahead > 0) & (np.abs(across) < BESIDE / 2)
        found.append(float((sense * ahead)[onward].max(initial=0.0)))
    return found
