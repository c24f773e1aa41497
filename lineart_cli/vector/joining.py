"""Pieces of lines become strokes: through branchings straight on, as long as they can be."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lineart_cli.vector.graph import Graph, Indices
from lineart_cli.vector.valley import Floats

_SPUR = 5  # pixels of what sticks out of a line and is left out: thinning makes it
_DOUBT = 1.5  # px of distance at the middle of a line from which it is in doubt
_BLUR = 4.0  # px around a branching in which the middle of a line is drawn towards another
_HEADING = 12.0  # px of a line that tell where it is heading
_CLOSE = 5.0  # px between two branchings that are one
_SLANT = 20.0  # px between two where lines cross at a low angle
_STRAIGHT = math.radians(25)  # what a line turns at a gap, at most
_SLANT_TURN, _TURN = math.radians(40), math.radians(60)  # at a slant crossing, and at any
_RAY = (5, 16)  # pixels from a slant crossing between which a line shows where it is heading
_GAP = 8.0  # px between two ends that face each other and are one line; thinning has taken one from each

End = tuple[int, int]
"""A chain's number, and 0 for its first end, -1 for its last."""


@dataclass(frozen=True)
class Course:
    """The middle of one stroke.

    Attributes:
        points: (n, 2) float32, x and y; of a closed one, the last is the first.
        is_closed: whether it has no ends.
        loose: whether the first end and the last are free, and do not lead to another stroke.
    """

    points: Floats
    is_closed: bool = False
    loose: tuple[bool, bool] = (True, True)


def courses(graph: Graph, point: Floats, depth: Floats) -> list[Course]:
    """Join the chains of a graph to strokes.

    Args:
        graph: of the thinned lines.
        point: (N, 2) float32, x and y of the middle of the line beside each pixel.
        depth: (N,) float32, distance that the network gives there, px.

    Returns:
        The strokes from top to bottom, dots included.
    """
    chains = [chain for chain in _without_spurs(graph) if np.median(depth[chain]) < _DOUBT]
    closed = [Course(_calmed(point[chain], True), True) for chain in chains if _is_ring(chain, graph)]
    pieces = [_sure(chain, graph, depth) for chain in chains if not _is_ring(chain, graph)]
    joints = _Joints(pieces, graph, point)
    dots = [Course(point[[each]]) for each in graph.dots if depth[each] < _DOUBT]
    found = closed + list(joints.strokes()) + dots
    return sorted(found, key=lambda course: tuple(course.points[:, ::-1].min(0).tolist()))


def _is_ring(chain: Indices, graph: Graph) -> bool:
    return bool(chain[0] == chain[-1] and graph.degree[chain[0]] == 2)


def _without_spurs(graph: Graph) -> list[Indices]:
    degree = graph.degree
    return [
        chain
        for chain in graph.chains
        if len(chain) > _SPUR or sorted(np.minimum(degree[chain[[0, -1]]], 3).tolist()) != [1, 3]
    ]


def _sure(chain: Indices, graph: Graph, depth: Floats) -> Indices:
    """A chain without what is in doubt at its loose ends."""
    is_sure = np.flatnonzero(depth[chain] < _DOUBT)
    first = is_sure[0] if graph.degree[chain[0]] == 1 else 0
    last = is_sure[-1] if graph.degree[chain[-1]] == 1 else len(chain) - 1
    return chain[first : last + 1]


def _calmed(points: Floats, is_closed: bool = False) -> Floats:
    """Points without the tremor of single pixels; both ends stay."""
    if len(points) < 5:
        return points
    around = (
        np.concatenate([points[-2:-1], points, points[1:2]]) if is_closed else np.pad(points, ((1, 1), (0, 0)), "edge")
    )
    calm = (around[:-2] + 2 * around[1:-1] + around[2:]) / 4
    if not is_closed:
        calm[[0, -1]] = points[[0, -1]]
    return np.asarray(calm, np.float32)


class _Joints:
    """The ends of pieces that meet, and which of them belong together."""

    def __init__(self, pieces: Sequence[Indices], graph: Graph, point: Floats) -> None:
        self.points = [_calmed(point[piece]) for piece in pieces]
        self.partner: dict[End, End] = {}
        self.bridge: dict[End, Floats] = {}
        self.reaching: dict[End, Floats] = {}
        place = _merged(pieces, graph, point)
        meeting: dict[int, list[End]] = defaultdict(list)
        for number, piece in enumerate(pieces):
            if place.inside(piece):
                self.points[number] = np.empty((0, 2), np.float32)
                continue
            for end in (0, -1):
                meeting[place.of(int(piece[end]))].append((number, end))
        for ends in meeting.values():
            if len(ends) == 2:
                self._join(ends[0], ends[1])
            elif len(ends) > 2:
                self._cross(ends)
        self._close_gaps([ends[0] for ends in meeting.values() if len(ends) == 1])

    def strokes(self) -> Iterator[Course]:
        """Follows partners from piece to piece, first from loose ends, then round what is left."""
        seen: set[int] = set()
        starts = [(number, end) for number in range(len(self.points)) for end in (0, -1)]
        for start in [each for each in starts if each not in self.partner] + starts:
            if start[0] not in seen and len(self.points[start[0]]):
                yield self._followed(start, seen)

    def _followed(self, start: End, seen: set[int]) -> Course:
        parts = [self.reaching[start]] if start in self.reaching else []
        here, is_closed = start, False
        while True:
            seen.add(here[0])
            parts.append(self.points[here[0]] if here[1] == 0 else self.points[here[0]][::-1])
            far = (here[0], -1 - here[1])
            if far not in self.partner:
                if far in self.reaching:
                    parts.append(self.reaching[far])
                break
            parts.append(self.bridge[far])
            here = self.partner[far]
            if here[0] in seen:
                is_closed = here == start
                break
        points = np.concatenate(parts)
        if is_closed:
            return Course(np.concatenate([points, points[:1]]), True, (False, False))
        return Course(points, False, (start not in self.reaching, far not in self.reaching))

    def _join(self, one: End, other: End, bridge: Floats | None = None) -> None:
        between = np.empty((0, 2), np.float32) if bridge is None else bridge
        self.partner[one], self.partner[other] = other, one
        self.bridge[one], self.bridge[other] = between, between[::-1]

    def _cross(self, ends: Sequence[End]) -> None:
        """Joins the ends that go straight on, and leads the others to them."""
        places = np.array([self._from(end)[0] for end in ends])
        middle = places.mean(0)
        reach = _BLUR + float(np.hypot(*(places - middle).T).max())
        for end in ends:
            self._trim(end, middle, reach)
        tips, ways = {end: self._from(end)[0] for end in ends}, {end: self._heading(end) for end in ends}
        costs = sorted((_turn(tips[a], ways[a], tips[b], -ways[b]), a, b) for a, b in combinations(ends, 2))
        joined = []
        for cost, one, other in costs:
            if cost <= _TURN and one not in self.partner and other not in self.partner:
                bridge = _bridge(tips[one], ways[one], tips[other], -ways[other])
                self._join(one, other, bridge)
                joined.append(np.concatenate([tips[one][None], bridge, tips[other][None]]))
        for end in ends:
            if end not in self.partner:
                self.reaching[end] = _landing(tips[end], ways[end], joined, middle)[None]

    def _close_gaps(self, ends: Sequence[End]) -> None:
        """Joins loose ends that face each other across a small gap."""
        if len(ends) < 2:
            return
        tips = np.array([self._from(end)[0] for end in ends])
        order = np.argsort(tips[:, 1], kind="stable")
        costs = []
        for place, number in enumerate(order):
            for near in order[place + 1 :]:
                if tips[near, 1] - tips[number, 1] > _GAP:
                    break
                if math.dist(tips[near], tips[number]) <= _GAP and ends[near][0] != ends[number][0]:
                    one, other = ends[number], ends[near]
                    turn = _turn(tips[number], self._heading(one), tips[near], -self._heading(other))
                    costs.append((turn, one, other))
        for turn, one, other in sorted(costs):
            if turn <= _STRAIGHT and one not in self.partner and other not in self.partner:
                self._join(one, other)

    def _from(self, end: End) -> Floats:
        """The piece's points, from that end on."""
        points = self.points[end[0]]
        return points if end[1] == 0 else points[::-1]

    def _heading(self, end: End) -> Floats:
        """Unit vector out of the piece at an end."""
        return heading(self._from(end), _HEADING)

    def _trim(self, end: End, middle: Floats, reach: float) -> None:
        """Takes the points of an end away that are blurred by others; of a short piece, a third."""
        points = self._from(end)
        clear = np.hypot(*(points - middle).T) > reach
        first = min(int(np.argmax(clear)) if clear.any() else len(points), len(points) // 3)
        kept = points[first:]
        self.points[end[0]] = kept if end[1] == 0 else kept[::-1]


class _Places:
    """Branchings, of which some are one."""

    def __init__(self, inner: Sequence[Indices]) -> None:
        self._parent: dict[int, int] = {}
        self._lengths = {(int(chain[0]), int(chain[-1]), len(chain)) for chain in inner}
        for chain in inner:
            one, other = self.of(int(chain[0])), self.of(int(chain[-1]))
            self._parent[max(one, other)] = min(one, other)

    def of(self, pixel: int) -> int:
        """The place that a pixel belongs to."""
        while (parent := self._parent.get(pixel, pixel)) != pixel:
            pixel = parent
        return pixel

    def inside(self, chain: Indices) -> bool:
        """Whether a piece lies within one place."""
        return (int(chain[0]), int(chain[-1]), len(chain)) in self._lengths


def _merged(pieces: Sequence[Indices], graph: Graph, point: Floats) -> _Places:
    """Which branchings are one: those close to each other, and those between which lines cross at a low angle."""
    at: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        for end in (0, -1):
            at[int(piece[end])].append((number, end))
    inner = []
    for number, piece in enumerate(pieces):
        one, other = int(piece[0]), int(piece[-1])
        if min(graph.degree[one], graph.degree[other]) < 3 or one == other:
            continue
        length = math.dist(point[one], point[other])
        if len(piece) > 3 * max(length, _CLOSE):  # a loop
            continue
        if len(piece) <= _CLOSE + 1 or (length <= _SLANT and _is_slant(number, pieces, at, point)):
            inner.append(piece)
    return _Places(inner)


def _is_slant(number: int, pieces: Sequence[Indices], at: dict[int, list[tuple[int, int]]], point: Floats) -> bool:
    """Whether two lines go straight on through both ends of a piece that they share."""
    rays = []
    for place in (int(pieces[number][0]), int(pieces[number][-1])):
        others = [each for each in at[place] if each[0] != number]
        if len(others) != 2:
            return False
        ends = [pieces[chain] if end == 0 else pieces[chain][::-1] for chain, end in others]
        rays.append([tuple(point[end[min(place, len(end) - 1)]] for place in _RAY) for end in ends])
    for order in ((0, 1), (1, 0)):
        turns = [
            _turn(one[0], unit(one[0] - one[1]), other[0], unit(other[1] - other[0]))
            for one, other in zip(rays[0], [rays[1][each] for each in order], strict=True)
        ]
        if max(turns) <= _SLANT_TURN:
            return True
    return False


def heading(points: Floats, reach: float) -> Floats:
    """Unit vector out of the first of some points, (n, 2) px: their direction there.

    It is extrapolated from the directions to that point from the ones `reach` and half of it away from it.
    """
    away = np.hypot(*(points - points[0]).T)
    near, far = (points[0] - points[int(np.argmax(away > at)) or -1] for at in (reach / 2, reach))
    return unit(2 * unit(near) - unit(far))


def unit(way: Floats) -> Floats:
    """(2,) a vector made 1 long."""
    return np.asarray(way / max(float(np.hypot(*way)), 1e-6), np.float32)


def _turn(start: Floats, onward: Floats, stop: Floats, away: Floats) -> float:
    """By how much a line turns that leaves a place, goes straight to another and on from there, in radians."""
    way = stop - start
    ways = (onward, away) if np.hypot(*way) < 1 else (onward, unit(way), away)
    return sum(math.acos(float(np.clip(ways[each] @ ways[each + 1], -1, 1))) for each in range(len(ways) - 1))


def _bridge(start: Floats, onward: Floats, stop: Floats, away: Floats) -> Floats:
    """(n, 2) points of a curve between two places (Hermite's cubic), without them."""
    length = float(np.hypot(*(stop - start)))
    t = (np.arange(1, max(int(length / 1.5), 1)) / max(int(length / 1.5), 1))[:, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * length * onward
        + (3 * t**2 - 2 * t**3) * stop
        + (t**3 - t**2) * length * away
    )
    return np.asarray(curve, np.float32)


def _landing(tip: Floats, onward: Floats, joined: Sequence[Floats], middle: Floats) -> Floats:
    """Where an end that goes straight on meets one of the lines that cross there."""
    best, nearest = np.asarray(middle, np.float32), math.inf
    for line in joined:
        a, b = line[:-1] - tip, line[1:] - tip
        along, aside = (
            np.stack([a @ onward, b @ onward]),
            np.stack([_cross_product(onward, a), _cross_product(onward, b)]),
        )
        share = aside[0] / np.where(aside[0] == aside[1], 1, aside[0] - aside[1])
        way = np.where(
            (aside[0] * aside[1] <= 0) & (aside[0] != aside[1]), along[0] + share * (along[1] - along[0]), math.inf
        )
        way[way < 0] = math.inf
        if way.min() < min(nearest, 4 * _BLUR):
            nearest = float(way.min())
            best = np.asarray(tip + nearest * onward, np.float32)
    if nearest == math.inf and joined:
        points = np.concatenate(joined)
        best = points[np.argmin(np.hypot(*(points - (tip + _BLUR * onward)).T))]
    return best


def _cross_product(one: Floats, other: Floats) -> Floats:
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
