"""Solid blacks: pupils, hair and other shapes that the sketch has black are inked whole.

A pass may ink such a shape in part, with specks and bays where paper shows between strokes. What is as dark as the
part that is inked, and has no more paper in it, belongs to the shape. All lengths and areas are px of a picture of half
the size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.morphology import disc
from lineart_cli.inference.half_size import around, broad, changed, darkness, found, replace, shapes

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import DiskArray
    from lineart_cli.inference import passes
    from lineart_cli.inference.half_size import Mask

_INKED = 5  # ink as broad is a black shape
_LEAST_PX = 80  # of it; knots of lines are smaller
_BLACK = 0.62  # its middle darkness in the sketch, at least; `tone.INK` is 0.8
_AS_DARK = 0.62  # share of that darkness, above which the sketch goes on with the shape
_SMOOTH = 1.0  # sigma of a Gaussian: paper between strokes of dense hatching does not count
_BROAD = 9  # what goes on is as broad, lines are not
_EDGE, _NEAR = 5, 7  # px across: what is as broad belongs to the shape beside its ink
_AROUND = 64  # how far it may go on, at most; no farther than it is long
_WHOLE = 0.5  # share of it that is inked already; below, a line may have been drawn as broad as a shape


def filled(darken: passes.Darken, ink: DiskArray | npt.NDArray[np.uint8]) -> passes.Darken:
    """Ink the solid blacks of a page whole.

    Args:
        darken: of a page.
        ink: (H, W) uint8 coverage, of a pass; solid blacks become 255.

    Returns:
        Darkness of the page, 1 in its solid blacks.
    """
    black = found(ink, darken, solids)
    if not black.any():
        return darken
    replace(ink, black, np.uint8(255))
    return changed(darken, black, lambda dark, _mask, _part: np.ones_like(dark))


def solids(inked: Mask, darken: passes.Darken) -> Mask:
    """Find solid blacks; see `half_size.Find`."""
    mask = np.zeros_like(inked)
    black = broad(inked, _INKED)
    for box, here in shapes(black, _LEAST_PX):
        wide, inner = around(box, min(_AROUND, max(here.shape)), inked.shape)
        dark = darkness(darken, wide)
        middle = float(np.median(dark[inner][here]))
        if middle >= _BLACK:
            mask[wide] |= _whole(dark, _AS_DARK * middle, inner, here, black[wide])
    return mask


def _whole(
    dark: npt.NDArray[np.float32], least: float, box: passes.Part, inked: npt.NDArray[np.bool_], black: Mask
) -> Mask:
    """What is as dark and meets the shape `inked` in the part `box`, of all black shapes there."""
    is_dark = (cv2.GaussianBlur(dark, (0, 0), _SMOOTH) > least).astype(np.uint8)
    core = broad(is_dark, _BROAD)
    edge = broad(is_dark, _EDGE) * cv2.dilate(black, disc(_NEAR))
    _, label = cv2.connectedComponents(cv2.max(core, edge), connectivity=4)
    whole = np.zeros_like(black)
    for one in np.unique(label[box][inked]):
        area = label == one
        if one and core[area].any() and black[area].mean() >= _WHOLE:
            whole[area] = 1
    return whole
