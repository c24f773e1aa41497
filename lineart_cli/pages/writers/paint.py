"""Coverage of ink becomes pixels, a strip of rows at a time.

Convention: coverage is opacity, and colours are mixed in encoded values, as Krita, GIMP, Photoshop and browsers do by
default. So ink on transparency, laid on white, gives just the pixels of ink on white.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.imaging.resample import gathered, regrouped
from lineart_cli.options import BLACK, Colour
from lineart_cli.pages.header import Dpi
from lineart_cli.pages.metadata import Metadata
from lineart_cli.pages.writers.colours import ColouredLines, Pixels, mixed
from lineart_cli.pages.writers.drawing import Drawing


class Overlay(Protocol):
    """A picture that somebody has changed, laid over ink."""

    @property
    def samples(self) -> int:
        """Of a pixel: a grey or RGB, and the opacity if there is one."""

    @property
    def bits(self) -> int:
        """8 or 16, of a sample."""

    def laid(self, rows: slice, painting: Pixels, /) -> Pixels:
        """Some rows, (rows, W, samples), of which `painting` are those of ink alone."""

    def differs(self, rows: slice, laid: Pixels, /) -> NDArray[np.bool_]:
        """Which pixels of some rows, (rows, W), are not as somebody has left them."""


@dataclass(frozen=True)
class InkedPage:
    """What becomes a page of a file.

    Attributes:
        bands: (rows, W) coverage from top to bottom, uint8 or uint16, 0 = none, 255 or 65535 = full; taken once.
        shape: (H, W) of all bands together.
        bits: 8 or 16, of the coverage.
        dpi: the resolution tag to write, horizontal and vertical, or None for none.
        sketch: (H, W) grey or (H, W, 3) RGB, uint8: the page as it was read; only layered formats need it.
        metadata: what is kept of the input's.
        drawn: one drawing, in formats of curves, which need no bands; taken once.
        overlay: what lies over the ink, or None.
        colours: lines of other colours below the ink, from the lowest to the topmost.
        seconds: for how long it is shown in an animation; 0 where nothing says that.
    """

    bands: Iterable[Pixels]
    shape: tuple[int, int]
    bits: int = 8
    dpi: Dpi | None = None
    sketch: Pixels | None = None
    metadata: Metadata = field(default_factory=Metadata)
    drawn: Iterable[Drawing] = ()
    overlay: Overlay | None = None
    colours: Sequence[ColouredLines] = ()
    seconds: float = 0.0

    @cached_property
    def ink(self) -> Pixels:
        """All bands as one, (H, W), for formats that need the page as a whole; takes the bands."""
        return gathered(self.bands, self.shape, self.dtype)

    @cached_property
    def drawing(self) -> Drawing:
        """The ink as curves; takes it. Raises what went wrong with it."""
        return next(iter(self.drawn))

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger[Any]]:
        """Of the coverage."""
        return np.dtype(f"uint{self.bits}")

    @property
    def sample_type(self) -> np.dtype[np.unsignedinteger[Any]]:
        """Of the pixels."""
        return np.dtype(f"uint{self.overlay.bits}") if self.overlay else self.dtype

    def samples(self, look: Look) -> int:
        """Of a pixel, see `pixels`."""
        if self.overlay:
            return self.overlay.samples
        return 3 + look.transparent if self.colours else look.samples

    def pixels(self, look: Look) -> Iterator[Pixels]:
        """The pixels of the page, (rows, W, samples) at a time; takes the bands."""
        if self.colours:
            return self._in_colours(look)
        painting = painted(self.bands, look.shades, look.transparent)
        if self.overlay is None:
            return painting
        return laid_over(painting, self.overlay)

    def _in_colours(self, look: Look) -> Iterator[Pixels]:
        top = 0
        for ink in regrouped(self.bands):
            rows = slice(top, top + len(ink))
            below = [(np.asarray(each.coverage[rows]), each.colour) for each in self.colours]
            yield mixed([*below, (ink, look.colour)], look.transparent)
            top = rows.stop


@dataclass(frozen=True)
class Look:
    """How ink looks: its colour, on white or on transparency."""

    colour: Colour = BLACK
    transparent: bool = False

    @property
    def shades(self) -> tuple[int, ...]:
        """The colour as a pixel holds it: one sample where it is a grey, else three."""
        return self.colour[:1] if len(set(self.colour)) == 1 else self.colour

    @property
    def samples(self) -> int:
        """Samples of a pixel: those of its colour, and its opacity."""
        return len(self.shades) + self.transparent

    @property
    def is_plain(self) -> bool:
        """Whether a page without ink is one byte over and over, which packs best as runs of it."""
        return not self.transparent or not any(self.colour)


def painted(bands: Iterable[Pixels], shades: Sequence[int], transparent: bool) -> Iterator[Pixels]:
    """The pixels of a page of ink.

    Args:
        bands: (rows, W) coverage from top to bottom, uint8 or uint16.
        shades: the ink's colour, one sample (grey) or three (RGB), 0 to 255.
        transparent: with the coverage as opacity, instead of on white.

    Yields:
        (STRIP_ROWS, W, samples) of the same type, from top to bottom, whatever the bands; the last one may be shorter.
        The opacity is the last sample.
    """
    for coverage in regrouped(bands):
        values, on_white = colour_levels(tuple(shades), coverage.dtype)
        pixels = np.empty((*coverage.shape, len(values) + transparent), coverage.dtype)
        for sample, value in enumerate(values):
            pixels[..., sample] = value if transparent else cv2.LUT(coverage, on_white[sample])
        if transparent:
            pixels[..., -1] = coverage
        yield pixels


def laid_over(painting: Iterable[Pixels], overlay: Overlay) -> Iterator[Pixels]:
    """Strips of ink, from top to bottom, with what lies over it."""
    top = 0
    for strip in painting:
        yield overlay.laid(slice(top, top + len(strip)), strip)
        top += len(strip)


@cache
def colour_levels(colour: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[list[int], list[Pixels]]:
    """The colour in samples of that type, and what each coverage on white makes of it."""
    full = int(np.iinfo(dtype).max)
    values = [value * full // 255 for value in colour]
    levels = np.arange(full + 1, dtype=np.uint32)
    return values, [(full - (levels * (full - value) + full // 2) // full).astype(dtype) for value in values]
