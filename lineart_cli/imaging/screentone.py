"""Screentone: areas of small dots in a regular pattern, which stand for a grey and are no lines.

A dot is dark, small and touches nothing. Dots are a pattern where no place among them is much farther from the next one
than the places of a lattice as dense would be; those that a hand has set are not so even.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.imaging.colour import white
from lineart_cli.imaging.resample import regrouped

DARK = 0.75  # of white, below which a pixel may be of a dot
MOST_ACROSS = 14  # px of a dot
LEAST_AREA = 2  # px
LEAST_DOTS = 60  # of a pattern, in a band with some rows around it
WINDOW = 97  # px, square, in which dots are counted
LEAST_IN_WINDOW = 25
LATTICE = 0.76  # how far a place may be from the next dot, of the mean distance that follows from their number
STRAY = 0.02  # share of the places in a window that may be farther
HALO = 2  # px around a dot, where it is soft
BESIDE = 161  # px, square, around each place of a pattern, in which dots belong to it
BAND_ROWS = 128, 512
BAND_PX = 4_000_000
CONTEXT_ROWS = 128  # above and below a band, that are looked at with it

_Greys = NDArray[Any]


@dataclass
class Dots:
    """How many dots have been left out."""

    left_out: int = 0


def without_dots(strips: Iterable[_Greys], width: int, dots: Dots) -> Iterator[_Greys]:
    """Fills the dots of screentone with the paper around them.

    Args:
        strips: (rows, W) uint8, uint16 or float32 greys of a page, from top to bottom.
        width: of the page, px.
        dots: counts those that are filled.

    Yields:
        The same page in other strips; dots that touch a line stay.
    """
    rows = min(max(BAND_PX // width, BAND_ROWS[0]), BAND_ROWS[1])
    labels = np.empty((rows + 2 * CONTEXT_ROWS, width), np.int32)  # once: new memory takes as long as all else
    with ThreadPoolExecutor(1) as beside:  # while the next band is decoded, this one is looked at
        ahead: Future[tuple[_Greys, int]] | None = None
        for around in _neighbourhoods(regrouped(strips, rows)):
            last, ahead = ahead, beside.submit(_filled, *around, labels)
            if last is not None:
                yield _counted(last, dots)
        if ahead is not None:
            yield _counted(ahead, dots)


def _neighbourhoods(bands: Iterable[_Greys]) -> Iterator[tuple[_Greys | None, _Greys, _Greys | None]]:
    """Each band between those above and below it."""
    above: _Greys | None = None
    band: _Greys | None = None
    for below in bands:
        if band is not None:
            yield above, band, below
        above, band = band, below
    if band is not None:
        yield above, band, None


def _counted(filled: Future[tuple[_Greys, int]], dots: Dots) -> _Greys:
    band, count = filled.result()
    dots.left_out += count
    return band


def _filled(above: _Greys | None, band: _Greys, below: _Greys | None, labels: NDArray[np.int32]) -> tuple[_Greys, int]:
    """A band without its dots, as they are seen together with some rows of its neighbours; and their number.

    `labels` is memory for those of the components, of as many rows or more.
    """
    before = band[:0] if above is None else above[-CONTEXT_ROWS:]
    after = band[:0] if below is None else below[:CONTEXT_ROWS]
    seen = np.concatenate([before, band, after])
    most = white(seen.dtype)
    dark = (seen < (DARK if most == 1 else math.ceil(DARK * most))).view(np.uint8)
    labels = labels[: len(seen)]
    count, _ = cv2.connectedComponents(dark, labels, 8)
    if count <= LEAST_DOTS:  # measuring them takes twice as long as counting them
        return band, 0
    count, _, stats, middles = cv2.connectedComponentsWithStatsWithAlgorithm(dark, 8, cv2.CV_32S, cv2.CCL_GRANA, labels)
    across = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    is_dot = (across <= MOST_ACROSS) & (stats[:, cv2.CC_STAT_AREA] >= LEAST_AREA)
    is_dot[0] = False
    if np.count_nonzero(is_dot) < LEAST_DOTS:
        return band, 0
    x, y = middles[is_dot].round().astype(int).T
    patterned = _patterned(x, y, seen.shape)
    found = np.zeros(count, bool)
    found[np.flatnonzero(is_dot)[patterned[y, x]]] = True
    if np.count_nonzero(found) < LEAST_DOTS:
        return band, 0
    rows = slice(len(before), len(before) + len(band))
    middle = middles[found, 1]
    number = int(np.count_nonzero((middle >= rows.start) & (middle < rows.stop)))
    hidden = cv2.dilate(found[labels].astype(np.uint8), np.ones((2 * HALO + 1, 2 * HALO + 1), np.uint8)) > 0
    hidden &= cv2.dilate(dark & ~found[labels], np.ones((3, 3), np.uint8)) == 0
    paper = cv2.dilate(seen, np.ones((2 * MOST_ACROSS + 1, 2 * MOST_ACROSS + 1), np.uint8))
    return np.asarray(np.where(hidden, paper, seen)[rows], band.dtype), number


def _patterned(x: NDArray[np.intp], y: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The places (h, w) that lie in a pattern of dots with these middles, or right beside one."""
    spots = np.ones(shape, np.uint8)
    spots[y, x] = 0
    window = WINDOW, WINDOW
    number = cv2.boxFilter(1 - spots, cv2.CV_32F, window, normalize=False, borderType=cv2.BORDER_REFLECT)
    core = number >= LEAST_IN_WINDOW
    if not core.any():  # as on most pages: the rest takes several times as long
        return core
    away = cv2.distanceTransform(spots, cv2.DIST_L2, 5)
    spacing = WINDOW / np.sqrt(np.maximum(number, 1))
    is_far = (away > LATTICE * spacing).astype(np.float32)
    stray = cv2.boxFilter(is_far, cv2.CV_32F, window, borderType=cv2.BORDER_REFLECT)
    core &= stray <= STRAY
    if not core.any():
        return core
    return np.asarray(cv2.dilate(core.astype(np.uint8), np.ones((BESIDE, BESIDE), np.uint8)) > 0)
