"""Lines become ink: a style's tables are looked up where a line is near, at the page's own resolution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes import noise
from lineart_cli.brushes.drawing import extension, pen_pressure, skeleton
from lineart_cli.brushes.noise import Floats
from lineart_cli.brushes.style import CAPS, PRESSURES, REACH, STEPS, Style
from lineart_cli.imaging.bilinear import interpolated
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.nearest import Nearest
from lineart_cli.imaging.resample import distance_rows, gathered, is_thin, linear_rows, strips

ROWS = 256
"""Rows of a page that are drawn at once."""
_MARGIN, _MORE = 24, 4  # working px around these rows, or beyond a brush's reach, in which lines are looked for
_BLUR = 0.25  # px below `Lines.seen` at which distances are not trusted any more
_SIDE_BLUR = 1.0  # working px over which distances are averaged, for the way to the line
_DIRECTION_BLUR = 3.0  # working px over which the direction of a line is averaged
_GREYS, _NOISES, _LOUDEST = 256, 129, 4.0  # size of the grain's table, and the last of its noise


@dataclass(frozen=True)
class Lines:
    """What there is to draw, as the network sees it.

    Attributes:
        off: (h, w) float16, distance from the middle of the nearest line, px.
        pressure: what the artist's own was, as `pen_pressure.pressure` gives it; or (1, 1), the same everywhere.
        seen: px beyond which distances are not known.
    """

    off: Page
    pressure: Floats
    seen: float = math.inf

    @cached_property
    def skeleton(self) -> skeleton.Skeleton:
        """The lines thinned, for their ends."""
        return skeleton.skeleton(self.off)


def paint(
    lines: Lines, style: Style, thickness: float, shape: tuple[int, int], pressure: float | None = None
) -> NDArray[np.unsignedinteger[Any]]:
    """Draw the lines of a page as `paint_bands` does, in 8 bits; returns all of it, (H, W) uint8."""
    return gathered(paint_bands(lines, style, thickness, shape, pressure), shape, np.uint8)


def paint_bands(
    lines: Lines,
    style: Style,
    thickness: float,
    shape: tuple[int, int],
    pressure: float | None = None,
    bits: int = 8,
    grain_px: float = 1.0,
) -> Iterator[NDArray[np.unsignedinteger[Any]]]:
    """Draw the lines of a page.

    Args:
        lines: of the page.
        style: of the brush.
        thickness: at full pressure, px of `lines`.
        shape: height and width of the page.
        pressure: in [0, 1], the same everywhere; None follows the sketch.
        bits: 8 or 16, of the result.
        grain_px: px at 300 dpi for a px of `lines`, so that grain keeps its size on paper.

    Yields:
        (rows, W) coverage from top to bottom, uint8 or uint16: 0 none, 255 or 65535 full.
    """
    painter = _Painter(lines, style, thickness, shape, pressure, grain_px)
    for rows in strips(shape[0], ROWS):
        ink = np.zeros((rows.stop - rows.start, shape[1]), f"uint{bits}")
        painter.rows(rows, ink)
        yield ink


class _Painter:
    def __init__(
        self,
        lines: Lines,
        style: Style,
        thickness: float,
        shape: tuple[int, int],
        pressure: float | None,
        grain_px: float,
    ) -> None:
        self.lines, self.style, self.thickness, self.shape = lines, style, thickness, shape
        self.grain_px = np.float32(grain_px)
        self.scale = shape[0] / lines.off.shape[0], shape[1] / lines.off.shape[1]
        self.pressure = lines.pressure if pressure is None else np.full((1, 1), pressure, np.float32)
        is_fine = is_thin(self.scale[0] * thickness / 2, self.scale[0])
        self.resampled = distance_rows if is_fine else linear_rows
        self.reach = thickness / 2 * style.reach + 0.5 / self.scale[0]
        known = lines.seen - _BLUR
        self.off: Page = lines.off if self.reach <= known else extension.DistanceExtension(lines.off, known, self.reach)
        self.area = _area(style)
        self.has_angles = any(each != style.angle_width[0] for each in style.angle_width)
        self.taper = lines.skeleton.factor(style.taper * thickness, thickness) if style.taper else None
        self.ends = lines.skeleton.ends(thickness) if any(each != 1 for each in style.caps) else None
        is_pressed = pressure is None and lines.skeleton.black.any()  # blacks are, in full
        self.black = lines.skeleton.black.astype(np.float32) if is_pressed else None
        self.spreading = _spreading(style.grain) if style.grain else None

    @cached_property
    def grain(self) -> Floats:
        """The brush's own mixture of the bands of noise."""
        return noise.closed(np.tensordot(np.array(self.style.bands[:-1], np.float32), noise.bands(), 1))

    def rows(self, rows: slice, ink: NDArray[np.unsignedinteger[Any]]) -> None:
        """Draw some rows of the page."""
        off = self.resampled(self.off, self.shape, rows)
        row, column = np.nonzero(off < self.reach)
        if len(row) == 0:
            return
        at = _Points(
            off[row, column],
            ((column + 0.5) / self.scale[1] - 0.5).astype(np.float32),
            ((row + rows.start + 0.5) / self.scale[0] - 0.5).astype(np.float32),
        )
        margin = max(_MARGIN, math.ceil(self.reach) + _MORE)
        first = max(math.floor(rows.start / self.scale[0]) - margin, 0)
        last = min(math.ceil(rows.stop / self.scale[0]) + margin, self.lines.off.shape[0])
        cover = self._cover(at, first, last)
        full = np.iinfo(ink.dtype).max
        ink[row, column] = np.clip(full * cover + 0.5, 0, full)

    def _cover(self, at: _Points, first: int, last: int) -> Floats:
        press = interpolated(
            self.pressure, (at.x + 0.5) / pen_pressure.STRIDE - 0.5, (at.y + 0.5) / pen_pressure.STRIDE - 0.5
        )
        is_asked = self.black is not None or self.taper is not None or self.ends is not None
        near = _Near.of(self.lines, first, last) if is_asked else None
        if near and self.black is not None:
            press = np.maximum(press, near.sample(self.black, at, 0.0))
        if near and self.taper is not None:
            press = press * near.sample(self.taper, at, 1.0)
        width = np.interp(press, np.linspace(0, 1, PRESSURES), self.style.width)
        half: Floats = (width * (self.thickness / 2)).astype(np.float32)
        side = None
        if self.has_angles or self.style.bands[-1]:
            side = sides(self.off[first:last], at.x, at.y - first)
        if self.has_angles and side is not None:
            tangent = tangents(self.lines.off[first:last], at.x - side[0], at.y - side[1] - first)
            half = half * _around(np.array(self.style.angle_width, np.float32), tangent / np.pi)
        off, grain = at.off, np.zeros(0, np.float32)
        if self.style.grain or self.style.edge_jitter:
            grain = noise.at(self.grain, at.x * self.grain_px, at.y * self.grain_px)
            if side is not None and self.style.bands[-1]:
                foot = (np.stack([at.x, at.y]) - side) * self.grain_px
                grain += np.float32(self.style.bands[-1]) * noise.streaks(foot, side * self.grain_px)
            off = off + np.float32(self.style.edge_jitter * self.thickness) * grain
        cover = self._mean(press, off / half, 0.5 / self.scale[0] / half)
        if near and self.ends is not None:
            cover = cover * np.interp(
                near.sample(self.ends, at, CAPS[-1] * self.thickness) / half, CAPS, self.style.caps
            )
        if self.spreading is None:
            return cover
        return interpolated(
            self.spreading,
            (grain + _LOUDEST) * ((_NOISES - 1) / (2 * _LOUDEST)),
            np.clip(cover, 0, 1) * (_GREYS - 1),
        )

    def _mean(self, press: Floats, middle: Floats, px: Floats) -> Floats:
        """Mean of the style's coverage over a pixel: `middle` and half its side `px` are in half widths."""
        row = press * (PRESSURES - 1)
        step = np.float32((STEPS - 1) / REACH)
        outer, inner = middle + px, middle - px
        ends = [interpolated(self.area, np.abs(each) * step, row) * np.sign(each) for each in (outer, inner)]
        return (ends[0] - ends[1]) / (2 * px)


@dataclass(frozen=True)
class _Near:
    """Which pixel of the thinned lines is the nearest, in some rows of the page.

    Attributes:
        first: of the rows.
        found: which pixels of the thinned lines lie in them.
        at: row, counted from `first`, and column of those.
        nearest: which of them is the nearest.
    """

    first: int
    found: slice
    at: tuple[NDArray[np.int32], NDArray[np.int32]]
    nearest: Nearest

    @classmethod
    def of(cls, lines: Lines, first: int, last: int) -> _Near:
        found = lines.skeleton.between(first, last)
        row, column = lines.skeleton.row[found] - first, lines.skeleton.column[found]
        inked = np.zeros((last - first, lines.off.shape[1]), np.bool_)
        inked[row, column] = True
        return cls(first, found, (row, column), Nearest.of(inked))

    def sample(self, values: Floats, at: _Points, otherwise: float) -> Floats:
        """(N,) what the nearest pixel of the thinned lines has of `values`, for points."""
        if len(self.at[0]) == 0:
            return np.full(len(at.x), otherwise, np.float32)
        spread = self.nearest.spread(self.at, values[self.found], otherwise)
        return interpolated(spread, at.x, at.y - self.first)


@dataclass(frozen=True)
class _Points:
    """(N,) float32 each, working px: distance from the line, place on the page."""

    off: Floats
    x: Floats
    y: Floats


def _area(style: Style) -> Floats:
    """Coverage summed from the middle outwards, in half widths; (PRESSURES, STEPS)."""
    table = style.table
    steps = (table[:, 1:] + table[:, :-1]) * (0.5 * REACH / (STEPS - 1))
    return np.asarray(np.pad(np.cumsum(steps, 1), ((0, 0), (1, 0))), np.float32)


def sides(off: Floats, x: Floats, y: Floats) -> Floats:
    """(2, N) px, x first, from the nearest point of the line's middle to points: half the slope of distance squared."""
    square = cv2.GaussianBlur(np.square(off, dtype=np.float32), (0, 0), _SIDE_BLUR)
    slopes = (cv2.Scharr(square, cv2.CV_32F, *way, scale=1 / 64) for way in ((1, 0), (0, 1)))
    return np.stack([interpolated(np.asarray(each), x, y) for each in slopes])


def tangents(off: NDArray[np.float16], x: Floats, y: Floats) -> Floats:
    """(N,) directions of the nearest lines in [0, pi), from level on clockwise; structure tensor of the distance."""
    bowl = np.minimum(off.astype(np.float32), 8.0)
    dx, dy = (np.asarray(cv2.Scharr(bowl, cv2.CV_32F, *way)) for way in ((1, 0), (0, 1)))
    blurred = (cv2.GaussianBlur(each, (0, 0), _DIRECTION_BLUR) for each in (dx * dy, dx * dx, dy * dy))
    both, level, upright = (np.asarray(each, np.float32) for each in blurred)
    twice = np.arctan2(-2 * interpolated(both, x, y), interpolated(upright - level, x, y))
    return np.asarray(np.mod(twice / 2, np.pi), np.float32)


def _around(table: Floats, share: Floats) -> Floats:
    """Values of a periodic table between its entries; `share` of a period in [0, 1]."""
    closed = np.append(table, table[:1])[None]
    return interpolated(closed, share * len(table), np.zeros_like(share))


@lru_cache(maxsize=8)
def _spreading(grain: float) -> Floats:
    """(_GREYS, _NOISES) coverage by mean coverage m and noise z: Phi(sqrt(1 + g^2) Phi^-1(m) + g z).

    Its mean over z is m, for any grain g: noise moves ink about and takes none away.
    """
    normal = NormalDist()
    inside = [normal.inv_cdf(min(max(m / (_GREYS - 1), 1e-6), 1 - 1e-6)) for m in range(_GREYS)]
    level = np.array(inside)[:, None] * math.hypot(1, grain) + grain * np.linspace(-_LOUDEST, _LOUDEST, _NOISES)
    table = np.array([normal.cdf(each) for each in level.ravel()]).reshape(level.shape)
    table[0], table[-1] = 0, 1
    return table.astype(np.float32)
