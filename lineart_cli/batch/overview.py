"""A page looked at, so that its working scale is known, and then brought to that scale: decoded once if it is small."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli import pages
from lineart_cli.imaging.disk_array import Page, is_large, room
from lineart_cli.imaging.polarity import dark_on_light
from lineart_cli.imaging.resample import fit, gather, gathered
from lineart_cli.options import InkOptions
from lineart_cli.pages import UPRIGHT
from lineart_cli.plan import PageSize
from lineart_cli.scale import working_scale

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Scan:
    """A page of a file, and how it is read."""

    path: Path
    page: int
    header: pages.Header
    options: InkOptions

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its greys."""
        return pages.grey_type(self.header.bits, self.header.is_grey, self.options.drop_colour)


@dataclass(frozen=True)
class Glance:
    """What a look at a page gave.

    Attributes:
        picture: (h, w) float32 in [0, 1], upright, its lines dark: the page, shrunk.
        shrunk: by this factor.
        greys: of the whole page, as stored; None where they would be too many to keep.
    """

    picture: npt.NDArray[np.float32]
    shrunk: float
    greys: pages.Greys | None


def look(scan: Scan) -> Glance:
    """Decode a page, and keep what is needed to choose its scale; raises PageError, see `pages.read_strips`."""
    kept: list[pages.Greys] = []
    picture, _ = dark_on_light(lambda is_on_black: _picture(scan, is_on_black, kept), scan.options.invert)
    return Glance(picture[:], working_scale.glance_factor(scan.header.stored_shape), kept[0] if kept else None)


def _picture(scan: Scan, is_on_black: bool, kept: list[pages.Greys]) -> npt.NDArray[np.float32]:
    """The page, shrunk, as `Glance` has it; the greys of one on white are added to `kept`, if they are not too many."""
    stored, dtype = scan.header.stored_shape, scan.dtype
    strips = pages.read_strips(scan.path, scan.options, scan.page, is_on_black)
    if not is_on_black and not is_large(stored, dtype):
        kept.append(gathered(strips, stored, dtype))
        strips = iter(kept)
    shrunk = working_scale.glance_factor(stored)
    small = working_scale.shape_at(shrunk, stored)
    seen = gathered(fit(strips, stored, small), small, dtype)
    white = np.iinfo(dtype).max if dtype.kind == "u" else 1
    picture = np.empty(working_scale.shape_at(shrunk, (scan.header.height, scan.header.width)), np.float32)
    pages.as_stored(picture, scan.header.orientation)[:] = seen / np.float32(white)
    return picture


def read(scan: Scan, size: PageSize, greys: pages.Greys | None, scratch: Path) -> tuple[Page, bool]:
    """The page at the working scale, upright, its lines dark; and whether it was turned round for that.

    Args:
        scan: the page.
        size: with its scale.
        greys: of the `Glance`; they may become the page. Without, it is decoded again.
        scratch: the folder for what is too large for memory.

    Raises:
        PageError: as of `look`.
        OSError: the disk does not take it.
    """
    return dark_on_light(
        lambda is_on_black: _fitted(scan, size, None if is_on_black else greys, scratch, is_on_black),
        scan.options.invert,
    )


def _fitted(scan: Scan, size: PageSize, greys: pages.Greys | None, scratch: Path, is_on_black: bool) -> Page:
    orientation = scan.header.orientation
    if greys is not None and orientation == UPRIGHT and size.scale == 1:
        return greys
    page = np.empty(size.working_shape, scan.dtype) if size.is_kept else room(size.working_shape, scan.dtype, scratch)
    stored = pages.as_stored(page, orientation)
    again = pages.read_strips(scan.path, scan.options, scan.page, is_on_black)
    gather(fit(again if greys is None else [greys], scan.header.stored_shape, stored.shape), stored)
    return page
