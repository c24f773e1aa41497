"""A part of a page, and what is around it, as a page of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from lineart_cli.errors import ArgumentError
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.paper import CELL
from lineart_cli.imaging.tone import Tone
from lineart_cli.options import Crop
from lineart_cli.plan import PageSize

if TYPE_CHECKING:
    import numpy.typing as npt

_T = TypeVar("_T", bound=np.generic)

_ALIGNED = math.lcm(CELL, 32)  # working px at which px of the page begin too, at any scale


@dataclass(frozen=True)
class Part:
    """A part of a page, and what is around it, as a page of its own.

    Attributes:
        page: at the working scale.
        size: of what is to be drawn.
        crop: the part itself, px of what is to be drawn.
        tone: of the whole page, which begins elsewhere.
    """

    page: Page
    size: PageSize
    crop: Crop
    tone: Tone

    @classmethod
    def of(
        cls,
        page: Page,
        size: PageSize,
        crop: Crop,
        tone: Tone,
        around: int,
        step: int = 1,
        least: tuple[int, int] = (0, 0),
    ) -> Part:
        """Cut a part out.

        Args:
            page: the whole, at the working scale.
            size: of the whole.
            crop: px of the page as it is to be drawn.
            tone: of the whole.
            around: working px to take in on each side, rounded outwards; with `ModelCard.reach` the ink of the part is
                that of the whole page.
            step: working px, of which its height and width are multiples as far as the page is so large: parts of one
                size have one height and width then, wherever they are, and the network is ready for the next.
            least: height and width to take in, working px, as far as the page is so large; not for a step of 1.
        """
        first, shape, offset = [], [], []
        for begin, length, whole, worked, room in zip(
            (crop.top, crop.left), (crop.height, crop.width), size.shape, page.shape, least, strict=True
        ):
            px = whole / worked
            start, stop = _span(begin / px, (begin + length) / px, around, worked, step, room)
            at = round(start * px)
            first.append(start)
            shape.append(max(math.floor((stop - start) * size.scale), begin + length - at))
            offset.append(begin - at)
        sub = replace(size, height=shape[0], width=shape[1])
        rows, columns = (slice(start, start + side) for start, side in zip(first, sub.working_shape, strict=True))
        inside = Crop(offset[1], offset[0], crop.width, crop.height)
        here = replace(tone, place=(rows.start, columns.start))
        return cls(_grown(page[rows, columns], *sub.working_shape), sub, inside, here)


def within(crop: Crop, size: PageSize, option: str) -> Crop:
    """The crop, if it is on the page; raises ArgumentError, of that option, otherwise."""
    if crop.left + crop.width > size.width or crop.top + crop.height > size.height:
        raise ArgumentError(option, crop, f"reaches beyond the page of {size.width} x {size.height} px")
    return crop


def stepped(length: float, around: int, step: int) -> int:
    """How long a side of a part is, working px, see `Part.of`, of a page that is larger."""
    return math.ceil((math.ceil(length) + 2 * around + _ALIGNED) / step) * step


def _grown(page: npt.NDArray[_T], height: int, width: int) -> npt.NDArray[_T]:
    """A page with its last row and column repeated, where it is smaller."""
    return np.pad(page, [(0, height - page.shape[0]), (0, width - page.shape[1])], "edge")


def _span(first: float, last: float, around: int, whole: int, step: int, room: int) -> tuple[int, int]:
    """The working px of a part along one side of a page, from a multiple of `_ALIGNED` to less than one beyond it."""
    start = max(0, math.floor((first - around) / _ALIGNED) * _ALIGNED)
    stop = min(whole, math.ceil(last) + around)
    if step == 1:
        return start, stop
    length = max(stepped(last - first, around, step), room)
    if length >= whole:
        return 0, whole
    start = min(start, math.ceil((whole - length) / _ALIGNED) * _ALIGNED)
    return start, start + length
