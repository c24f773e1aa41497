"""An artist's own inked pages become a stroke to learn from: their lines are thinned, cut across and put in a row.

Nobody has recorded the pressure. The artist's hand shows it as the width of the line, so the pressure at a place is the
width there over the page's greatest; how that width falls off towards the ends is the taper, and how it goes with the
direction of the line is the nib.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from lineart_cli.brushes.drawing import skeleton
from lineart_cli.brushes.fitting.measure import Strip
from lineart_cli.brushes.noise import Floats
from lineart_cli.brushes.style import ANGLES
from lineart_train.evaluation.fidelity import BEYOND, cut
from lineart_train.evaluation.metrics import centre_lines

MOST = 4000
"""Px of line that are looked at, over all pages."""
PAGES = 8
"""On so many pages they are looked for, if there are as many."""
BROADEST = 0.95
"""Share of the lines that is no broader than the thickness."""
_SMOOTH = 4.0  # px along a line, of its centre line and its width
_CUT = 12  # px at the ends of a centre line that show a branching, or an end
_STEP = 8  # px of the way to an end over which widths are averaged
_LEAST = 400  # px of line that are enough to learn from
_AREA = 41  # px: what is broader is an area laid on flat, and not looked at
_ROUND = 1.35  # broadest over narrowest direction of a nib that counts as round


@dataclass(frozen=True)
class Hand:
    """What the pages show: a stroke, and what a straight one cannot show; see `Style`."""

    strip: Strip
    angle_width: tuple[float, ...]
    taper: float


@dataclass(frozen=True)
class _CentreLine:
    """A line between branchings: (N, 2) x and y, (N,) width in px and direction in [0, pi), the page it is on."""

    points: Floats
    width: Floats
    way: Floats
    ink: Floats


def learn(pages: Iterable[Floats], most: int = MOST) -> Hand:
    """Look at pages, as many as it takes for `MOST` px of line.

    Args:
        pages: (H, W) float32 coverage each, px at 300 dpi.
        most: px of line that are taken of each, about.

    Raises:
        ValueError: there is too little line on them.
    """
    found: list[_CentreLine] = []
    ends: list[tuple[Floats, Floats]] = []
    for ink in pages:
        solid = _without_areas(ink > 0.5)
        thinned = skeleton.skeletonize(solid)
        inside = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5) * 2 - 1
        drawn = list(_centre_lines(ink, thinned, np.asarray(inside, np.float32)))
        found += drawn[:: max(sum(len(each.points) for each in drawn) // most, 1)]
        traced = skeleton.skeleton(np.where(thinned, 0, 9).astype(np.float16))
        ends.append((traced.end, np.asarray(inside, np.float32)[traced.row, traced.column]))
        if sum(len(each.points) for each in found) > MOST:
            break
    if sum(len(each.points) for each in found) < _LEAST:
        raise ValueError(f"holds less than {_LEAST} px of clear lines; give pages with more ink on them")
    angle_width = _angle_width(found)
    thickness = float(np.quantile(np.concatenate([each.width for each in found]), BROADEST))
    return Hand(_strip(found, angle_width, thickness), angle_width, _taper(ends) / thickness)


def _without_areas(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only what is thin enough to be a line."""
    areas = cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_AREA, _AREA), np.uint8))
    return np.asarray(solid & (cv2.dilate(areas, np.ones((_AREA, _AREA), np.uint8)) == 0))


def _centre_lines(ink: Floats, skeleton: NDArray[np.bool_], inside: Floats) -> Iterator[_CentreLine]:
    for centre_line in centre_lines(skeleton):
        points = gaussian_filter1d(centre_line[:, ::-1], _SMOOTH, axis=0, mode="nearest").astype(np.float32)
        row, column = centre_line.astype(int).T
        width = gaussian_filter1d(inside[row, column], _SMOOTH, mode="nearest")
        heading = np.gradient(points, axis=0)
        way = np.mod(np.arctan2(heading[:, 1], heading[:, 0]), np.pi)
        kept = slice(_CUT, len(points) - _CUT)
        yield _CentreLine(points[kept], width[kept], way[kept], ink)


def _angle_width(found: list[_CentreLine]) -> tuple[float, ...]:
    """Median width by direction, over that of the broadest; all 1 where it hardly changes."""
    width, way = (np.concatenate([getattr(each, name) for each in found]) for name in ("width", "way"))
    number = np.round(way / np.pi * ANGLES).astype(int) % ANGLES
    seen = np.bincount(number, minlength=ANGLES)
    if seen.min() < 20:
        return (1.0,) * ANGLES
    medians = np.array([np.median(width[number == each]) for each in range(ANGLES)])
    medians = gaussian_filter1d(medians, 0.7, mode="wrap") / medians.max()
    if medians.max() < _ROUND * medians.min():
        return (1.0,) * ANGLES
    return tuple(round(float(each), 4) for each in medians / medians.max())


def _strip(found: list[_CentreLine], angle_width: tuple[float, ...], thickness: float) -> Strip:
    """All centre lines one after the other, without places where another line is near."""
    half = int(np.ceil(0.8 * thickness)) + 2
    inks, pressures = [], []
    for each in found:
        part = cut(each.ink, each.points, half)[:, BEYOND:-BEYOND]
        at = np.linspace(0, len(each.points) - 1, part.shape[1])
        nib = np.interp(each.way / np.pi * ANGLES, np.arange(ANGLES + 1), (*angle_width, angle_width[0]))
        press = np.interp(at, np.arange(len(each.points)), each.width / nib) / thickness
        clear = np.maximum(part[:2], part[-2:]).max(0) < 0.1
        inks.append(part[:, clear])
        pressures.append(np.clip(press[clear], 0, 1))
    return Strip(np.concatenate(inks, 1).astype(np.float32), np.concatenate(pressures).astype(np.float32))


def _taper(ends: list[tuple[Floats, Floats]]) -> float:
    """Px over which lines thin out to their ends, as `Skeleton.factor` has it: by least squares; 0 for blunt ends."""
    way, width = (np.concatenate([pair[number] for pair in ends]) for number in (0, 1))
    steps = np.arange(0, skeleton.WALK, _STEP)
    medians = np.array([_median(width[(way >= low) & (way < low + _STEP) & (way < skeleton.WALK)]) for low in steps])
    full = np.nanmedian(medians[-4:]) if np.isfinite(medians[-4:]).any() else np.nan
    if not np.isfinite(full) or full <= 0:
        return 0.0
    share = medians / full
    known = np.isfinite(share)

    def miss(length: float) -> float:
        if length == 0:
            return float(np.square(share - 1)[known].sum())
        rise = np.clip((steps + _STEP / 2) / length, 0, 1)
        return float(np.square(share - rise * (2 - rise))[known].sum())

    return float(min(range(0, skeleton.WALK, 4), key=miss))


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else np.nan
