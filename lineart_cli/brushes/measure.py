"""A stroke whose pressure rises from 0 to 1 becomes a style: what is seen is measured, drawn again and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from lineart_cli.brushes import weight
from lineart_cli.brushes.noise import WAVELENGTHS, Floats
from lineart_cli.brushes.paint import Lines, paint
from lineart_cli.brushes.style import PRESSURES, REACH, STEPS, Style

ROUNDS = 6
"""Times that the grain is drawn, compared and corrected."""
_FULL = 0.9  # pressure from which a stroke has its full width
_RESOLVED = 2.0  # px of half width below which a profile cannot be seen
_PARTIAL = (0.08, 0.92)  # mean coverage at which grain can be seen
_EDGE = 0.15  # slope of the mean coverage per px that is a sharp edge's, whose pixels are partly covered without grain
_SEEN = 0.05  # share of a stroke in which grain must be seen to be believed
_SMOOTH = 0.0008  # grain's energy below which a brush is smooth
_CALM = 0.01  # weight of a straight course of coverage by pressure
_DRIFT = 30.0  # px along the stroke over which what is left is no grain but the mean itself


@dataclass(frozen=True)
class Strip:
    """A straightened stroke.

    Attributes:
        ink: (V, N) float32 coverage, its middle in row (V - 1) / 2, its pixels as large as px at 300 dpi.
        pressure: (N,) in [0, 1], rising.
    """

    ink: Floats
    pressure: Floats

    @property
    def off(self) -> Floats:
        """(V,) distance of the rows from the middle, px."""
        return np.asarray(np.abs(np.arange(len(self.ink), dtype=np.float32) - np.float32((len(self.ink) - 1) / 2)))


def measure(strip: Strip, about: str) -> Style:
    """The style of a stroke; it tapers nowhere and has a round nib, neither of which a straight stroke shows."""
    width = _widths(strip)
    seen = strip.pressure[strip.pressure >= _FULL]
    half = half_width(strip) / float(np.interp(seen, np.linspace(0, 1, PRESSURES), width).mean())
    cover = _cover(strip, width, half)
    width, cover = _thin_rows(width, cover, half, strip)
    style = Style(about, _plain(width), tuple(_plain(row) for row in cover))
    return _with_grain(strip, style, 2 * half)


def half_width(strip: Strip) -> float:
    """Half the width near full pressure, px: where coverage falls below half of what it is in the middle."""
    profile = strip.ink[:, strip.pressure >= _FULL].mean(1)
    off = np.unique(strip.off)
    cover = np.array([profile[strip.off == each].mean() for each in off])
    level = 0.5 * float(np.percentile(cover[cover > 0.3 * cover.max()], 80))
    last = int(np.flatnonzero(cover >= level).max(initial=0))
    if level <= 0 or last + 1 == len(off):
        return float(off[-1])
    share = (cover[last] - level) / max(float(cover[last] - cover[last + 1]), 1e-6)
    return max(float(off[last] + share * (off[last + 1] - off[last])), 0.5)


def _hats(at: Floats, count: int) -> Floats:
    """(count, N) weights of linear interpolation between `count` entries at places in [0, count - 1]."""
    return np.asarray(np.clip(1 - np.abs(at[None] - np.arange(count)[:, None]), 0, 1), np.float32)


def _widths(strip: Strip) -> Floats:
    """(PRESSURES,) width over that at full pressure, by the mean distance of the ink from the middle."""
    ink = strip.ink.sum(0)
    spread = (strip.off[:, None] * strip.ink).sum(0)
    hats = _hats(strip.pressure * (PRESSURES - 1), PRESSURES)
    # spread = ink x width, by least squares for the widths at the knots, drawn gently to straight lines between.
    design = (hats * ink).T
    bend = np.diff(np.eye(PRESSURES), 2, axis=0) * 0.02 * np.linalg.norm(design) / np.sqrt(PRESSURES)
    found = np.linalg.lstsq(np.vstack([design, bend]), np.concatenate([spread, np.zeros(len(bend))]), rcond=None)[0]
    return np.asarray(np.clip(found / max(found[-1], 1e-6), 0.02, 2.0), np.float32)


def _cover(strip: Strip, width: Floats, half: float) -> Floats:
    """(PRESSURES, STEPS) mean coverage."""
    place = np.interp(strip.pressure, np.linspace(0, 1, PRESSURES), width) * half
    rows = _hats(strip.pressure * (PRESSURES - 1), PRESSURES)
    squares, inked = np.zeros((STEPS, PRESSURES, PRESSURES)), np.zeros((STEPS, PRESSURES))
    for off, ink in zip(strip.off, strip.ink, strict=True):
        columns = _hats(np.minimum(off / place * ((STEPS - 1) / REACH), STEPS), STEPS)
        inked += (columns * ink) @ rows.T
        squares += np.einsum("sn,pn,qn->spq", columns, rows, rows, optimize=True)
    # By least squares for the rows, drawn gently to straight lines between.
    bend = np.diff(np.eye(PRESSURES), 2, axis=0)
    counted = squares.sum(2)
    calm = _CALM * counted.max() * (bend.T @ bend + 1e-6 * np.eye(PRESSURES))
    found = np.linalg.solve(squares + calm, inked[..., None])[..., 0]
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
    hats = _hats(strip.pressure * (PRESSURES - 1), PRESSURES)
    ink = (hats @ strip.ink.sum(0)) / np.maximum(hats.sum(1), 1e-6)
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
        style = replace(style, grain=float(grain), bands=_plain(bands))
        drawn = draw(strip, style, thickness)
        found = np.maximum(energies(drawn, _drifting(drawn, mean)), 1e-6)
        grain *= float(np.clip((wanted.sum() / found.sum()) ** 0.75, 0.4, 2.5))
        grain = min(grain, 8.0)
        shape = (wanted / wanted.sum()) / (found / found.sum())
        amplitude = bands * np.clip(shape, 0.1, 10) ** 0.5
    return style


def _drifting(ink: Floats, mean: Floats) -> Floats:
    """The mean as it is where a table cannot follow it."""
    return np.clip(mean + cv2.GaussianBlur(ink - mean, (0, 0), sigmaX=_DRIFT, sigmaY=0.1), 0, 1)


def draw(strip: Strip, style: Style, thickness: float) -> Floats:
    """The same stroke in a style: (V, N) coverage."""
    shape = strip.ink.shape
    off = np.broadcast_to(strip.off[:, None], shape)
    pressure = weight.cells(np.broadcast_to(strip.pressure, shape).astype(np.float32))
    ink = paint(Lines(off.astype(np.float16), pressure), style, thickness, shape)
    return ink.astype(np.float32) / 255


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


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(each), 4) for each in values)
