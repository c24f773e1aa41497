"""Noise of paper and graphite."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def smooth_noise(rng: np.random.Generator, size: int, cell: int) -> NDArray[np.float32]:
    """(size, size) float32 noise of unit variance whose grains are about `cell` px wide."""
    small = rng.standard_normal((size // cell + 3, size // cell + 3), np.float32)
    field = cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC if cell > 1 else cv2.INTER_NEAREST)
    return np.asarray(field / max(float(field.std()), 1e-6), np.float32)
