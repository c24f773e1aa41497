"""Morphology that more than one part of the program needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.uint8]
    Labels = npt.NDArray[np.int32]


def disc(across: int) -> Mask:
    """A disc so many px across."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)), np.uint8)


def components(mask: Mask) -> tuple[int, Labels, Labels, npt.NDArray[np.float64]]:
    """What is connected in a mask, across corners too, see `cv2.connectedComponentsWithStats`, in half of its time.

    Returns:
        How many labels there are; (h, w) labels, 0 where the mask is 0; (N, 5) left, top, width, height and px of each;
        (N, 2) x and y of their middles.
    """
    way = cv2.CCL_GRANA
    count, labels, boxes, middles = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_32S, way)
    return count, np.asarray(labels, np.int32), np.asarray(boxes, np.int32), np.asarray(middles, np.float64)


def straight(mask: Mask, share: float, least: int) -> Mask:
    """What of a mask, (h, w) of 0 and 1, runs straight along a side for that share of it and so many px at least.

    What reaches the edge is taken to go on beyond it.
    """
    found = np.zeros_like(mask)
    for part, seen in ((found, mask), (found.T, mask.T)):
        run = max(least, int(share * seen.shape[1]))
        rows = seen.sum(1, np.uint32) >= run // 2  # in others there is none, even if it goes on beyond the page
        if rows.any():
            level = cv2.morphologyEx(np.ascontiguousarray(seen[rows]), cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
            part[rows] |= np.asarray(level, np.uint8)
    return found
