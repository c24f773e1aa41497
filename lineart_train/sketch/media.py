"""What pencils, pens, paper and scanners make of a drawing: coverage to darkness, as the network meets it after tone.

The network never sees raw paper: `lineart_cli.tone` has taken light and tint away and brought the main line to about
0.8. So only what is left of paper and scanner is drawn here: grain in the stroke, some paper grain,
noise, blur, JPEG.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator


def smooth_noise(rng: Rng, size: int, cell: int) -> NDArray[np.float32]:
    """(size, size) float32 noise of unit variance whose grains are about `cell` px wide."""
    small = rng.standard_normal((size // cell + 3, size // cell + 3), np.float32)
    field = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC if cell > 1 else cv2.INTER_NEAREST)
    return np.asarray(field / max(float(field.std()), 1e-6), np.float32)


def develop(ink: NDArray[np.float32], under: NDArray[np.float32], rng: Rng) -> NDArray[np.uint8]:
    """Draw main lines and underdrawing in a random medium.

    Args:
        ink: (S, S) float32 coverage of the main strokes in [0, 1].
        under: (S, S) float32 coverage of what is faint.
        rng: its only source of chance.

    Returns:
        (S, S) uint8 darkness: 0 paper, 255 black.
    """
    size = ink.shape[0]
    page = 1 - (1 - ink) * (1 - under * float(np.percentile(ink[ink > 0.2], 75) if (ink > 0.2).any() else 0.8))
    medium = rng.choice(["pen", "digital", "pencil", "soft"], p=[0.2, 0.2, 0.4, 0.2])
    if medium in ("pencil", "soft"):
        rough = rng.uniform(0.05, 0.45)
        fine, coarse = rng.uniform(0.2, 1.0), rng.uniform(0.2, 1.0)
        grain = fine * smooth_noise(rng, size, int(rng.integers(1, 3))) + coarse * smooth_noise(
            rng, size, int(rng.integers(3, 8))
        )
        page = np.clip(page * (1 - 0.5 * rough - rough * grain / np.hypot(fine, coarse)), 0, 1)
        if medium == "soft":
            page = page * (1 + 0.2 * smooth_noise(rng, size, 60))
    if medium != "digital" and rng.random() < 0.7:
        page = cv2.GaussianBlur(page, (0, 0), rng.uniform(0.4, 1.3))
    page = np.clip(page, 0, 1) * _gain(page[ink > 0.2], rng)
    if medium in ("pencil", "soft") or rng.random() < 0.25:
        loud = 2.5 if rng.random() < 0.2 else 1.0  # a hard pencil, whose lines tone has made darker, and the noise too
        page = page + loud * rng.uniform(0.0, 0.025) * smooth_noise(rng, size, 3)
        page = page + rng.uniform(0.0, 0.012) * smooth_noise(rng, size, 60)
        page = page + loud * rng.uniform(0.0, 0.03) * rng.standard_normal((size, size), np.float32)
    dark: NDArray[np.uint8] = np.asarray(np.round(255 * np.clip(page, 0, 1)), np.uint8)
    if rng.random() < 0.15:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))]
        dark = np.asarray(cv2.imdecode(cv2.imencode(".jpg", 255 - dark, quality)[1], cv2.IMREAD_GRAYSCALE), np.uint8)
        dark = 255 - dark
    return dark


def _gain(main: NDArray[np.float32], rng: Rng) -> float:
    """The gain that brings the main lines, (N,) darkness, to about 0.8, as tone does, with its error."""
    level = float(np.percentile(main, 80)) if len(main) > 50 else 0.8
    return float(np.clip(rng.normal(0.8, 0.12), 0.5, 1.1)) / max(level, 0.2)
