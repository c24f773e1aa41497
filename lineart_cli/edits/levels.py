"""How much ink the pixels of an edited picture are, and which of them are no ink of lineart's at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.pages.writers.paint import colour_levels

Samples = NDArray[np.unsignedinteger[Any]]
Levels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_TO_16 = 257  # 255 becomes 65535
_FULL = 255
_DARK = 127  # value of a colour's darkest channel, up to which coverages on white still have 128 levels


@dataclass(frozen=True)
class Legend:
    """How lineart drew ink that has been edited since.

    Levels have 8 bits, whatever the ink has: what is off by less may come of saving it with 8.

    Attributes:
        colour: of the ink, (3,) values of 0 to 255.
        transparent: whether it was drawn on transparency, and not on white.
        bits: 8 or 16, of a sample.
    """

    colour: tuple[int, int, int]
    transparent: bool
    bits: int

    def of_coverage(self, coverage: Samples) -> Levels:
        """The levels of ink as lineart draws it.

        Args:
            coverage: (rows, W) uint8 or uint16, 0 = none.

        Returns:
            (rows, W), 0 = none. Coverages that look the same on white have the same level, also on transparency,
            which may be laid on white, unless the ink is so light that few would be left.
        """
        if self.transparent or not min(self.colour):
            return self._of_opacity(at_bits(coverage, 8))
        drawn = colour_levels(self.colour, self._dtype)[1][self._darkest][at_bits(coverage, self.bits)]
        return self._level[at_bits(drawn, 8)]

    def of_pixels(self, pixels: Samples) -> tuple[Levels, Mask]:
        """The levels of what is in an edited picture.

        Args:
            pixels: (rows, W, samples) uint8 or uint16: a grey or RGB, then the opacity if there is one.

        Returns:
            (rows, W) of levels, and of whether a pixel is something that lineart would not have drawn: of another
            colour, or paper that is not as it was. A picture without opacity is taken as on white.
        """
        samples = pixels.shape[2]
        has_opacity, has_colour = samples % 2 == 0, samples >= 3
        shallow = at_bits(pixels, 8)
        channels = range(3) if has_colour or len(set(self.colour)) > 1 else range(1)
        colours = [shallow[..., each if has_colour else 0] for each in channels]
        if has_opacity and self.transparent:
            opacity = shallow[..., -1].astype(np.int64)
            level, foreign = self._of_opacity(shallow[..., -1]), np.zeros(opacity.shape, bool)
            for values, wanted in zip(colours, self.colour, strict=False):
                # Colours that were multiplied by their opacity and divided again are off by up to half a level of that.
                off = np.abs(values.astype(np.int64) - wanted)
                foreign |= 2 * off * opacity > _FULL + 2 * opacity
        else:
            darkest = colours[self._darkest]
            level = self._level[darkest]
            foreign = ~self._is_known[darkest]
            for number, values in enumerate(colours):
                if self.colour[number] == self.colour[self._darkest]:
                    foreign |= values != darkest
                else:
                    foreign |= np.abs(values.astype(np.int32) - self._on_white[number][level]) > self._slack
            if has_opacity:
                foreign |= shallow[..., -1] < _FULL
        if pixels.itemsize * 8 > self.bits:
            foreign |= (pixels % _TO_16 > 0).any(-1)
        return level, foreign

    def _of_opacity(self, opacity: Levels) -> Levels:
        is_same = not 0 < min(self.colour) <= _DARK
        return opacity if is_same else self._level[self._on_white[self._darkest]][opacity]

    @property
    def _dtype(self) -> np.dtype[Any]:
        return np.dtype(f"uint{self.bits}")

    @property
    def _darkest(self) -> int:
        return int(np.argmin(self.colour))

    @property
    def _slack(self) -> int:
        """Levels by which channels may be off: where several coverages look the same in the darkest one, or were
        rounded twice.
        """
        return 0 if min(self.colour) == 0 and self.bits == 8 else 1

    @property
    def _on_white(self) -> list[Levels]:
        """What each level makes of a channel of white paper."""
        return colour_levels(self.colour, np.dtype(np.uint8))[1]

    @cached_property
    def _level(self) -> Levels:
        """The lowest coverage that gives a value of the darkest channel."""
        level = np.zeros(_FULL + 1, np.uint8)
        values, first = np.unique(self._on_white[self._darkest], return_index=True)
        level[values] = first
        return level

    @cached_property
    def _is_known(self) -> Mask:
        known = np.zeros(_FULL + 1, bool)
        known[self._on_white[self._darkest]] = True
        return known


def at_bits(samples: Samples, bits: int) -> Samples:
    """Samples of 8 or 16 bits as others of 8 or 16 bits; from 8 to 16 and back nothing is lost."""
    if samples.itemsize * 8 == bits:
        return samples
    if bits == 16:
        return samples.astype(np.uint16) * np.uint16(_TO_16)
    return ((samples.astype(np.uint32) + _TO_16 // 2) // _TO_16).astype(np.uint8)
