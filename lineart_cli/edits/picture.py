"""The merged picture: the artist's pixels among those of the new ink, in a kind of pixels that holds both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.edits.levels import Samples, at_bits
from lineart_cli.edits.merge import Merge


def with_samples(pixels: Samples, samples: int) -> Samples:
    """Pixels with as many samples or more: grey becomes RGB, and without opacity becomes opaque.

    Args:
        pixels: (rows, W, 1 to 4).
        samples: 1 grey, 2 grey with opacity, 3 RGB, 4 RGB with opacity.
    """
    given = pixels.shape[2]
    if given == samples:
        return pixels
    colour = pixels[..., : given - (given % 2 == 0)]
    if samples >= 3 and colour.shape[2] == 1:
        colour = np.repeat(colour, 3, 2)
    if samples % 2:
        return colour
    opacity = pixels[..., -1:] if given % 2 == 0 else np.full_like(pixels[..., :1], np.iinfo(pixels.dtype).max)
    return np.concatenate([colour, opacity], 2)


@dataclass(frozen=True)
class MergedPicture:
    """What takes the place of plain ink in a file.

    Attributes:
        edited: (H, W, samples) the artist's picture, uint8 or uint16.
        merge: where it stands.
        samples: of a pixel, so many that both pictures can be held.
        bits: of a sample, likewise.
    """

    edited: NDArray[Any]
    merge: Merge
    samples: int
    bits: int

    @classmethod
    def of(cls, edited: NDArray[Any], merge: Merge, ink_samples: int, ink_bits: int) -> MergedPicture:
        """The picture in the kind of pixels that holds the artist's and those of new ink."""
        given = edited.shape[2]
        colours = 3 if max(given, ink_samples) >= 3 else 1
        has_opacity = given % 2 == 0 or ink_samples % 2 == 0
        return cls(edited, merge, colours + has_opacity, max(8 * edited.itemsize, ink_bits))

    def laid(self, rows: slice, painting: Samples) -> Samples:
        """Some rows, (rows, W, samples), of which `painting` is the new ink."""
        pixels = [
            with_samples(at_bits(np.asarray(each), self.bits), self.samples) for each in (self.edited[rows], painting)
        ]
        return self.merge.laid(rows, *pixels)

    def differs(self, rows: slice, laid: Samples) -> NDArray[np.bool_]:
        """Which of some rows of merged pixels are not the artist's."""
        edited = with_samples(at_bits(np.asarray(self.edited[rows]), self.bits), self.samples)
        return np.asarray((laid != edited).any(-1))
