"""Linear resampling of a page a strip at a time, so that the large side never has to exist as a whole.

Convention: pixel centres lie at half integers and the borders of both grids coincide (OpenCV's `resize`); beyond the
outermost centres the nearest value is repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import Page

STRIP_ROWS = 64
"""Rows handled at once: a strip of an A4 page at 300 dpi then stays in a core's second-level cache."""
PARABOLA = 3.0
"""Distance from a line, px, to which its square is taken for a parabola."""


def strips(height: int, rows: int = STRIP_ROWS) -> Iterator[slice]:
    """Cut `height` rows into slices of `rows` rows; the last one may be shorter."""
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


class OverlappingStrip(NamedTuple):
    """Some rows of a page, and what is looked at for them.

    Attributes:
        rows: of the page; each is in one strip.
        seen: these and rows around them, as far as the page goes.
        inside: `rows`, as rows of what is seen.
    """

    rows: slice
    seen: slice
    inside: slice


def overlapping_strips(height: int, rows: int, around: int) -> Iterator[OverlappingStrip]:
    """Cut `height` rows into strips of `rows` rows, each of which sees `around` rows more above and below."""
    for strip in strips(height, rows):
        seen = slice(max(strip.start - around, 0), min(strip.stop + around, height))
        yield OverlappingStrip(strip, seen, slice(strip.start - seen.start, strip.stop - seen.start))


def linear_rows(source: Page, shape: tuple[int, int], rows: slice) -> npt.NDArray[np.float32]:
    """Resample `source` linearly to `shape` and return only some rows of the result.

    Args:
        source: (h, w) values, float16 or float32.
        shape: (H, W) of the whole result.
        rows: which of the H rows to compute. A row comes out the same, bit for bit, whichever strip it is asked in.

    Returns:
        (rows, W) float32.
    """
    above, below, share = _neighbours(source.shape[0], shape[0], rows)
    held = singles(source[above[0] : below[-1] + 1])
    return _linear(held, above - above[0], below - above[0], share, shape[1])


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
    held, first, done = np.empty((0, source[1]), np.float32), 0, 0
    for band in regrouped(bands):
        held = np.concatenate([held, singles(band)])
        ready = int(np.searchsorted(below, first + len(held)))
        for strip in strips(ready - done):
            rows = slice(done + strip.start, done + strip.stop)
            yield _linear(held, above[rows] - first, below[rows] - first, share[rows], shape[1])
        kept = min(above[ready], first + len(held)) if ready < shape[0] else first + len(held)
        held, first, done = held[kept - first :], kept, ready


def singles(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
    """float16 as float32, in a seventh of numpy's time; float32 as it is."""
    if values.dtype == np.float32 or not values.size:
        return values.astype(np.float32, copy=False)
    return np.asarray(cv2.subtract(values, 0.0, dtype=cv2.CV_32F))  # type: ignore[call-overload]


def _neighbours(
    source: int, height: int, rows: slice
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """For some of `height` rows: the rows above and below of `source` rows, and the share of the one below."""
    at = ((np.arange(rows.start, rows.stop) + 0.5) * (source / height) - 0.5).clip(0, source - 1)
    above = at.astype(np.intp)
    return above, np.minimum(above + 1, source - 1), (at - above).astype(np.float32)


def _linear(
    source: npt.NDArray[np.float32],
    above: npt.NDArray[np.intp],
    below: npt.NDArray[np.intp],
    share: npt.NDArray[np.float32],
    width: int,
) -> npt.NDArray[np.float32]:
    mixed, lower = source[above], source[below]
    mixed *= 1 - share[:, None]
    lower *= share[:, None]
    mixed += lower
    twice = np.repeat(mixed, 2, 0) if len(mixed) == 1 else mixed  # OpenCV rounds a single row in another way
    wide = cv2.resize(twice, (width, len(twice)), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide[: len(mixed)], np.float32)


def is_thin(half: float, scale: float) -> bool:
    """Whether a line of half that thickness, page px, needs `distance_rows` where the page is `scale` times as fine.

    An edge that is a pixel or more away from the line's middle lies between distances from the same side of it.
    """
    return scale > 1 and half < scale


def distance_rows(source: Page, shape: tuple[int, int], rows: slice) -> npt.NDArray[np.float32]:
    """Resample distances from lines, so that they fall to 0 on the lines even between pixels; see `linear_rows`.

    The squares of the distances are resampled: these are parabolas across a line, which the cubic of Catmull and Rom
    (1974) reproduces. Beyond `PARABOLA` px distances jump, at ridges, and would leave ripples on the lines.
    """
    near, share = _four(source.shape[0], shape[0], rows)
    first, last = int(near.min()), int(near.max())
    return _cubic(source[first : last + 1], near - first, share, shape[1])


def enlarged_distances(
    bands: Iterable[npt.NDArray[np.floating[Any]]], source: tuple[int, int], shape: tuple[int, int]
) -> Iterator[npt.NDArray[np.float32]]:
    """Resample distances that come in bands, see `enlarged_strips`; the strips are those of `distance_rows`."""
    near, share = _four(source[0], shape[0], slice(0, shape[0]))
    held, first, done = np.empty((0, source[1]), np.float32), 0, 0
    for band in regrouped(bands):
        held = np.concatenate([held, singles(band)])
        ready = int(np.searchsorted(near[3], first + len(held)))
        for strip in strips(ready - done):
            rows = slice(done + strip.start, done + strip.stop)
            yield _cubic(held, near[:, rows] - first, share[:, rows], shape[1])
        kept = min(near[0, ready], first + len(held)) if ready < shape[0] else first + len(held)
        held, first, done = held[kept - first :], kept, ready


def _four(source: int, height: int, rows: slice) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """For some of `height` rows: the four nearest of `source` rows, and the share of each; (4, rows) both."""
    above, _, beyond = _neighbours(source, height, rows)
    near = np.clip(above + np.arange(-1, 3)[:, None], 0, source - 1)
    shares = [
        ((2 - beyond) * beyond - 1) * beyond / 2,
        ((3 * beyond - 5) * beyond * beyond + 2) / 2,
        ((4 - 3 * beyond) * beyond + 1) * beyond / 2,
        (beyond - 1) * beyond * beyond / 2,
    ]
    return near, np.stack(shares)


def _cubic(
    source: npt.NDArray[np.floating[Any]], near: npt.NDArray[np.intp], share: npt.NDArray[np.float32], width: int
) -> npt.NDArray[np.float32]:
    squares = np.square(np.minimum(source, PARABOLA, dtype=np.float32))
    tall = sum(squares[row] * part[:, None] for row, part in zip(near, share, strict=True))
    columns, parts = _four(source.shape[1], width, slice(0, width))
    wide = sum(np.take(tall, column, 1) * part for column, part in zip(columns, parts, strict=True))
    return np.asarray(np.sqrt(np.maximum(wide, 0)), np.float32)


def regrouped(bands: Iterable[npt.NDArray[Any]], rows: int = STRIP_ROWS) -> Iterator[npt.NDArray[Any]]:
    """The same rows in bands of just `rows` rows, however they come; the last one may be shorter."""
    left = None
    for band in bands:
        if left is not None:
            missing = rows - len(left)
            left, band = np.concatenate([left, band[:missing]]), band[missing:]  # noqa: PLW2901
            if len(left) < rows:
                continue
            yield left
        whole = len(band) // rows * rows
        for start in range(0, whole, rows):
            yield band[start : start + rows]
        left = band[whole:] if whole < len(band) else None
    if left is not None:
        yield left


def gather(bands: Iterable[npt.NDArray[Any]], page: Any) -> None:
    """Write bands of rows, from top to bottom, into a page."""
    row = 0
    for band in bands:
        page[row : row + len(band)] = band
        row += len(band)


def gathered(bands: Iterable[npt.NDArray[Any]], shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Bands of rows, from top to bottom, as an array of that shape and type."""
    page = np.empty(shape, dtype)
    gather(bands, page)
    return page


def shape_within(side: int, shape: tuple[int, int]) -> tuple[int, int]:
    """Height and width of a picture, (H, W), once it is shrunk to `side` px at most either way; at least a px."""
    scale = min(1.0, side / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def fit(
    bands: Iterable[npt.NDArray[Any]], source: tuple[int, int], shape: tuple[int, int]
) -> Iterator[npt.NDArray[Any]]:
    """Resample a page that comes a band of rows at a time: area means where it shrinks, cubic where it grows.

    A page that grows is held as a whole, being the smaller one.

    Args:
        bands: (rows, W) uint8, uint16 or float32, from top to bottom.
        source: (H, W) of all bands together.
        shape: (h, w) wanted.

    Yields:
        (rows, w) of the same type. A row comes out the same, bit for bit, however the page is cut into bands.
    """
    if source == shape:
        yield from bands
    elif shape[0] * shape[1] > source[0] * source[1]:
        page = np.concatenate(list(bands))
        yield np.asarray(cv2.resize(page, shape[::-1], interpolation=cv2.INTER_CUBIC), page.dtype)
    elif source[0] % shape[0] == source[1] % shape[1] == 0:
        step = source[0] // shape[0]
        for band in regrouped(bands, STRIP_ROWS * step):
            yield _shrunk(band, (len(band) // step, shape[1]))
    else:
        yield from _means(bands, source[0], shape)


def _means(bands: Iterable[npt.NDArray[Any]], source: int, shape: tuple[int, int]) -> Iterator[npt.NDArray[Any]]:
    """Area means where rows of the source, `source` of them, lie across those of the result."""
    first, shares = _overlaps(source, shape[0])
    stop = np.minimum(first + shares.shape[1], source)
    held, top, done = np.empty((0, shape[1]), np.float32), 0, 0
    for band in regrouped(bands):
        held = np.concatenate([held, _shrunk(band.astype(np.float32), (len(band), shape[1]))])
        ready = int(np.searchsorted(stop, top + len(held), "right"))
        mean = np.zeros((ready - done, shape[1]), np.float32)
        for row in range(shares.shape[1]):
            at = np.minimum(first[done:ready] + row, source - 1)
            mean += held[at - top] * shares[done:ready, row, None]
        if ready > done:
            yield np.rint(mean).astype(band.dtype) if band.dtype.kind == "u" else mean
        kept = first[ready] if ready < shape[0] else top + len(held)
        held, top, done = held[kept - top :], kept, ready


def _overlaps(source: int, height: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """For each of `height` rows: the first of `source` rows below it, and the share of that and each of the next."""
    row = np.arange(height)
    first = row * source // height
    below = first[:, None] + np.arange(-(-source // height) + 1)
    # In units of 1 / height of a source row, all ends are whole numbers.
    stop = np.minimum((below + 1) * height, (row[:, None] + 1) * source)
    covered = stop - np.maximum(below * height, row[:, None] * source)
    return first, np.asarray(np.maximum(covered, 0) / source, np.float32)


def _shrunk(page: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
    return np.asarray(cv2.resize(page, shape[::-1], interpolation=cv2.INTER_AREA), page.dtype)
