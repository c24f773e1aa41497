"""A page looked at, so that its working scale is known, and then brought to that scale: decoded once if it is small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli import pages
from lineart_cli.imaging.disk_array import Page, allocate, is_large
from lineart_cli.imaging.paper import light
from lineart_cli.imaging.pencils import Pencil
from lineart_cli.imaging.polarity import dark_on_light
from lineart_cli.imaging.resample import fit, gather, gathered
from lineart_cli.imaging.screentone import Dots, without_dots
from lineart_cli.options import DRAWINGS, Length, ReadOptions
from lineart_cli.pages import UPRIGHT
from lineart_cli.plan import PageSize
from lineart_cli.scale import working_scale
from lineart_cli.scale.working_scale import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Scan:
    """A page of a file, and how it is read; `dots` tells of the screentone that was left out, once it is."""

    path: Path
    page: int
    header: pages.Header
    options: ReadOptions
    dots: Dots = field(default_factory=Dots, compare=False)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its greys."""
        return pages.grey_type(self.header.bits, self.header.is_grey, self.options.drop_colour)

    def size(self, dpi: float, kept_colours: int = 0) -> PageSize:
        """The size of the page with square pixels; so many of its colours are kept beside the ink."""
        header = self.header
        separations = 0 if header.is_grey else kept_colours
        return PageSize(
            *header.square_shape,
            dpi=dpi,
            px_bytes=4 if separations else self.dtype.itemsize,
            held=header.held,
            is_kept=header.orientation != UPRIGHT,  # it is written in columns, too many to go to a disk
            separations=separations,
        )

    def strips(self, is_on_black: bool) -> Iterator[pages.Greys]:
        """The page's greys with square pixels, `Header.stored_square_shape`, some rows at a time; decodes it."""
        greys = pages.read_strips(self.path, self.options, self.page, is_on_black)
        shape = self.header.stored_square_shape
        strips = fit(greys, self.header.stored_shape, shape)
        return without_dots(strips, shape[1], self.dots) if self.options.screentone == "drop" else strips

    def pencil_strips(self, pencils: Sequence[Pencil]) -> Iterator[pages.Greys]:
        """The last of some pencils alone, as `strips` gives the page; decodes it."""
        light = pages.read_pencil_strips(self.path, self.options, self.page, pencils)
        return fit(light, self.header.stored_shape, self.header.stored_square_shape)


@dataclass(frozen=True)
class Overview:
    """What a look at a page gave.

    Attributes:
        picture: (h, w) float32 in [0, 1], upright, its lines dark: the page, shrunk.
        shrunk: by this factor.
        greys: of the whole page, as stored; None where they would be too many to keep.
    """

    picture: npt.NDArray[np.float32]
    shrunk: float
    greys: pages.Greys | None


def look(scan: Scan) -> Overview:
    """Decode a page, and keep what is needed to choose its scale; raises PageError, see `pages.read_strips`."""
    kept: list[pages.Greys] = []
    picture, _ = dark_on_light(lambda is_on_black: _picture(scan, is_on_black, kept), scan.options.invert)
    return Overview(
        picture[:], working_scale.overview_factor(scan.header.stored_square_shape), kept[0] if kept else None
    )


def _picture(scan: Scan, is_on_black: bool, kept: list[pages.Greys]) -> npt.NDArray[np.float32]:
    """The page, shrunk, as `Overview` has it; the greys of one on white go into `kept`, if they are not too many."""
    stored, dtype = scan.header.stored_square_shape, scan.dtype
    strips = scan.strips(is_on_black)
    if not is_on_black and not is_large(stored, dtype):
        kept.append(gathered(strips, stored, dtype))
        strips = iter(kept)
    shrunk = working_scale.overview_factor(stored)
    small = working_scale.shape_at(shrunk, stored)
    seen = gathered(fit(strips, stored, small), small, dtype)
    picture = np.empty(working_scale.shape_at(shrunk, scan.header.square_shape), np.float32)
    pages.as_stored(picture, scan.header.orientation)[:] = light(seen)
    return picture


def estimated(drawing: str | Length, dpi: float, seen: Overview | None, network: Path | None) -> tuple[Estimate, int]:
    """The scale that a page wants, and how many steps looser than that it is said to be.

    Args:
        drawing: see `InkOptions`.
        dpi: px per inch of the page.
        seen: of the page; not needed where `drawing` is a length.
        network: of the model, that reads the scale.
    """
    if isinstance(drawing, Length):
        return working_scale.by_width(drawing.page_px(dpi), "as asked for"), 0
    assert seen is not None  # noqa: S101
    return working_scale.measure(seen.picture, seen.shrunk, network), DRAWINGS[drawing]


def read(scan: Scan, size: PageSize, greys: pages.Greys | None, scratch: Path) -> tuple[Page, bool]:
    """The page at the working scale, upright, its lines dark; and whether it was inverted for that.

    Args:
        scan: the page.
        size: with its scale.
        greys: of the `Overview`; they may become the page. Without, it is decoded again.
        scratch: the folder for what is too large for memory.

    Raises:
        PageError: as of `look`.
        OSError: the disk does not take it.
    """
    return dark_on_light(
        lambda is_on_black: _fitted(scan, size, None if is_on_black else greys, scratch, is_on_black),
        scan.options.invert,
    )


def read_pencil(scan: Scan, size: PageSize, pencils: Sequence[Pencil], scratch: Path) -> Page:
    """The last of some pencils alone, at the working scale and upright; raises as `read` does."""
    return _gathered(scan, size, scan.pencil_strips(pencils), np.dtype(np.float32), scratch)


def _fitted(scan: Scan, size: PageSize, greys: pages.Greys | None, scratch: Path, is_on_black: bool) -> Page:
    if greys is not None and scan.header.orientation == UPRIGHT and greys.shape == size.working_shape:
        return greys
    strips = scan.strips(is_on_black) if greys is None else iter([greys])
    return _gathered(scan, size, strips, scan.dtype, scratch)


def _gathered(scan: Scan, size: PageSize, strips: Iterator[pages.Greys], dtype: np.dtype[Any], scratch: Path) -> Page:
    """Strips of a page as stored, at the working scale and upright."""
    shape = size.working_shape
    page = np.empty(shape, dtype) if size.is_kept else allocate(shape, dtype, scratch)
    stored = pages.as_stored(page, scan.header.orientation)
    gather(fit(strips, scan.header.stored_square_shape, stored.shape), stored)
    return page
