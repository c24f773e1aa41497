"""Parts of a page's ink that are looked for in a picture of half the size, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.imaging.morphology import components, disc
from lineart_cli.imaging.resample import overlapping_strips, strips
from lineart_cli.imaging.tone import store
from lineart_cli.inference import passes

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import DiskArray, Page

    Mask = npt.NDArray[np.uint8]
    Find = Callable[[Mask, passes.Darken], Mask]
    """Of (h, w) what is inked, 1, and the darkness of the same part, makes (h, w): 0 but in what is looked for."""
    IsInked = Callable[[npt.NDArray[Any]], npt.NDArray[np.bool_]]
    """Tells where levels, distances or coverage are ink."""
    Change = Callable[[npt.NDArray[np.float32], Mask, passes.Part], npt.NDArray[np.float32]]
    """Of the darkness of some rows and columns of a page, (h, w), and of what was found there, makes another one."""

STEP = 2
"""Pixels beside each other that are seen as one; `_inked` reads two of them at once."""

_BAND_PX, _AROUND = 2_500_000, 256  # px that are looked at together, and rows around them
_INKED = 127  # coverage from which a pixel is ink


def is_covered(ink: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where uint8 coverage is ink."""
    return np.asarray(ink > _INKED, np.bool_)


def found(ink: Page, darken: passes.Darken, find: Find, is_inked: IsInked = is_covered) -> Mask:
    """Look for something in the ink of a page.

    Args:
        ink: (H, W) coverage, levels or distances.
        darken: of the same page.
        find: what looks for it.
        is_inked: tells where that is ink, if it is no uint8 coverage.

    Returns:
        (h, w) what `find` makes, for each square of `STEP` x `STEP` px; halves count as whole.
    """
    height, width = (-(-side // STEP) for side in ink.shape)
    mask = np.zeros((height, width), np.uint8)
    smaller = passes.smaller(darken, (ink.shape[0], ink.shape[1]), STEP)
    for rows, seen, kept in overlapping_strips(height, max(_AROUND, _BAND_PX // width), _AROUND):
        mask[rows] = find(_inked(ink, seen, is_inked), _below(smaller, seen.start))[kept]
    return mask


def replace(ink: DiskArray | npt.NDArray[Any], mask: Mask, by: Page | np.generic) -> None:
    """Put something else in place of a part of a page's ink.

    Args:
        ink: (H, W) coverage, levels or distances; it is changed.
        mask: of half the size, 0 but in that part.
        by: the same of the page, or one value for all of it.
    """
    for rows in strips(ink.shape[0]):
        here = _enlarged(mask, (rows, slice(0, ink.shape[1])))
        if here is not None:
            ink[rows] = np.where(here > 0, by if isinstance(by, np.generic) else by[rows], ink[rows])


def changed(darken: passes.Darken, mask: Mask, change: Change) -> passes.Darken:
    """The darkness of a page, which is another one where a mask of half the size is not 0."""

    def draw(part: passes.Part, out: passes.Floats) -> None:
        darken(part, out)
        rows, columns = part
        for strip in strips(rows.stop - rows.start):
            seen = slice(rows.start + strip.start, rows.start + strip.stop), columns
            here = _enlarged(mask, seen)
            if here is not None:
                dark = out[strip].astype(np.float32)
                store(np.where(here > 0, change(dark, here, seen), dark), out[strip])

    return draw


def broad(inked: Mask, across: int) -> Mask:
    """Ink that is as broad in all directions, so that no line is left: black shapes."""
    return np.asarray(cv2.morphologyEx(inked, cv2.MORPH_OPEN, disc(across)), np.uint8)


def shapes(mask: Mask, least_px: int = 1) -> Iterator[tuple[passes.Part, npt.NDArray[np.bool_]]]:
    """What is connected in a mask and has so many px: rows and columns around it, and where in these it is."""
    if not mask.any():  # which is told in no time
        return
    count, label, boxes, _ = components(mask)
    for one in range(1, count):
        left, top, width, height, px = boxes[one]
        if px >= least_px:
            box = slice(top, top + height), slice(left, left + width)
            yield box, label[box] == one


def darkness(darken: passes.Darken, part: passes.Part) -> npt.NDArray[np.float32]:
    """The darkness of some rows and columns, (h, w)."""
    dark = np.empty([side.stop - side.start for side in part], np.float32)
    darken(part, dark)
    return dark


def around(part: passes.Part, px: int, shape: tuple[int, ...]) -> tuple[passes.Part, passes.Part]:
    """Rows and columns with so many more on each side, within a picture, and where among these the part is."""
    wide = [slice(max(side.start - px, 0), min(side.stop + px, most)) for side, most in zip(part, shape, strict=True)]
    inner = [slice(a.start - b.start, a.stop - b.start) for a, b in zip(part, wide, strict=True)]
    return (wide[0], wide[1]), (inner[0], inner[1])


def _enlarged(mask: Mask, part: passes.Part) -> Mask | None:
    """A mask of half the size at some rows and columns of the page; None where it is 0 there."""
    rows, columns = (slice(side.start // STEP, -(-side.stop // STEP)) for side in part)
    here = mask[rows, columns]
    if not here.any():
        return None
    whole = here.repeat(STEP, 0).repeat(STEP, 1)
    top, left = (side.start % STEP for side in part)
    return whole[top : top + part[0].stop - part[0].start, left : left + part[1].stop - part[1].start]


def _below(smaller: passes.Darken, top: int) -> passes.Darken:
    """The darkness of a picture from a row on."""

    def draw(part: passes.Part, out: passes.Floats) -> None:
        smaller((slice(part[0].start + top, part[0].stop + top), part[1]), out)

    return draw


def _inked(ink: Page, rows: slice, is_inked: IsInked) -> Mask:
    """Squares with ink in them: thin lines stay closed."""
    found = np.empty((rows.stop - rows.start, -(-ink.shape[1] // STEP)), np.bool_)
    for strip in strips(len(found)):
        whole = is_inked(ink[STEP * (rows.start + strip.start) : STEP * (rows.start + strip.stop)])
        if any(side % STEP for side in whole.shape):
            whole = np.pad(whole, [(0, -side % STEP) for side in whole.shape])
        np.greater((whole[::STEP] | whole[1::STEP]).view(np.uint16), 0, out=found[strip])
    return found.view(np.uint8)
