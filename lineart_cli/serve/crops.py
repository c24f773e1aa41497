"""Parts of a page that callers ask for."""

from __future__ import annotations

from lineart_cli.batch import part
from lineart_cli.options import Crop
from lineart_cli.plan import PageSize


def within(crop: Crop | None, size: PageSize) -> Crop:
    """The part of a page that is asked for; raises ArgumentError where it reaches beyond."""
    return Crop(0, 0, size.width, size.height) if crop is None else part.within(crop, size, "crop")


def shrunk(crop: Crop, by: float, size: tuple[int, int]) -> Crop:
    """A part of a page in px of one that is smaller, of a height and width."""
    left, top = min(int(crop.left / by), size[1] - 1), min(int(crop.top / by), size[0] - 1)
    width, height = (max(1, round(side / by)) for side in (crop.width, crop.height))
    return Crop(left, top, min(width, size[1] - left), min(height, size[0] - top))
