"""How wide the strokes of a drawing are, whatever else is on the page: lettering, frames, fills, rules and grain.

Lengths with `SHARE` in their names are shares of the picture's long side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.morphology import components, straight
from lineart_cli.imaging.paper import paper_map
from lineart_cli.imaging.resample import STRIP_ROWS, linear_rows, overlapping_strips

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.uint8]
    Points = npt.NDArray[np.intp]

FINE = 2
"""Widths are measured in a picture enlarged so many times: strokes of a few px have edges between the pixels."""

_NEAR_PAPER = 0.12  # bare paper scatters less than this around it
_BLUR = 0.7  # px: sigma that closes grain
_SAMPLE = 3  # every so many px tell noise and main lines
_DRAWN, _NOISES = 0.05, 5  # a pixel is drawn where it is so dark, and by so many standard deviations of the noise
_LEAST_DRAWN = 5e-4  # of the pixels, below which a page counts as blank
_MAIN = 88  # percentile of the drawn pixels' darkness that the main lines have
_FAINT = 0.35  # of that: what is fainter is construction
_BROADENED = 1.5  # px that blur and pixels add to the width of a thin stroke, in squares
_THINNEST = 0.5  # px
_AROUND = 7  # px: side of the square whose darkest pixel tells where a stroke ends, at half of its darkness
_STROKE_SHARE = 1 / 60  # what is smaller is lettering, a speck or a short hatch
_SLENDER = 4  # a stroke is longer than so many of its widths
_RULE = 1 / 4  # of a side: what runs straight along it for longer is a rule or a frame
_BAND, _REACH = 1024, 64  # rows, FINE times as many, that are looked at together, and those around that tell widths
_LEAST_LENGTH = 0.1  # share of all strokes together, below which nothing is known


@dataclass(frozen=True)
class Middles:
    """Pixels along the middles of strokes.

    Attributes:
        width: (N,) float32 of the stroke there, px of the picture.
        at: (2, N) their row and column, likewise.
    """

    width: Floats
    at: npt.NDArray[np.intp]


def typical_width(grey: Floats) -> float | None:
    """The mean width of the middle half of a drawing's strokes, by length: as robust as the median, and in finer steps.

    Args:
        grey: (h, w) encoded values in [0, 1], white = 1.

    Returns:
        px; None where too little is drawn to tell.
    """
    width = np.sort(middles(grey).width)
    if width.size < _LEAST_LENGTH * max(grey.shape):
        return None
    quarter = width.size // 4
    return float(width[quarter : width.size - quarter].mean())


def middles(grey: Floats) -> Middles:
    """Find the strokes; `grey` as for `typical_width`. Where there are none, whatever is drawn counts as one."""
    inside = _inside(grey)
    row, column, width = _ridges(inside)
    at = row // FINE, column // FINE
    mask = np.asarray(inside > 0, np.uint8)
    mask[at] = 1
    chosen = _is_stroke(mask, at, width) & ~_rules(mask)[at]
    if np.count_nonzero(chosen) < _LEAST_LENGTH * max(grey.shape):
        chosen[:] = True
    return Middles(width[chosen], np.stack(at)[:, chosen])


def _inside(grey: Floats) -> Floats:
    """(h, w), above 0 in what is drawn: at least half as dark as the darkest around, and not too faint for a line."""
    dark = grey / linear_rows(paper_map(grey), (grey.shape[0], grey.shape[1]), slice(0, grey.shape[0]))
    np.subtract(1, dark, out=dark)
    dark = np.asarray(cv2.GaussianBlur(dark, (0, 0), _BLUR), np.float32)
    sample = dark[::_SAMPLE, ::_SAMPLE]
    bare = sample[np.abs(sample) < _NEAR_PAPER]
    level = float(np.median(bare)) if bare.size else 0.0
    noise = 1.4826 * float(np.median(np.abs(bare - level))) if bare.size else 0.0
    least = max(_DRAWN, _NOISES * noise)
    drawn = sample[sample - level > least] - level
    if drawn.size < _LEAST_DRAWN * sample.size:
        return np.full_like(dark, -1)
    dark -= np.float32(level)
    edge = cv2.dilate(dark, np.ones((_AROUND, _AROUND), np.uint8))
    faintest = max(_FAINT * float(np.percentile(drawn, _MAIN)), least)
    np.maximum(np.multiply(edge, 0.5, out=edge), faintest, out=edge)
    dark -= edge
    return dark


def _ridges(inside: Floats) -> tuple[Points, Points, Floats]:
    """Rows and columns, FINE times as many, along the middles of what is drawn; and its width, px."""
    drawn = np.asarray(cv2.resize(inside, None, fx=FINE, fy=FINE) > 0).view(np.uint8)
    found = []
    for rows, seen, kept in overlapping_strips(len(drawn), _BAND, _REACH):
        mask = drawn[seen]
        off = np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
        at = np.flatnonzero(_is_highest(off)[kept])  # many times as fast as for rows and columns
        row, column = np.divmod(at, mask.shape[1])
        # A pixel next to the edge is at a distance of 1, whether the width is 1 or 2.
        # Where all of a mask is drawn, distances are as large as a float can be.
        found.append((row + rows.start, column, 2 * np.minimum(off[kept].ravel()[at], max(mask.shape)) - 0.5))
    row, column, width = (np.concatenate(each) for each in zip(*found, strict=True))
    thinned = (width / FINE) ** 2 - _BROADENED**2
    return row, column, np.asarray(np.sqrt(np.maximum(thinned, _THINNEST**2)), np.float32)


def _is_highest(off: Floats) -> npt.NDArray[np.bool_]:
    """Where nothing around is farther off, in what is drawn."""
    found, square = np.empty(off.shape, np.bool_), np.ones((3, 3), np.uint8)
    for rows, seen, inside in overlapping_strips(len(off), STRIP_ROWS, 1):
        np.greater_equal(off[rows], cv2.dilate(off[seen], square)[inside], out=found[rows])
        found[rows] &= off[rows] > 0
    return found


def _is_stroke(mask: Mask, at: tuple[Points, Points], width: Floats) -> npt.NDArray[np.bool_]:
    """Whether what is drawn there is long and slender, and no edge of the page or the desk around it."""
    count, labels, boxes, _ = components(mask)
    label = labels[at]
    side = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    mean = np.bincount(label, width, count) / np.maximum(np.bincount(label, minlength=count), 1)
    chosen = (side >= _STROKE_SHARE * max(mask.shape)) & (side > _SLENDER * mean)
    inside = [np.minimum(place, length - 1 - place) for place, length in zip(at, mask.shape, strict=True)]
    return np.asarray(chosen[label] & (np.minimum(*inside) > width / 2), np.bool_)


def _rules(mask: Mask) -> npt.NDArray[np.bool_]:
    """What runs straight along the page, with its sides, and the inside of what is filled."""
    return np.asarray(cv2.dilate(straight(mask, _RULE, 3), np.ones((3, 3), np.uint8)), np.bool_)
