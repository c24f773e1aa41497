"""Straight strokes of a picture: what openings by short lines in several directions leave of it.

Strokes that cross are found whole, each in its own direction. All lengths are px.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

_DIRECTIONS = 12
_SHORTEST = 13  # of a stroke
_BROADEST = 9  # what is as broad is where strokes meet, or no stroke
_TURNED = math.radians(13)  # a stroke lies no farther from the direction in which it was found
_OWN = 0.5  # share of its px of which a stroke is the longest; one that has less is a part of another
_LEAST_DARK = 0.18
_NEAR, _FAR = 9, 31  # sides of the squares whose means a line is darker than
_OVER_NEAR, _OVER_FAR, _FULL = 1.03, 1.1, 0.7  # times as dark, and a darkness that is a line in any case


@dataclass(frozen=True)
class Strokes:
    """Strokes of a picture.

    Attributes:
        x: (n,) of the middle.
        y: (n,) likewise.
        angle: (n,) radians, 90 degrees to either side of the x axis.
        first: (n,) where it begins, along the angle, from the middle.
        last: (n,) where it ends, likewise.
        width: (n,) of a rectangle that is spread as its px are.
        weight: (n,) the darkness of its px, all together, for a px of its length.
        inked: (h, w) 1 in all that is drawn, strokes or not.
        label: (h, w) the longest stroke at a px, or -1.
        at: px of strokes, as indices of the flat picture.
        of: whose they are, for each of `at`; a px may belong to several.
    """

    x: Floats
    y: Floats
    angle: Floats
    first: Floats
    last: Floats
    width: Floats
    weight: Floats
    inked: Mask
    label: npt.NDArray[np.int32]
    at: Ints
    of: Ints

    def __len__(self) -> int:
        return len(self.x)

    @property
    def length(self) -> Floats:
        """From end to end."""
        return self.last - self.first

    def only(self, chosen: Flags) -> Strokes:
        """Some of the strokes; `label` is still of all."""
        here = chosen[self.of]
        of = (np.cumsum(chosen) - 1)[self.of[here]]
        return replace(self, **{name: getattr(self, name)[chosen] for name in _OF_EACH}, at=self.at[here], of=of)

    def labelled(self) -> Strokes:
        """The same with a `label` of their own."""
        order = np.lexsort((self.of, self.length[self.of]))
        label = np.full(self.inked.size, -1, np.int32)
        label[self.at[order]] = self.of[order]
        return replace(self, label=label.reshape(self.inked.shape))

    def drawn(self, chosen: Flags) -> Mask:
        """(h, w) 1 in some of the strokes."""
        mask = np.zeros(self.inked.size, np.uint8)
        mask[self.at[chosen[self.of]]] = 1
        return mask.reshape(self.inked.shape)

    def share(self, mask: Mask) -> Floats:
        """Which share of each stroke lies in a mask."""
        px = np.bincount(self.of, minlength=len(self))
        return np.bincount(self.of, mask.ravel()[self.at], len(self)) / np.maximum(px, 1)


_OF_EACH = ("x", "y", "angle", "first", "last", "width", "weight")


def turned(one: Floats, other: Floats | float) -> Floats:
    """The angle between lines, radians, 0 to a right one."""
    return np.abs((one - other + math.pi / 2) % math.pi - math.pi / 2)


def lines(dark: npt.NDArray[np.float32]) -> Mask:
    """(h, w) 1 where something is drawn that is darker than what is around, of the darkness of a picture."""
    near, far = (cv2.blur(dark, (side, side)) for side in (_NEAR, _FAR))
    line = (dark > _LEAST_DARK) & (dark > _OVER_FAR * far) & (dark > np.minimum(_OVER_NEAR * near, _FULL))
    return np.asarray(line, np.uint8)


def found(dark: npt.NDArray[np.float32]) -> Strokes:
    """Find the strokes of a picture, (h, w) darkness."""
    inked = lines(dark)
    parts = [_along(inked, dark, number) for number in range(_DIRECTIONS)]
    before = np.cumsum([0, *(len(part) for part in parts)])
    of_each = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _OF_EACH}
    at = np.concatenate([part.at for part in parts])
    of = np.concatenate([part.of + start for part, start in zip(parts, before, strict=False)])
    every = replace(parts[0], **of_each, at=at, of=of).labelled()
    px = np.bincount(of, minlength=len(every))
    own = np.bincount(of[every.label.ravel()[at] == of], minlength=len(every))
    return every.only(own >= _OWN * px).labelled()


def _along(inked: Mask, dark: npt.NDArray[np.float32], number: int) -> Strokes:
    """Strokes in one direction; `label` means nothing."""
    kernel = _line(number, _SHORTEST)
    run = cv2.morphologyEx(inked, cv2.MORPH_OPEN, kernel)
    broad = cv2.morphologyEx(run, cv2.MORPH_OPEN, _line(number + _DIRECTIONS // 2, _BROADEST))
    run = cv2.morphologyEx(cv2.subtract(run, broad), cv2.MORPH_OPEN, kernel)
    _, component = cv2.connectedComponents(run)
    at = np.flatnonzero(run)
    of = component.ravel()[at].astype(np.int64) - 1
    px = np.bincount(of)
    y, x = (each.astype(float) for each in np.divmod(at, inked.shape[1]))
    middle_x, middle_y = (np.bincount(of, each) / px for each in (x, y))
    x, y = x - middle_x[of], y - middle_y[of]
    xx, xy, yy = (np.bincount(of, each) / px for each in (x * x, x * y, y * y))
    angle = np.arctan2(2 * xy, xx - yy) / 2
    spread = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy)
    width = np.sqrt(12 * np.maximum(spread, 0)) + 1
    along = x * np.cos(angle)[of] + y * np.sin(angle)[of]
    first, last = np.full(len(px), np.inf), np.full(len(px), -np.inf)
    np.minimum.at(first, of, along)
    np.maximum.at(last, of, along)
    weight = np.bincount(of, dark.ravel()[at]) / np.maximum(last - first, 1)
    label = np.asarray(component, np.int32)
    every = Strokes(middle_x, middle_y, angle, first, last, width, weight, inked, label, at, of)
    straight = (every.length > 0) & (width < np.maximum(7, 0.14 * every.length + 3))
    return every.only(straight & (turned(angle, math.pi * number / _DIRECTIONS) < _TURNED))


def _line(number: int, length: int) -> Mask:
    """A line in one of the directions, as a kernel."""
    angle, half = math.pi * number / _DIRECTIONS, length // 2
    x, y = round(half * math.cos(angle)), round(half * math.sin(angle))
    kernel = np.zeros((length, length), np.uint8)
    cv2.line(kernel, (half - x, half - y), (half + x, half + y), 1)
    return kernel
