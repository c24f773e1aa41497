"""A page as its file holds it, whatever the format: what every reader gives, and how it becomes a grey page.

A page is a sheet of white paper on which a reader lays blocks of samples, one after the other: rows, tiles or strips of
a scan, or layers of a painting. So a page is never held in colour as a whole unless its format leaves no other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lineart_cli.colour import desaturate, kept_light, lost_light, without_pencil
from lineart_cli.pages.header import Dpi

BLOCK_PIXELS = 1 << 18
"""How many pixels are held in colour and in floating point at once."""

Space = Literal["grey", "rgb", "cmyk"]
Channel = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Makes (h, w) grey of (h, w, 3) RGB, both in [0, 1]."""

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


Greys = NDArray[np.uint8 | np.uint16 | np.float32]


def to_grey(picture: Picture, mode: str, drop_colour: str | None = None, whole: bool = False) -> Greys:
    """Decodes a page: transparency laid on white, colour made grey, turned upright.

    Args:
        picture: the page.
        mode: how colour becomes grey, see `colour.desaturate`.
        drop_colour: a key of `colour.DROPPED`: its pencil is taken out, and colour becomes grey by the light in which
            it is hardly seen, whatever `mode` says.
        whole: round to numbers as small as the file's samples, unless a colour is dropped.

    Returns:
        (H, W) encoded values as in the file, 0 = black; white is 1 in float32, or if `whole` 255 in uint8 or 65535 in
        uint16.
    """
    width, height = picture.upright_size
    if drop_colour is None or picture.is_grey:
        page = _paper((height, width), picture.bits if whole else None)
        draw(picture, [(page, lambda rgb: desaturate(rgb, mode))])
        return page
    kept, lost = np.ones((height, width), np.float32), np.ones((height, width), np.float16)
    draw(picture, [(kept, lambda rgb: kept_light(rgb, drop_colour)), (lost, lambda rgb: lost_light(rgb, drop_colour))])
    return without_pencil(kept, lost)


def _paper(shape: tuple[int, int], bits: int | None) -> Greys:
    if bits is None:
        return np.ones(shape, np.float32)
    return np.full(shape, 255, np.uint8) if bits <= 8 else np.full(shape, 65535, np.uint16)


def draw(picture: Picture, pages: Sequence[tuple[NDArray[Any], Channel]]) -> None:
    """Lays all blocks of a picture onto upright pages, each in a grey of its own.

    Args:
        picture: what to decode.
        pages: white, (H, W) each, in floating point up to 1, uint8 or uint16; with what makes its grey of (h, w, 3)
            light.
    """
    stored = [(_as_stored(page, picture.orientation), channel) for page, channel in pages]
    for block in picture.blocks():
        height, width = block.samples.shape[:2]
        rows = max(1, BLOCK_PIXELS // width)
        for top in range(0, height, rows):
            _lay(replace(block, samples=block.samples[top : top + rows], top=block.top + top), stored)


def _as_stored(page: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """The view of an upright page whose rows and columns run as in the file."""
    if orientation in {5, 6, 7, 8}:
        page = page.T
    if orientation in {3, 4, 6, 7}:
        page = page[::-1]
    return page[:, ::-1] if orientation in {2, 3, 7, 8} else page


def _lay(block: Block, pages: Sequence[tuple[NDArray[Any], Channel]]) -> None:
    """Lays what of a block is within the pages, which are as stored."""
    height, width = pages[0][0].shape
    top, left = max(0, -block.top), max(0, -block.left)
    samples = block.samples[top : max(top, height - block.top), left : max(left, width - block.left)]
    if not samples.size:
        return
    light = np.divide(samples, np.float32(block.white), dtype=np.float32)
    coverage: Any = np.float32(block.opacity)
    if block.alpha != "none":
        light, coverage = light[..., :-1], light[..., -1] * coverage
    shown = np.float32(block.opacity) if block.alpha == "premultiplied" else coverage
    if block.space == "cmyk":
        light = (1 - light[..., :3]) * (1 - light[..., 3:])
    rows = slice(block.top + top, block.top + top + len(samples))
    columns = slice(block.left + left, block.left + left + samples.shape[1])
    for page, channel in pages:
        grey = light[..., 0] if block.space == "grey" else channel(np.ascontiguousarray(light))
        white, rounding = (np.iinfo(page.dtype).max, 0.5) if page.dtype.kind == "u" else (1, 0)
        page[rows, columns] = page[rows, columns] * (1 - coverage) + grey * (shown * white) + rounding
