"""TIFF and BigTIFF: every page, strip by strip or tile by tile."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffPage

from lineart_cli.errors import Unreadable
from lineart_cli.imaging.resample import strips
from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import within
from lineart_cli.pages.header import CENTIMETRES, INCHES, Dpi, meant_dpi
from lineart_cli.pages.picture import BLOCK_PIXELS, Alpha, Block, Document, Picture, Space

_REDUCED, _MASK = 1, 4  # bits of SubfileType: a thumbnail, and what is transparent
_WHITE_IS_ZERO, _PALETTE, _YCBCR = 0, 3, 6  # PhotometricInterpretation
_SPACES: dict[int, tuple[Space, int]] = {
    _WHITE_IS_ZERO: ("grey", 1),
    1: ("grey", 1),
    2: ("rgb", 3),
    _PALETTE: ("rgb", 1),
    5: ("cmyk", 4),
    _YCBCR: ("rgb", 3),
}
"""Colour space and number of samples, without extra ones, by PhotometricInterpretation."""
_ALPHA: dict[int, Alpha] = {0: "none", 1: "premultiplied", 2: "straight"}  # by ExtraSamples
_CONTIGUOUS = 1  # PlanarConfiguration
_JPEG = {6, 7}  # compressions that bring YCbCr back to RGB
_UNSIGNED, _FLOAT = 1, 3  # SampleFormat
_MOST_SAMPLES = 8
_LARGE_TILE = 4096 * 4096
_READ_AT_ONCE = 1 << 20  # bytes
_IMAGE_SOURCE_DATA = 37724  # the tag of Photoshop's layers
_PER_INCH = {INCHES: 1.0, CENTIMETRES: 2.54}


@contextlib.contextmanager
def opened(file: BinaryIO, _: ReadOptions) -> Iterator[Document]:
    """The pages of a TIFF file, without thumbnails and masks.

    Raises:
        Unreadable: a page has no defined white or colours, or says what cannot be.
        Exception: whatever tifffile says of a damaged file; so do the pictures' blocks.
    """
    size = file.seek(0, 2)
    file.seek(0)
    with TiffFile(file) as tiff:
        found = map(tiff.pages.__getitem__, range(len(tiff.pages)))  # to iterate over them need not end
        every = [page for page in found if isinstance(page, TiffPage)]
        pages = [page for page in every if not page.subfiletype & (_REDUCED | _MASK)] or every[:1]
        yield Document(len(pages), lambda number: _picture(pages[number], size))


def has_photoshop_layers(file: BinaryIO) -> bool:
    """Whether Photoshop keeps layers in the first page (Adobe Photoshop TIFF Technical Notes, 2002)."""
    with TiffFile(file) as tiff:
        return _IMAGE_SOURCE_DATA in tiff.pages.first.tags


def is_lossy(file: BinaryIO) -> bool:
    """Whether the first page is compressed as JPEG."""
    with TiffFile(file) as tiff:
        return tiff.pages.first.compression in _JPEG


def _picture(page: TiffPage, file_size: int) -> Picture:
    _check(page)
    orientation = page.tags.valueof("Orientation", 1)
    return Picture(
        page.imagewidth,
        page.imagelength,
        lambda: _blocks(page, file_size),
        bits=int(np.max(page.bitspersample)),
        is_grey=_SPACES[page.photometric][0] == "grey",
        dpi=_dpi(page),
        aspect=_aspect(page),
        orientation=orientation if isinstance(orientation, int) else 1,
        in_order=True,
        decoder_bytes=0 if _is_bare(page) else _bytes_of_a_row_of_segments(page),
    )


def _is_bare(page: TiffPage) -> bool:
    """Whether rows lie in the file one after the other, just as they are."""
    is_whole = sum(page.databytecounts) >= page.nbytes
    return page.is_memmappable and is_whole and (page.planarconfig == _CONTIGUOUS or page.samplesperpixel == 1)


def _bytes_of_a_row_of_segments(page: TiffPage) -> int:
    """Of a strip, or of tiles side by side, once they are decoded."""
    rows = min(page.tilelength if page.is_tiled else page.rowsperstrip, page.imagelength)
    return rows * page.imagewidth * page.samplesperpixel * np.dtype(page.dtype).itemsize


def _check(page: TiffPage) -> None:
    """Raises Unreadable where the page cannot be taken for light, or its sizes are lies that would cost memory."""
    space, count = _SPACES.get(page.photometric, ("", 0))
    if not space or (page.photometric == _YCBCR and page.compression not in _JPEG):
        name = getattr(page.photometric, "name", page.photometric)
        raise Unreadable(f"has colours of the kind {name}", "save it as grey, RGB or CMYK")
    if not count <= page.samplesperpixel <= _MOST_SAMPLES or page.imagedepth != 1:
        raise Unreadable(f"has {page.samplesperpixel} samples a pixel", "save it as grey, RGB or CMYK")
    if page.photometric == _PALETTE and page.colormap is None:
        raise Unreadable("has a palette without colours", "save it as RGB")
    if page.sampleformat not in {_UNSIGNED, _FLOAT} or page.dtype is None:
        raise Unreadable("has samples with a sign, or complex ones", "save it with 8 or 16 bits without a sign")
    if page.is_tiled and page.tilewidth * page.tilelength > max(_LARGE_TILE, 4 * page.imagewidth * page.imagelength):
        raise Unreadable(f"has tiles of {page.tilewidth} x {page.tilelength}", "save it again")


def _dpi(page: TiffPage) -> Dpi | None:
    unit = page.tags.valueof("ResolutionUnit", INCHES)
    x, y = (page.tags.valueof(name, (0, 1)) for name in ("XResolution", "YResolution"))
    try:
        per_inch = _PER_INCH[int(unit)]
        return meant_dpi(x[0] / x[1] * per_inch, y[0] / y[1] * per_inch)
    except (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError):
        return None


def _aspect(page: TiffPage) -> float:
    """How many times as high as wide a pixel is, by tags without a unit."""
    x, y = (page.tags.valueof(name, (1, 1)) for name in ("XResolution", "YResolution"))
    try:
        return float(x[0] / x[1] / (y[0] / y[1])) or 1.0
    except (TypeError, ZeroDivisionError, IndexError):
        return 1.0


def _blocks(page: TiffPage, file_size: int) -> Iterator[Block]:
    segments = math.prod(page.chunked)
    ends = [at + count for at, count in zip(page.dataoffsets, page.databytecounts, strict=False)]
    if len(ends) < segments or max(ends) > file_size:
        raise Unreadable("is cut off", "scan or save it again")
    if _is_bare(page):
        yield from _bare_rows(page)
        return
    planes = 1 if page.planarconfig == _CONTIGUOUS else page.samplesperpixel
    # Of a page in planes, all strips or tiles that lie in the same place come one after the other.
    order = np.arange(segments).reshape(planes, -1).T.ravel().tolist()
    packed = page.parent.filehandle.read_segments(
        [page.dataoffsets[segment] for segment in order],
        [page.databytecounts[segment] for segment in order],
        order,
        sort=False,
        buffersize=_READ_AT_ONCE,
    )
    tables = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader} if page.compression in _JPEG else {}
    found = (page.decode(*each, _fullsize=page.is_tiled, **tables) for each in packed)
    for parts in zip(*[found] * planes, strict=True):
        if any(samples is None for samples, _, _ in parts):
            raise Unreadable("lacks a part", "scan or save it again")
        _, (_, _, top, left, _), _ = parts[0]
        yield _block(page, np.concatenate([samples[0] for samples, _, _ in parts], -1), top, left)


def _bare_rows(page: TiffPage) -> Iterator[Block]:
    file, dtype = page.parent.filehandle, np.dtype(page.dtype).newbyteorder(page.parent.byteorder)
    file.seek(page.dataoffsets[0])
    for rows in strips(page.imagelength, max(1, BLOCK_PIXELS // page.imagewidth)):
        shape = rows.stop - rows.start, page.imagewidth, page.samplesperpixel
        samples = np.frombuffer(file.read(math.prod(shape) * dtype.itemsize), dtype).reshape(shape)
        yield _block(page, samples.astype(page.dtype, copy=False), rows.start, 0)


def _block(page: TiffPage, samples: NDArray[Any], top: int, left: int) -> Block:
    space, count = _SPACES[page.photometric]
    alpha = _ALPHA.get(page.extrasamples[0] if page.extrasamples else 0, "none")
    samples = samples[..., : count + (alpha != "none")]
    white = _white(page)
    if page.colormap is not None:
        light = np.asarray(page.colormap).T[samples[..., 0]]
        coverage = np.rint(samples[..., 1:] * (65535 / white)).astype(np.uint16)
        return Block(np.concatenate([light, coverage], -1), space, 65535, alpha, top, left)
    if samples.dtype.kind == "f":
        samples = within(samples, white)
    elif samples.max(initial=0) > white:
        raise Unreadable(f"has samples up to {samples.max()}, where {white:g} is white", "save it again")
    if page.photometric == _WHITE_IS_ZERO:
        samples = _light(samples, samples.dtype.type(white), alpha)
    return Block(samples, space, white, alpha, top, left)


def _light(dark: NDArray[Any], white: Any, alpha: Alpha) -> NDArray[Any]:
    """Samples of light, of those of darkness, each with its coverage, if there is one."""
    if dark.dtype == bool:
        return np.concatenate([~dark[..., :1], dark[..., 1:]], -1)
    whole = np.minimum(dark[..., 1:], white) if alpha == "premultiplied" else white
    return np.concatenate([whole - np.minimum(dark[..., :1], whole), dark[..., 1:]], -1)


def _white(page: TiffPage) -> float:
    """The sample value of white: the largest there is, or what a page in floating point says, or 1."""
    if page.sampleformat == _FLOAT:
        return float(np.max(page.tags.valueof("SMaxSampleValue", 1.0)))
    return float(2 ** int(np.max(page.bitspersample)) - 1)
