"""Krita's .kra and .krz: a zip file with the merged picture as PNG, and the layers in tiles of Krita's own.

A layer's file is a header of five lines and then tiles, each with a line that gives its place and length. The first
byte of a tile tells whether the others are compressed: by LZF, the first bytes of all pixels, then the second ones, ...
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import Element

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import Unreadable, check_size
from lineart_cli.pages.header import meant_dpi
from lineart_cli.pages.picture import Block, Document, Picture, Space
from lineart_cli.pages.readers.archive import Archive, local_name
from lineart_cli.pages.readers.layers import Named, find

_TILE_SIDES = range(16, 257)  # px; Krita's have 64


@dataclass(frozen=True)
class _Pixels:
    """What the bytes of a pixel are: samples of `dtype`, which make a colour of `space` in `order`, then coverage."""

    space: Space
    dtype: str
    order: tuple[int, ...]


_PIXELS = {
    "RGBA": _Pixels("rgb", "u1", (2, 1, 0, 3)),
    "RGBA16": _Pixels("rgb", "<u2", (2, 1, 0, 3)),
    "GRAYA": _Pixels("grey", "u1", (0, 1)),
    "GRAYA16": _Pixels("grey", "<u2", (0, 1)),
}


@dataclass(frozen=True)
class _Layer:
    """A paint layer: its tiles, the pixel that is wherever there are none, and how it lies on the page."""

    content: bytes
    default: bytes
    pixels: _Pixels
    left: int
    top: int
    opacity: float


@contextlib.contextmanager
def opened(archive: Archive, options: ReadOptions) -> Iterator[Document]:
    """The picture in an archive, a document of one page: the merged one, or the layer or group that is asked for.

    A group is its visible paint layers, one over the other; their blend modes count as normal.

    Raises:
        Unreadable: the file lacks what it should have, expands too much, has no such layer, or only one of a kind that
            has no pixels or too many.
        Exception: it is damaged.
    """
    root = next((each for each in archive.xml("maindoc.xml").iter() if local_name(each) == "image"), None)
    if root is None:
        raise Unreadable("has no picture", "save it again")
    dpi = meant_dpi(float(root.get("x-res", 0)), float(root.get("y-res", 0)))
    if options.layer is None:
        with archive.picture("mergedimage.png") as merged:
            yield Document(1, lambda _: replace(merged, dpi=dpi or merged.dpi))
        return
    width, height = int(root.get("width", 0)), int(root.get("height", 0))
    check_size(width, height, options.max_megapixels)
    every = [each for each in root.iter() if local_name(each) == "layer"]
    chosen = find(options.layer, [Named(each.get("name", ""), each) for each in every])
    layers = [_layer(archive, *each) for each in _painted(chosen, 1.0)]
    if not layers:
        raise Unreadable(f"has no paint in the layer {options.layer!r}", "name a paint layer, or a group of them")
    picture = Picture(
        width,
        height,
        lambda: (block for layer in layers for block in _blocks(layer, width, height)),
        bits=max(8 * np.dtype(layer.pixels.dtype).itemsize for layer in layers),
        is_grey=all(layer.pixels.space == "grey" for layer in layers),
        dpi=dpi,
    )
    yield Document(1, lambda _: picture)


def _painted(chosen: Element, opacity: float) -> Iterator[tuple[Element, float]]:
    """The paint layers to draw for a layer or group, the lowest first, each with its opacity on the page."""
    opacity *= min(max(int(chosen.get("opacity", 255)), 0), 255) / 255
    if chosen.get("nodetype") == "paintlayer":
        yield chosen, opacity
    elif chosen.get("nodetype") == "grouplayer":
        children = [each for folder in chosen if local_name(folder) == "layers" for each in folder]
        for child in reversed(children):
            if child.get("visible", "1") != "0":
                yield from _painted(child, opacity)


def _layer(archive: Archive, layer: Element, opacity: float) -> _Layer:
    pixels = _PIXELS.get(layer.get("colorspacename", ""))
    if pixels is None:
        what = f"has a layer {layer.get('name')!r} of the kind {layer.get('colorspacename')}"
        raise Unreadable(what, "convert it to RGB or grey with 8 or 16 bits, or leave --layer out")
    end = f"/layers/{layer.get('filename')}"
    name = next((each for each in archive.names if each.endswith(end)), end)
    default = f"{name}.defaultpixel"
    return _Layer(
        archive.read(name),
        archive.read(default) if default in archive.names else b"",
        pixels,
        int(layer.get("x", 0)),
        int(layer.get("y", 0)),
        opacity,
    )


def _blocks(layer: _Layer, width: int, height: int) -> Iterator[Block]:
    """The tiles of a layer, and its default pixel wherever the page of `width` x `height` has none."""
    stream = io.BytesIO(layer.content)
    header = dict(stream.readline(100).split() for _ in range(5))
    tile_width, tile_height, size = (int(header[key]) for key in (b"TILEWIDTH", b"TILEHEIGHT", b"PIXELSIZE"))
    samples = len(layer.pixels.order)
    is_sound = size == samples * np.dtype(layer.pixels.dtype).itemsize and {tile_width, tile_height} <= set(_TILE_SIDES)
    if not is_sound:
        raise Unreadable(f"has tiles of {tile_width} x {tile_height} px of {size} bytes", "save it again")
    done = set()
    for _ in range(int(header[b"DATA"])):
        column, row, _, length = stream.readline(100).split(b",")
        data = stream.read(int(length))
        bare = _expanded(data, tile_width * tile_height, size)
        place = layer.top + int(row), layer.left + int(column)
        done.add(place)
        yield _block(layer, bare.view(layer.pixels.dtype).reshape(tile_height, tile_width, samples), *place)
    if any(layer.default):
        pixel = np.frombuffer(layer.default, layer.pixels.dtype)
        tile = np.broadcast_to(pixel, (tile_height, tile_width, samples))
        for top in range(layer.top % tile_height - tile_height, height, tile_height):
            for left in range(layer.left % tile_width - tile_width, width, tile_width):
                if (top, left) not in done:
                    yield _block(layer, tile, top, left)


def _expanded(data: bytes, pixels: int, size: int) -> NDArray[np.uint8]:
    """A tile's bytes, pixel after pixel."""
    if data[:1] != b"\1":
        return np.frombuffer(data, np.uint8, pixels * size, 1)
    planes = np.frombuffer(imagecodecs.lzf_decode(data[1:], out=pixels * size), np.uint8, pixels * size)
    return np.ascontiguousarray(planes.reshape(size, pixels).T).reshape(-1)


def _block(layer: _Layer, samples: NDArray[Any], top: int, left: int) -> Block:
    pixels = layer.pixels
    white = np.iinfo(np.dtype(pixels.dtype)).max
    return Block(samples[..., pixels.order], pixels.space, white, "straight", top, left, layer.opacity)
