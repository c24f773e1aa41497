"""Morphology that more than one part of the program needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.uint8]


def disc(across: int) -> Mask:
    """A disc so many px across."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)), np.uint8)


def straight(mask: Mask, share: float, least: int) -> Mask:
    """What of a mask, (h, w) of 0 and 1, runs straight along a side for that share of it and so many px at least."""
    height, width = (max(least, int(share * side)) for side in mask.shape)
    level, upright = (
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(run, np.uint8)) for run in ((1, width), (height, 1))
    )
    return np.asarray(np.maximum(level, upright), np.uint8)
