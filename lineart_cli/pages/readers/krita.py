"""Krita's .kra and .krz: a zip file with the merged picture as PNG, and the layers in tiles of Krita's own.

A layer's file is a header of five lines and then tiles, each with a line that gives its place and length. The first
byte of a tile tells whether the others are compressed: by LZF, the first bytes of all pixels, then the second ones, ...
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any
from xml.etree.ElementTree import Element

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.compositing import ERASE, NORMAL, Group, Painting, composed
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.header import meant_dpi
from lineart_cli.pages.picture import Alpha, Block, Document, Space
from lineart_cli.pages.readers.archive import Archive, local_name
from lineart_cli.pages.readers.layers import COMPOSED, Named, find, unknown_blend

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
    "GRAYAU16": _Pixels("grey", "<u2", (0, 1)),
}
_LINEAR = "-g10.icc"
"""Krita's profiles of light as it is end so: those of new pictures of 16 bits and more."""
_SELECTION = _Pixels("grey", "u1", (0,))
_MERGED = "mergedimage.png"
_BLENDS = {
    "normal": NORMAL,
    "erase": ERASE,
    "multiply": "multiply",
    "screen": "screen",
    "overlay": "overlay",
    "darken": "darken",
    "lighten": "lighten",
    "dodge": "color-dodge",
    "burn": "color-burn",
    "hard_light": "hard-light",
    "soft_light_svg": "soft-light",
    "soft_light": "soft-light",
    "diff": "difference",
    "exclusion": "exclusion",
    "add": "add",
    "linear_dodge": "add",
    "subtract": "subtract",
    "linear_burn": "linear-burn",
    "divide": "divide",
}
"""Names of `compositing`, by Krita's."""


@dataclass(frozen=True)
class _Layer:
    """A paint layer: its tiles, the pixel that is wherever there are none, and where it lies on the page."""

    content: bytes
    default: bytes
    pixels: _Pixels
    left: int
    top: int


@contextlib.contextmanager
def opened(archive: Archive, options: ReadOptions) -> Iterator[Document]:
    """The picture in an archive, a document of one page.

    It is the merged one, or where there is none, the visible layers together; or the layer or group that is asked for.

    Raises:
        Unreadable: the file lacks what it should have, expands too much, has no such layer, or only one of a kind that
            has no pixels or too many.
        Exception: it is damaged.
    """
    root = next((each for each in archive.xml("maindoc.xml").iter() if local_name(each) == "image"), None)
    if root is None:
        raise Unreadable("has no picture", "save it again")
    dpi = meant_dpi(float(root.get("x-res", 0)), float(root.get("y-res", 0)))
    if options.layer is None and _MERGED in archive.names:
        with archive.picture(_MERGED) as merged:
            yield Document(1, lambda _: replace(merged, dpi=dpi or merged.dpi))
        return
    width, height = int(root.get("width", 0)), int(root.get("height", 0))
    check_size(width, height, options.max_megapixels)
    reader = _Reader(archive, width, height)
    if options.layer is None:
        layers, notes = reader.visible(root), [COMPOSED]
        if not Group(layers).paintings:
            raise Unreadable("has neither a merged picture nor a visible paint layer", "save it again")
    else:
        every = [each for each in root.iter() if local_name(each) == "layer"]
        chosen = find(options.layer, [Named(each.get("name", ""), each) for each in every])
        layers, notes = tuple(filter(None, [reader.read(chosen)])), []
        if not Group(layers).paintings:
            raise Unreadable(f"has no paint in the layer {options.layer!r}", "name a paint layer, or a group of them")
    is_linear = root.get("profile", "").endswith(_LINEAR)
    picture = composed(Group(layers), width, height, dpi, notes + reader.notes, is_linear=is_linear)
    yield Document(1, lambda _: picture)


class _Reader:
    """Reads layers and groups, and notes what is not known of them."""

    def __init__(self, archive: Archive, width: int, height: int) -> None:
        """`width` and `height` are of the page."""
        self._archive = archive
        self._shape = width, height
        self.notes: list[str] = []

    def visible(self, parent: Element) -> tuple[Painting | Group, ...]:
        """The visible layers and groups right inside of another, the lowest first."""
        children = [each for folder in parent if local_name(folder) == "layers" for each in folder]
        shown = [each for each in reversed(children) if each.get("visible", "1") != "0"]
        return tuple(filter(None, map(self.read, shown)))

    def read(self, element: Element) -> Painting | Group | None:
        """A layer or group; None of one that is of a kind without pixels of its own."""
        name, kind = element.get("name", ""), element.get("nodetype")
        opacity = min(max(int(element.get("opacity", 255)), 0), 255) / 255
        operator = element.get("compositeop", "normal")
        blend = _BLENDS.get(operator)
        if blend is None:
            self.notes.append(unknown_blend(name, operator))
        is_clipped = element.get("channelflags", "").endswith("0")  # coverage comes last
        shared = opacity, blend or NORMAL, is_clipped, tuple(self._masks(element))
        if kind == "grouplayer":
            return Group(self.visible(element), *shared, is_passed_through=element.get("passthrough") == "1")
        if kind != "paintlayer":
            self.notes.append(f"its layer {name!r} is of the kind {kind}, and left out")
            return None
        layer = _layer(self._archive, element, "")
        bits = 8 * np.dtype(layer.pixels.dtype).itemsize
        blocks = partial(_blocks, layer, *self._shape)
        return Painting(blocks, *shared, bits=bits, is_grey=layer.pixels.space == "grey")

    def _masks(self, element: Element) -> Iterator[Painting]:
        """What hides parts of a layer."""
        masks = [each for folder in element if local_name(folder) == "masks" for each in folder]
        for mask in masks:
            if mask.get("visible", "1") == "0":
                continue
            kind = mask.get("nodetype", "mask")
            if kind == "transparencymask":
                layer = _layer(self._archive, mask, ".pixelselection")
                yield Painting(partial(_blocks, layer, *self._shape))
            elif kind != "selectionmask":
                self.notes.append(f"its layer {element.get('name', '')!r} has a {kind}, which is left out")


def _layer(archive: Archive, layer: Element, suffix: str) -> _Layer:
    """The tiles of a layer, or of a mask, whose file has a suffix."""
    pixels = _SELECTION if suffix else _PIXELS.get(layer.get("colorspacename", ""))
    if pixels is None:
        what = f"has a layer {layer.get('name')!r} of the kind {layer.get('colorspacename')}"
        raise Unreadable(what, "convert it to RGB or grey with 8 or 16 bits, or leave --layer out")
    end = f"/layers/{layer.get('filename')}{suffix}"
    name = next((each for each in archive.names if each.endswith(end)), end)
    default = f"{name}.defaultpixel"
    return _Layer(
        archive.read(name),
        archive.read(default) if default in archive.names else b"",
        pixels,
        int(layer.get("x", 0)),
        int(layer.get("y", 0)),
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
    places: dict[tuple[int, int], slice | None] = {}
    for _ in range(int(header[b"DATA"])):
        column, row, _, length = stream.readline(100).split(b",")
        places[layer.top + int(row), layer.left + int(column)] = slice(stream.tell(), stream.tell() + int(length))
        stream.seek(int(length), 1)
    default = np.frombuffer(layer.default or bytes(size), layer.pixels.dtype)
    if any(layer.default):
        tops = range(layer.top % tile_height - tile_height, height, tile_height)
        lefts = range(layer.left % tile_width - tile_width, width, tile_width)
        places = {**dict.fromkeys(product(tops, lefts)), **places}
    for (top, left), place in sorted(places.items()):
        if place is None:
            tile = np.broadcast_to(default, (tile_height, tile_width, samples))
        else:
            bare = _expanded(layer.content[place], tile_width * tile_height, size)
            tile = bare.view(layer.pixels.dtype).reshape(tile_height, tile_width, samples)
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
    alpha: Alpha = "none" if len(pixels.order) == 1 else "straight"
    return Block(samples[..., pixels.order], pixels.space, white, alpha, top, left)
