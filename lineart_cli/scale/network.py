"""How large a drawing is, as the model's small network reads it off the page; see `lineart_train.scale.net`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.tone import darkness
from lineart_cli.scale.reader import opened

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.scale.reader import Floats, Read

CELL = 32
"""Side in px of the square that one guess is for."""
PASS_PX = (600_000, 2_000_000)
"""The most pixels of the picture at the first pass, and at the second, which is at the scale that the first found."""
ENLARGED = 0.5
"""What small pictures are shrunk by at the first pass, so that the same drawing is the same picture."""
LEAST_SIDE = 96
"""The least long side of these pictures, px."""
BLANK = 0.02
"""Share of a cell that is dark, on average, below which nothing is drawn there."""
LEAST_CELLS = 3
"""Cells with a drawing, below which nothing is known."""


def excess(grey: Floats, network: Path) -> float | None:
    """How many octaves a drawing is larger than the line network wants it; None where too little is drawn to tell.

    Args:
        grey: (h, w) encoded values in [0, 1], white = 1.
        network: ONNX file; input `sketch` (1, 1, H, W) darkness, output `octaves` (1, 2, H / 32, W / 32): the guess,
            and the logarithm of its doubt.
    """
    read = opened(network)
    drawing, octaves = _drawing(grey), None
    for most_px in PASS_PX:
        times = _times(drawing.shape, octaves, most_px)
        found = _median(darkness(_resampled(drawing, times)), read)
        if found is None:
            return octaves  # of the first pass, where the second has too few cells
        octaves = math.log2(times) + found
    return octaves


def _drawing(grey: Floats) -> Floats:
    """The picture without the blank cells along its sides: its margins tell nothing, and take pixels."""
    times = _times(grey.shape, None, PASS_PX[0])
    drawn = _drawn(_whole(darkness(_resampled(grey, times))))
    rows, columns = (_span(np.asarray(drawn.any(axis)), times) for axis in (1, 0))
    return grey[rows, columns]


def _span(drawn: npt.NDArray[np.bool_], times: float) -> slice:
    """From the first to the last cell with something in it, px of the picture that is shrunk so many times."""
    cells = np.flatnonzero(drawn)
    if not cells.size:
        return slice(None)
    return slice(math.floor(cells[0] * CELL * times), math.ceil((cells[-1] + 1) * CELL * times))


def _times(shape: tuple[int, ...], octaves: float | None, most_px: int) -> float:
    """By how much the picture is shrunk: as wanted, if that is known, as far as it is neither too large nor too small.

    Where nothing is known it is as large as may be, so that the same drawing gives the same picture.
    """
    long = max(shape)
    finest = max(math.sqrt(math.prod(shape) / most_px), long * CELL / most_px)  # a narrow page is a cell wide
    wanted = ENLARGED if octaves is None else 2.0**octaves
    return min(max(wanted, finest), max(long / LEAST_SIDE, 1.0))


def _resampled(grey: Floats, times: float) -> Floats:
    size = max(1, round(grey.shape[1] / times)), max(1, round(grey.shape[0] / times))
    interpolation = cv2.INTER_AREA if times > 1 else cv2.INTER_CUBIC
    return np.clip(np.asarray(cv2.resize(grey, size, interpolation=interpolation), np.float32), 0, 1)


def _median(dark: Floats, read: Read) -> float | None:
    """The median guess of the cells with something in them, weighted by one over the doubt."""
    whole = _whole(dark)
    guess, doubt = read(whole[None, None])[0]
    drawn = _drawn(whole)
    if np.count_nonzero(drawn) < LEAST_CELLS:
        return None
    guess, weight = guess[drawn], np.exp(-doubt[drawn].astype(np.float64))
    order = np.argsort(guess, kind="stable")
    passed = np.cumsum(weight[order])
    return float(guess[order][np.searchsorted(passed, passed[-1] / 2)])


def _whole(dark: Floats) -> Floats:
    """With blank paper at the right and at the bottom, so that all cells are whole."""
    return np.pad(dark, [(0, -side % CELL) for side in dark.shape])


def _drawn(whole: Floats) -> npt.NDArray[np.bool_]:
    """The cells with something in them, (H / CELL, W / CELL)."""
    cells = whole.shape[1] // CELL, whole.shape[0] // CELL
    return np.asarray(cv2.resize(whole, cells, interpolation=cv2.INTER_AREA) > BLANK)
