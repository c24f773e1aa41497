"""Bilinear interpolation of a field at any points."""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]

_COLUMNS = 1024  # OpenCV's maps are pictures, and these have sides below
_MOST_SIDE = 2**15 - 1


def interpolated(field: Floats, x: Floats, y: Floats) -> Floats:
    """Values between the pixels of a field.

    Args:
        field: (h, w) of numbers.
        x: (N,) columns, px from the centre of the first pixel.
        y: (N,) rows, likewise.

    Returns:
        (N,) float32; beyond the centres of the outermost pixels, what the nearest of these has.
    """
    count = len(x)
    if count == 0:
        return np.zeros(0, np.float32)
    whole = np.asarray(field, np.float32)
    if max(whole.shape) >= _MOST_SIDE:
        return _bilinear(whole, x, y)
    rows = -(-count // _COLUMNS)
    grid = np.zeros((2, rows * _COLUMNS), np.float32)
    grid[0, :count], grid[1, :count] = x, y
    x_map, y_map = grid.reshape(2, rows, _COLUMNS)
    found = cv2.remap(whole, x_map, y_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(-1)[:count], np.float32)


def _bilinear(field: Floats, x: Floats, y: Floats) -> Floats:
    """As `interpolated`, of a field of any size; places count as finely as numbers do, and not in 32 parts of a px."""
    rows, columns = (np.clip(each, 0, side - 1) for each, side in zip((y, x), field.shape, strict=True))
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    below, right = (np.minimum(each + 1, side - 1) for each, side in zip((top, left), field.shape, strict=True))
    down, along = (rows - top).astype(np.float32), (columns - left).astype(np.float32)
    above = field[top, left] * (1 - along) + field[top, right] * along
    under = field[below, left] * (1 - along) + field[below, right] * along
    return np.asarray(above * (1 - down) + under * down, np.float32)
