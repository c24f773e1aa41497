"""What pencils, pens, paper and scanners make of a drawing: coverage to darkness, as the network meets it after tone.

The network never sees raw paper: `lineart_cli.imaging.tone` has taken light and tint away and brought the main line to
about 0.8. So only what is left of paper and scanner is drawn here: grain in the stroke, some paper grain, noise, blur,
few pixels, JPEG.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_train.generator.sketch.noise import smooth_noise
from lineart_train.generator.sketch.paper import clutter
from lineart_train.generator.sketch.tone import toned

Rng = np.random.Generator
Floats = NDArray[np.float32]
BROAD = 9.0
"""Width in px from which a stroke may be soft all over and its grain coarse."""
ENLARGED, BILEVEL = 0.22, 0.1
"""Shares of the pages that come from few pixels, and of the pen drawings that are black and white only."""


def develop(
    ink: Floats, under: Floats, rng: Rng, width: float = 5.0, areas: Sequence[NDArray[np.bool_]] = ()
) -> NDArray[np.uint8]:
    """Draw main lines and underdrawing in a random medium.

    Args:
        ink: (S, S) float32 coverage of the main strokes in [0, 1].
        under: (S, S) float32 coverage of what is faint.
        rng: its only source of chance.
        width: of the main strokes, px.
        areas: (S, S) masks that may be coloured or shaded: tone, and no ink.

    Returns:
        (S, S) uint8 darkness: 0 paper, 255 black.
    """
    size = ink.shape[0]
    medium = rng.choice(["pen", "digital", "pencil", "soft"], p=[0.2, 0.2, 0.38, 0.22])
    if width > BROAD and medium in ("pencil", "soft"):
        ink = _softened(ink, width * rng.uniform(0.05, 0.3))
    main = ink > 0.2
    level = float(np.percentile(ink[main], 75)) if main.any() else 0.8
    page = 1 - (1 - ink) * (1 - under * level)
    page = 1 - (1 - page) * (1 - level * toned(areas, size, width, rng))
    if medium in ("pencil", "soft"):
        page = _grained(page, width, rng)
        if medium == "soft":
            page = page * (1 + 0.2 * smooth_noise(rng, size, 60))
    if medium != "digital" and rng.random() < 0.7:
        page = cv2.GaussianBlur(page, (0, 0), rng.uniform(0.4, 1.3))
    page = np.asarray(np.clip(page, 0, 1), np.float32)
    page = page * _gain(page[main], rng)
    page = np.maximum(page, clutter(size, width, rng))
    if rng.random() < ENLARGED:
        page = _enlarged(page, rng.uniform(1.3, min(4.0, max(1.5, 0.8 * width))), rng)
    if medium in ("pencil", "soft") or rng.random() < 0.25:
        loud = 2.5 if rng.random() < 0.2 else 1.0  # a hard pencil, whose lines tone has made darker, and the noise too
        page = page + loud * rng.uniform(0.0, 0.025) * smooth_noise(rng, size, 3)
        page = page + rng.uniform(0.0, 0.012) * smooth_noise(rng, size, 60)
        page = page + loud * rng.uniform(0.0, 0.03) * rng.standard_normal((size, size), np.float32)
    if medium in ("pen", "digital") and rng.random() < BILEVEL:
        page = np.where(page > rng.uniform(0.2, 0.45), np.float32(0.9), np.float32(0))
    dark: NDArray[np.uint8] = np.asarray(np.round(255 * np.clip(page, 0, 1)), np.uint8)
    return _jpeg(dark, int(rng.integers(40, 95))) if rng.random() < 0.15 else dark


def _softened(ink: Floats, sigma: float) -> Floats:
    """Strokes whose edges fall off slowly, as those of a blunt or slanted pencil, as dark in the middle as before."""
    soft = np.asarray(cv2.GaussianBlur(ink, (0, 0), max(sigma, 0.5)), np.float32)
    drawn = ink > 0.2
    if not drawn.any():
        return soft
    before, after = (float(np.percentile(each[drawn], 75)) for each in (ink, soft))
    return np.asarray(np.clip(soft * before / max(after, 0.05), 0, 1), np.float32)


def _grained(page: Floats, width: float, rng: Rng) -> Floats:
    """The tooth of the paper in the strokes: from a breath to single specks, up to 20 px large in broad strokes."""
    size = page.shape[0]
    largest = int(np.clip(0.7 * width, 8, 20))
    fine, coarse = rng.uniform(0.2, 1.0), rng.uniform(0.2, 1.0)
    noise = fine * smooth_noise(rng, size, int(rng.integers(1, 3))) + coarse * smooth_noise(
        rng, size, int(rng.integers(3, largest))
    )
    noise /= np.hypot(fine, coarse)
    if rng.random() < 0.15:
        return np.asarray(page * np.clip(0.5 + (noise + rng.uniform(-0.2, 1.2)) / rng.uniform(0.5, 2.0), 0, 1))
    rough = rng.uniform(0.05, 0.45)
    return np.clip(page * (1 - 0.5 * rough - rough * noise), 0, 1)


def _enlarged(page: Floats, factor: float, rng: Rng) -> Floats:
    """The page as if it had come with `factor` times fewer pixels, and been enlarged."""
    size = page.shape[0]
    small = cv2.resize(page, (round(size / factor),) * 2, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        lossy = _jpeg(np.asarray(255 * np.clip(small, 0, 1), np.uint8), int(rng.integers(50, 96)))
        small = lossy.astype(np.float32) / 255
    return np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _jpeg(dark: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    coded = cv2.imencode(".jpg", 255 - dark, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(255 - np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)), np.uint8)


def _gain(main: Floats, rng: Rng) -> float:
    """The gain that brings the main lines, (N,) darkness, to about 0.8, as tone does, with its error."""
    level = float(np.percentile(main, 80)) if len(main) > 50 else 0.8
    return float(np.clip(rng.normal(0.8, 0.12), 0.5, 1.1)) / max(level, 0.2)
