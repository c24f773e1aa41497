"""Where hatching is: its strokes and what lies between them, without the lines that it touches. All lengths are px."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.morphology import disc
from lineart_cli.inference.hatching import groups, strokes

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.inference.hatching.strokes import Flags, Mask, Strokes

_CLOSED = 33  # between strokes as far apart, all is hatching
_AROUND = 25  # crumbs as near to it belong to it
_EDGE, _KEPT_EDGE = 9, 5  # across: soft edges of its strokes go with it, those of other lines stay
_WITHIN, _SHORT = 0.7, 120  # share of a stroke or crumb that lies in it; of strokes that were not grouped
_LINE = 20  # of a stroke that is no crumb
_CRUMB = 40  # what is as long is a line
_SPECK = 6  # what is shorter is none, wherever
_LEFT = 0.4  # share of what is drawn in hatching that would stay, from which it is left alone


def hatched(dark: npt.NDArray[np.float32]) -> Mask:
    """(h, w) 1 where there is hatching and nothing else, of the darkness of a picture."""
    found = strokes.found(dark)
    chosen, lone = groups.hatching(found)
    for _ in range(2):
        if not chosen.any():
            break
        area = _closed(found.drawn(chosen))
        stroke = chosen | lone & (found.share(area) >= _WITHIN) & (found.length < _SHORT)
        rest = _lines(found, stroke, area)
        left_alone = _mostly(rest, found.inked, area)
        if not left_alone.any():
            gone = cv2.dilate(cv2.bitwise_and(cv2.subtract(found.inked, rest), _around(area)), disc(_EDGE))
            return np.asarray(cv2.subtract(cv2.bitwise_or(gone, area), cv2.dilate(rest, disc(_KEPT_EDGE))), np.uint8)
        chosen = chosen & (found.share(left_alone) == 0)
    return np.zeros(dark.shape, np.uint8)


def _closed(stroke: Mask) -> Mask:
    """Strokes and what lies between those that are near each other."""
    padded = np.pad(stroke, _CLOSED)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc(_CLOSED))
    return np.asarray(closed[_CLOSED:-_CLOSED, _CLOSED:-_CLOSED], np.uint8)


def _around(area: Mask) -> Mask:
    return np.asarray(cv2.dilate(area, disc(_AROUND)), np.uint8)


def _lines(found: Strokes, stroke: Flags, area: Mask) -> Mask:
    """What is drawn and no hatching: without its strokes, and without crumbs around it."""
    drawn = cv2.dilate(found.drawn(stroke), np.ones((3, 3), np.uint8))
    rest = cv2.bitwise_or(cv2.subtract(found.inked, drawn), found.drawn(~stroke))
    count, label, boxes, _ = cv2.connectedComponentsWithStats(rest)
    near = np.bincount(label.ravel(), _around(area).ravel(), count) / boxes[:, cv2.CC_STAT_AREA]
    longest = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    is_crumb = (longest < _CRUMB) & (near >= _WITHIN)
    is_line = ~stroke & (found.length >= _LINE) & (found.share(area) < _WITHIN)
    is_crumb[label.ravel()[found.at[is_line[found.of]]]] = False
    is_crumb |= (longest < _SPECK) & (near > 0)
    is_crumb[0] = True  # where nothing is drawn
    return np.asarray(~is_crumb[label], np.uint8)


def _mostly(rest: Mask, inked: Mask, area: Mask) -> Mask:
    """The parts of an area in which much of what is drawn would stay."""
    count, part = cv2.connectedComponents(area)
    drawn, stays = (np.bincount(part.ravel(), mask.ravel(), count) for mask in (inked, rest))
    is_left = stays > _LEFT * drawn
    is_left[0] = False
    return np.asarray(is_left[part], np.uint8)
