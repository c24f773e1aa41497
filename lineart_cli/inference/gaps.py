"""Gaps: the first pass, at a lower resolution, takes dense lines for a black shape where paper shows between them.

Such black is taken out of its draft, so that the passes at full size decide. All lengths are px of a picture of half
the size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.morphology import disc
from lineart_cli.inference.half_size import broad, darkness, found, replace, shapes

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import DiskArray
    from lineart_cli.inference import passes
    from lineart_cli.inference.half_size import Mask

_SOLID = 6  # what is as broad is a black shape
_PAPER = 0.3  # darkness below which paper shows; `tone.INK` is 0.8
_GAPS = 0.2  # share of a black shape in which paper shows, from which it is none
_EDGE = 3  # px across: the soft edge of a shape goes with it


def clear(darken: passes.Darken, draft: DiskArray | npt.NDArray[np.uint8]) -> None:
    """Clear those black shapes of a draft that are not black in the sketch.

    Args:
        darken: of a page.
        draft: (H, W) uint8 coverage of its first pass; such shapes become 0.
    """
    replace(draft, found(draft, darken, gappy), np.uint8(0))


def gappy(inked: Mask, darken: passes.Darken) -> Mask:
    """Find black shapes with gaps; see `half_size.Find`."""
    mask = np.zeros_like(inked)
    for box, here in shapes(broad(inked, _SOLID)):
        if (darkness(darken, box)[here] < _PAPER).mean() >= _GAPS:
            mask[box] |= here
    return np.asarray(cv2.dilate(mask, disc(_EDGE)), np.uint8)
