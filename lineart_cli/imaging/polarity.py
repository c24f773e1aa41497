"""Light lines on dark paper, as on a blackboard or on transparency: told from dark lines, and turned round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.imaging.colour import white
from lineart_cli.imaging.morphology import straight
from lineart_cli.imaging.paper import CELL, FILL, cell_means, local_median
from lineart_cli.imaging.resample import strips

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineart_cli.imaging.disk_array import Page

PLAIN = 0.04  # paper differs less than this from that around it
LEAST_LINES = 2e-4  # mean light that lines add to a page that has any
LIGHT_TO_DARK = 2.5  # light that lines add, for each as much that they take away
SHEET, SHEET_SHARE = 0.65, 0.2  # grey of a light sheet; and the share of a page that is one, if on a dark desk
SURELY_LIGHT = 0.845  # mean grey of a page of which more than half of the cells are lighter than SHEET then
GUTTER = 1 / 4  # of a side: what is light and runs straight along it for longer parts the panels of a comic
ALL_LIGHT = 0.75  # grey; a page with nothing darker may have light lines on transparency


def dark_on_light(read: Callable[[bool], Page], invert: str) -> tuple[Page, bool]:
    """A page whose lines are dark, or taken for it.

    Args:
        read: gives the page, an array or a `DiskArray` of greys as for `is_light_on_dark`, a new one each time; what is
            transparent lies on black where it is told so, otherwise on white.
        invert: "yes" and "no" say whether to turn it round; "auto" does so where its lines are light.

    Returns:
        The page; and whether it was turned round.
    """
    page = read(False)
    if invert == "no":
        return page, False
    if all(page[rows].min() > ALL_LIGHT * white(page.dtype) for rows in strips(page.shape[0])):
        on_black = read(True)
        page = on_black if is_light_on_dark(on_black) else page
    is_inverted = invert == "yes" or is_light_on_dark(page)
    if is_inverted:
        _invert(page)
    return page, is_inverted


def is_light_on_dark(grey: Page) -> bool:
    """Whether most of a page is dark or grey, and what is drawn on it is light.

    Args:
        grey: (H, W) encoded values at the network's working scale, white being the largest that a uint8 or uint16
            holds, or 1.0.
    """
    if _mean(grey) > SURELY_LIGHT:
        return False
    cells = cell_means(grey)
    if np.median(cells) >= SHEET:
        return False
    paper = local_median(cells)
    broad = cv2.morphologyEx(cells, cv2.MORPH_OPEN, np.ones((FILL // CELL, FILL // CELL), np.uint8))
    if (broad > SHEET).mean() > SHEET_SHARE:
        return False
    light = np.maximum(cells - np.maximum(paper, broad) - PLAIN, 0)
    dark = np.maximum(paper - cells - PLAIN, 0).mean()
    if dark >= LEAST_LINES:
        light[straight((light > 0).astype(np.uint8), GUTTER, 1) > 0] = 0
    return bool(light.mean() >= LEAST_LINES and light.mean() > LIGHT_TO_DARK * dark)


def _mean(grey: Page) -> float:
    """In a twentieth of the time that its cells take."""
    height = grey.shape[0]
    sums = (cv2.mean(grey[rows])[0] * (rows.stop - rows.start) for rows in strips(height))
    return float(sum(sums)) / height / white(grey.dtype)


def _invert(page: Any) -> None:
    most = page.dtype.type(white(page.dtype))
    for rows in strips(page.shape[0]):
        page[rows] = most - page[rows]
