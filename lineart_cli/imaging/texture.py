"""Texture: what broad areas of a page are made of, so that hatching is told from grain; in cells, see `paper.CELL`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from lineart_cli.imaging.paper import CELL, light
from lineart_cli.imaging.resample import strips

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import Page

    Floats = npt.NDArray[np.float32]

AROUND = 5  # cells across the area whose edges tell in which direction lines run there


class Texture(NamedTuple):
    """What the cells of a page are made of, each (h, w) float32.

    Attributes:
        lightest: grey in a cell and those beside it to the left and above, as a line may be as broad as a cell.
        aligned: 1 where most edges around a cell run in one direction, 0 where they run in many, or in two that cross.
    """

    lightest: Floats
    aligned: Floats


def texture(grey: Page) -> Texture:
    """Look at a page, (H, W) encoded values, white being the largest that a uint8 or uint16 holds, or 1.0."""
    found = [_of_strip(light(grey[rows])) for rows in strips(grey.shape[0])]
    lightest, *tensor = (np.concatenate(each) for each in zip(*found, strict=True))
    xx, yy, xy = (cv2.medianBlur(each, AROUND) for each in tensor)  # a line or two do not count
    aligned = np.hypot(xx - yy, 2 * xy) / np.maximum(xx + yy, np.finfo(np.float32).tiny)
    lightest = cv2.dilate(lightest, np.ones((2, 2), np.uint8))
    return Texture(*(np.asarray(each, np.float32) for each in (lightest, aligned)))


def _of_strip(grey: Floats) -> tuple[Floats, ...]:
    """Of the cells of a strip: the lightest grey, and the structure tensor of the edges: xx, yy, xy."""
    whole = np.pad(grey, [(0, -side % CELL) for side in grey.shape], "edge")
    cells = whole.reshape(whole.shape[0] // CELL, CELL, -1, CELL)
    x, y = cv2.Sobel(whole, cv2.CV_32F, 1, 0), cv2.Sobel(whole, cv2.CV_32F, 0, 1)
    products = (np.asarray(each, np.float32) for each in (x * x, y * y, x * y))
    return cells.max((1, 3)), *(_means(each) for each in products)


def _means(pixels: Floats) -> Floats:
    """Of each cell."""
    return np.asarray(cv2.resize(pixels, None, fx=1 / CELL, fy=1 / CELL, interpolation=cv2.INTER_AREA), np.float32)
