"""Crumbs: short bits of ink, by themselves, on a longer and paler stroke of the sketch, the rest of which is left out.

A dot or a dash that the artist drew by itself is no crumb, nor is what is as dark as the page's main lines. All lengths
are px of a picture of half the size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.morphology import components
from lineart_cli.inference.half_size import around, darkness, found, replace

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import DiskArray
    from lineart_cli.inference import passes
    from lineart_cli.inference.half_size import IsInked, Mask

_LONGEST = 12  # of a crumb, along rows or columns
_LEAST = 5  # what a shorter crumb counts for
_TIMES = 4  # as long is the stroke, at least
_STROKE = 0.4  # darkness of a stroke, at least; `tone.INK` is 0.8
_MAIN = 0.7  # darkness of the darkest tenth of a crumb, from which it is drawn on purpose
_MOST = 500  # of short bits in what is seen at once, see `half_size.found`; where there are more, dots are drawn
_REACH = 8  # around a crumb, nearer to it than to other ink: a line of any thickness


def sweep(
    darken: passes.Darken,
    page: DiskArray | npt.NDArray[Any],
    is_inked: IsInked,
    none: float,
) -> None:
    """Take the crumbs out of a page.

    Args:
        darken: of the page.
        page: (H, W) levels, distances or coverage; it is changed.
        is_inked: tells where such are ink.
        none: what it has where nothing is drawn.
    """
    nothing: Any = np.full((), none, page.dtype)[()]
    replace(page, found(page, darken, crumbs, is_inked), nothing)


def crumbs(inked: Mask, darken: passes.Darken) -> Mask:
    """Find crumbs, and what is nearer to them than to other ink; see `half_size.Find`."""
    mask = np.zeros_like(inked)
    _, label, boxes, _ = components(inked)
    longest = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    short = np.flatnonzero(longest <= _LONGEST)
    for one in short if short.size <= _MOST else ():
        left, top, width, height = boxes[one, :4]
        box = slice(top, top + height), slice(left, left + width)
        if one and _is_crumb(label[box] == one, longest[one], darken, box, inked.shape):
            wide, _ = around(box, _REACH, inked.shape)
            to_it, to_others = (
                _distance(each) for each in (label[wide] == one, (label[wide] > 0) & (label[wide] != one))
            )
            mask[wide] |= (to_it <= _REACH) & (to_it < to_others)
    return mask


def _is_crumb(
    here: npt.NDArray[np.bool_], length: int, darken: passes.Darken, box: passes.Part, shape: tuple[int, ...]
) -> bool:
    least = _TIMES * max(length, _LEAST)
    wide, inner = around(box, least, shape)
    dark = darkness(darken, wide)
    if np.percentile(dark[inner][here], 90) >= _MAIN:
        return False
    _, stroke, boxes, _ = cv2.connectedComponentsWithStats((dark > _STROKE).astype(np.uint8))
    beneath = np.unique(stroke[inner][here])
    sides = boxes[beneath[beneath > 0]][:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    return bool(sides.size and sides.max() >= least)


def _distance(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Of each pixel from a mask; far where that is empty."""
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
