"""What a stroke that was cut across looks like, column by column: how broad, how dark, and where its edges lie."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.noise import Floats

_CENTRE_LINE = 12.0  # px along a stroke over which the centre line of an edge is smooth
_THIN, _FAINT = 2.0, 0.1  # width in px and opacity below which edges cannot be seen


def width(ink: Floats) -> Floats:
    """(N,) width in px of a (V, N) strip: 4 mean |v|, which is the width where coverage is even."""
    off = np.abs(np.arange(len(ink), dtype=np.float32) - len(ink) // 2)
    return np.asarray(4 * (off[:, None] * ink).sum(0) / np.maximum(ink.sum(0), 1e-3))


def opacity(ink: Floats) -> Floats:
    """(N,) mean coverage of the middle half of the width."""
    off = np.abs(np.arange(len(ink), dtype=np.float32) - len(ink) // 2)
    middle = off[:, None] <= np.maximum(width(ink) / 4, 0.5)
    return np.asarray((ink * middle).sum(0) / middle.sum(0))


def clear(mean: Floats) -> NDArray[np.bool_]:
    """(N,) whether edges can be seen, in a strip without its grain."""
    return np.asarray((width(mean) > _THIN) & (opacity(mean) > _FAINT))


def edges(ink: Floats, mean: Floats) -> Floats:
    """(2, N) px from the middle to both edges, below and above.

    An edge lies where the outermost pixel that is darker than half of the opacity ends, as far as it and the next one
    are covered.

    Args:
        ink: (V, N) coverage, V odd.
        mean: (V, N) the same without grain.
    """
    level, found = 0.5 * opacity(mean), []
    for half in (ink[len(ink) // 2 :], ink[len(ink) // 2 :: -1]):
        over = half > level
        last = np.where(over.any(0), len(half) - 1 - np.argmax(over[::-1], 0), 0)
        beyond = np.take_along_axis(half, np.minimum(last + 1, len(half) - 1)[None], 0)[0]
        inside = np.take_along_axis(half, last[None], 0)[0]
        found.append(last + np.clip((inside + beyond) / np.maximum(2 * level, 1e-6), 0, 2))
    return np.asarray(found, np.float32)


def centre_lines(edges: Floats) -> Floats:
    """(2, N) edges made smooth."""
    return np.asarray(cv2.GaussianBlur(edges, (0, 0), sigmaX=_CENTRE_LINE, sigmaY=0.1, borderType=cv2.BORDER_REPLICATE))


def strays(ink: Floats, mean: Floats) -> Floats:
    """(2, M) px by which edges stray from their own centre line, where they can be seen; see `edges`."""
    found = edges(ink, mean)[:, clear(mean)]
    return np.asarray(found - centre_lines(found) if found.size else found)
