"""What is wrong with pages of more than one format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli.errors import Unreadable

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_PICTURE = (
    "is an archive, and no picture",
    "lineart ink takes it as a file that is called so, such as comic.cbz or pages.zip; or unpack it first",
)
"""Reason and advice where the pages are inside."""

TAR = "is a tar archive, which lineart does not read", "unpack it, or pack it as CBZ"
"""Reason and advice for tar archives, compressed ones too."""

NO_NUMBERS = "has samples that are no numbers (NaN or infinite)"
"""Reason where a page in floating point has such."""

_MUCH_WHITER = 2.0  # a page in floating point with such samples does not count from 0 to 1


def check_size(width: int, height: int, max_megapixels: float) -> None:
    """Raises Unreadable where a page, or a part of it, has no pixels or more than it may."""
    if min(width, height) <= 0:
        raise Unreadable(f"has no pixels ({width} x {height})", "scan or save it again")
    if width * height > max_megapixels * 1e6:
        size = f"{width} x {height} is over {max_megapixels:g} megapixels"
        raise Unreadable(size, "make it smaller, or raise --max-megapixels")


def within(samples: NDArray[Any], white: float) -> NDArray[Any]:
    """Samples in floating point, clipped to [0, white] where they are a little beyond; raises Unreadable elsewhere."""
    if not np.isfinite(samples).all():
        raise Unreadable(NO_NUMBERS, "save it with 8 or 16 bits")
    if samples.max() > _MUCH_WHITER * white:
        raise Unreadable(f"has samples up to {samples.max():.4g}, where {white:g} is white", "save it with 16 bits")
    return samples.clip(0, white)
