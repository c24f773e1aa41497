"""A layer of ink that is inked again: what somebody has changed on it stays, see `edits.merge`.

All pixels are as in the caller's files, (rows, W, bytes of a pixel). A part of the page is seen in its window: the
least rectangle of whole squares of fingerprints that has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli.edits import prints
from lineart_cli.edits.merge import merge
from lineart_cli.edits.prints import SIDE, Prints
from lineart_cli.errors import PageError
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.resample import strips
from lineart_cli.options import Crop
from lineart_cli.pages.readers.raw import SAMPLES
from lineart_cli.serve.fields import Edited, Fill
from lineart_cli.serve.pixels import RawRows, filled

if TYPE_CHECKING:
    import numpy.typing as npt

    Levels = npt.NDArray[np.unsignedinteger[Any]]
    Pixels = npt.NDArray[np.uint8]
    Truth = npt.NDArray[np.bool_]

_FULL = 65535  # level of full ink in floating point
_ROWS = 2 * SIDE  # at once: their pixels stay in a core's second-level cache


@dataclass(frozen=True)
class Filling:
    """How ink was made pixels; None is its coverage alone."""

    fill: Fill | None

    def of_coverage(self, ink: Levels) -> Levels:
        """The levels of coverage, (rows, W): in floating point as they are read again."""
        return self.of_pixels(filled(ink, self.fill))[0] if self._is_float else ink

    def of_pixels(self, pixels: Pixels) -> tuple[Levels, Truth]:
        """The levels of pixels, (rows, W); and which of them lineart would not have drawn: they have another colour."""
        if self.fill is None:
            return pixels[..., 0], np.zeros(pixels.shape[:2], bool)
        colours = len(self.fill.colour)
        level = np.ascontiguousarray(pixels[..., colours:]).view(SAMPLES[self.fill.sample])[..., 0]
        foreign = (pixels[..., :colours] != np.frombuffer(self.fill.colour, np.uint8)).any(-1)
        if self._is_float:
            foreign |= ~np.isfinite(level)
            level = np.rint(np.clip(np.nan_to_num(level.astype(np.float32)), 0, 1) * _FULL).astype(np.uint16)
        return level, foreign & (level > 0)

    @property
    def _is_float(self) -> bool:
        return self.fill is not None and self.fill.sample.startswith("f")


@dataclass(frozen=True)
class NewInk:
    """New ink of a part of a page.

    Attributes:
        ink: (h, w) coverage, by the mask already.
        crop: the part.
        mask: (h, w) uint8, how much of the ink there is to be; None is all.
        page: (H, W).
    """

    ink: Page
    crop: Crop
    mask: Page | None
    page: tuple[int, int]

    @property
    def window(self) -> Crop:
        """The window of the part."""
        left, top = (at // SIDE * SIDE for at in (self.crop.left, self.crop.top))
        right, bottom = (-(-at // SIDE) * SIDE for at in (self.crop.columns.stop, self.crop.rows.stop))
        return Crop(left, top, min(right, self.page[1]) - left, min(bottom, self.page[0]) - top)

    @property
    def squares(self) -> tuple[slice, slice]:
        """Rows and columns of the window's fingerprints among those of the page."""
        rows, columns = self.window.rows, self.window.columns
        return slice(rows.start // SIDE, -(-rows.stop // SIDE)), slice(columns.start // SIDE, -(-columns.stop // SIDE))

    def laid(self, rows: slice, around: Levels, filling: Filling) -> Levels:
        """Some rows of the window: the new ink among what is `around` it."""
        level = around.copy()
        part, inside = self._common(rows)
        fresh = filling.of_coverage(self.ink[part])
        if self.mask is not None:
            rest = level[inside].astype(np.uint32) * (255 - self.mask[part].astype(np.uint32))
            fresh = (fresh + (rest + 127) // 255).astype(level.dtype)
        level[inside] = fresh
        return level

    def alone(self, rows: slice, filling: Filling) -> Levels:
        """Some rows of the window, where there is nothing around the new ink."""
        nothing = np.zeros((rows.stop - rows.start, self.window.width), self.ink.dtype)
        return self.laid(rows, filling.of_coverage(nothing), filling)

    def prints(self, filling: Filling) -> Prints:
        """The fingerprints of the window, where there is nothing around the new ink."""
        return np.concatenate([prints.of_rows(self.alone(rows, filling)) for rows in strips(self.window.height, _ROWS)])

    def is_open(self, rows: slice) -> Truth:
        """Which px of some rows of the window may get new ink."""
        found = np.zeros((rows.stop - rows.start, self.window.width), bool)
        part, inside = self._common(rows)
        found[inside] = True if self.mask is None else self.mask[part] > 0
        return found

    def _common(self, rows: slice) -> tuple[slice, tuple[slice, slice]]:
        """The rows of the part that are among rows of the window, and where they are among them."""
        top, left = self.crop.top - self.window.top, self.crop.left - self.window.left
        first, last = max(rows.start, top), max(min(rows.stop, top + self.crop.height), rows.start, top)
        inside = slice(first - rows.start, last - rows.start), slice(left, left + self.crop.width)
        return slice(first - top, last - top), inside


@dataclass(frozen=True)
class Earlier:
    """A layer of ink as somebody has left it.

    Attributes:
        pixels: (H, W, bytes of a pixel).
        filling: how its ink was made pixels.
        prints: the fingerprints of that ink.
    """

    pixels: RawRows
    filling: Filling
    prints: Prints


def opened(edited: Edited, page: tuple[int, int]) -> Earlier:
    """The edited ink of a page (H, W); raises PageError where its files are missing, or of another page."""
    fill = edited.fill
    size = 1 if fill is None else len(fill.colour) + np.dtype(SAMPLES[fill.sample]).itemsize
    layer = RawRows(edited.pixels, (*page, size), "ink")
    try:
        old = prints.unpacked(edited.prints.read_bytes(), page)
    except ValueError as error:
        raise PageError(str(edited.prints), f"has fingerprints that {error}", "leave edited out") from error
    except OSError as error:
        advice = "name the file of the last request's prints"
        raise PageError(str(edited.prints), f"cannot be read ({error.strerror})", advice) from error
    return Earlier(layer, Filling(fill), old)


def laid(new: NewInk, fill: Fill | None, earlier: Earlier | None, thickness: float) -> First | Again:
    """The layer with new ink, whose lines are so many px thick; with the edits of an earlier one, if it is given."""
    filling = Filling(fill)
    return First(new, filling) if earlier is None else Again(new, filling, earlier, thickness)


class First:
    """Ink with nothing to be kept."""

    edits: Sequence[Crop] = ()
    conflicts: Sequence[Crop] = ()

    def __init__(self, new: NewInk, filling: Filling) -> None:
        self._new, self._filling = new, filling

    def pixels(self) -> Iterator[Pixels]:
        """The part, some rows at a time."""
        for rows in strips(self._new.crop.height, _ROWS):
            yield filled(self._new.ink[rows], self._filling.fill)

    def prints(self) -> Prints:
        """The fingerprints of the page: of the new ink, and of none elsewhere."""
        found = np.zeros(prints.shape_of(self._new.page), np.uint64)
        found[self._new.squares] = self._new.prints(self._filling)
        return found


class Again:
    """New ink where somebody has left a layer as it was, or only the sketch was changed, and the edits elsewhere."""

    def __init__(self, new: NewInk, filling: Filling, earlier: Earlier, thickness: float) -> None:
        """
        Args:
            new: the ink.
            filling: how it is made pixels.
            earlier: the layer; its pixels have as many bytes as the new ones.
            thickness: of the lines, px.
        """
        self._earlier, self._ink, self._filling = earlier, new, filling
        window = new.window
        self._shape = window.height, window.width
        self._old = earlier.prints[new.squares]
        self._merge = merge(self._old, self._edited, self._new, self._shape, thickness)
        self.edits = [self._on_page(box) for box in self._merge.edits]
        """The places within the window that somebody has changed, px of the page."""
        self.conflicts = [self._on_page(box) for box in self._merge.conflicts]
        """The places that both have changed, likewise; what somebody drew stands there."""

    def pixels(self) -> Iterator[Pixels]:
        """The part, some rows at a time."""
        inside = self._ink.crop.left - self._ink.window.left
        columns = slice(inside, inside + self._ink.crop.width)
        top = self._ink.crop.top - self._ink.window.top
        for strip in strips(self._ink.crop.height, _ROWS):
            rows = slice(strip.start + top, strip.stop + top)
            edited = self._pixels(rows)
            merged = self._merge.laid(rows, edited, filled(self._new(rows), self._filling.fill))
            is_open = self._ink.is_open(rows)[..., None]
            yield np.where(is_open, merged, edited)[:, columns]

    def prints(self) -> Prints:
        """The fingerprints of the layer as it would be without any edits; edits in squares that are partly beyond the
        part stay edits.
        """
        found = self._earlier.prints.copy()
        rows = strips(self._shape[0], _ROWS)
        found[self._ink.squares] = np.concatenate([self._printed(each) for each in rows])
        return found

    def _printed(self, rows: slice) -> Prints:
        level, foreign = self._edited(rows)
        old = self._old[rows.start // SIDE : -(-rows.stop // SIDE)]
        is_edited = (prints.of_rows(level) != old) | (prints.of_rows(foreign.astype(np.uint8)) != 0)
        is_cut = prints.of_rows((~self._ink.is_open(rows)).astype(np.uint8)) != 0
        return np.where(is_edited & is_cut, old, prints.of_rows(self._new(rows)))

    def _pixels(self, rows: slice) -> Pixels:
        window = self._ink.window
        return self._earlier.pixels[window.top + rows.start : window.top + rows.stop][:, window.columns]

    def _edited(self, rows: slice) -> tuple[Levels, Truth]:
        return self._earlier.filling.of_pixels(self._pixels(rows))

    def _new(self, rows: slice) -> Levels:
        """The new ink among what lies around it; what was laid there by the same mask is not laid over itself."""
        mixed = self._ink.laid(rows, self._edited(rows)[0], self._earlier.filling)
        if self._ink.mask is None:
            return mixed
        squares = slice(rows.start // SIDE, -(-rows.stop // SIDE))
        is_same = self._same[squares].repeat(SIDE, 0).repeat(SIDE, 1)
        is_same = is_same[rows.start % SIDE :][: len(mixed), : self._shape[1]]
        return np.where(is_same & self._ink.is_open(rows), self._ink.alone(rows, self._earlier.filling), mixed)

    @cached_property
    def _same(self) -> Truth:
        """Which squares of the window have, alone, the ink that they had without any edits."""
        return np.asarray(self._ink.prints(self._earlier.filling) == self._old, np.bool_)

    def _on_page(self, box: Crop) -> Crop:
        window = self._ink.window
        return box._replace(left=box.left + window.left, top=box.top + window.top)
