"""Made-up scans, and what of them came out dark."""

from __future__ import annotations

import cv2
import numpy as np

HEIGHT, WIDTH = 1300, 1500


def drawing() -> np.ndarray:
    """Loops all over a page: the share of light that they take."""
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    for x in range(200, WIDTH - 150, 180):
        for y in range(200, HEIGHT - 150, 180):
            cv2.ellipse(ink, (x, y), (110, 60), x + y, 0, 300, 0.75, 4, cv2.LINE_AA)
    return ink


def scanned(page: np.ndarray, noise: float = 0.006) -> np.ndarray:
    grainy = page + np.random.default_rng(4).normal(0, noise, page.shape)
    return np.rint(np.clip(grainy, 0, 1) * 255).astype(np.uint8)


def turned(page: np.ndarray, around: float, degrees: float, scale: float = 0.9) -> np.ndarray:
    """A sheet that lies askew on something."""
    way = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, scale)
    return cv2.warpAffine(page, way, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderValue=around)


def found(dark: np.ndarray, ink: np.ndarray) -> float:
    """The share of the lines' middles that are dark."""
    return float((dark[ink > 0.7] > 0.4).mean())


def added(dark: np.ndarray, ink: np.ndarray) -> float:
    """How dark the darkest spot of 7 x 7 px is that nobody drew."""
    bare = cv2.dilate(ink, np.ones((15, 15))) < 0.05
    return float(cv2.blur(dark * bare, (7, 7)).max())
