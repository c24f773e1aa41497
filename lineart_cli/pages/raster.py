"""A page's samples just as its file holds them: not made grey, not laid on white."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.errors import Unreadable
from lineart_cli.imaging.disk_array import is_large
from lineart_cli.pages.header import UPRIGHT
from lineart_cli.pages.picture import Block, Picture

_SAMPLES = {("grey", False): 1, ("grey", True): 2, ("rgb", False): 3, ("rgb", True): 4}
"""Of a pixel, by its colour space, and by whether it has an opacity."""


@dataclass(frozen=True)
class Raster:
    """Samples of a page.

    Attributes:
        pixels: (H, W, samples) uint8 or uint16: a grey or RGB, then the opacity if there is one; what no layer covers
            has none. A large page is on the disk.
    """

    pixels: NDArray[np.unsignedinteger[Any]]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width, _ = self.pixels.shape
        return height, width


def to_raster(picture: Picture, scratch: Path) -> Raster:
    """Decodes a page.

    Args:
        picture: what to decode; the opacities of its layers do not count.
        scratch: a folder for what is too large for memory.

    Raises:
        Unreadable: it is turned, in CMYK or in floating point.
    """
    if picture.orientation != UPRIGHT:
        raise Unreadable("is turned by a tag", "save it upright")
    dtype = np.dtype(np.uint16 if picture.bits > 8 else np.uint8)
    pixels: NDArray[Any] | None = None
    for block in picture.blocks():
        if pixels is None:
            samples = _SAMPLES.get((block.space, block.alpha != "none"))
            if samples is None or picture.bits > 16:
                raise Unreadable("is in CMYK, or in floating point", "save it as grey or RGB with 8 or 16 bits")
            pixels = _room((picture.height, picture.width, samples), dtype, scratch)
        _lay(block, pixels)
    if pixels is None:
        raise Unreadable("has no pixels", "save it again")
    return Raster(pixels)


def _room(shape: tuple[int, int, int], dtype: np.dtype[Any], scratch: Path) -> NDArray[Any]:
    if is_large((shape[0], shape[1] * shape[2]), dtype):
        with tempfile.TemporaryFile(dir=scratch) as file:
            return np.memmap(file, dtype, "w+", shape=shape)
    return np.zeros(shape, dtype)


def _lay(block: Block, pixels: NDArray[Any]) -> None:
    """Puts what of a block is within the page in its place."""
    samples, rows, columns = block.within(pixels.shape[0], pixels.shape[1])
    at = pixels[rows, columns]
    full = np.iinfo(pixels.dtype).max
    if samples.dtype == pixels.dtype and block.white == full and block.alpha != "premultiplied":
        at[:] = samples
        return
    share = np.divide(samples, block.white, dtype=np.float64)
    if block.alpha == "premultiplied":
        share[..., :-1] /= np.maximum(share[..., -1:], math.ulp(1.0))
    at[:] = np.rint(np.clip(share, 0, 1) * full)
