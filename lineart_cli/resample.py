"""Linear resampling of a page a strip at a time, so that the large side never has to exist as a whole.

Convention: pixel centres lie at half integers and the borders of both grids coincide (OpenCV's `resize`); beyond the
outermost centres the nearest value is repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    return _linear(source, *_neighbours(source.shape[0], shape[0], rows), shape[1])


def enlarged_strips(
    bands: Iterable[npt.NDArray[np.floating[Any]]], source: tuple[int, int], shape: tuple[int, int]
) -> Iterator[npt.NDArray[np.float32]]:
    """Resample linearly what comes a band of rows at a time; the strips together are what `linear_rows` gives.

    Args:
        bands: (h, w) values, float16 or float32, from top to bottom.
        source: height and width of all bands together.
        shape: (H, W) of the whole result.

    Yields:
        (rows, W) float32, at most `STRIP_ROWS` of them.
    """
    above, below, share = _neighbours(source[0], shape[0], slice(0, shape[0]))
    held, first, done = np.empty((0, source[1]), np.float16), 0, 0
    for band in bands:
        held = np.concatenate([held, band])
        ready = int(np.searchsorted(below, first + len(held)))
        for strip in strips(ready - done):
            rows = slice(done + strip.start, done + strip.stop)
            yield _linear(held, above[rows] - first, below[rows] - first, share[rows], shape[1])
        kept = above[ready] if ready < shape[0] else first + len(held)
        held, first, done = held[kept - first :], kept, ready


def _neighbours(
    source: int, height: int, rows: slice
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """For some of `height` rows: the rows above and below of `source` rows, and the share of the one below."""
    at = ((np.arange(rows.start, rows.stop) + 0.5) * (source / height) - 0.5).clip(0, source - 1)
    above = at.astype(np.intp)
    return above, np.minimum(above + 1, source - 1), (at - above).astype(np.float32)


def _linear(
    source: npt.NDArray[np.floating[Any]],
    above: npt.NDArray[np.intp],
    below: npt.NDArray[np.intp],
    share: npt.NDArray[np.float32],
    width: int,
) -> npt.NDArray[np.float32]:
    mixed = source[above] * (1 - share[:, None]) + source[below] * share[:, None]
    return np.asarray(cv2.resize(mixed, (width, len(mixed)), interpolation=cv2.INTER_LINEAR), np.float32)


def fit(page: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Resample a whole page: area means where it shrinks, cubic where it grows.

    Args:
        page: (H, W) uint8, uint16 or float32.
        shape: (h, w) wanted.

    Returns:
        (h, w) of the same type; `page` itself, not a copy, if it has that shape already.
    """
    if page.shape == shape:
        return page
    way = cv2.INTER_AREA if shape[0] * shape[1] < page.size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(page, shape[::-1], interpolation=way), page.dtype)
