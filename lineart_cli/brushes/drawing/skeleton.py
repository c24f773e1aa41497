"""The skeleton of a page's lines, one pixel wide, and the distance of its pixels from the end of their line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.noise import Floats
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.morphology import disc
from lineart_cli.imaging.resample import overlapping_strips

WALK = 96
"""Ends are felt this far along a line, working px."""
ROWS = 512
"""Rows that are thinned at once."""
SHORT = 0.7
"""Ends of a short line taper over so much of their half of it."""
BEYOND = 11
"""Px for which a line is drawn out beyond its ends, straight on."""
CORE = 2.0
"""Px around the middle of a line that are thinned; less leaves gaps where the network has doubts."""
BROAD = 9
"""Px in all directions from which what is all middle of a line is none, but a black: nothing ends in it or tapers."""
BORDER = 3
"""A line that ends so many px from the page's edge, or nearer, goes on beyond it."""
_KULPA = np.float32(0.948)  # makes chains of steps as long as the lines they follow, on average (Kulpa, CGIP 6, 1977)
_EATEN = np.float32(1.0)  # px that thinning takes from an end
_HEADING = 8.0  # px of a line that show where its end points to
_FORK = 3  # branches of a pixel
_OTHER = 2.5  # px by which another line is nearer than the end that is drawn out

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Skeleton:
    """The skeleton of the lines of a page.

    Attributes:
        row: (N,) of the pixels, rising.
        column: (N,).
        end: (N,) px along the line to its nearest end; `WALK` where none is nearer, negative on pixels added beyond it.
        room: (N,) px over which that end may taper: the length of the line up to a branching or a black, or half its
            length where it ends on both sides; infinite where it is longer than `WALK`.
        black: (N,) whether it is the middle of a black, or in one's corner, and of no line.
    """

    row: NDArray[np.int32]
    column: NDArray[np.int32]
    end: Floats
    room: Floats
    black: Mask

    def factor(self, taper: float, thickness: float) -> Floats:
        """(N,) factors of the pressure in [0, 1] for tapers of `taper` px; what is shorter than broad has none."""
        over = np.minimum(min(taper, WALK), np.where(self.room > thickness, SHORT * self.room, 0))
        share = np.clip(self.end / np.maximum(over, 1e-3), 0, 1)
        share[over == 0] = 1
        return np.asarray(share * (2 - share), np.float32)

    def ends(self, thickness: float) -> Floats:
        """(N,) px from the end of the line, for those that are longer than broad; far away on others."""
        way = np.where(self.end < 0, self.end, self.end + _EATEN)
        return np.where(self.room > thickness, way, np.float32(WALK))

    def between(self, first: int, last: int) -> slice:
        """Which of the pixels lie in rows `first` to `last`, the last excluded."""
        return slice(*np.searchsorted(self.row, (first, last)))


def skeleton(off: Page) -> Skeleton:
    """Thin the lines of a page and walk along them from their ends.

    Args:
        off: (h, w) float32 distance from the middle of the nearest line, working px.
    """
    parts = list(_parts(off))
    return Skeleton(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _parts(off: Page) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], Floats, Floats, Mask]]:
    for rows, seen, kept in overlapping_strips(off.shape[0], ROWS, 2 * WALK + 16):
        core = off[seen] < CORE
        skeleton = skeletonize(core)
        black = blacks(core, BROAD)
        end, room = _walked(skeleton, off[seen], black, seen.start > 0, seen.stop < off.shape[0])
        with_corners = cv2.dilate(black.view(np.uint8), disc(BROAD)) > 0 if black.any() else black
        row, column = np.nonzero(skeleton[kept])
        yield (
            (row + rows.start).astype(np.int32),
            column.astype(np.int32),
            end[kept][row, column],
            room[kept][row, column],
            with_corners[kept][row, column],
        )


def skeletonize(mask: Mask, most: int | None = None) -> Mask:
    """Thin lines to one pixel (Zhang and Suen, CACM 27, 1984); (h, w) bool.

    Args:
        mask: (h, w) of the lines.
        most: px that are taken from each side of a line, at most; what is broader stays broad.
    """
    left = mask.astype(np.uint8)
    for _ in count() if most is None else range(most):
        before = cv2.countNonZero(left)
        for table in _DELETED:
            left &= 1 - _looked_up(left, table)
        if cv2.countNonZero(left) == before:
            break
    return left > 0


def blacks(core: Mask, across: int) -> Mask:
    """Where discs so many px across fit into what is all middle, (h, w)."""
    within = cv2.erode(core.astype(np.uint8), disc(across), borderType=cv2.BORDER_REPLICATE)
    return cv2.dilate(within, disc(across)) > 0 if within.any() else np.zeros(core.shape, np.bool_)


def junctions(skeleton: Mask) -> Mask:
    """The pixels of thinned lines, (h, w), from which three lines or more go."""
    return skeleton & (_looked_up(skeleton.astype(np.uint8), _BRANCHES) >= _FORK)


def _looked_up(mask: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a table says of the neighbourhood of each pixel, one bit of its index for each neighbour."""
    around = cv2.filter2D(mask, -1, _WEIGHTS, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(cv2.LUT(around, table), np.uint8)


_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_STRAIGHT_FIRST = (*_AROUND[::2], *_AROUND[1::2])


def _weights() -> Floats:
    kernel = np.zeros((3, 3), np.float32)
    for bit, (dy, dx) in enumerate(_AROUND):
        kernel[1 + dy, 1 + dx] = 1 << bit
    return kernel


def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Of the 256 neighbourhoods: which the two half steps delete, and how many branches each has."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    count, branches = bits.sum(1), ((bits == 0) & (np.roll(bits, -1, 1) == 1)).sum(1)
    n, e, s, w = bits[:, ::2].T
    removable = (count >= 2) & (count <= 6) & (branches == 1)
    first = removable & (n * e * s == 0) & (e * s * w == 0)
    second = removable & (n * e * w == 0) & (n * s * w == 0)
    return first.astype(np.uint8), second.astype(np.uint8), branches.astype(np.uint8)


_WEIGHTS = _weights()
*_DELETED, _BRANCHES = _tables()


def _walked(
    skeleton: Mask, off: NDArray[np.float16], black: Mask, more_above: bool, more_below: bool
) -> tuple[Floats, Floats]:
    """For each pixel of the skeleton, whose ends are drawn out, px to its end and that end's room; see `Skeleton`."""
    height, width = skeleton.shape
    end = np.full(skeleton.shape, WALK, np.float32)
    room = np.full(skeleton.shape, np.inf, np.float32)
    branches = _looked_up(skeleton.astype(np.uint8), _BRANCHES)
    y, x = np.nonzero(skeleton & (branches <= 1) & ~black)
    inside = (x >= BORDER) & (x < width - BORDER)
    inside &= (y >= BORDER) | more_above
    inside &= (y < height - BORDER) | more_below
    y, x = y[inside], x[inside]
    count = len(y)
    rooms = np.where(branches[y, x] == 0, 0, np.inf).astype(np.float32)  # a dot has none
    owner = np.full((height + 2, width + 2), -1, np.int32)
    open_ = np.pad(skeleton, 1)
    junction = np.pad((branches >= _FORK) | black, 1)
    y, x, gone = y + 1, x + 1, np.zeros(count, np.float32)
    tip = np.stack([y, x])
    back = tip.copy()
    walking = np.arange(count)
    steps: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]] = []
    while len(walking):
        owner[y[walking], x[walking]] = walking
        end[y[walking] - 1, x[walking] - 1] = gone[walking]
        steps.append((y[walking] - 1, x[walking] - 1, walking))
        way = np.full(len(walking), -1)
        for number, (dy, dx) in enumerate(_STRAIGHT_FIRST):
            to = y[walking] + dy, x[walking] + dx
            way[(way < 0) & open_[to] & (owner[to] != walking)] = number
        walking, way = walking[way >= 0], way[way >= 0]
        dy, dx = np.array(_STRAIGHT_FIRST)[way].T
        to = y[walking] + dy, x[walking] + dx
        other = owner[to]
        met, stopped = other >= 0, junction[to]
        half = (gone[walking] + gone[other] + 1) / 2
        rooms[walking[met]] = half[met]
        rooms[other[met]] = np.minimum(rooms[other[met]], half[met])
        rooms[walking[stopped & ~met]] = gone[walking[stopped & ~met]] + 1
        goes = ~met & ~stopped
        walking = walking[goes]
        y[walking], x[walking] = to[0][goes], to[1][goes]
        gone[walking] += _KULPA * np.hypot(dy, dx)[goes].astype(np.float32)
        near = walking[gone[walking] <= _HEADING]
        back[:, near] = y[near], x[near]
        walking = walking[gone[walking] < WALK]
    for at_y, at_x, who in steps:
        room[at_y, at_x] = rooms[who]
    for (at_y, at_x), who in _drawn_out(skeleton, off, tip - 1, tip - back):
        skeleton[at_y, at_x] = True
        end[at_y, at_x], room[at_y, at_x] = -off[at_y, at_x], rooms[who]
    return end, room


def _drawn_out(
    skeleton: Mask, off: NDArray[np.float16], tip: NDArray[np.intp], way: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """(2, M) pixels beyond the ends of lines as far as no other line is near, and which of the N ends is theirs."""
    length = np.hypot(*way)
    who = np.flatnonzero(length)
    for step in range(1, BEYOND + 1):
        at = np.round(tip[:, who] + step * way[:, who] / length[who]).astype(np.intp)
        within = ((at >= 0) & (at < np.array([skeleton.shape]).T)).all(0)
        who, at = who[within], at[:, within]
        free = off[tuple(at)] > step - _OTHER
        who, at = who[free], at[:, free]
        new = ~skeleton[tuple(at)]
        yield at[:, new], who[new]
