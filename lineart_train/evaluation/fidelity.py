"""How near one brush comes to another where both draw the same stroke: five relative errors.

The stroke is drawn at several places of the paper. Each picture is cut across the true curve, a px apart, and becomes a
strip a(v, s): coverage at v px beside the curve, s px along it. The mean of the strips of a brush, averaged over
`WINDOW` px of s, shows the stroke without its grain.

- width: 4 mean |v|, which is the width where coverage is even; sum over s of |difference| / sum, each s counting by its
  ink.
- ends: ink per px of s, within `END` px of the ends and `BEYOND` them; sum |difference| / sum.
- opacity: mean coverage of the middle half of the width; sum |difference| / sum.
- roughness: standard deviation of the edges from their own smooth centre line, in single strips; |difference| / what it
  is, or `LEAST_ROUGH` px if that is more.
- grain: amplitude in each band of `brushes.noise`, in single strips, where the stroke is at least 2 px wide; sum
  |difference| / sum, or `LEAST_GRAIN` if that is more.

Roughness and grain leave the ends out, whose mean is no centre line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from lineart_cli.brushes.fitting import profile
from lineart_cli.brushes.fitting.measure import energies
from lineart_cli.brushes.noise import Floats
from lineart_train.generator.scenes.curves import Points, along, arc_length

FIGURES = ("width", "ends", "opacity", "roughness", "grain")
WINDOW = 24
END = 40
BEYOND = 16
"""Px beyond the ends of the curve that belong to the strip."""
LEAST_ROUGH = 0.3
LEAST_GRAIN = 0.25


def fidelity(ours: Floats, theirs: Floats) -> dict[str, float]:
    """Relative errors of `ours` from `theirs`, (R, V, S) each: R strips of one stroke, see the top of this file."""
    mine, true = _Figures.of(ours), _Figures.of(theirs)
    place = np.arange(true.ink.size)
    at_ends = np.minimum(place, place[::-1]) < BEYOND + END
    weight = true.ink * (mine.ink > 0.05)
    inked = true.ink > 0.1 * true.ink.max()
    return {
        "width": _share(mine.width, true.width, weight),
        "ends": _share(mine.ink, true.ink, at_ends),
        "opacity": _share(mine.opacity, true.opacity, inked),
        "roughness": abs(mine.roughness - true.roughness) / max(true.roughness, LEAST_ROUGH),
        "grain": float(np.abs(mine.grain - true.grain).sum() / max(true.grain.sum(), LEAST_GRAIN)),
    }


def cut(picture: Floats, points: Points, half: int) -> Floats:
    """Cut a picture across a curve.

    Args:
        picture: (H, W) coverage.
        points: (N, 2) px.
        half: px on either side of the curve.

    Returns:
        (2 half + 1, S) coverage; S is the length in px and `BEYOND` more at both ends.
    """
    length = arc_length(points)[-1]
    at = np.arange(-BEYOND, length + BEYOND)
    inside = np.clip(at, 0, length)
    spots = along(points, inside)
    heading = along(np.gradient(points, axis=0), inside, points)
    heading /= np.maximum(np.hypot(*heading.T), 1e-6)[:, None]
    spots += heading * (at - inside)[:, None]
    side = np.arange(-half, half + 1)[:, None]
    x = (spots[:, 0] - side * heading[:, 1]).astype(np.float32)
    y = (spots[:, 1] + side * heading[:, 0]).astype(np.float32)
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderValue=0.0), np.float32)


@dataclass(frozen=True)
class _Figures:
    """Along the stroke, (S,): ink per px, width, opacity; and of the whole: roughness in px, grain by bands."""

    ink: Floats
    width: Floats
    opacity: Floats
    roughness: float
    grain: Floats

    @classmethod
    def of(cls, strips: Floats) -> _Figures:
        mean = uniform_filter1d(strips.mean(0), WINDOW, axis=1)
        inner = slice(BEYOND + WINDOW, -BEYOND - WINDOW)
        edge_jitter = np.concatenate([profile.strays(each[:, inner], mean[:, inner]) for each in strips], 1)
        width = profile.width(mean)
        broad = np.where(width > 2, mean, 0)[:, inner]
        grain = np.sqrt(energies(np.concatenate(list(strips[:, :, inner]), 1), np.tile(broad, len(strips))))
        rough = float(np.sqrt(np.mean(edge_jitter**2))) if edge_jitter.size else 0.0
        return cls(strips.mean(0).sum(0), width, profile.opacity(mean), rough, grain)


def _share(mine: Floats, true: Floats, weight: NDArray[Any]) -> float:
    return float((np.abs(mine - true) * weight).sum() / max(float((true * weight).sum()), 1e-6))
