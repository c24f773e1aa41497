"""A part of a page, and what is around it, as a page of its own: its ink is that of the whole page."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.paper import CELL
from lineart_cli.imaging.tone import Tone
from lineart_cli.options import Crop
from lineart_cli.plan import PageSize

AROUND = 256
"""Working px that the network sees around a part, so that it inks it as it inks the whole page."""
_ALIGNED = math.lcm(CELL, 32)  # working px at which px of the page begin too, at any scale


@dataclass(frozen=True)
class Part:
    """A part of a page, and what is around it, as a page of its own.

    Attributes:
        page: at the working scale.
        size: of what is to be drawn.
        crop: the part itself, px of what is to be drawn.
        tone: of the whole page.
    """

    page: Page
    size: PageSize
    crop: Crop
    tone: Tone

    @classmethod
    def of(cls, page: Page, size: PageSize, crop: Crop, tone: Tone, around: int = AROUND) -> Part:
        """Cut a part out.

        Args:
            page: the whole, at the working scale.
            size: of the whole.
            crop: px of the page as it is to be drawn.
            tone: of the whole.
            around: working px to take in on each side, rounded outwards.
        """
        first, shape, offset = [], [], []
        for begin, length, whole, worked in zip(
            (crop.top, crop.left), (crop.height, crop.width), size.shape, page.shape, strict=True
        ):
            px = whole / worked
            start = max(0, math.floor((begin / px - around) / _ALIGNED) * _ALIGNED)
            stop = min(worked, math.ceil((begin + length) / px) + around)
            at = round(start * px)
            first.append(start)
            shape.append(max(math.floor((stop - start) * size.scale), begin + length - at))
            offset.append(begin - at)
        sub = replace(size, height=shape[0], width=shape[1])
        rows, columns = (slice(start, start + side) for start, side in zip(first, sub.working_shape, strict=True))
        cells = tuple(slice(each.start // CELL, -(-each.stop // CELL)) for each in (rows, columns))
        part = page[rows, columns]
        missing = [(0, wanted - found) for wanted, found in zip(sub.working_shape, part.shape, strict=True)]
        inside = Crop(offset[1], offset[0], crop.width, crop.height)
        return cls(np.pad(part, missing, "edge"), sub, inside, replace(tone, paper=tone.paper[cells]))
