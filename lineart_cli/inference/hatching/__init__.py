"""Hatching: many short strokes beside each other, found in the sketch and left out of what the network is given.

The sketch, and not the ink of a pass, tells them apart: the ink of dense or crossed strokes is a net. All lengths are
px at the working scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lineart_cli.imaging.disk_array import allocate
from lineart_cli.imaging.resample import overlapping_strips, strips
from lineart_cli.inference.half_size import darkness
from lineart_cli.inference.hatching.area import hatched

if TYPE_CHECKING:
    from pathlib import Path

    from lineart_cli.inference import passes

_BAND_PX, _AROUND = 2_000_000, 256  # px that are looked at together, and rows around them


def looked_at(shape: tuple[int, int]) -> int:
    """Px of a page of that shape that are looked at together, at most."""
    height, width = shape
    return width * min(height, _band(width) + 2 * _AROUND)


def dropped(darken: passes.Darken, shape: tuple[int, int], scratch: Path | None = None) -> passes.Darken:
    """Leave hatching out.

    Args:
        darken: of a page.
        shape: (H, W) of it.
        scratch: a folder on the disk for what is too large for memory, see `disk_array.allocate`.

    Returns:
        Darkness of the page, which is paper where hatching is.
    """
    height, width = shape
    gone = allocate(shape, np.uint8, scratch)
    for rows, seen, kept in overlapping_strips(height, _band(width), _AROUND):
        gone[rows] = hatched(darkness(darken, (seen, slice(0, width))))[kept]

    def draw(part: passes.Part, out: passes.Floats) -> None:
        darken(part, out)
        rows, columns = part
        for strip in strips(rows.stop - rows.start):
            here = gone[rows.start + strip.start : rows.start + strip.stop, columns]
            out[strip][here > 0] = 0

    return draw


def _band(width: int) -> int:
    """Rows."""
    return max(_AROUND, _BAND_PX // width)
