"""A brush engine: a curve with pressure becomes ink, stamp by stamp.

A stroke is a row of stamps, the largest of which counts at each pixel; paper tooth and bristles then take ink away.
All lengths that follow the size of the brush are in thicknesses: the width of the stroke at full pressure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from lineart_cli.brushes import noise
from lineart_cli.brushes.noise import Floats
from lineart_cli.imaging.nearest import Nearest
from lineart_train.generator.scenes.curves import Points, along, arc_length, tangents

Curve = tuple[tuple[float, float], ...]
"""Knots (pressure, value) of a piecewise linear function of pressure, pressures rising in [0, 1]."""
FULL: Curve = ((0.0, 1.0), (1.0, 1.0))
TOOTH = 2.5
"""How abruptly ink takes to the paper's tooth as pressure rises; 1 is soft, infinity black or white."""
HAIR_ALONG, HAIR_ACROSS = 0.4, 1.6
"""Bristles by px: with these, one is about 1.5 px wide at 300 dpi, and stays wet or dry for about 40."""


@dataclass(frozen=True)
class Brush:
    """A brush.

    width: of the stroke by pressure, in thicknesses, 0 (nothing) to 1. A pen has 1 everywhere. Start at 0.3 to 1.
    opacity: of the stroke by pressure, 0 (no ink) to 1 (black). Start at 1.
    hardness: share of a stamp's radius that is covered whole; 0 fades from the middle, 1 has a sharp edge. Start at 1.
    roundness: short side of the nib over its long side; 1 is round, 0.1 a broad edge. Start at 1.
    angle: of the nib's long side in degrees, 0 (level) to 180, clockwise on the page. Start at 45.
    spacing: between stamps, in radii; 0.05 is smooth and slow, 1 shows single stamps. Start at 0.15.
    taper: length in thicknesses over which pressure rises from 0 at both ends; 0 is blunt, 20 a long point. Start at 0.
    jitter: how far stamps stray, standard deviation in thicknesses; 0 is steady, 0.3 frayed. Start at 0.
    grain: share of the ink that stays only on the paper's tooth; 0 is wet ink, 1 dry charcoal. Start at 0.
    grain_size: wavelength of the tooth in px at 300 dpi, 2 (smooth paper) to 20 (rough). Start at 4.
    bristles: share of the ink that bristles leave out as they run dry; 0 none, 1 streaks all over. Start at 0.
    """

    width: Curve = FULL
    opacity: Curve = FULL
    hardness: float = 1.0
    roundness: float = 1.0
    angle: float = 45.0
    spacing: float = 0.15
    taper: float = 0.0
    jitter: float = 0.0
    grain: float = 0.0
    grain_size: float = 4.0
    bristles: float = 0.0


def draw(
    brush: Brush,
    points: Points,
    pressure: Floats,
    thickness: float,
    shape: tuple[int, int],
    seed: int = 0,
    ends: tuple[bool, bool] = (True, True),
) -> Floats:
    """Draw one stroke.

    Args:
        brush: what with.
        points: (N, 2) px, x first; pixel (x, y) has its centre at (x, y).
        pressure: (N,) in [0, 1].
        thickness: width at full pressure, px at 300 dpi.
        shape: height and width of the page.
        seed: of the paper and of the hand; the same page has the same tooth under every stroke.
        ends: whether the stroke tapers at its first and at its last point, where the brush does so.

    Returns:
        (H, W) float32 coverage in [0, 1].
    """
    stamps = _stamps(brush, points, pressure, thickness, seed, ends)
    ink = np.zeros(shape, np.float32)
    for x, y, radius, opacity in stamps:
        _stamp(ink, brush, x, y, radius, opacity)
    if brush.grain:
        _dry(ink, brush.grain, _uniform(noise.bands(seed), _mix(brush.grain_size), shape))
    if brush.bristles:
        _dry(ink, brush.bristles, _bristles(points, shape, seed))
    return ink


def lay(page: Floats, stroke: Floats) -> None:
    """Lay a stroke over a page, both (H, W) coverage, in place: ink over ink is no darker than black."""
    page += (1 - page) * stroke


def _dry(ink: Floats, share: float, height: Floats) -> None:
    """Let a share of the ink stay only where there is more of it than `height`, uniform in [0, 1]; in place."""
    stays = np.clip(TOOTH * (ink - height) + 0.5, 0, 1) * (ink > 0)
    ink += share * (stays - ink)


def _stamps(
    brush: Brush,
    points: Points,
    pressure: Floats,
    thickness: float,
    seed: int,
    ends: tuple[bool, bool],
) -> Floats:
    """(M, 4): x, y, radius in px, opacity."""
    along = arc_length(points).astype(np.float64)
    every = np.linspace(0, along[-1], max(2, int(np.ceil(along[-1])) + 1))

    def felt(at: Floats) -> Floats:
        return np.interp(at, along, pressure) * tapering(at, along[-1], brush.taper * thickness, ends)

    # As many stamps a px as the spacing asks for where the nib is as small as it is there.
    small = by_pressure(brush.width, felt(every)) * thickness / 2 * min(brush.roundness, 1.0)
    count = np.concatenate([[0.0], np.cumsum(np.diff(every) / np.maximum(brush.spacing * small, 0.35)[1:])])
    at = np.interp(np.linspace(0, count[-1], max(2, int(np.ceil(count[-1])) + 1)), count, every)
    x, y = (np.interp(at, along, points[:, k]) for k in (0, 1))
    rng = np.random.default_rng((seed, 7))
    edge_jitter = rng.normal(0, brush.jitter * thickness, (2, len(at))) if brush.jitter else np.zeros((2, len(at)))
    radius, opacity = by_pressure(brush.width, felt(at)) * thickness / 2, by_pressure(brush.opacity, felt(at))
    return np.stack([x + edge_jitter[0], y + edge_jitter[1], radius, opacity], 1)


def tapering(at: Floats, length: float, over: float, ends: tuple[bool, bool]) -> Floats:
    """Factor of the pressure, in [0, 1], at (N,) px along a stroke of `length` px whose ends taper over `over` px.

    A stroke shorter than its tapers has tapers of 0.35 of its length.
    """
    over = min(over, 0.35 * length)
    if over <= 0:
        return np.ones(len(at))
    way = np.minimum(at if ends[0] else np.inf, (length - at) if ends[1] else np.inf)
    share = np.clip(way / over, 0, 1)
    return np.asarray(share * (2 - share))


def by_pressure(curve: Curve, pressure: Floats) -> Floats:
    """Values of a curve at (N,) pressures."""
    at, values = zip(*curve, strict=True)
    return np.asarray(np.interp(pressure, at, values))


def _stamp(ink: Floats, brush: Brush, x: float, y: float, radius: float, opacity: float) -> None:
    reach = radius + 1.5
    x0, y0 = max(int(x - reach), 0), max(int(y - reach), 0)
    part = ink[y0 : int(y + reach) + 2, x0 : int(x + reach) + 2]
    if part.size == 0 or radius <= 0:
        return
    dy = np.arange(y0, y0 + part.shape[0], dtype=np.float32)[:, None] - np.float32(y)
    dx = np.arange(x0, x0 + part.shape[1], dtype=np.float32)[None] - np.float32(x)
    long, short = max(radius, 0.5), max(radius * brush.roundness, 0.7)
    deep = _from_edge(brush, dx, dy, long, short)
    cover = _within(deep + 0.5, long * (1 - brush.hardness)) - _within(deep - 0.5, long * (1 - brush.hardness))
    # A stamp thinner than a pixel covers as much of it as it is wide.
    np.maximum(part, cover * np.float32(opacity * min(1.0, 2 * radius)), out=part)


def _from_edge(brush: Brush, dx: Floats, dy: Floats, long: float, short: float) -> Floats:
    """Signed px from the edge of a nib of these half sides, > 0 inside: a segment, rounded by the short side."""
    if brush.roundness >= 1:
        return np.asarray(long - np.sqrt(dx * dx + dy * dy))
    angle = np.deg2rad(brush.angle)
    along = np.abs(dx * np.float32(np.cos(angle)) + dy * np.float32(np.sin(angle)))
    across = np.abs(dy * np.float32(np.cos(angle)) - dx * np.float32(np.sin(angle)))
    beyond = np.maximum(along - (long - short), 0)
    return np.asarray(short - np.sqrt(beyond * beyond + across * across))


def _within(deep: Floats, soft: float) -> Floats:
    """Coverage summed from the edge to `deep` px inside; it rises to 1 over the first `soft` px."""
    inside = np.maximum(deep, 0)
    return np.where(inside < soft, inside**2 / max(2 * soft, 1e-6), inside - soft / 2)


def _mix(wavelength: float) -> Floats:
    """Share of each band of noise for grain of a wavelength, squares summing to 1."""
    near = np.exp(-0.5 * np.log2(np.array(noise.WAVELENGTHS) / wavelength) ** 2)
    return np.asarray(near / np.linalg.norm(near))


def _uniform(textures: Floats, shares: Floats, shape: tuple[int, int]) -> Floats:
    """Noise of uniform distribution in [0, 1] on a page."""
    mixed = np.tensordot(shares.astype(np.float32), textures, 1)
    rank = np.argsort(np.argsort(mixed, axis=None)).reshape(mixed.shape)
    tile = (rank / rank.size).astype(np.float32)
    times = [-(-side // noise.SIDE) for side in shape]
    return np.tile(tile, times)[: shape[0], : shape[1]]


def _bristles(points: Points, shape: tuple[int, int], seed: int) -> Floats:
    """How dry the brush is at each px, uniform in [0, 1]: constant along the stroke for long, changing across it."""
    length = arc_length(points)[-1]
    at = np.linspace(0, length, max(2, int(np.ceil(length / 0.5))))
    spots = along(points, at).astype(np.float32)
    heading = tangents(spots)
    cell = np.clip(np.round(spots).astype(int), 0, np.array(shape[::-1]) - 1)
    passed = np.zeros(shape, np.bool_)
    passed[cell[:, 1], cell[:, 0]] = True
    near = Nearest.of(passed).spread((cell[:, 1], cell[:, 0]), np.arange(len(at)))
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    side = (y - spots[near, 1]) * heading[near, 0] - (x - spots[near, 0]) * heading[near, 1]
    rng = np.random.default_rng((seed, 11))
    hairs = gaussian_filter(rng.standard_normal((256, 256)), (1.0, 6.0), mode="wrap")
    rank = np.argsort(np.argsort(hairs, axis=None)).reshape(hairs.shape) / hairs.size
    u, v = at[near] * HAIR_ALONG, 40 + side * HAIR_ACROSS
    return noise.at(noise.closed(rank.astype(np.float32)), u.ravel().astype(np.float32), v.ravel()).reshape(shape)
