"""Figures that say how good a drawing's lines are, by comparison with the lines that were meant.

Two pictures of one size, at 300 dpi, go into every figure:

- `ink`, (H, W) uint8, 0 = black, 255 = white. What is darker than `SOLID` is solid; thinned to one pixel by
  `skeleton_of`, it is compared with the truth as a skeleton, (H, W) bool.
- `tolerance`, (H, W) uint8, the truth: 0 where no line is meant; on the one-pixel centre line of a meant line, how far
  from it, in px, the artist's own strokes stray. A line that keeps within that distance is right.

Px are pixels of the pictures. `figures` takes all of them at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import perimeter_crofton
from skimage.morphology import skeletonize

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]

FIGURES = ("score", "f1", "precision", "recall", "length", "ends", "edge", "wobble", "dirt", "width")

SOLID = 128  # grey level below which ink counts as a line
CLEAN = 245  # grey level from which a pixel counts as paper
FRINGE = 3.0  # px around solid ink in which grey belongs to the line's soft edge
CELL = 16  # px, side of the squares in which truth is matched once
CURVE_ROOM, SPARE_ROOM = 1.2, 2.0  # a cell takes so many claims per true pixel, and these on top: centre lines may bend
KULPA = 0.948  # makes chain lengths unbiased over all directions
SMOOTH = 12.0  # px along a line, sigma of the centre line from which wobble is measured
DRIFT = 24.0  # px along a line, sigma of what smoothing displaces in bends, which is no wobble
CUT = 24  # px at either end of a centre line that are not measured: smoothing is one-sided there
SHORTEST = 60  # px, of a centre line that is long enough to measure its wobble
NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def skeleton_of(ink: Grey) -> Mask:
    """The solid ink thinned to lines of one pixel (Zhang and Suen, CACM 27, 1984)."""
    thin: Mask = skeletonize(ink < SOLID)
    return thin


def figures(ink: Grey, tolerance: Grey, thickness: float) -> dict[str, float]:
    """All figures of a drawing.

    Args:
        ink: (H, W) uint8, 0 = black.
        tolerance: (H, W) uint8, the truth; see the top of this file.
        thickness: in px, that was asked for, > 0.

    Returns:
        A value for each name in FIGURES; all are 0 where no ink is solid.

    Raises:
        ValueError: the sizes differ, or the truth has no line.
    """
    if ink.shape != tolerance.shape:
        raise ValueError(f"the ink is {_size(ink)}, the truth {_size(tolerance)}")
    if not tolerance.any():
        raise ValueError("the truth has no line")
    skeleton = skeleton_of(ink)
    if not skeleton.any():
        return dict.fromkeys(FIGURES, 0.0)
    values = {
        "precision": precision(skeleton, tolerance),
        "recall": recall(skeleton, tolerance),
        "length": length(skeleton, tolerance),
        "ends": ends(skeleton, tolerance),
        "edge": edge(ink, skeleton),
        "wobble": wobble(skeleton),
        "dirt": dirt(ink, tolerance),
        "width": width(ink, skeleton),
    }
    values["f1"] = f1(values["precision"], values["recall"])
    values["score"] = score(values, thickness)
    return {name: values[name] for name in FIGURES}


def score(values: dict[str, float], thickness: float) -> float:
    """One figure for all, in [0, 100]: 100 f1, times a factor up to 1 for each way to be a bad line.

    ends^-0.3 x (edge / 1.1)^-0.5 x (wobble / 0.6)^-0.5, each no more than 1; 1 / (1 + dirt / 2000); and
    1 / (1 + e / (2 thickness)), where e is by how much more than 0.5 px the width misses the thickness.
    """
    missed = max(0.0, abs(values["width"] - thickness) - 0.5)
    factor = (
        max(1.0, values["ends"]) ** -0.3
        * max(1.0, values["edge"] / 1.1) ** -0.5
        * max(1.0, values["wobble"] / 0.6) ** -0.5
        / (1 + values["dirt"] / 2000)
        / (1 + missed / (2 * thickness))
    )
    return float(100 * values["f1"] * factor)


def f1(precision: float, recall: float) -> float:
    """Harmonic mean 2 P R / (P + R) of precision and recall (van Rijsbergen 1979), in [0, 1]."""
    return 2 * precision * recall / max(precision + recall, 1e-9)


def precision(skeleton: Mask, tolerance: Grey) -> float:
    """Share of the skeleton that is accepted as a true line, in [0, 1]: sum over cells of min(claims, room) / length.

    A skeleton pixel claims the true pixel that is nearest, if that tolerates the distance. So that a true line is
    matched only once, every square of CELL px has room for 1.2 claims per true pixel in it, and 2: a second line drawn
    beside the first, both within the tolerance, finds the room taken.
    """
    claims = _claims(skeleton, tolerance)
    made = np.bincount(claims.cell, minlength=claims.room.size)
    return float(np.minimum(made, claims.room).sum()) / int(skeleton.sum())


def accepted(skeleton: Mask, tolerance: Grey) -> Mask:
    """Which skeleton pixels `precision` counts as right: where claims compete for room in a cell, the nearest."""
    claims = _claims(skeleton, tolerance)
    order = np.lexsort((claims.distance, claims.cell))
    cell = claims.cell[order]
    rank = np.arange(cell.size) - np.searchsorted(cell, cell)
    taken = order[rank < claims.room[cell]]
    right = np.zeros(skeleton.shape, bool)
    right[claims.row[taken], claims.column[taken]] = True
    return right


@dataclass(frozen=True)
class _Claims:
    """Skeleton pixels near enough to the truth: where, how far from it (px), and which cell they claim.

    `row`, `column`, `cell` and `distance` are (N,), for each pixel; `room` is for each cell, flattened by rows.
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    cell: NDArray[np.intp]
    distance: NDArray[np.float64]
    room: NDArray[np.floating[Any]]


def _claims(skeleton: Mask, tolerance: Grey) -> _Claims:
    truth = tolerance > 0
    grid = (-(-truth.shape[0] // CELL), -(-truth.shape[1] // CELL))
    distances, nearest = ndimage.distance_transform_edt(~truth, return_indices=True)
    row, column = np.nonzero(skeleton)
    distance, claimed = distances[row, column], nearest[:, row, column]
    near = distance <= tolerance[claimed[0], claimed[1]]
    cell, true_cell = (
        np.ravel_multi_index((y // CELL, x // CELL), grid) for y, x in (claimed[:, near], np.nonzero(truth))
    )
    room = CURVE_ROOM * np.bincount(true_cell, minlength=grid[0] * grid[1]) + SPARE_ROOM
    return _Claims(row[near], column[near], cell, distance[near], room)


def recall(skeleton: Mask, tolerance: Grey) -> float:
    """Share of the true pixels that the skeleton covers, in [0, 1]."""
    return int(covered(skeleton, tolerance).sum()) / int(np.count_nonzero(tolerance))


def covered(skeleton: Mask, tolerance: Grey) -> Mask:
    """Which true pixels have a skeleton pixel within their tolerance; (H, W) bool, False off the truth."""
    return (tolerance > 0) & (_distance_to(skeleton) <= tolerance)


def length(skeleton: Mask, tolerance: Grey) -> float:
    """Pixels of skeleton per pixel of truth: above 1 lines are doubled or invented, below 1 they are missing."""
    return int(skeleton.sum()) / int(np.count_nonzero(tolerance))


def ends(skeleton: Mask, tolerance: Grey) -> float:
    """Line ends per line end of the truth: above 1 lines are broken, or hairy."""
    return _count_ends(skeleton) / max(_count_ends(skeletonize(tolerance > 0)), 1)


def edge(ink: Grey, skeleton: Mask) -> float:
    """Outline of the solid ink over twice the length of its lines: about 1 is smooth, above 1.1 ragged.

    The outline is Crofton's: counted crossings with straight lines, here in 4 directions (Legland, Kieu and Devaux,
    Image Analysis and Stereology 26, 2007).
    """
    outline = float(perimeter_crofton(np.pad(ink < SOLID, 2), 4))
    return outline / (2 * _px_of_line(skeleton))


def wobble(skeleton: Mask) -> float:
    """Tremor: root mean square distance in px of the lines from their own smooth centre line; 0.4 is the pixel grid's.

    With p the pixels along a line and G_s smoothing along it with a Gaussian of sigma s: d = p - G_12 p is off the
    centre line, and G_24 d, which stays in bends, is none of the tremor: sqrt(mean |d - G_24 d|^2), CUT px from the
    ends. Lines between branchings are measured, of SHORTEST px and more; 0 without any.
    """
    squares, count = 0.0, 0
    for centre_line in centre_lines(skeleton):
        off = centre_line - _smooth(centre_line, SMOOTH)
        tremor = (off - _smooth(off, DRIFT))[CUT:-CUT]
        squares += float(np.square(tremor).sum())
        count += len(tremor)
    return math.sqrt(squares / count) if count else 0.0


def dirt(ink: Grey, tolerance: Grey) -> float:
    """Haze and specks: pixels that are not clean, further than FRINGE from solid ink, per 1000 px of truth."""
    haze = (ink < CLEAN) & (_distance_to(ink < SOLID) > FRINGE)
    return 1000 * int(haze.sum()) / int(np.count_nonzero(tolerance))


def width(ink: Grey, skeleton: Mask) -> float:
    """Mean stroke width in px: ink within FRINGE of solid ink, in fully black pixels, per px of line."""
    at_lines = _distance_to(ink < SOLID) <= FRINGE
    return float((1 - ink[at_lines] / 255.0).sum()) / _px_of_line(skeleton)


def _px_of_line(skeleton: Mask) -> float:
    """Length in px of the lines: 0.948 (straight steps + sqrt(2) diagonal steps), at least 1 (Kulpa, CGIP 6, 1977).

    Diagonal neighbours that a third pixel also joins by straight steps are no step of their own.
    """
    a, b, c, d = skeleton[:-1, :-1], skeleton[:-1, 1:], skeleton[1:, :-1], skeleton[1:, 1:]
    diagonal = np.count_nonzero(a & d & ~b & ~c) + np.count_nonzero(b & c & ~a & ~d)
    straight = sum(np.count_nonzero(np.logical_and(s[1:], s[:-1])) for s in (skeleton, skeleton.T))
    return max(KULPA * (straight + math.sqrt(2) * diagonal), 1.0)


def _degrees(skeleton: Mask) -> NDArray[np.uint8]:
    """How many of its 8 neighbours each skeleton pixel has; 0 elsewhere."""
    with_self = cv2.boxFilter(skeleton.astype(np.uint8), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.where(skeleton, with_self - skeleton, 0).astype(np.uint8)


def _count_ends(skeleton: Mask) -> int:
    return int(np.count_nonzero(_degrees(skeleton) == 1))


def _distance_to(mask: Mask) -> NDArray[np.float32]:
    """Distance in px to the nearest pixel of `mask`, to 2 % (5 x 5 chamfer; Borgefors, CVGIP 34, 1986)."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def centre_lines(skeleton: Mask) -> Iterator[NDArray[np.float64]]:
    """The lines of a skeleton between ends and branchings, as (N, 2) pixels in the order of drawing, N >= SHORTEST.

    Ends are started from first, from top to bottom and left to right. A line without ends is entered, and so cut in
    two, at the first of its pixels.
    """
    degrees = _degrees(skeleton)
    untrodden = {(int(y), int(x)) for y, x in np.argwhere(skeleton & (degrees <= 2))}
    for start in sorted(untrodden, key=lambda at: (int(degrees[at]), at)):
        centre_line = []
        here: tuple[int, int] | None = start if start in untrodden else None
        while here is not None:
            untrodden.remove(here)
            centre_line.append(here)
            y, x = here
            here = next(((y + dy, x + dx) for dy, dx in NEIGHBOURS if (y + dy, x + dx) in untrodden), None)
        if len(centre_line) >= SHORTEST:
            yield np.array(centre_line, np.float64)


def _smooth(centre_line: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    return np.asarray(ndimage.gaussian_filter1d(centre_line, sigma, axis=0, mode="nearest"))


def _size(picture: Grey) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]} px"
