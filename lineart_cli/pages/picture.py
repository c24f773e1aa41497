"""A page as its file holds it, whatever the format: what every reader gives, and how it becomes a grey page.

A page is a sheet of white paper on which a reader lays blocks of samples, one after the other: rows, tiles or strips of
a scan, or layers of a painting. So a page is never held in colour as a whole unless its format leaves no other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lineart_cli.colour import desaturate
from lineart_cli.pages.header import Dpi

BLOCK_PIXELS = 1 << 20
"""How many pixels are held in colour and in floating point at once."""

Space = Literal["grey", "rgb", "cmyk"]
Alpha = Literal["none", "straight", "premultiplied"]


@dataclass(frozen=True)
class Block:
    """Some of a page's samples, and where they lie; what lies outside of the page is left out.

    Attributes:
        samples: (h, w, channels) of the colour space, then one of coverage if `alpha` is not "none".
        space: `cmyk` counts ink, the others light.
        white: the sample value of full light, ink or coverage.
        alpha: whether colours have been multiplied by their coverage already.
        top: row of the page, as stored, that the block begins at; may be negative.
        left: column, likewise.
        opacity: of the whole block, in [0, 1].
    """

    samples: NDArray[Any]
    space: Space
    white: float
    alpha: Alpha = "none"
    top: int = 0
    left: int = 0
    opacity: float = 1.0


@dataclass(frozen=True)
class Picture:
    """One page of a file, not decoded yet.

    Attributes:
        width: in px, as stored.
        height: likewise.
        blocks: decodes the page, a block at a time; later blocks cover earlier ones.
        bits: of each sample.
        is_grey: whether all blocks are.
        dpi: (horizontal, vertical) as stored, or None.
        orientation: how to turn the page upright, 1 to 8 as in EXIF.
    """

    width: int
    height: int
    blocks: Callable[[], Iterable[Block]]
    bits: int
    is_grey: bool
    dpi: Dpi | None = None
    orientation: int = 1

    @property
    def is_turned(self) -> bool:
        """Whether width and height change places when the page is turned upright."""
        return self.orientation >= 5

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height after `orientation`."""
        return (self.height, self.width) if self.is_turned else (self.width, self.height)


@dataclass(frozen=True)
class Document:
    """An opened file: how many pages it has, and how to get at one, counted from 0."""

    pages: int
    picture: Callable[[int], Picture]


def to_grey(picture: Picture, mode: str) -> NDArray[np.float32]:
    """Decodes a page: transparency laid on white, colour made grey, turned upright.

    Args:
        picture: the page.
        mode: how colour becomes grey, see `colour.desaturate`.

    Returns:
        (H, W) float32 in [0, 1], encoded values as in the file, 0 = black, 1 = white.
    """
    width, height = picture.upright_size
    page = np.ones((height, width), np.float32)
    stored = _as_stored(page, picture.orientation)
    for block in picture.blocks():
        _lay(stored, block, mode)
    return page


def _as_stored(page: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """The view of an upright page whose rows and columns run as in the file."""
    if orientation in {5, 6, 7, 8}:
        page = page.T
    if orientation in {3, 4, 6, 7}:
        page = page[::-1]
    return page[:, ::-1] if orientation in {2, 3, 7, 8} else page


def _lay(page: NDArray[np.float32], block: Block, mode: str) -> None:
    """Lays a block onto a page, some rows at a time."""
    height, width = block.samples.shape[:2]
    left, right = max(0, -block.left), min(width, page.shape[1] - block.left)
    bottom = min(height, page.shape[0] - block.top)
    rows = max(1, BLOCK_PIXELS // width)
    for top in range(max(0, -block.top), bottom if left < right else 0, rows):
        end = min(top + rows, bottom)
        grey, coverage = _grey(block, block.samples[top:end, left:right], mode)
        paper = page[block.top + top : block.top + end, block.left + left : block.left + right]
        if coverage is None:
            paper[...] = grey
        else:
            paper *= 1 - coverage
            paper += grey


def _grey(block: Block, samples: NDArray[Any], mode: str) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Samples as grey, multiplied by their coverage, and that coverage; None where all is covered."""
    light = np.divide(samples, np.float32(block.white), dtype=np.float32)
    colours, coverage = light, None
    if block.alpha != "none":
        colours, coverage = light[..., :-1], light[..., -1] * np.float32(block.opacity)
    elif block.opacity < 1:
        coverage = np.full(light.shape[:2], block.opacity, np.float32)
    grey = _without_colour(colours, block.space, mode)
    if coverage is not None:
        grey = grey * (coverage if block.alpha != "premultiplied" else np.float32(block.opacity))
    return grey, coverage


def _without_colour(colours: NDArray[np.float32], space: Space, mode: str) -> NDArray[np.float32]:
    if space == "grey":
        return colours[..., 0]
    if space == "cmyk":
        colours = (1 - colours[..., :3]) * (1 - colours[..., 3:])
    return desaturate(np.ascontiguousarray(colours), mode)
