"""What binds sheets, or has bound them: punch holes, the holes and wire of a spiral, staples.

All are told from what was drawn by these marks, on the grid of the paper map:

- **A punch hole**: a round black spot of some millimetres near a side of the page, and one of several that are as
  large and as near to the same side, well apart; at least one of them touches nothing.
- **A spiral**: a row of black spots near a side of the page, along a good part of it, as large and as near to it as
  each other, and evenly spaced. What lies between the spots and the side is wire.
- **A staple**: a straight line of a staple's length in a corner of the page, with nothing else around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.surroundings import BEYOND, DIM, dilated

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from lineart_cli.imaging.surroundings import Floats, Mask

HOLE = 0.5  # a hole is darker than this share of the brightest paper
HOLE_SIZE = (0.012, 0.05)  # across, of the page's shorter side
HOLE_FILLS = (0.62, 0.92)  # of the square around it; a disc fills 0.79
HOLE_NEAR = 0.065  # of the page's shorter side, from the page's side to its middle
LEAST_HOLE = 5  # cells across, below which nobody can tell that it is round
ALONE = 2  # cells around it, without anything drawn
LIKE = 1.0  # cells by which holes of one sheet differ
APART = 7  # diameters from one to the next

LEAST_SPOT = 3  # cells across, of a hole of a spiral; wires and strokes are narrower
SPOT_ASPECT = 2.0  # its longer side to its shorter one
LEAST_ROW, LEAST_SHARE = 8, 0.6  # such holes, and their share of the places in their row
ROW_LENGTH = 0.5  # of the page's side

STAPLE_SIZE = (0.035, 0.075)  # of the page's shorter side
STAPLE_CORNER = 0.12  # of it, from both sides of the page to the staple's middle
LEAST_STAPLE = 8  # cells, below which nobody can tell that it is straight
STAPLE_STRAIGHT = 0.7  # cells: standard deviation from its middle line
STAPLE_SHARE = 0.05  # of all that is drawn, at most


def bindings(cells: Floats, white: float) -> Mask:
    """Cells of holes, spirals and staples, and those right beside them.

    Args:
        cells: (h, w) mean greys.
        white: the page's brightest paper.
    """
    drawn = cells < DIM * white
    found = punch_holes(cells, drawn, white) | spirals(cells < HOLE * white) | staples(drawn)
    return dilated(found, BEYOND)


def punch_holes(cells: Floats, drawn: Mask, white: float) -> Mask:
    """Cells of punch holes."""
    found = np.zeros(cells.shape, bool)
    _, labels, stats, middles = cv2.connectedComponentsWithStats((cells < HOLE * white).astype(np.uint8))
    spots = [label for label in range(1, len(stats)) if _is_round(stats[label], min(cells.shape))]
    alone = {label for label in spots if _is_alone(labels == label, drawn)}
    sizes = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    last = np.array(cells.shape[::-1]) - 1
    for axis, from_end in ((0, False), (0, True), (1, False), (1, True)):
        away = last[axis] - middles[:, axis] if from_end else middles[:, axis]
        near = [each for each in spots if away[each] <= HOLE_NEAR * min(cells.shape)]
        for spot in near:
            if any(
                {spot, other} & alone
                and abs(away[spot] - away[other]) <= LIKE
                and abs(int(sizes[spot]) - int(sizes[other])) <= LIKE
                and abs(middles[spot, 1 - axis] - middles[other, 1 - axis]) >= APART * sizes[spot]
                for other in near
            ):
                found |= labels == spot
    return found


def spirals(dark: Mask) -> Mask:
    """Cells of the holes of spirals, and of what lies between these and the page's side; of those that are `dark`."""
    found = np.zeros(dark.shape, bool)
    for turned, seen in (
        (found, dark),
        (found[:, ::-1], dark[:, ::-1]),
        (found.T, dark.T),
        (found.T[:, ::-1], dark.T[:, ::-1]),
    ):
        for place in _row_at_left(np.ascontiguousarray(seen)):
            turned[place] = True
    return found


def _row_at_left(dark: Mask) -> Iterator[tuple[slice, slice]]:
    """The places of a spiral's holes along the left side, each from the page's side on."""
    broad = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((LEAST_SPOT, LEAST_SPOT), np.uint8))
    if not broad.any():  # as on most pages
        return
    _, _, stats, middles = cv2.connectedComponentsWithStats(broad)
    side = min(dark.shape)
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    is_spot = (longer <= HOLE_SIZE[1] * side) & (longer <= SPOT_ASPECT * shorter)
    spots = np.flatnonzero(is_spot & (middles[1:, 0] <= HOLE_NEAR * side))
    if len(spots) < LEAST_ROW:
        return
    shape = np.stack([width, height, stats[1:, cv2.CC_STAT_LEFT]], 1)[spots]
    usual = np.median(shape, 0)
    down = np.sort(middles[1 + spots[(np.abs(shape - usual) <= LIKE).all(1)], 1])
    if len(down) < LEAST_ROW or down[-1] - down[0] < ROW_LENGTH * len(dark):
        return
    pitch = float(np.median(np.diff(down)))
    number = np.rint((down - down[0]) / pitch)
    pitch, first = np.polyfit(number, down, 1)
    is_even = np.abs(first + pitch * number - down) <= LIKE
    if not is_even.all() or len(down) < LEAST_SHARE * (1 + number[-1]):
        return
    half, right = usual[1] / 2, int(usual[2] + usual[0])
    for row in np.arange(first % pitch - pitch, len(dark) + pitch, pitch):
        rows = slice(max(round(row - half), 0), max(round(row + half), 0))
        spot = dark[rows, int(usual[2]) : right]
        if spot.size and spot.mean() >= HOLE:
            yield rows, slice(0, right)


def staples(drawn: Mask) -> Mask:
    """Cells of staples, of those that are `drawn`."""
    found = np.zeros(drawn.shape, bool)
    side = min(drawn.shape)
    _, labels, stats, middles = cv2.connectedComponentsWithStats(drawn.astype(np.uint8))
    length = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    away = np.minimum(middles, np.array(drawn.shape[::-1]) - 1 - middles).max(1)
    is_long = (length >= max(LEAST_STAPLE, STAPLE_SIZE[0] * side)) & (length <= STAPLE_SIZE[1] * side)
    is_small = stats[:, cv2.CC_STAT_AREA] <= STAPLE_SHARE * np.count_nonzero(drawn)
    for label in np.flatnonzero(is_long & is_small & (away <= STAPLE_CORNER * side)):
        staple = labels == label
        around = dilated(staple, 2 * int(length[label] / 2) + 1)
        if _is_straight(staple) and not (drawn & around & ~staple).any():
            found |= staple
    return found


def _is_straight(mask: Mask) -> bool:
    scatter = np.cov(np.nonzero(mask))
    return bool(np.sqrt(max(np.linalg.eigvalsh(scatter)[0], 0)) <= STAPLE_STRAIGHT)


def _is_round(stats: npt.NDArray[np.int32], side: int) -> bool:
    width, height = int(stats[cv2.CC_STAT_WIDTH]), int(stats[cv2.CC_STAT_HEIGHT])
    is_large = max(LEAST_HOLE, HOLE_SIZE[0] * side) <= width <= HOLE_SIZE[1] * side
    fills = stats[cv2.CC_STAT_AREA] / (width * height)
    return bool(is_large and abs(width - height) <= LIKE and HOLE_FILLS[0] <= fills <= HOLE_FILLS[1])


def _is_alone(spot: Mask, drawn: Mask) -> bool:
    """Whether nothing is drawn around a spot, beyond the cells that its own edge runs through."""
    return not (drawn & dilated(spot, 2 * ALONE + 1) & ~dilated(spot, 3)).any()
