"""What a page says about itself before it is decoded, and the resolution that follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from lineart_cli.options import DPI_RANGE, MM_PER_INCH

A4_LONG_SIDE_MM = 297.0
A3_LONG_SIDE_MM = 420.0
GUESSED_DPI_RANGE = (72.0, 1200.0)
_SAID = (0.01, 65_535.0)  # px per inch that a JPEG can say, and others
_MOST_SCREEN_DPI = 100.0
SAME_ASPECT, MOST_ASPECT = 1.02, 4.0
"""How unequal sides of a pixel are at least and at most: fax machines have 204 x 98, 204 x 391 and the like."""
SCREEN_DPI = {72.0, 96.0}

INCHES, CENTIMETRES = 2, 3  # EXIF and TIFF ResolutionUnit

UPRIGHT = 1  # of the orientations, 1 to 8 as in EXIF

Dpi = tuple[float, float]


@dataclass(frozen=True)
class Header:
    """What a file says about one of its pages.

    Attributes:
        width: in px, upright (after the file's orientation tag).
        height: likewise.
        dpi: the (horizontal, vertical) resolution tag, whole or to 0.01, or None; it may be nonsense.
        pages: how many the file has.
        bits: of each sample, before anything is converted; 0 where nobody can know, as of a page that is rendered.
        is_grey: whether the page has no colour, whatever is made of it.
        orientation: how the page is turned upright, 1 to 8 as in EXIF.
        held: bytes that reading takes beside a few rows of the page, where its format leaves no other way.
        notes: what the user should know of how the page is read, each to stand after the file's name.
        corners: where the page lay in the photo that it is cut out of, see `Picture`.
        told_aspect: how many times as high as wide a pixel is, where the file tells only that and no dpi.
        seconds: for how long the page is shown, as a frame of an animation; 0 where nothing says that.
    """

    width: int
    height: int
    dpi: Dpi | None
    pages: int = 1
    bits: int = 8
    is_grey: bool = False
    orientation: int = UPRIGHT
    held: int = field(default=0, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    corners: tuple[tuple[float, float], ...] = field(default=(), compare=False)
    told_aspect: float = field(default=1.0, compare=False)
    seconds: float = field(default=0.0, compare=False)

    @property
    def aspect(self) -> float:
        """How many times as high as wide a pixel is; 1 where that is next to nothing, or cannot be meant."""
        aspect = self.dpi[0] / self.dpi[1] if self.dpi is not None else self.told_aspect
        is_meant = SAME_ASPECT < max(aspect, 1 / aspect) <= MOST_ASPECT
        return aspect if is_meant and (self.dpi is None or _is_in_range(*self.dpi)) else 1.0

    @property
    def square_shape(self) -> tuple[int, int]:
        """Height and width with square pixels, as fine as the finer side of those that the file has; upright."""
        return round(self.height * max(self.aspect, 1.0)), round(self.width / min(self.aspect, 1.0))

    @property
    def stored_square_shape(self) -> tuple[int, int]:
        """The same as the file has its rows and columns."""
        height, width = self.square_shape
        return (width, height) if is_turned(self.orientation) else (height, width)

    def written_dpi(self, given: float | None) -> Dpi | None:
        """The resolution of ink in the file's own pixels, `given` being that of the finer side, or None."""
        if given is None:
            return self.dpi
        return given * min(self.aspect, 1.0), given / max(self.aspect, 1.0)

    @property
    def stored_shape(self) -> tuple[int, int]:
        """Height and width as the file has them."""
        return (self.width, self.height) if is_turned(self.orientation) else (self.height, self.width)


def _is_in_range(*dpi: float) -> bool:
    return all(DPI_RANGE[0] <= each <= DPI_RANGE[1] for each in dpi)


def is_turned(orientation: int) -> bool:
    """Whether width and height change places when a page is turned upright."""
    return 5 <= orientation <= 8


def meant_dpi(x: float, y: float) -> Dpi | None:
    """A resolution tag as it was meant, or None where it says nothing, or what no file of ink could say.

    PNG and BMP count px per metre, so a whole number of dpi comes back off by up to 0.0127.
    """
    if not all(_SAID[0] <= each <= _SAID[1] for each in (x, y)):
        return None
    return _meant(x), _meant(y)


def _meant(dpi: float) -> float:
    return round(dpi) if abs(dpi - round(dpi)) <= 0.0127 else round(dpi, 2)


def told_dpi(*tags: Dpi | None) -> Dpi | None:
    """Of several resolution tags of one picture, the first that is more than a screen's 72 or 96 dpi, or the first."""
    told = [tag for tag in tags if tag is not None]
    return next((tag for tag in told if not set(tag) <= SCREEN_DPI), told[0] if told else None)


def working_dpi(header: Header, given: float | None) -> tuple[float, Literal["option", "file", "size"]]:
    """The resolution to work at, in px per inch, and where it comes from.

    `given` (the option `--dpi`) comes first, then the file's tag, unless it cannot be meant: out of range, or a
    screen's 72 or 96 dpi on a page that would then be longer than A3. Otherwise the page is taken as A4-like: its
    long side is 297 mm, within 72 to 1200 dpi. Of a tag with two different values the finer one counts, see
    `Header.square_shape`; of two that are nearly the same, their geometric mean.
    """
    if given is not None:
        return given, "option"
    long_side = max(header.square_shape)
    if header.dpi is not None:
        dpi = max(header.dpi) if header.aspect != 1 else math.sqrt(header.dpi[0] * header.dpi[1])
        is_screen_default = dpi < _MOST_SCREEN_DPI and long_side / dpi * MM_PER_INCH > A3_LONG_SIDE_MM
        if _is_in_range(dpi) and not is_screen_default:
            return dpi, "file"
    guess = long_side / (A4_LONG_SIDE_MM / MM_PER_INCH)
    return min(max(guess, GUESSED_DPI_RANGE[0]), GUESSED_DPI_RANGE[1]), "size"
