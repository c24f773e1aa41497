"""What ink, paper, scanners and cameras make of a drawing. Pictures are float32 in [0, 1], 1 is white or full ink."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Rng = np.random.Generator


def noise(shape: tuple[int, int], grain: float, rng: Rng) -> Picture:
    """(H, W) noise of unit variance with grains about `grain` px wide."""
    small = (max(2, round(shape[0] / grain) + 2), max(2, round(shape[1] / grain) + 2))
    field = cv2.resize(rng.standard_normal(small, np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / field.std(), np.float32)


def graphite(ink: Picture, roughness: float, rng: Rng) -> Picture:
    """Coverage (H, W) broken up by the grain of the paper: 0 smooth, 0.4 rough."""
    grain = 0.7 * noise(ink.shape, 2.0, rng) + 0.7 * noise(ink.shape, 4.5, rng)
    pressure = 1 + 0.12 * noise(ink.shape, 90.0, rng)
    return np.asarray(np.clip(ink * pressure * (1 - 0.4 * roughness - roughness * grain), 0, 1), np.float32)


def print_on(paper: Picture, ink: Picture, colour: tuple[float, float, float]) -> Picture:
    """Lay coverage (H, W) in a colour over paper (H, W, 3)."""
    return np.asarray(paper + ink[..., None] * (np.array(colour, np.float32) - paper), np.float32)


def sheet(shape: tuple[int, int], tint: tuple[float, float, float], rng: Rng) -> Picture:
    """Blank paper (H, W, 3) with a tint, faint clouds and a faint tooth."""
    texture = 1 + 0.004 * noise(shape, 800.0, rng) + 0.006 * noise(shape, 6.0, rng)
    return np.asarray(texture[..., None] * np.array(tint, np.float32), np.float32)


def scan(page: Picture, blur: float, grain: float, rng: Rng) -> Picture:
    """A flatbed's slight blur (standard deviation in px) and sensor noise (standard deviation)."""
    seen = cv2.GaussianBlur(page, (0, 0), blur) + grain * noise(page.shape[:2], 1.5, rng)[..., None]
    return np.asarray(np.clip(seen, 0, 1), np.float32)


def photograph(page: Picture, rng: Rng) -> Picture:
    """A camera's picture: lamp from the upper left, the soft shadow of the one who holds it, sensor noise."""
    height, width = page.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    lamp = 1.05 - 0.22 * np.hypot(x / width - 0.25, y / height - 0.15) ** 1.4
    edge = (x / width - 1.22 + 0.16 * np.sin(3.4 * y / height) + 0.52 * y / height) / 0.09
    shadow = 1 - 0.22 / (1 + np.exp(-edge))
    light = (lamp * shadow)[..., None] * np.array([1.0, 0.985, 0.95], np.float32)
    return scan(page * light, 0.9, 0.012, rng)


def to_bytes(picture: Picture) -> NDArray[np.uint8]:
    """uint8 of [0, 1]."""
    return np.asarray(np.round(255 * np.clip(picture, 0, 1)), np.uint8)
