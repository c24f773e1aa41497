"""The rules of ruled and squared paper: lines at even distances, from one side of the sheet to the other.

They are found in strips across them, in each of which the median of some samples tells what goes on along the strip and
passes over what is drawn. A rule is followed from strip to strip, as paper may lie askew or be bent. Paper is as much
darker there as the rule is, so that strokes on it stay what they are.

Boards, bricks, bars and blinds that fill a page go on like rules. They are told from them as they are as dark as all
that is drawn, or as a hand does not draw as evenly as a press prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.polynomial import polynomial

from lineart_cli.imaging.resample import strips

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import Page

    Floats = npt.NDArray[np.float32]
    Curves = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

STRIPS, SAMPLES = 24, 16  # strips of a page, and samples across each
MIDDLES = (np.arange(STRIPS) + 0.5) / STRIPS  # of the strips, as shares of the page's breadth
FIRST_LOOK = 6  # strips that tell whether there may be rules
BROADEST = 9  # px, odd: what is broader is no rule
LEAST_DARK = 0.03  # of the paper's light, that a rule takes
MOST_DARK = 0.6  # of it; rules are printed pale, to be drawn on
PERIODS = 12, 0.125  # px from rule to rule: the least, and the most as a share of the page's side
ALIKE = 0.35  # how much a strip is like itself, moved on by a rule
LEAST_RULES = 7
LEAST_PAPER = 0.05  # grey of paper; what is darker lies around the sheet
MARGINS = np.array([1, -1])  # strips from the sheet's sides on, in which rules have begun
STARTS = range(2, STRIPS, 6)
BEND = 4.0  # px by which a rule leaves its course from strip to strip, at most
SEEN = 0.5  # of the strips, in which a rule is seen
STRAIGHT, ALIGNED = 1.2, 0.5  # px off a parabola, and of that off those of all others
PRINTED = 0.6  # px by which half of them are that far off at most; what is drawn by hand, ruler or not, is further off
EVEN, EVENLY = 0.12, 0.7  # distances differ by less than this share of the usual one, and how many of them do
MORE = 6  # rules beyond those that were seen, as far as they are on the page
REACH = 6  # px to either side of a rule's middle
MARGIN = 1.1  # times as dark as they are seen, as their middles fall between pixels; too much does no harm to paper
STEP, SHADE = 0.25, np.float32(1 / 32)  # px and share, in whole ones of which rules are told: new strokes change few
SPREAD = 0.06  # of its darkness there, below which it has ended


@dataclass(frozen=True)
class Rules:
    """Rules that run across a page.

    Attributes:
        curves: (N, 3) their rows: a + b x + c x^2 at a column that is x times the page's breadth from its left.
        dark: (N, `STRIPS`) share of the paper's light that they take, in each strip of columns.
        side: columns of the page.
        profile: (2 `REACH` + 1,) how dark a rule is so many rows from its middle, for its darkness there.
    """

    curves: Curves
    dark: Floats
    side: int
    profile: Floats

    def dim(self, light: Floats, rows: Places, columns: Places) -> None:
        """Take from the light of paper, (rows, columns), in place, what the rules take; both are in order."""
        x = columns / self.side
        for (a, b, c), dark in zip(self.curves, self.dark, strict=True):
            middle = (c * x + b) * x + a
            first, last = np.searchsorted(rows, (middle.min() - REACH, middle.max() + REACH))
            if first == last:
                continue
            away = rows[first:last, None] - middle
            share = np.interp(away, np.arange(-REACH, REACH + 1), self.profile, 0, 0)
            light[first:last] *= (1 - share * np.interp(x, MIDDLES, dark)).astype(np.float32)


Ruled = tuple[Rules | None, Rules | None]
"""The rules across a page, and those down it."""
PLAIN: Ruled = (None, None)


def dim(light: Floats, ruled: Ruled, rows: Places, columns: Places) -> None:
    """Take from the light of paper what its rules take.

    Args:
        light: (rows, columns), changed in place.
        ruled: as `find` gave it.
        rows: of the page, in order.
        columns: likewise.
    """
    across, down = ruled
    if across is not None:
        across.dim(light, rows, columns)
    if down is not None:
        down.dim(light.T, columns, rows)


def find(grey: Page, paper: Floats, white: float) -> Ruled:
    """Find the rules across a page, and those down it.

    Args:
        grey: (H, W) encoded values.
        paper: (h, w) the paper map.
        white: the value of white in `grey`.
    """
    height, width = grey.shape
    rows, columns = np.arange(height), np.arange(width)
    across = _find(lambda at: _darkness(grey, paper, white, rows, at), paper, height, width)
    down = _find(lambda at: _darkness(grey, paper, white, at, columns).T, paper.T, width, height)
    return across, down


def _darkness(grey: Page, paper: Floats, white: float, rows: Places, columns: Places) -> Floats:
    """Of some rows and columns of a page, (rows, columns)."""
    height, width = grey.shape
    if len(columns) == width:
        seen = np.concatenate([grey[row : row + 1] for row in rows])
    else:
        seen = np.concatenate([grey[part][:, columns] for part in strips(height)])
    bare = paper[rows * paper.shape[0] // height][:, columns * paper.shape[1] // width]
    return np.asarray(np.clip(1 - seen / (np.float32(white) * bare), 0, 1), np.float32)


def _find(darkness: Callable[[Places], Floats], paper: Floats, length: int, side: int) -> Rules | None:
    """The rules across a page of `length` rows and `side` columns; `darkness` is of all rows and some columns."""
    if side < STRIPS * SAMPLES or length < PERIODS[0] * LEAST_RULES:
        return None
    few = np.linspace(0, STRIPS - 1, FIRST_LOOK).round().astype(int)
    periods = np.array([_period(each) for each in _profiles(darkness, few, side)])
    usual = float(np.median(periods[periods > 0])) if periods.any() else 0.0
    if np.count_nonzero(np.abs(periods - usual) < EVEN * usual) < FIRST_LOOK / 2:
        return None
    profiles = _profiles(darkness, np.arange(STRIPS), side)
    curves = _followed([_peaks(each) for each in profiles], usual)
    numbers, curves = _even(curves, usual)
    sheet = np.flatnonzero(np.median(paper, 0) > LEAST_PAPER) * STRIPS // paper.shape[1]
    if len(numbers) < LEAST_RULES or not sheet.size:
        return None
    whole, ends = _whole(numbers, curves, length), np.clip(sheet[[0, -1]] + MARGINS, 0, STRIPS - 1)
    return _measured(whole, profiles, side, ends) if len(whole) else None


def _profiles(darkness: Callable[[Places], Floats], numbers: Places, side: int) -> list[Floats]:
    """What is narrow and goes on along those strips: how dark each of their rows is."""
    within = (np.arange(SAMPLES) + 0.5) / SAMPLES
    at = ((numbers[:, None] + within) * side / STRIPS).astype(int)
    dark = np.median(darkness(at.ravel()).reshape(-1, *at.shape), 2).astype(np.float32)
    return list(cv2.morphologyEx(dark, cv2.MORPH_TOPHAT, np.ones((BROADEST, 1), np.uint8)).T)


def _period(profile: Floats) -> float:
    """Px after which a strip is most like itself; 0 where it is not."""
    least, most = PERIODS[0], int(PERIODS[1] * len(profile))
    is_dark = profile >= LEAST_DARK
    varied = is_dark - is_dark.mean()
    like = np.fft.irfft(np.abs(np.fft.rfft(varied, 2 * len(profile))) ** 2)[: most + 1]
    if like[0] <= 0 or most <= least:
        return 0.0
    near = _highest(like.astype(np.float32), 1)  # distances need not be whole px
    best = near[least:].max()
    return float(least + np.argmax(near[least:] >= 0.8 * best)) + 1 if best >= ALIKE * near[0] else 0.0


def _peaks(profile: Floats) -> Curves:
    """The middles of what is dark in a strip, rows."""
    at = np.flatnonzero((profile == _highest(profile, 3)) & (profile >= LEAST_DARK))
    at = at[(at >= 2) & (at < len(profile) - 2)]
    around = profile[at[:, None] + np.arange(-2, 3)].astype(np.float64)
    return np.asarray(at + (around * np.arange(-2, 3)).sum(1) / around.sum(1))


def _highest(values: Floats, reach: int) -> Floats:
    """The highest of each of (N,) values and so many to either side."""
    return np.asarray(cv2.dilate(values[:, None], np.ones((2 * reach + 1, 1), np.uint8))[:, 0], np.float32)


def _followed(peaks: list[Curves], period: float) -> Curves:
    """Curves, see `Rules`, through what lies along a line in most strips; most are found from several strips on."""
    found = []
    for start in STARTS:
        for seed in peaks[start]:
            at = _along(seed, start, peaks, min(period / 4, BEND))
            if len(at) < SEEN * STRIPS:
                continue
            x, y = MIDDLES[list(at)], np.array(list(at.values()))
            curve = polynomial.polyfit(x, y, 2)
            if np.median(np.abs(polynomial.polyval(x, curve) - y)) <= STRAIGHT:
                found.append(curve)
    return np.array(found).reshape(-1, 3)


def _along(seed: float, start: int, peaks: list[Curves], near: float) -> dict[int, float]:
    """Where a line is in each strip that it is seen in, from its place in one of them on to both sides."""
    at = {start: seed}
    for way in (range(start + 1, STRIPS), range(start - 1, -1, -1)):
        place, slope = seed, 0.0
        for number in way:
            place += slope
            if len(peaks[number]):
                nearest = float(peaks[number][np.abs(peaks[number] - place).argmin()])
                if abs(nearest - place) < near:
                    slope += 0.3 * (nearest - place)
                    at[number] = place = nearest
    return at


def _even(curves: Curves, period: float) -> tuple[Places, Curves]:
    """Those curves that lie at even distances, and their numbers from the top; none where too many do not."""
    middle = np.asarray(polynomial.polyval(0.5, curves.T))
    order = np.argsort(middle)
    order = order[np.diff(middle[order], prepend=-np.inf) > STRAIGHT]  # most are found several times
    curves, middle = curves[order], middle[order]
    apart = np.diff(middle)
    once = apart[np.abs(apart - period) < 2 * EVEN * period]
    usual = float(np.median(once)) if once.size else period
    number = np.concatenate([[0], np.cumsum(np.rint(apart / usual))])[: len(curves)].astype(int)
    if len(np.unique(number)) < LEAST_RULES:
        return number[:0], curves[:0]
    off = np.zeros_like(middle)
    for _ in range(3):  # seen at a slant, distances change from rule to rule
        near = off <= max(EVEN * usual, float(np.median(off)))
        off = np.abs(middle - polynomial.polyval(number, polynomial.polyfit(number[near], middle[near], 2)))
    is_even = off < EVEN * usual
    best = [at for at in np.lexsort((off, number)) if is_even[at]]
    numbers, first = np.unique(number[best], return_index=True)
    few = is_even.mean() < EVENLY
    return (numbers[:0], curves[:0]) if few else (numbers, curves[np.array(best, int)[first]])


def _whole(numbers: Places, curves: Curves, length: int) -> Curves:
    """All rules of a page, from top to bottom, by those that were seen and are like the others; none by hand."""
    x, off = np.array([0, 0.5, 1]), np.zeros(len(numbers))
    for _ in range(3):
        near = off <= max(ALIGNED, float(np.median(off)))
        like = polynomial.polyfit(numbers[near], curves[near], 2)
        off = np.abs(polynomial.polyval(x, (curves - polynomial.polyval(numbers, like).T).T)).max(1)
    if np.median(off) > PRINTED:
        return curves[:0]
    seen = {number: curve for number, curve, far in zip(numbers, curves, off, strict=True) if far <= ALIGNED}
    found = []
    for number in range(numbers[0] - MORE, numbers[-1] + MORE + 1):
        curve = seen.get(number, polynomial.polyval(number, like))
        rows = polynomial.polyval(x, curve)
        if rows.max() > -REACH and rows.min() < length + REACH:
            found.append(_through(np.rint(rows / STEP) * STEP))
    return np.array(found)


def _through(rows: Curves) -> Curves:
    """The curve through rows at the page's left side, at its middle and at its right side, see `Rules`."""
    left, middle, right = rows
    return np.array([left, 4 * middle - 3 * left - right, 2 * (left + right) - 4 * middle])


def _measured(curves: Curves, profiles: list[Floats], side: int, ends: Places) -> Rules | None:
    """Rules as dark as they are seen.

    None where most are not seen, or not in both of the strips near the sheet's sides, or as dark as strokes.
    """
    offsets = np.arange(-REACH, REACH + 1)
    at = polynomial.polyval(MIDDLES, curves.T)[..., None] + offsets  # (rules, strips, offsets)
    rows = np.arange(len(profiles[0]))
    seen = np.stack([np.interp(at[:, each], rows, profile) for each, profile in enumerate(profiles)], 1)
    dark, middle = seen[..., REACH], at[..., REACH]
    is_there = (middle >= 1) & (middle <= len(rows) - 2)
    usual = float(np.median(dark[is_there]))
    if not LEAST_DARK <= usual <= MOST_DARK or any(np.median(dark[is_there[:, end], end]) < usual / 2 for end in ends):
        return None
    profile = np.median(seen[(dark > 0.5 * usual) & (dark < 2 * usual)], 0) / usual
    profile = np.where(profile < SPREAD, 0, np.minimum(profile, 1))
    broad = np.max([np.interp(offsets + off, offsets, profile) for off in (-ALIGNED, 0, ALIGNED)], 0)
    dark = np.where(is_there, np.minimum(dark, 2 * usual), usual).astype(np.float32)
    dark = cv2.medianBlur(dark, 5)  # strokes along a rule are no part of it
    dark, broad = (np.rint(each / SHADE).astype(np.float32) * SHADE for each in (MARGIN * dark, broad))
    return Rules(curves, dark, side, broad)
