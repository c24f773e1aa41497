"""Which strokes are hatching: many beside each other, parallel, alike, and with ends that meet nothing.

Shutters, bricks and stairs end at other lines, grass and bark turn from stroke to stroke, letters are hardly longer
than they are apart, and the strokes of hair are long. The limits come from drawn and real pages, see
lineart_train/LOG.md, 2026-11-29. All lengths are px.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineart_cli.inference.hatching.beside import Pairs, beside, ends, going_on
from lineart_cli.inference.hatching.strokes import turned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineart_cli.inference.hatching.strokes import Flags, Floats, Ints, Strokes

_ALIKE = 2.2  # times as long is another kind of stroke
_MANY, _FEW = 6, 4  # strokes of a group; of one that may be hatching beside other hatching
_HEAVY, _HEAVIER = 1.5, 1.6  # times as heavy as the strokes of a group is a contour beside it
_SLENDER, _PLUMP = 2.2, 1.8  # times as long as they are apart
_UNLIKE = 0.63  # deviation of lengths, of their mean: 0.58 where all from 0 to the longest are there
_PALE = 0.35  # darkness of strokes that are paler than lines; `tone.INK` is 0.8
_LONG, _LONGEST = 110, 360  # from which strokes have to be many and straight; of any
_NEARBY, _AS_HEAVY = 200, 1.4  # between groups that are hatching together, and how much heavier the other may be
_ROUNDS = 12  # in which a group takes in strokes beside it
_PARTS = 0.42  # share of ends behind which a line goes on, from which its strokes are parts of others
_LEFT = 0.25  # strokes beside a group that are none of it, for each one of it, from which it is left alone


@dataclass(frozen=True)
class _Group:
    """Strokes beside each other, without those much heavier than most.

    Attributes:
        number: of it.
        count: of strokes.
        x: of its middle.
        y: of its middle.
        length: of a stroke, the median.
        unlike: the deviation of their lengths, as a share of the mean.
        gap: between strokes, the median.
        weight: of a stroke, the median.
        darkness: of a stroke.
        free: share of ends that meet nothing.
        any_free: share of strokes with such an end.
        goes_on: share of ends behind which a line goes on.
        loaded: share of strokes which bound something.
        spread: the deviation of their angles, degrees.
        turn: between neighbours, degrees, on average.
    """

    number: int
    count: int
    x: float
    y: float
    length: float
    unlike: float
    gap: float
    weight: float
    darkness: float
    free: float
    any_free: float
    goes_on: float
    loaded: float
    spread: float
    turn: float

    @property
    def is_hatching(self) -> bool:
        """By itself."""
        if self.goes_on > _PARTS or self.loaded > 0.12 or self.length < _SLENDER * self.gap or self.unlike > _UNLIKE:
            return False
        if self.length > _LONG:
            is_shading = self.spread <= 2.5 and self.count >= 9 and self.free >= 0.25
            if not is_shading or self.length > _LONGEST:
                return False
        if self.darkness <= _PALE and self.count > _FEW and self.unlike <= 0.55 and self.spread <= 13:
            is_parallel = self.turn <= (6 if self.count >= _MANY else 3.5)
            if is_parallel and self.free >= 0.1 and self.any_free >= 0.2:
                return True
        is_regular = self.turn <= 4.7 and self.spread <= 10
        return self.count >= _MANY and is_regular and self.free >= 0.2 and self.any_free >= 0.35

    def belongs_to(self, other: _Group) -> bool:
        """Whether it is hatching, if the other is."""
        if self.goes_on > _PARTS or self.loaded > 0.2 or self.free < 0.1:
            return False
        if self.turn > 6.5 or self.spread > 14 or self.unlike > 0.75:
            return False
        is_near = math.hypot(self.x - other.x, self.y - other.y) < _NEARBY
        is_like = self.weight <= _AS_HEAVY * other.weight and self.length <= 2 * other.length
        return is_near and is_like and self.length >= _PLUMP * self.gap


@dataclass
class _Members:
    """Strokes that are hatching, and what is typical of the group of each: its number, -1 for none, and its figures."""

    group: Ints
    weight: Floats
    gap: Floats
    length: Floats

    @classmethod
    def of(cls, strokes: Strokes, group: Ints, chosen: list[_Group]) -> _Members:
        """Those of some groups."""
        count = len(strokes)
        members = cls(np.full(count, -1), np.zeros(count), np.zeros(count), np.zeros(count))
        for each in chosen:
            here = group == each.number
            members.group[here], members.weight[here], members.gap[here] = each.number, each.weight, each.gap
            members.length[here] = np.maximum(each.length, strokes.length[here])
        return members

    @property
    def chosen(self) -> Flags:
        """(n,) which they are."""
        return self.group >= 0

    def add(self, one: Ints, other: Ints) -> None:
        """Take strokes in, each into the group of another."""
        for values in (self.group, self.weight, self.gap, self.length):
            values[one] = values[other]


def hatching(strokes: Strokes) -> tuple[Flags, Flags]:
    """Which strokes are hatching, (n,), and which may be if they lie within it: those with a free end."""
    pairs = beside(strokes)
    goes_on = going_on(strokes, pairs)
    is_part = goes_on[:, 0] & goes_on[:, 1]
    longer = strokes.length[pairs.one] / strokes.length[pairs.other]
    is_like = (longer < _ALIKE) & (longer > 1 / _ALIKE) & ~is_part[pairs.one] & ~is_part[pairs.other]
    alike = pairs.only(is_like)
    group = _connected(len(strokes), alike)
    free, loaded = ends(strokes, np.bincount(group, minlength=len(strokes))[group] >= _MANY)
    groups = list(_groups(strokes, alike, group, (free, loaded, goes_on)))
    chosen = [each for each in groups if each.is_hatching]
    for _ in range(2):
        chosen = [each for each in groups if each in chosen or any(each.belongs_to(sure) for sure in chosen)]
    members = _Members.of(strokes, group, chosen)
    pairs, lone = pairs.only(~is_part[pairs.one]), (free[:, 0] | free[:, 1]) & ~is_part
    _leave_contours(strokes, pairs, members)
    _grow(strokes, pairs, members, lone)
    return _whole(strokes, pairs, members), lone


def _connected(count: int, pairs: Pairs) -> Ints:
    """The least number of a stroke that is connected with each one by pairs, (n,)."""
    group = np.arange(count)
    while True:
        merged = group.copy()
        np.minimum.at(merged, pairs.one, group[pairs.other])
        merged = merged[merged]
        if (merged == group).all():
            return group
        group = merged


def _groups(strokes: Strokes, pairs: Pairs, group: Ints, told: tuple[Flags, Flags, Flags]) -> Iterator[_Group]:
    """Figures of all groups; `told` is which ends are free, which strokes loaded, and behind which ends a line is."""
    free, loaded, goes_on = told
    numbers, counts = np.unique(group, return_counts=True)
    of_pair = group[pairs.one]
    for number in numbers[counts >= _FEW]:
        here, between = np.flatnonzero(group == number), of_pair == number
        weight = float(np.median(strokes.weight[here]))
        here = here[strokes.weight[here] < _HEAVIER * weight]
        if len(here) < _FEW:
            continue
        length, angle = strokes.length[here], strokes.angle[here]
        together = abs(np.exp(2j * angle).mean())
        turn = turned(strokes.angle[pairs.one[between]], strokes.angle[pairs.other[between]])
        yield _Group(
            number=int(number),
            count=len(here),
            x=float(strokes.x[here].mean()),
            y=float(strokes.y[here].mean()),
            length=float(np.median(length)),
            unlike=float(length.std() / length.mean()),
            gap=float(np.median(pairs.gap[between])),
            weight=weight,
            darkness=weight / float(np.median(strokes.width[here])),
            free=float(free[here].mean()),
            any_free=float(free[here].any(1).mean()),
            goes_on=float(goes_on[here].mean()),
            loaded=float(loaded[here].mean()),
            spread=math.degrees(math.sqrt(-2 * math.log(max(together, 1e-9))) / 2) if together < 1 else 0.0,
            turn=math.degrees(turn.mean()),
        )


def _between(strokes: Strokes, pairs: Pairs, chosen: Flags) -> Flags:
    """Which strokes have chosen ones on either side, (n,)."""
    sides, here = np.zeros((len(strokes), 2), np.bool_), chosen[pairs.other]
    sides[pairs.one[here], pairs.side[here]] = True
    return sides[:, 0] & sides[:, 1]


def _leave_contours(strokes: Strokes, pairs: Pairs, members: _Members) -> None:
    """Leave those out that are much heavier than their group, but for those in its midst, where two may be one."""
    is_heavy = strokes.weight > _HEAVY * members.weight
    members.group[is_heavy & ~_between(strokes, pairs, members.chosen)] = -1


def _grow(strokes: Strokes, pairs: Pairs, members: _Members, free: Flags) -> None:
    """Take strokes in that lie beside a group and are like it."""
    one, other, gap = pairs.one, pairs.other, pairs.gap
    turn = turned(strokes.angle[one], strokes.angle[other])
    longer = strokes.length[one] / strokes.length[other]
    for number in range(_ROUNDS):
        heavier = strokes.weight[one] / np.maximum(members.weight[other], 1e-9)
        is_short = strokes.length[one] <= 1.5 * members.length[other]
        is_near = gap <= np.maximum(2 * members.gap[other], 12)
        is_next = (gap <= 1.4 * members.gap[other]) & (turn < math.radians(6))
        is_same = (longer < 1.5) & (longer > 1 / 1.5) & (heavier <= 1.25) & (heavier >= 0.7)
        is_within = _between(strokes, pairs, members.chosen)[one] & (turn < math.radians(12))
        is_loose = free[one] & (heavier <= 1.4) & (number < 4)
        taken = (is_short & is_near & (is_loose | is_within)) | (is_next & is_same)
        new = np.flatnonzero(taken & members.chosen[other] & ~members.chosen[one])[::-1]
        if not len(new):
            break
        members.add(one[new], other[new])


def _whole(strokes: Strokes, pairs: Pairs, members: _Members) -> Flags:
    """Which strokes are hatching, (n,), without groups that would leave many strokes beside them behind."""
    one, other = pairs.one, pairs.other
    beside_it = members.chosen[other] & ~members.chosen[one] & (strokes.weight[one] <= _HEAVY * members.weight[other])
    beside_it &= turned(strokes.angle[one], strokes.angle[other]) < math.radians(12)
    beside_it &= strokes.length[one] < 3 * members.length[other]
    left = np.unique(np.stack([members.group[other], one], 1)[beside_it], axis=0)[:, 0]
    for number in np.unique(members.group[members.chosen]):
        if (left == number).sum() > _LEFT * (members.group == number).sum():
            members.group[members.group == number] = -1
    return members.chosen
