"""A stroke whose pressure rises from 0 to 1 becomes a style: what is seen is measured, drawn again and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from lineart_cli.brushes.drawing import pen_pressure
from lineart_cli.brushes.drawing.paint import Lines, paint
from lineart_cli.brushes.fitting import caps, profile
from lineart_cli.brushes.noise import WAVELENGTHS, Floats
from lineart_cli.brushes.style import PRESSURES, REACH, STEPS, Style, hats

ROUNDS = 6
"""Times that the grain is drawn, compared and corrected."""
_FIRM = 0.85  # pressure from which a stroke shows how its coverage falls off
_PARTS = 8  # of the mean distance of the ink, in which this is looked at
_STIFF = 0.02  # weight of a straight centre line of width by pressure
_RESOLVED = 2.0  # px of half width below which a profile cannot be seen
_PARTIAL = (0.08, 0.92)  # mean coverage at which grain can be seen
_EDGE = 0.15  # slope of the mean coverage per px that is a sharp edge's, whose pixels are partly covered without grain
_SEEN = 0.05  # share of a stroke in which grain must be seen to be believed
_SMOOTH = 0.0008  # grain's energy below which a brush is smooth
_SIGMA = 0.01  # weight of a straight centre line of coverage by pressure
_STEADY = 0.05  # px by which edges may stray without being seen
_RISE = 1.5  # half widths before the end of a stroke in which it may not yet have all its ink
_DRIFT = 20.0  # px along the stroke over which what is left is no grain but the mean itself


@dataclass(frozen=True)
class Strip:
    """A straightened stroke.

    Attributes:
        ink: (V, N) float32 coverage, its middle in row (V - 1) / 2, its pixels as large as px at 300 dpi.
        pressure: (N,) in [0, 1], rising; it begins where the stroke begins to show.
        tip: (V, M) float32 coverage of what follows the stroke's last point; None where that was not seen.
    """

    ink: Floats
    pressure: Floats
    tip: Floats | None = None

    @property
    def off(self) -> Floats:
        """(V,) distance of the rows from the middle, px."""
        return np.asarray(np.abs(np.arange(len(self.ink), dtype=np.float32) - np.float32((len(self.ink) - 1) / 2)))

    @property
    def whole(self) -> Floats:
        """(V, N + M) coverage with the tip."""
        return self.ink if self.tip is None else np.concatenate([self.ink, self.tip], 1)

    def until(self, column: int) -> Strip:
        """Its beginning."""
        return Strip(self.ink[:, :column], self.pressure[:column])


def measure(strip: Strip, about: str) -> Style:
    """The style of a stroke; it tapers nowhere and has a round nib, neither of which a straight stroke shows."""
    half = half_width(strip)
    body = strip if strip.tip is None else strip.until(strip.ink.shape[1] - round(_RISE * half))
    style = _with_grain(body, _tables(body, about), 2 * half)
    style = style if style.grain else _with_edge_jitter(body, style, 2 * half)
    if strip.tip is None:
        return style
    drawn = draw(strip, replace(style, grain=0.0, edge_jitter=0.0), 2 * half)
    return replace(style, caps=plain(caps.factors(strip.whole.sum(0), drawn.sum(0), strip.ink.shape[1] - 1, half)))


def _with_edge_jitter(strip: Strip, smooth: Style, thickness: float) -> Style:
    """The style with edges that stray as those of the stroke do; it is measured anew from a stroke without that."""
    mean = draw(strip, smooth, thickness)
    strays = profile.strays(strip.ink, mean)
    edge_jitter = _usual(strays) / thickness
    if edge_jitter * thickness < _STEADY:
        return smooth
    straight = _tables(replace(strip, ink=_straight(strip.ink, mean)), smooth.about)
    style = replace(straight, bands=plain(_lengths(strays)))
    for _ in range(ROUNDS):
        style = replace(style, edge_jitter=round(edge_jitter, 4))
        found = _usual(profile.strays(draw(strip, style, thickness), mean))
        edge_jitter *= float(np.clip(_usual(strays) / max(found, 1e-3), 0.5, 2))
    return style


def _usual(values: Floats) -> float:
    """The standard deviation, as two thirds of the values have it: a jump where a stroke begins does not count."""
    return float(np.percentile(np.abs(values), 68)) if values.size else 0.0


def _tables(strip: Strip, about: str) -> Style:
    """A style without grain."""
    spread = _spreads(strip)
    width, half = np.clip(spread / spread[-1], 0.02, 2.0), half_width(strip)
    cover = _cover(strip, width, half)
    width, cover = _thin_rows(width, cover, half, strip)
    # What is lighter than all that was seen looks like the lightest of it, so that no line is lost.
    light, least = np.linspace(0, 1, PRESSURES), float(strip.pressure.min())
    width, cover = (
        np.apply_along_axis(lambda rows: np.interp(np.maximum(light, least), light, rows), 0, each)
        for each in (width, cover)
    )
    return Style(about, plain(width), tuple(plain(row) for row in cover))


def _straight(ink: Floats, mean: Floats) -> Floats:
    """The strip drawn out or together in each column, so that its edges lie on their smooth centre lines."""
    found = profile.edges(ink, mean)
    share = np.where(profile.clear(mean), found / np.maximum(profile.centre_lines(found), 0.5), 1)
    side = np.arange(len(ink), dtype=np.float32)[:, None] - len(ink) // 2
    row = (len(ink) // 2 + side * np.where(side > 0, share[0], share[1])).astype(np.float32)
    column = np.broadcast_to(np.arange(ink.shape[1], dtype=np.float32), ink.shape)
    return np.asarray(cv2.remap(ink, column, row, cv2.INTER_LINEAR, borderValue=0.0))


def _lengths(strays: Floats) -> Floats:
    """(bands + 1,) shares of the bands of `noise` in how edges stray."""
    levels = [strays, *(cv2.GaussianBlur(strays, (0, 0), sigmaX=0.28 * each, sigmaY=0.1) for each in WAVELENGTHS)]
    found = np.array([*(_usual(fine - coarse) for fine, coarse in pairwise(levels)), 0.0])
    return np.asarray(found / max(np.linalg.norm(found), 1e-6))


def half_width(strip: Strip) -> float:
    """Half the width at full pressure, px: where coverage falls below half of what it is in the middle.

    All columns from `_FIRM` on say where, each as broad as its ink is spread: a short piece may hold a few stamps only.
    """
    spreads, firm = _spreads(strip), strip.pressure >= _FIRM
    off = strip.off[:, None] / np.interp(strip.pressure[firm], np.linspace(0, 1, PRESSURES), spreads)
    number = np.round(off * _PARTS).astype(int).ravel()
    seen, inked = np.bincount(number), np.bincount(number, strip.ink[:, firm].ravel())
    known = np.flatnonzero(seen)
    cover = inked[known] / seen[known]
    level = 0.5 * float(np.percentile(cover[cover > 0.3 * cover.max()], 80))
    last = int(np.flatnonzero(cover >= level).max(initial=0))
    place = float(known[last])
    if level > 0 and last + 1 < len(known):
        share = (cover[last] - level) / max(float(cover[last] - cover[last + 1]), 1e-6)
        place += share * float(known[last + 1] - known[last])
    return max(place / _PARTS * float(spreads[-1]), 0.5)


def _spreads(strip: Strip) -> Floats:
    """(PRESSURES,) mean distance of the ink from the middle, px."""
    ink = strip.ink.sum(0)
    spread = (strip.off[:, None] * strip.ink).sum(0)
    weights = hats(strip.pressure * (PRESSURES - 1), PRESSURES)
    # By least squares for the knots, drawn gently to straight lines between.
    design = (weights * ink).T
    bend = np.diff(np.eye(PRESSURES), 2, axis=0) * _STIFF * np.linalg.norm(design) / np.sqrt(PRESSURES)
    found = np.linalg.lstsq(np.vstack([design, bend]), np.concatenate([spread, np.zeros(len(bend))]), rcond=None)[0]
    return np.asarray(np.maximum(found, 0.1), np.float32)


def _cover(strip: Strip, width: Floats, half: float) -> Floats:
    """(PRESSURES, STEPS) mean coverage."""
    place = np.interp(strip.pressure, np.linspace(0, 1, PRESSURES), width) * half
    rows = hats(strip.pressure * (PRESSURES - 1), PRESSURES)
    pairs = (rows[:, None] * rows).reshape(PRESSURES**2, -1).T
    squares, inked = np.zeros((STEPS, PRESSURES**2)), np.zeros((STEPS, PRESSURES))
    for off, ink in zip(strip.off, strip.ink, strict=True):
        columns = hats(np.minimum(off / place * ((STEPS - 1) / REACH), STEPS), STEPS)
        inked += (columns * ink) @ rows.T
        squares += columns @ pairs
    # By least squares for the rows, drawn gently to straight lines between.
    bend = np.diff(np.eye(PRESSURES), 2, axis=0)
    systems = squares.reshape(STEPS, PRESSURES, PRESSURES)
    counted = systems.sum(2)
    smoothing = _SIGMA * counted.max() * (bend.T @ bend + 1e-6 * np.eye(PRESSURES))
    found = np.linalg.solve(systems + smoothing, inked[..., None])[..., 0]
    cover = np.where(counted > 1e-3, found, np.nan).T
    for row in cover:
        known = np.flatnonzero(~np.isnan(row))
        row[:] = np.interp(np.arange(STEPS), known, row[known]) if len(known) else 0
    cover[:, -1] = 0
    return np.asarray(np.clip(cover, 0, 1), np.float32)


def _thin_rows(width: Floats, cover: Floats, half: float, strip: Strip) -> tuple[Floats, Floats]:
    """Rows too thin to be seen take the profile of the next that can be, and the width that keeps their ink."""
    resolved = np.flatnonzero(width * half >= _RESOLVED)
    if len(resolved) == 0:
        return width, cover
    weights = hats(strip.pressure * (PRESSURES - 1), PRESSURES)
    ink = (weights @ strip.ink.sum(0)) / np.maximum(weights.sum(1), 1e-6)
    width, cover = width.copy(), cover.copy()
    for row in range(int(resolved[0])):
        cover[row] = cover[resolved[0]]
        area = 2 * half * cover[row].sum() * REACH / (STEPS - 1)
        width[row] = max(ink[row] / max(area, 1e-6), 0.01)
    return width, cover


def _with_grain(strip: Strip, style: Style, thickness: float) -> Style:
    """The style with the grain of the stroke: its energy in each band is matched by drawing it again and again."""
    mean = draw(strip, style, thickness)
    wanted = energies(strip.ink, _drifting(strip.ink, mean))
    if wanted.sum() < _SMOOTH:
        return style
    amplitude = np.sqrt(wanted)
    grain = 1.0
    for _ in range(ROUNDS):
        bands = amplitude / np.linalg.norm(amplitude)
        style = replace(style, grain=round(float(grain), 4), bands=plain(bands))
        drawn = draw(strip, style, thickness)
        found = np.maximum(energies(drawn, _drifting(drawn, mean)), 1e-6)
        grain *= float(np.clip((wanted.sum() / found.sum()) ** 0.75, 0.4, 2.5))
        grain = min(grain, 8.0)
        shape = (wanted / wanted.sum()) / (found / found.sum())
        amplitude = bands * np.clip(shape, 0.1, 10) ** 0.5
    return style


def _drifting(ink: Floats, mean: Floats) -> Floats:
    """The mean as it is where a table cannot follow it."""
    return np.asarray(np.clip(mean + cv2.GaussianBlur(ink - mean, (0, 0), sigmaX=_DRIFT, sigmaY=0.1), 0, 1))


def lines_of(strip: Strip, papers: int = 1) -> Lines:
    """What there is to draw for the same stroke, so many times one under the other, each on other paper."""
    beyond = np.maximum(np.arange(strip.whole.shape[1]) - (strip.ink.shape[1] - 1), 0)
    off = np.tile(np.hypot(strip.off[:, None], beyond), (papers, 1))
    pressure = np.pad(strip.pressure, (0, len(beyond) - len(strip.pressure)), mode="edge")
    return Lines(off.astype(np.float16), pen_pressure.cells(np.broadcast_to(pressure, off.shape).astype(np.float32)))


def draw(strip: Strip, style: Style, thickness: float) -> Floats:
    """The same stroke in a style: (V, N + M) coverage, see `Strip`."""
    return paint(lines_of(strip), style, thickness, strip.whole.shape).astype(np.float32) / 255


def energies(ink: Floats, mean: Floats) -> Floats:
    """(bands + 1,) energy of the grain: in each band of `noise`, and of streaks along the stroke.

    Args:
        ink: (V, N) coverage of a stroke that lies level.
        mean: (V, N) coverage that it would have without grain.

    Returns:
        The mean square of what differs, where coverage is partial, as a share of the most there can be, m (1 - m).
    """
    slope = np.abs(np.diff(mean, axis=0, prepend=0.0, append=0.0))
    partial = (mean > _PARTIAL[0]) & (mean < _PARTIAL[1]) & (np.maximum(slope[1:], slope[:-1]) < _EDGE)
    most = float((mean * (1 - mean))[partial].sum())
    if partial.sum() < _SEEN * (mean > _PARTIAL[0]).sum():
        return np.zeros(len(WAVELENGTHS) + 1)
    rest = np.where(partial, ink - mean, 0).astype(np.float32)
    drawn_out = cv2.GaussianBlur(rest, (0, 0), sigmaX=10.0, sigmaY=0.3)
    streak = np.subtract(drawn_out, cv2.GaussianBlur(drawn_out, (0, 0), 4.0))
    levels = [rest - streak, *(cv2.GaussianBlur(rest - streak, (0, 0), 0.28 * each) for each in WAVELENGTHS)]
    bands = [np.square((fine - coarse)[partial]).sum() for fine, coarse in pairwise(levels)]
    return np.array([*bands, np.square(streak[partial]).sum()]) / most


def plain(values: Floats) -> tuple[float, ...]:
    """Values as a style keeps them."""
    return tuple(round(float(each), 4) for each in values)
