"""Gaps: the first pass, at a lower resolution, takes dense lines for a black shape where paper shows between them.

Such black is taken out of its draft, so that the passes at full size decide. All lengths are px of a picture of half
the size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.resample import strips
from lineart_cli.inference.half_size import disc, found, inside

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import DiskArray
    from lineart_cli.inference import passes
    from lineart_cli.inference.half_size import Mask

_SOLID = 6  # what is as broad is a black shape
_PAPER = 0.3  # darkness below which paper shows; `tone.INK` is 0.8
_GAPS = 0.2  # share of a black shape in which paper shows, from which it is none
_EDGE = 3  # px across: the soft edge of a shape goes with it


def cleared(darken: passes.Darken, draft: DiskArray | npt.NDArray[np.uint8]) -> None:
    """Clear those black shapes of a draft that are not black in the sketch.

    Args:
        darken: of a page.
        draft: (H, W) uint8 coverage of its first pass; such shapes become 0.
    """
    mask = found(draft, darken, gappy)
    for rows in strips(draft.shape[0]):
        here = inside(mask, (rows, slice(0, draft.shape[1])))
        if here.any():
            draft[rows] = np.where(here, np.uint8(0), draft[rows])


def gappy(inked: Mask, darken: passes.Darken) -> Mask:
    """Find black shapes with gaps; see `half_size.Find`."""
    solid = cv2.morphologyEx(inked, cv2.MORPH_OPEN, disc(_SOLID))
    count, label, boxes, _ = cv2.connectedComponentsWithStats(solid)
    mask = np.zeros_like(inked)
    for one in range(1, count):
        left, top, width, height, _ = boxes[one]
        box = slice(top, top + height), slice(left, left + width)
        here = label[box] == one
        dark = np.empty((height, width), np.float32)
        darken(box, dark)
        if (dark[here] < _PAPER).mean() >= _GAPS:
            mask[box] |= here
    return np.asarray(cv2.dilate(mask, disc(_EDGE)), np.uint8)
