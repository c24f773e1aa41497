"""A picture of one stroke, its pressure rising from left to right, is straightened so that it can be measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.fitting import caps
from lineart_cli.brushes.fitting.measure import Strip, half_width
from lineart_cli.brushes.noise import Floats
from lineart_cli.errors import BrushError

LONGEST = 1600
"""Px of the longer side to which larger pictures are scaled down before they are looked at."""
BROADEST = 48.0
"""Width in px to which broader strokes are scaled down: grain keeps its size in px."""
_SHORTEST = 48  # px of a stroke that can be measured
_FAINTEST = 0.08  # coverage below which there is paper
_FADE = 1.5  # times as far from the middle, what is fainter still is looked for
_ROUNDS = 4  # of straightening
_BLANK, _ALL = 0.002, 0.6  # shares of the picture that a stroke covers at least and at most
_UNSEEN = (0.05, 0.6)  # pressures at which strokes that begin invisibly begin to show
_CENTRED, _MARGIN = 0.2, 0.15  # most that such a picture is off its middle, and its right margin: shares of its sides
_BEGINNING, _FAINT = 0.03, 0.25  # share of a stroke that is its beginning; most ink of one that fades in, of the full
_FALLEN = 3.0  # times as much ink at the beginning as at the end: the wrong way round; few airbrushes come near
_BUSY = 0.35  # share of the picture's border that a stroke covers at most
_PHOTO = "is filled all over, as a photo is; give a single stroke, black on white"


def strip_of(path: Path, ink: Floats) -> tuple[Strip, str]:
    """Straighten a stroke.

    Args:
        path: of the picture, for errors.
        ink: (h, w) float32 darkness in [0, 1].

    Returns:
        The strip; and what had to be guessed, empty where nothing had.

    Raises:
        BrushError: the picture is empty, a photo, or holds no single stroke from left to right.
    """
    ink, note = _black_on_white(path, ink)
    mask = _stroke(path, ink)
    ink = np.where(mask, ink, 0).astype(np.float32)
    columns = np.flatnonzero((ink > _FAINTEST).any(0))
    if _falls(ink[:, columns[0] : columns[-1] + 1].sum(0)):
        ink, columns = np.ascontiguousarray(ink[:, ::-1]), ink.shape[1] - 1 - columns[::-1]
        note = "; ".join(filter(None, (note, "heavier at the left, taken the other way round")))
    first, last = int(columns[0]), int(columns[-1])
    middle = _middle(ink[:, first : last + 1])
    strip, place = _straightened(ink, first, middle)
    broad = 2 * half_width(strip)
    if broad > BROADEST:
        less = BROADEST / broad
        size = max(int(ink.shape[1] * less), 1), max(int(ink.shape[0] * less), 1)  # a px smaller at least
        strip, more = strip_of(path, np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA)))
        return strip, "; ".join(filter(None, (note, more)))
    unseen = _unseen(ink, strip, first, place)
    if unseen:
        strip = replace(strip, pressure=np.linspace(unseen, 1, len(strip.pressure), dtype=np.float32))
        told = (
            f"taken to show nothing below {unseen:.0%} of the pressure, as it is empty at its left; if wrong, crop it"
        )
        note = "; ".join(filter(None, (note, told)))
    return strip, note


def _black_on_white(path: Path, ink: Floats) -> tuple[Floats, str]:
    """The darkness with the background at 0; white on black is turned round."""
    border = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    ground = float(np.median(border))
    if float(np.mean(np.abs(border - ground) > 2 * _FAINTEST)) > _BUSY:
        raise BrushError(path, _PHOTO)
    note = ""
    if ground > 0.5:
        ink, ground, note = 1 - ink, 1 - ground, "white on black, taken as black on white"
    ink = np.clip((ink - ground) / max(1 - ground, 1e-3), 0, 1)
    if float(np.percentile(ink, 100 * (1 - _BLANK))) < 2 * _FAINTEST:
        advice = "holds no stroke; draw one, black on white, from no pressure at the left to full at the right"
        raise BrushError(path, advice)
    return ink.astype(np.float32), note


def _stroke(path: Path, ink: Floats) -> NDArray[np.bool_]:
    """Where the stroke is."""
    dark = ink > _FAINTEST
    if dark.mean() > _ALL:
        raise BrushError(path, _PHOTO)
    broad = float(cv2.distanceTransform(dark.astype(np.uint8), cv2.DIST_L2, 3).max())
    side = 2 * max(round((_FADE - 1) * broad), 4) + 1
    grown = cv2.dilate(dark.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    joined = cv2.morphologyEx(grown, cv2.MORPH_CLOSE, np.ones((5, 41), np.uint8))  # specks of a dry stroke
    count, label = cv2.connectedComponents(joined)
    inked = np.array([float(ink[label == each].sum()) for each in range(1, count)])
    best = int(inked.argmax()) + 1
    height, width = (int(np.ptp(each)) + 1 for each in np.nonzero(dark & (label == best)))
    if width < _SHORTEST or width < 2 * height:
        reason = f"holds no stroke from left to right: what is drawn there is {width} x {height} px"
        raise BrushError(path, f"{reason}; draw it at least {_SHORTEST} px long, and twice as long as high")
    if inked.sum() > 1.25 * inked.max():
        raise BrushError(path, f"holds {count - 1} strokes; give a picture of one")
    return np.asarray(label == best)


def _falls(weight: Floats) -> bool:
    """Whether there is much less ink at the end of a stroke than at its beginning."""
    quarter = max(len(weight) // 4, 1)
    return bool(weight[:quarter].sum() > _FALLEN * weight[-quarter:].sum())


def _middle(ink: Floats) -> Floats:
    """(N,) row of the stroke's middle in each of its columns."""
    return _centre(ink, np.arange(len(ink), dtype=np.float32)[:, None], max(ink.shape[1] / 40, 4.0))


def _centre(ink: Floats, side: Floats, blur: float) -> Floats:
    """(N,) mean `side` of the ink in each column, both averaged over the columns around it."""
    sums = np.stack([(side * ink).sum(0), ink.sum(0)]).astype(np.float32)
    moment, total = np.asarray(cv2.GaussianBlur(sums, (0, 0), sigmaX=blur, sigmaY=0.1))
    return np.asarray(moment / np.maximum(total, 1e-6), np.float32)


def _straightened(ink: Floats, first: int, middle: Floats) -> tuple[Strip, float]:
    """The stroke cut across its middle, a px apart both ways; and the picture's column in which its last point is."""
    x: Floats = np.arange(first, first + len(middle), dtype=np.float32)
    y = middle
    rows, columns = np.nonzero(ink > _FAINTEST)
    half = int(np.ceil(_FADE * np.percentile(np.abs(rows - np.interp(columns, x, y)), 99.5))) + 4
    side = np.arange(-half, half + 1, dtype=np.float32)[:, None]
    for _ in range(_ROUNDS):  # a column is no cut across a stroke that rises; each round's cuts show its middle better
        along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        even = np.linspace(0, along[-1], round(float(along[-1])) + 1)
        x, y = (np.interp(even, along, each).astype(np.float32) for each in (x, y))
        angle = np.arctan2(_slope(y), _slope(x)).astype(np.float32)
        cut = cv2.remap(ink, x - side * np.sin(angle), y + side * np.cos(angle), cv2.INTER_CUBIC)  # linear blurs grain
        strip = np.asarray(np.clip(cut, 0, 1), np.float32)
        off = _centre(strip, side, max(len(x) / 100, 3.0))
        x, y = x - off * np.sin(angle), y + off * np.cos(angle)
    pressure = np.linspace(0, 1, strip.shape[1], dtype=np.float32)
    place = caps.place(strip.sum(0), half_width(Strip(strip, pressure)))
    last = int(np.clip(round(place), 0.8 * strip.shape[1], strip.shape[1] - 1))
    tip = np.pad(strip[:, last + 1 :], ((0, 0), (0, half)))[:, :half]
    return Strip(strip[:, : last + 1], np.linspace(0, 1, last + 1, dtype=np.float32), tip), float(x[last])


def _unseen(ink: Floats, strip: Strip, first: int, last: float) -> float:
    """Pressure at which a stroke begins to show, 0 where it does at once.

    A stroke in the middle of its picture, as brush editors draw it, has been there where its left margin is wider than
    its right one, if it also fades in. Elsewhere margins mean nothing.
    """
    height, width = ink.shape
    right = width - 1 - last
    share = (first - right) / max(last - right, 1.0)
    rows = np.flatnonzero((ink > _FAINTEST).any(1))
    centred = abs(int(rows[0]) - (height - 1 - int(rows[-1]))) <= _CENTRED * height and right <= _MARGIN * width
    centre_line, begins = strip.ink.sum(0), strip.ink[:, : max(round(_BEGINNING * strip.ink.shape[1]), 1)].mean(1)
    fades = begins.max() < 2 * _FAINTEST or begins.sum() < _FAINT * np.percentile(centre_line, 90)
    return share if centred and fades and _UNSEEN[0] < share < _UNSEEN[1] else 0.0


def _slope(centre_line: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(np.gradient(centre_line)[None].astype(np.float32), (0, 0), 4.0)[0])
