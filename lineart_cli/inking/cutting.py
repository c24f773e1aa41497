"""Lines cut from levels: how far a pixel is within the edge of the ink, as its coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.imaging.resample import enlarged_distances, enlarged_strips, strips

if TYPE_CHECKING:
    import numpy.typing as npt

    Coverage = npt.NDArray[np.unsignedinteger[Any]]

TYPES: dict[int, np.dtype[np.unsignedinteger[Any]]] = {8: np.dtype(np.uint8), 16: np.dtype(np.uint16)}
"""Of coverage, by its bits."""


def coverage(level: npt.NDArray[np.floating[Any]], scale: float = 1, bits: int = 8) -> Coverage:
    """Turn levels, px at the working scale, into ink, 0 to 255 or 65535, for pixels `scale` times as fine."""
    ink = np.empty(level.shape, TYPES[bits])
    full = np.iinfo(ink.dtype).max
    for rows in strips(len(level)):
        share = np.asarray(cv2.subtract(level[rows], 0.0, dtype=cv2.CV_32F))  # type: ignore[call-overload]
        share *= np.float32(scale * full)
        share += np.float32(0.5 * full + 0.5)
        ink[rows] = np.clip(share, 0, full, out=share)
    return ink


def enlarge(
    levels: Iterable[npt.NDArray[np.float16]],
    shape: tuple[int, int],
    page: tuple[int, ...],
    scale: float,
    bits: int = 8,
    more: float = 0.0,
) -> Iterator[Coverage]:
    """Draw the ink at a page's own resolution, so that its edges are as sharp as the page.

    Args:
        levels: bands of rows, (h, w) float16, px at the working scale.
        shape: of all of them together.
        page: (H, W) of the page.
        scale: pixels of the page per pixel at the working scale.
        bits: 8 or 16, of the result.
        more: px that are added to the level.

    Yields:
        (rows, W) coverage, uint8 or uint16.
    """
    for strip in enlarged_strips(levels, shape, (page[0], page[1])):
        yield coverage(strip + np.float32(more) if more else strip, scale, bits)


def around(
    off: Iterable[npt.NDArray[np.float16]],
    shape: tuple[int, int],
    page: tuple[int, ...],
    scale: float,
    bits: int,
    half: float,
) -> Iterator[Coverage]:
    """Draw lines that are thin beside the pixels of the working scale, as `enlarge` does.

    Args:
        off: bands of rows, (h, w) float16, distance from the middle of the nearest line, px at the working scale.
        shape: as for `enlarge`.
        page: as for `enlarge`.
        scale: as for `enlarge`.
        bits: as for `enlarge`.
        half: of the thickness, px at the working scale.

    Yields:
        (rows, W) coverage, uint8 or uint16.
    """
    for strip in enlarged_distances(off, shape, (page[0], page[1])):
        yield coverage(np.float32(half) - strip, scale, bits)
