"""Pages on disk, read as grey; whatever goes wrong becomes a PageError."""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from numpy.typing import NDArray
from PIL import Image

from lineart_cli.errors import PageError, Unreadable, reading
from lineart_cli.imaging.pencils import Pencil
from lineart_cli.options import ReadOptions
from lineart_cli.pages import libraries, readers
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.header import Header
from lineart_cli.pages.metadata import Metadata, metadata_of
from lineart_cli.pages.picture import (
    Document,
    Greys,
    Picture,
    grey_strips,
    grey_type,
    measured_pencils,
    pencil_strips,
    to_grey,
)
from lineart_cli.pages.raster import Raster, to_raster
from lineart_cli.pages.readers.layers import NoLayerError
from lineart_cli.pages.sketch import to_sketch
from lineart_cli.pages.straightening import straight
from lineart_cli.stamps import stamp


def count_pages(path: Path) -> int:
    """How many pages a file has; 1 where it cannot be read, so that reading the page will say why."""
    try:
        with opened_file(path) as file:
            return readers.count_pages(file)
    except PageError:
        return 1


def has_photoshop_layers(path: Path) -> bool:
    """Whether a file is a TIFF in which Photoshop keeps its layers; raises PageError where it cannot be read."""
    with opened_file(path) as file:
        return readers.has_photoshop_layers(file)


def is_lossy(path: Path) -> bool:
    """Whether pixels of a file were changed by its compression; raises PageError where it cannot be read."""
    with opened_file(path) as file:
        return readers.is_lossy(file)


def read_header(path: Path, options: ReadOptions, page: int = 0) -> Header:
    """Reads what a page says about itself.

    Args:
        path: the file.
        options: how pages are read.
        page: which of the file's pages, from 0.

    Raises:
        PageError: there is no readable image, it has no pixels, or more than `options.max_megapixels`.
    """
    with _picture(path, options, page) as (document, picture):
        dpi = picture.dpi
        if dpi is not None and picture.is_turned:
            dpi = (dpi[1], dpi[0])
        return Header(
            *picture.upright_size,
            dpi=dpi,
            pages=document.pages,
            bits=picture.bits,
            is_grey=picture.is_grey,
            orientation=picture.orientation,
            held=picture.held,
            notes=picture.notes,
            corners=picture.corners,
            told_aspect=1 / picture.aspect if picture.is_turned else picture.aspect,
            seconds=picture.seconds,
        )


def read_strips(path: Path, options: ReadOptions, page: int = 0, is_on_black: bool = False) -> Iterator[Greys]:
    """Decodes a page some rows at a time: transparency laid on white, colour made grey, but not turned upright.

    Args:
        path: the file.
        options: how pages are read.
        page: which of the file's pages, from 0.
        is_on_black: whether what is transparent is laid on black, and not on white.

    Yields:
        (rows, W) encoded values of `picture.grey_type`, see `picture.grey_strips`.

    Raises:
        PageError: the page cannot be decoded, or as of `read_header`.
    """
    with _picture(path, options, page) as (_, picture):
        dtype = grey_type(picture.bits, picture.is_grey, options.drop_colour)
        laid = replace(picture, is_on_black=is_on_black)
        yield from grey_strips(laid, options.desaturate, options.drop_colour, dtype)


def read_pencils(path: Path, options: ReadOptions, page: int, names: Sequence[str]) -> list[Pencil]:
    """Measures coloured pencils on a page in colour, each without those that are named before it.

    Args:
        path: the file.
        options: how pages are read.
        page: which of the file's pages, from 0.
        names: keys of `pencils.DROPPED`.

    Raises:
        PageError: as of `read_strips`.
    """
    with _picture(path, options, page) as (_, picture):
        return measured_pencils(picture, names)


def read_pencil_strips(
    path: Path, options: ReadOptions, page: int, pencils: Sequence[Pencil]
) -> Iterator[NDArray[np.float32]]:
    """Decodes the last of some pencils alone, some rows at a time and not turned upright; see `pencils.alone`.

    Args:
        path: the file.
        options: how pages are read.
        page: which of the file's pages, from 0.
        pencils: as `read_pencils` gives them.

    Yields:
        (rows, W) light in [0, 1], white where there is nothing of the pencil.

    Raises:
        PageError: as of `read_strips`.
    """
    with _picture(path, options, page) as (_, picture):
        yield from pencil_strips(picture, pencils)


def read_grey(path: Path, options: ReadOptions, page: int = 0, scale: float = 1.0) -> NDArray[np.float32]:
    """Decodes a page as `read_strips` does, turned upright. No sample loses bits.

    Args:
        path: the file.
        options: how pages are read.
        page: which of the file's pages, from 0.
        scale: the page is enlarged so many times, or shrunk, while it is decoded; see `resample.fit`.

    Returns:
        (H, W) encoded values as in the file, 0 = black, 1 = white.

    Raises:
        PageError: as of `read_strips`.
    """
    with _picture(path, options, page) as (_, picture):
        return to_grey(picture, options.desaturate, options.drop_colour, scale)


def read_sketch(path: Path, options: ReadOptions, page: int = 0, is_on_black: bool = False) -> NDArray[np.uint8]:
    """Decodes a page as it looks, upright and on white.

    Args:
        path: the file.
        options: how pages are read.
        page: which of the file's pages, from 0.
        is_on_black: whether it looks as it does on black paper, and not on white; PDF too.

    Returns:
        (H, W) grey or (H, W, 3) RGB, encoded values.

    Raises:
        PageError: as of `read_grey`.
    """
    with _picture(path, options, page) as (_, picture):
        blocks = picture.bare if is_on_black and picture.bare else picture.blocks
        return to_sketch(replace(picture, is_on_black=is_on_black, blocks=blocks))


def read_layers(path: Path, names: Sequence[str], is_on_black: bool = False) -> NDArray[np.uint8]:
    """Decodes layers of a file as they look together, upright and on white; those that it does not have are left out.

    Args:
        path: the file.
        names: of the layers, the lowest first.
        is_on_black: as for `read_strips`.

    Returns:
        (H, W, 3) RGB, encoded values.

    Raises:
        PageError: it has none of them, or cannot be decoded.
    """
    options, page = ReadOptions(), None
    with opened_file(path) as file:
        for name in names:
            file.seek(0)
            with contextlib.suppress(NoLayerError), readers.opened(file, replace(options, layer=name)) as document:
                picture = document.picture(0)
                check_size(picture.width, picture.height, options.max_megapixels)
                page = to_sketch(replace(picture, is_grey=False, is_on_black=is_on_black), page)
        if page is None:
            raise Unreadable(f"has no layer {' or '.join(map(repr, names))}", "leave one of them in it")
    return page


def read_raster(path: Path, options: ReadOptions, scratch: Path) -> Raster:
    """Decodes the first page of a file, see `raster.to_raster`; raises PageError as `read_grey` does."""
    with _picture(path, options, 0) as (_, picture):
        return to_raster(picture, scratch)


def read_metadata(path: Path, page: int = 0) -> Metadata:
    """What a page tells of its picture beside the pixels; nothing where that cannot be read."""
    with contextlib.suppress(Exception), libraries.unlimited(), Image.open(path) as image:  # tags raise anything
        if page:
            image.seek(page)
        return metadata_of(image)
    return Metadata()


def is_whole(path: Path) -> bool:
    """Whether `path` is an image, or a drawing of curves, that can be read to its end."""
    if path.suffix in _DRAWINGS:
        return _is_whole_drawing(path)
    try:
        with _picture(path, ReadOptions(), 0) as (_, picture):
            return all(True for _ in picture.blocks())
    except PageError:
        return False


_DRAWINGS = (".svg", ".svgz")


def _is_whole_drawing(path: Path) -> bool:
    try:
        with gzip.open(path) if path.suffix == ".svgz" else path.open("rb") as file:
            for _ in iterparse(file):
                pass
    except (OSError, EOFError, zlib.error, ParseError, DefusedXmlException):
        return False
    return True


@contextlib.contextmanager
def _picture(path: Path, options: ReadOptions, page: int) -> Iterator[tuple[Document, Picture]]:
    """A page whose size is right, not yet decoded, and its document."""
    with _document(path, options) as document:
        if page >= document.pages:
            raise PageError(path, f"has no page {page + 1} (any more)", "run again")
        with _faults(f"{path} page {page + 1}" if document.pages > 1 else str(path)):
            picture = document.picture(page)
            check_size(picture.width, picture.height, options.max_megapixels)
            if options.page == "auto":
                picture = straight(picture, (path, stamp(path), page, options.layer, options.dpi))
                check_size(picture.width, picture.height, options.max_megapixels)
            yield document, picture


@contextlib.contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """A file to read; whatever goes wrong while it is open becomes a PageError."""
    with _faults(str(path)), libraries.unlimited(), _file(path) as file:
        yield file


@contextlib.contextmanager
def _document(path: Path, options: ReadOptions) -> Iterator[Document]:
    with opened_file(path) as file, readers.opened(file, options) as document:
        yield document


@contextlib.contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    if os.path.isdir(path):
        raise Unreadable("is a folder", "give its images, or the folder that holds it")
    if os.path.exists(path) and not os.path.isfile(path):
        raise Unreadable("is no ordinary file", "copy the image to a file first")
    with path.open("rb") as file:
        if not file.read(1):
            raise Unreadable("the file is empty", "scan or save it again")
        file.seek(0)
        yield file


def _faults(subject: str) -> contextlib.AbstractContextManager[None]:
    return reading(subject, "close other programs, or scan at fewer dpi", "scan or save it again")
