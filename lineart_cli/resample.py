"""Linear resampling of a page a strip at a time, so that the large side never has to exist as a whole.

Convention: pixel centres lie at half integers and the borders of both grids coincide (OpenCV's `resize`); beyond the
outermost centres the nearest value is repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

STRIP_ROWS = 64
"""Rows handled at once: a strip of an A4 page at 300 dpi then stays in a core's second-level cache."""


def strips(height: int, rows: int = STRIP_ROWS) -> Iterator[slice]:
    """Cut `height` rows into slices of `rows` rows; the last one may be shorter."""
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


def linear_rows(source: npt.NDArray[np.floating[Any]], shape: tuple[int, int], rows: slice) -> npt.NDArray[np.float32]:
    """Resample `source` linearly to `shape` and return only some rows of the result.

    Args:
        source: (h, w) values, float16 or float32.
        shape: (H, W) of the whole result.
        rows: which of the H rows to compute. A row comes out the same, bit for bit, whichever strip it is asked in.

    Returns:
        (rows, W) float32.
    """
    height, width = shape
    at = (np.arange(rows.start, rows.stop) + 0.5) * (source.shape[0] / height) - 0.5
    at = at.clip(0, source.shape[0] - 1)
    above = at.astype(np.intp)
    below = np.minimum(above + 1, source.shape[0] - 1)
    share = (at - above).astype(np.float32)[:, None]
    mixed = source[above] * (1 - share) + source[below] * share
    return np.asarray(cv2.resize(mixed, (width, len(mixed)), interpolation=cv2.INTER_LINEAR), np.float32)


def fit(page: npt.NDArray[np.float32], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Resample a whole page: area means where it shrinks, cubic where it grows.

    Args:
        page: (H, W) float32.
        shape: (h, w) wanted.

    Returns:
        (h, w) float32; `page` itself, not a copy, if it has that shape already.
    """
    if page.shape == shape:
        return page
    way = cv2.INTER_AREA if shape[0] * shape[1] < page.size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(page, shape[::-1], interpolation=way), np.float32)
