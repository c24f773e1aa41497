"""A page as its file holds it, whatever the format: what every reader gives, and how it becomes a grey page.

A page is a sheet of paper, white or for light lines black, on which a reader lays blocks of samples, one after the
other: rows, tiles or strips of a scan, or layers of a painting. So a page is never held in colour as a whole unless its
format leaves no other way; and where the blocks come in order, only a few rows of it are held at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from lineart_cli.imaging import pencils
from lineart_cli.imaging.colour import desaturate, white
from lineart_cli.imaging.pencils import DROPPED, Pencil
from lineart_cli.imaging.resample import fit, gather, strips
from lineart_cli.pages.header import UPRIGHT, Dpi, is_turned

BLOCK_PIXELS = 1 << 18
"""How many pixels are decoded at once."""
_CACHED_PIXELS = 1 << 15
"""How many are mixed at once in floating point: few enough for a core's second-level cache."""

Space = Literal["grey", "rgb", "cmyk"]
_SAMPLES: dict[Space, int] = {"grey": 1, "rgb": 3, "cmyk": 4}
ToGrey = Callable[[NDArray[np.float32]], NDArray[np.float32]]
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

    def within(self, height: int, width: int) -> tuple[NDArray[Any], slice, slice]:
        """Those of its samples that lie on a page of that size, and the page's rows and columns there; maybe none."""
        top, left = max(0, -self.top), max(0, -self.left)
        samples = self.samples[top : max(top, height - self.top), left : max(left, width - self.left)]
        first, before = self.top + top, self.left + left
        return samples, slice(first, first + samples.shape[0]), slice(before, before + samples.shape[1])


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
        in_order: whether no block begins above an earlier one, so that what lies above a block is finished.
        decoder_bytes: what the decoder itself holds of the page at once, beside a few rows.
        is_on_black: whether the sheet that its blocks are laid on is black, and not white.
        aspect: how many times as high as wide a pixel is, where only that is known and no dpi.
        seconds: for how long it is shown, as a frame of an animation; 0 where nothing says that.
        notes: what the user should know of how it is read, each to stand after the file's name.
        bare: decodes the page without the paper that `blocks` draw it on, if they do.
        corners: where the page lay in the upright photo that it is cut out of, px from the top left one on, clockwise.
    """

    width: int
    height: int
    blocks: Callable[[], Iterable[Block]]
    bits: int
    is_grey: bool
    dpi: Dpi | None = None
    orientation: int = UPRIGHT
    in_order: bool = False
    decoder_bytes: int = 0
    is_on_black: bool = False
    aspect: float = 1.0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    bare: Callable[[], Iterable[Block]] | None = None
    corners: tuple[tuple[float, float], ...] = ()

    @property
    def held(self) -> int:
        """Bytes that decoding takes beside a few rows of the page."""
        grey = 0 if self.in_order else self.width * self.height * grey_type(self.bits, True, None).itemsize
        return self.decoder_bytes + grey

    @property
    def is_turned(self) -> bool:
        """Whether width and height change places when the page is turned upright."""
        return is_turned(self.orientation)

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


def to_grey(
    picture: Picture, mode: str, drop_colour: Sequence[str] | None = None, scale: float = 1.0
) -> NDArray[np.float32]:
    """Decodes a page, see `grey_strips`, `scale` times as large.

    Returns:
        (H, W) float32 in [0, 1], upright.
    """
    width, height = (max(round(scale * side), 1) for side in picture.upright_size)
    page = np.empty((height, width), np.float32)
    stored = as_stored(page, picture.orientation)
    strips = grey_strips(picture, mode, drop_colour, np.float32)
    gather(fit(strips, (picture.height, picture.width), stored.shape), stored)
    return page


def grey_strips(
    picture: Picture, mode: str, drop_colour: Sequence[str] | None, dtype: npt.DTypeLike
) -> Iterator[Greys]:
    """Decodes a page some rows at a time, as they are stored: laid on its sheet, and colour made grey.

    Args:
        picture: the page.
        mode: how colour becomes grey, see `colour.desaturate`.
        drop_colour: keys of `pencils.DROPPED`: their pencils are taken out, and colour becomes grey by the light in
            which they are hardly seen, whatever `mode` says. The page is then decoded twice.
        dtype: uint8, uint16 or float32, see `grey_type`; where a colour is dropped, float32.

    Yields:
        (rows, W) encoded values as in the file, 0 = black; white is 255, 65535 or in float32 1.
    """
    if not drop_colour or picture.is_grey:
        yield from (strip for (strip,) in _strips(picture, [(dtype, lambda rgb: desaturate(rgb, mode))]))
        return
    kept = {DROPPED[name][0] for name in drop_colour}
    shape = picture.height, picture.width
    yield from pencils.without_pencils(lambda: _light(picture, kept), shape, drop_colour)


def measured_pencils(picture: Picture, names: Sequence[str]) -> list[Pencil]:
    """Coloured pencils of a page in colour, see `pencils.measure`; decodes the page."""
    return pencils.measure(_light(picture), (picture.height, picture.width), names)


def pencil_strips(picture: Picture, found: Sequence[Pencil]) -> Iterator[NDArray[np.float32]]:
    """Decodes the last of some pencils without the page and the others, see `pencils.alone`, as it is stored."""
    return pencils.alone(_light(picture), (picture.height, picture.width), found)


def _light(picture: Picture, exact: Collection[int] = ()) -> Iterator[tuple[NDArray[Any], ...]]:
    """Red, green and blue of some rows at a time, float16, or float32 where they are to be `exact`."""
    kinds = [(np.float32 if sample in exact else np.float16, itemgetter((..., sample))) for sample in range(3)]
    return _strips(picture, kinds)


def grey_type(bits: int, is_grey: bool, drop_colour: Sequence[str] | None) -> np.dtype[Any]:
    """The smallest type for the greys of a page with so many bits a sample that loses nothing which is worked with."""
    if drop_colour is not None and not is_grey:
        return np.dtype(np.float32)
    return np.dtype(np.uint8 if bits <= 8 else np.uint16)


def draw(picture: Picture, pages: Sequence[tuple[NDArray[Any], ToGrey]]) -> None:
    """Lays all blocks of a picture onto upright pages, each in a grey of its own.

    Args:
        picture: what to decode.
        pages: white, (H, W) each, in floating point up to 1, uint8 or uint16; with what makes its grey of (h, w, 3)
            light.
    """
    stored = [(as_stored(page, picture.orientation), channel) for page, channel in pages]
    for block in picture.blocks():
        for piece in _pieces(block):
            _lay(piece, stored)


def as_stored(page: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The view of an upright page whose rows and columns run as in the file."""
    if is_turned(orientation):
        page = page.T
    if orientation in {3, 4, 6, 7}:
        page = page[::-1]
    return page[:, ::-1] if orientation in {2, 3, 7, 8} else page


def _strips(picture: Picture, kinds: Sequence[tuple[npt.DTypeLike, ToGrey]]) -> Iterator[tuple[NDArray[Any], ...]]:
    """Lays a picture's blocks on its sheet, and yields the rows that no further block may touch.

    Args:
        picture: what to decode.
        kinds: types and channels of pages, see `draw`.

    Yields:
        (rows, W) of each kind, as stored, from top to bottom; together they are the page.
    """
    top, pages = 0, [np.empty((0, picture.width), dtype) for dtype, _ in kinds]
    channels = [channel for _, channel in kinds]
    for block in _laid_in_turn(picture):
        start = min(max(block.top, top), picture.height) if picture.in_order else 0
        if start > top:
            pages = _lengthened(pages, start - top, picture.is_on_black)
            yield tuple(page[: start - top] for page in pages)
            top, pages = start, [page[start - top :] for page in pages]
        stop = min(block.top + len(block.samples), picture.height) if picture.in_order else picture.height
        pages = _lengthened(pages, stop - top, picture.is_on_black)
        for piece in _pieces(block):
            _lay(replace(piece, top=piece.top - top), list(zip(pages, channels, strict=True)))
    yield tuple(_lengthened(pages, picture.height - top, picture.is_on_black))


def _laid_in_turn(picture: Picture) -> Iterator[Block]:
    """The blocks; those as wide as the page in pieces, since each piece then comes in order as well."""
    for block in picture.blocks():
        is_wide = block.left <= 0 and block.left + block.samples.shape[1] >= picture.width
        yield from _pieces(block) if is_wide else [block]


def _pieces(block: Block) -> Iterator[Block]:
    height, width = block.samples.shape[:2]
    rows = max(1, BLOCK_PIXELS // width)
    for top in range(0, height, rows):
        yield replace(block, samples=block.samples[top : top + rows], top=block.top + top)


def _lengthened(pages: Sequence[NDArray[Any]], rows: int, is_on_black: bool) -> list[NDArray[Any]]:
    """The pages with more of their sheets below, where they do not have so many rows."""
    missing = rows - len(pages[0])
    if missing <= 0:
        return list(pages)
    sheets = [np.full((missing, page.shape[1]), 0 if is_on_black else white(page.dtype), page.dtype) for page in pages]
    return [np.concatenate(each) if len(each[0]) else each[1] for each in zip(pages, sheets, strict=True)]


def _lay(block: Block, pages: Sequence[tuple[NDArray[Any], ToGrey]]) -> None:
    """Lays what of a block is within the pages, which are as stored."""
    samples, rows, columns = block.within(*pages[0][0].shape)
    if not samples.size:
        return
    for strip in strips(len(samples), max(1, _CACHED_PIXELS // samples.shape[1])):
        piece = replace(block, samples=samples[strip])
        parts = [(page[rows, columns][strip], channel) for page, channel in pages]
        if _is_grey_already(piece, [part for part, _ in parts]):
            for part, _ in parts:
                part[:] = piece.samples[..., 0]
        else:
            _mix(piece, parts)


def _mix(block: Block, pages: Sequence[tuple[NDArray[Any], ToGrey]]) -> None:
    """Mixes a block into pages of its height and width."""
    light = np.divide(block.samples, np.float32(block.white), dtype=np.float32)
    coverage: Any = np.float32(block.opacity)
    if block.alpha != "none":
        coverage = light[..., -1] * coverage
    shown = np.float32(block.opacity) if block.alpha == "premultiplied" else coverage
    is_opaque = np.min(coverage) == 1
    light = _interleaved(light, _SAMPLES[block.space])
    if block.space == "cmyk":
        light = (1 - light[..., :3]) * (1 - light[..., 3:])
    for page, channel in pages:
        grey = light[..., 0] if block.space == "grey" else channel(light)
        mixed = grey * (shown * white(page.dtype))
        if not is_opaque:
            mixed += page * (1 - coverage)
        if block.alpha == "premultiplied":
            np.minimum(mixed, white(page.dtype), out=mixed)  # there are colours that are lighter than their coverage
        if page.dtype.kind == "u":
            mixed += 0.5
        page[:] = mixed


def _interleaved(light: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """The first samples of light or ink, one pixel after the other: OpenCV takes several times as long otherwise."""
    if samples == 1 or (light.flags.c_contiguous and light.shape[-1] == samples):
        return light[..., :samples]
    if light.flags.c_contiguous and light.shape[-1] == 4:
        return np.asarray(cv2.cvtColor(light, cv2.COLOR_RGBA2RGB), np.float32)
    return np.asarray(cv2.merge([light[..., each] for each in range(samples)]), np.float32)


def _is_grey_already(block: Block, pages: Sequence[NDArray[Any]]) -> bool:
    """Whether the block's first samples are just what the pages will hold: it is opaque, and its colours are greys."""
    samples = block.samples
    if block.space == "cmyk" or block.opacity != 1:
        return False
    if any(page.dtype != samples.dtype or white(page.dtype) != block.white for page in pages):
        return False
    if block.space == "grey" and block.alpha == "none":
        return True
    is_whole = samples.dtype.kind == "u"  # others lose a bit where colours become grey
    colours, coverage = (samples, None) if block.alpha == "none" else (samples[..., :-1], samples[..., -1])
    return (
        is_whole
        and (coverage is None or bool((coverage == block.white).all()))
        and all(np.array_equal(colours[..., 0], colours[..., each]) for each in range(1, colours.shape[-1]))
    )
