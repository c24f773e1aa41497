"""How hard the artist pressed: graphite per length of line, beside that of the page's other lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

STRIDE = 4
"""Side in px of the cells in which graphite is counted."""
SMOOTH = 4.0
"""Standard deviation in cells of the neighbourhood that counts for a place."""
BLACK = 0.75
"""Share of a cell that is drawn from which there is no line in it, but a black, which tells nothing of lines around."""
USUAL, LEAST = 0.7, 0.2
"""Pressure of the page's median line, and of its faintest."""


def cells(picture: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Means over cells of `STRIDE` px: (h, w) -> (ceil(h / STRIDE), ceil(w / STRIDE)) float32."""
    more = [(0, -side % STRIDE) for side in picture.shape]
    whole = cv2.copyMakeBorder(picture, 0, more[0][1], 0, more[1][1], cv2.BORDER_REPLICATE)
    size = (whole.shape[1] // STRIDE, whole.shape[0] // STRIDE)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)


def pressure(dark: npt.NDArray[np.float32], line: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Pressure along the lines of a page, from what lies on it.

    Args:
        dark: (h, w) `cells` of the sketch's darkness.
        line: (h, w) `cells` of its lines, drawn 1 px wide.

    Returns:
        (h, w) in [LEAST, 1], in proportion to the graphite per length of line, `USUAL` for the page's median;
        meaningful near lines only.
    """
    is_line = cv2.dilate(line, np.ones((3, 3), np.uint8)) < BLACK
    near_dark, near_line = (cv2.GaussianBlur(each * is_line, (0, 0), SMOOTH) for each in (dark, line))
    weight = near_dark / np.maximum(near_line, 1e-3)
    at_lines = is_line & (line > 0.5 / STRIDE)
    usual = float(np.median(weight[at_lines])) if at_lines.any() else 1.0
    return np.asarray(np.clip(USUAL / max(usual, 1e-6) * weight, LEAST, 1), np.float32)
