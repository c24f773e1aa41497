"""Grain as a function of page coordinates: Gaussian noise in bands of wavelengths, the same on every page and tile."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lineart_cli.imaging.bilinear import interpolated

Floats: TypeAlias = NDArray[np.floating[Any]]

SIDE = 512
"""The noise repeats itself after so many px at 300 dpi."""
WAVELENGTHS = (2.5, 5.0, 10.0, 20.0)
"""Middle of each band, px at 300 dpi."""
STREAK_WIDTH, STREAK_LENGTH = 0.9, 21.0
"""Of streaks, in px at 300 dpi, across and along the stroke: standard deviations of their autocorrelation."""
STREAK_WAVES = 48
"""Waves that a streak's noise is the sum of."""
SEED = 0


@cache
def bands(seed: int = SEED) -> Floats:
    """(len(WAVELENGTHS), SIDE, SIDE) float32 noise, each band of mean 0 and variance 1."""
    y, x = _frequencies()
    radius = np.hypot(y, x)
    filters = [np.exp(-0.5 * (np.log2(np.maximum(radius, 1e-6) * length) / 0.4) ** 2) for length in WAVELENGTHS]
    return _filtered(filters, seed)


def streaks(foot: Floats, side: Floats) -> Floats:
    """Noise drawn out along a line, wherever it goes: it changes quickly across the line and slowly along it.

    A sum of random waves (Rahimi and Recht, NIPS 2007) over both places, so that nothing has to know where the line
    begins, or which of its sides is the left one.

    Args:
        foot: (2, N) nearest point of the line's middle, px at 300 dpi.
        side: (2, N) px from there.

    Returns:
        (N,) float32, mean 0 and variance 1 over all places.
    """
    waves, phases = _waves()
    summed = np.zeros(foot.shape[1], np.float32)
    for (along_x, along_y, across_x, across_y), phase in zip(waves, phases, strict=True):
        summed += np.cos(along_x * foot[0] + along_y * foot[1] + across_x * side[0] + across_y * side[1] + phase)
    return summed * np.float32(np.sqrt(2 / STREAK_WAVES))


def at(texture: Floats, x: Floats, y: Floats) -> Floats:
    """A periodic texture, `closed`, between its pixels: (N,) values at `x`, `y`, px at 300 dpi."""
    return interpolated(texture, np.mod(x, texture.shape[1] - 1), np.mod(y, texture.shape[0] - 1))


def closed(texture: Floats) -> Floats:
    """A periodic (S, S) texture with its first row and column repeated at the end."""
    return np.pad(texture, (0, 1), mode="wrap")


@cache
def _waves() -> tuple[Floats, Floats]:
    """(STREAK_WAVES, 4) radians per px of foot and side, (STREAK_WAVES,) phases."""
    rng = np.random.default_rng((SEED, 100))
    lengths = np.repeat((STREAK_LENGTH, STREAK_WIDTH), 2)
    waves = rng.standard_normal((STREAK_WAVES, 4)) / lengths
    return waves.astype(np.float32), rng.uniform(0, 2 * np.pi, STREAK_WAVES).astype(np.float32)


def _frequencies() -> tuple[Floats, Floats]:
    return np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None]


def _filtered(filters: list[Floats], seed: int) -> Floats:
    made = []
    for number, each in enumerate(filters):
        white = np.random.default_rng((seed, number)).standard_normal((SIDE, SIDE))
        noise = np.fft.irfft2(np.fft.rfft2(white) * each, (SIDE, SIDE))
        noise -= noise.mean()
        made.append((noise / noise.std()).astype(np.float32))
    return np.stack(made)
