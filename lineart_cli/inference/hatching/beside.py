"""Which strokes lie beside each other, and what is at their ends. All lengths are px."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lineart_cli.inference.hatching.strokes import turned

if TYPE_CHECKING:
    from lineart_cli.inference.hatching.strokes import Flags, Floats, Ints, Strokes

PARALLEL = math.radians(15)
_REACH = 32  # to the next stroke
_PLACES = (0.1, 0.3, 0.5, 0.7, 0.9)  # along a stroke, from which the next ones are looked for
_LEAST_PLACES = 2  # from which a stroke is beside another
_SIDEWAYS, _NEAR_END = (-5, -4, -3, 3, 4, 5), range(-3, 5)  # where a line shows that an end meets, from the end
_AHEAD = (3, 4, 5)
_LEAST_MET = 3  # px of it there
_BEYOND, _SPREAD = (7, 9, 11), (-4, -2, 0, 2, 4)  # where a line goes on, from its end
_ACROSS = 0.6  # radians; what is turned as far crosses a line, and does not go on with it


class Pairs(NamedTuple):
    """Strokes that lie beside each other, each pair both ways round.

    Attributes:
        one: numbers of strokes.
        other: numbers of those beside them.
        gap: between their middle lines.
        side: on which side of `one` the other lies, 0 or 1.
    """

    one: Ints
    other: Ints
    gap: Floats
    side: Ints

    def only(self, chosen: Flags) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.one[chosen], self.other[chosen], self.gap[chosen], self.side[chosen])


def beside(strokes: Strokes) -> Pairs:
    """Find the parallel strokes next to each one, on either side."""
    every = [_next(strokes, side) for side in (0, 1)]
    one, other, gap = (np.concatenate(each) for each in zip(*every, strict=True))
    one, other = np.concatenate([one, other]), np.concatenate([other, one])
    x, y = (each[other] - each[one] for each in (strokes.x, strokes.y))
    side = y * np.cos(strokes.angle[one]) > x * np.sin(strokes.angle[one])
    return Pairs(one, other, np.concatenate([gap, gap]), side.astype(np.int64))


def ends(strokes: Strokes, grouped: Flags) -> tuple[Flags, Flags]:
    """Find out what strokes end at.

    Args:
        strokes: n of them.
        grouped: (n,) whether a stroke is one of many: where such strokes cross, ends meet them by chance.

    Returns:
        free: (n, 2) whether an end meets no line.
        loaded: (n,) whether more ends meet a stroke, all along it, than chance brings: it bounds something.
    """
    met, chance = zip(*(_met(strokes, end, grouped) for end in (0, 1)), strict=True)
    ended = np.concatenate(chance)
    loaded = np.bincount(ended[:, 1], minlength=len(strokes)) > 2 + strokes.length / 60
    bound = np.stack(met, 1)
    for end, here in enumerate(chance):
        bound[here[loaded[here[:, 1]], 0], end] = True
    return ~bound, loaded


def going_on(strokes: Strokes, pairs: Pairs) -> Flags:
    """Whether a line goes on behind an end of a stroke, (n, 2); behind both ends of one that is a part of a line."""
    known = np.unique(pairs.one * len(strokes) + pairs.other)
    me, goes_on = np.arange(len(strokes)), np.ones((len(strokes), 2), np.bool_)
    for end in (0, 1):
        for ahead in _BEYOND:
            is_there = np.zeros(len(strokes), np.bool_)
            for across in _SPREAD:
                label, inked = _probed(strokes, end, ahead, across)
                other = label >= 0
                strange = np.isin(me * len(strokes) + label, known) | (_turn(strokes, label) > _ACROSS)
                is_there |= inked & (label != me) & ~(other & strange)
            goes_on[:, end] &= is_there
    return goes_on


def _next(strokes: Strokes, side: int) -> tuple[Ints, Ints, Floats]:
    """Strokes, those next to them on a side, and how far away they are."""
    count, sign = len(strokes), 1 if side else -1
    height, width = strokes.label.shape
    hit, far = np.full((count, len(_PLACES)), -1), np.zeros((count, len(_PLACES)))
    cos, sin = np.cos(strokes.angle), np.sin(strokes.angle)
    for number, place in enumerate(_PLACES):
        along = strokes.first + place * strokes.length
        for gap in range(3, _REACH + 1):
            x = np.rint(strokes.x + along * cos - sign * gap * sin).astype(np.int64)
            y = np.rint(strokes.y + along * sin + sign * gap * cos).astype(np.int64)
            one = np.flatnonzero((hit[:, number] < 0) & (x >= 0) & (y >= 0) & (x < width) & (y < height))
            other = strokes.label[y[one], x[one]]
            is_next = (other >= 0) & (other != one) & (turned(strokes.angle[one], strokes.angle[other]) < PARALLEL)
            hit[one[is_next], number], far[one[is_next], number] = other[is_next], gap
    found = []
    for number in range(len(_PLACES)):
        same = (hit == hit[:, number : number + 1]) & (hit >= 0)
        one = np.flatnonzero((same.sum(1) >= _LEAST_PLACES) & same[:, number] & ~same[:, :number].any(1))
        found.append((one, hit[one, number], (far * same).sum(1)[one] / same.sum(1)[one]))
    return tuple(np.concatenate(each) for each in zip(*found, strict=True))  # type: ignore[return-value]


def _met(strokes: Strokes, end: int, grouped: Flags) -> tuple[Flags, Ints]:
    """Which strokes meet a line at an end; and, (m, 2), those that meet a grouped stroke there, and which."""
    me, met, chance = np.arange(len(strokes)), np.zeros(len(strokes), np.int64), []
    beside_end = [(ahead, across) for across in _SIDEWAYS for ahead in _NEAR_END]
    for ahead, across in [*beside_end, *((ahead, 0) for ahead in _AHEAD)]:
        label, inked = _probed(strokes, end, ahead, across)
        line = inked & ~((label >= 0) & ((_turn(strokes, label) < PARALLEL) | (label == me)))
        by_chance = line & (label >= 0) & grouped[label]
        met += line & ~by_chance
        chance.append(np.stack([me[by_chance], label[by_chance]], 1))
    ended, often = np.unique(np.concatenate(chance), axis=0, return_counts=True)
    return met >= _LEAST_MET, ended[often >= _LEAST_MET]


def _probed(strokes: Strokes, end: int, ahead: float, across: float) -> tuple[Ints, Flags]:
    """The stroke, or -1, and whether something is drawn, so far ahead of an end and beside it."""
    sign = 1 if end else -1
    along = (strokes.last if end else strokes.first) + sign * ahead
    cos, sin = np.cos(strokes.angle), np.sin(strokes.angle)
    x = np.rint(strokes.x + along * cos - across * sin).astype(np.int64)
    y = np.rint(strokes.y + along * sin + across * cos).astype(np.int64)
    height, width = strokes.inked.shape
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    return np.where(inside, strokes.label[y, x], -1).astype(np.int64), inside & (strokes.inked[y, x] > 0)


def _turn(strokes: Strokes, other: Ints) -> Floats:
    return turned(strokes.angle, strokes.angle[other])
