"""GIMP's .xcf: the visible layers together, or the layer or group that is asked for (GIMP's devel-docs/xcf.txt).

All that a file has is reached by pointers from its head: layers, each with its properties and its pixels in tiles of
64 x 64 px, which are packed by runs, plane after plane, or by zlib. Layers in GIMP's own normal mode, from 2.10 on, are
mixed in light; where one has another mode, all are mixed as they are encoded, as GIMP did before.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from struct import calcsize, unpack
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lineart_cli.errors import Unreadable
from lineart_cli.imaging.colour import decoded, encoded
from lineart_cli.options import ReadOptions
from lineart_cli.pages.compositing import ERASE, NORMAL, Group, Painting, composed
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.header import Dpi, meant_dpi
from lineart_cli.pages.picture import Block, Document
from lineart_cli.pages.readers.layers import Named, find, unknown_blend

_TILE = 64  # px
_HEAD = b"gimp xcf "
_INDEXED = 2  # of the kinds of pictures, after RGB and grey
_END, _COLOURS, _OPACITY, _MODE, _VISIBLE, _HIDE_BY_MASK, _OFFSETS = 0, 1, 6, 7, 8, 11, 15  # kinds of properties
_COMPRESSION, _RESOLUTION, _GROUP, _PATH, _FINE_OPACITY = 17, 19, 29, 30, 33
_RUNS, _ZLIB = 1, 2
_DEPTHS = {100: "u1", 150: "u1", 175: "u1", 200: ">u2", 250: ">u2", 275: ">u2", 300: ">u4", 350: ">u4", 375: ">u4"}
_DEPTHS |= {500: ">f2", 550: ">f2", 575: ">f2", 600: ">f4", 650: ">f4", 675: ">f4"}
"""Samples by a picture's precision: linear ones end in 00."""
_MOST_LAYERS = 10_000
_PASS_THROUGH = 61
_IN_LIGHT = (28, _PASS_THROUGH)
"""Modes that mix light."""
_BLENDS = {
    **dict.fromkeys((0, 28), NORMAL),
    **dict.fromkeys((3, 30), "multiply"),
    **dict.fromkeys((4, 31), "screen"),
    **dict.fromkeys((5, 23), "overlay"),
    **dict.fromkeys((6, 32), "difference"),
    **dict.fromkeys((7, 33), "add"),
    **dict.fromkeys((8, 34), "subtract"),
    **dict.fromkeys((9, 35), "darken"),
    **dict.fromkeys((10, 36), "lighten"),
    **dict.fromkeys((15, 41), "divide"),
    **dict.fromkeys((16, 42), "color-dodge"),
    **dict.fromkeys((17, 43), "color-burn"),
    **dict.fromkeys((18, 44), "hard-light"),
    **dict.fromkeys((19, 45), "soft-light"),
    48: "linear-burn",
    52: "exclusion",
    58: ERASE,
    _PASS_THROUGH: NORMAL,
}
"""Names of `compositing`, by the numbers of modes: of GIMP 2.8 and before, and of those after."""


@contextlib.contextmanager
def opened(file: BinaryIO, options: ReadOptions) -> Iterator[Document]:
    """The picture in a file, a document of one page.

    Raises:
        Unreadable: it has no visible layer, no such layer, or samples of a kind that is not known.
        Exception: it is damaged; so do the picture's blocks.
    """
    image = _Image(file)
    check_size(image.width, image.height, options.max_megapixels)
    layers = image.layers(options.max_megapixels)
    image.is_in_light = image.base != _INDEXED and all(each.mode in _IN_LIGHT for each in layers)
    if options.layer is not None:
        chosen = find(options.layer, [Named(each.name, each) for each in layers])
        shown = [chosen]
    else:
        shown = [each for each in layers if len(each.path) == 1 and each.is_visible]
    notes: list[str] = []
    group = Group(tuple(_read(image, each, layers, notes) for each in reversed(shown)))
    if not group.paintings:
        raise Unreadable("has no visible layer", "show one, or name one with --layer")
    picture = composed(group, image.width, image.height, image.dpi, notes, is_linear=image.is_in_light)
    yield Document(1, lambda _: picture)


@dataclass
class _Layer:
    """A layer as the file describes it; `path` is its place among others, of groups that it is in first."""

    width: int
    height: int
    name: str
    path: tuple[int, ...]
    pixels: int
    mask: int
    is_group: bool = False
    is_visible: bool = True
    opacity: float = 1.0
    mode: int = 0
    left: int = 0
    top: int = 0
    is_masked: bool = True


class _Image:
    """The head of a file, and how to read on from there."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(len(_HEAD))
        version = file.read(4)
        self.version = 0 if version == b"file" else int(version[1:])
        file.seek(1, 1)
        self.width, self.height, self.base = self._numbers(">III")
        precision = self._numbers(">I")[0] if self.version >= 4 else 150
        if precision not in _DEPTHS or (self.version in range(4, 7) and precision < 100):
            raise Unreadable(f"has samples of the kind {precision}", "save it with 8, 16 or 32 bits")
        self.dtype = np.dtype(_DEPTHS[precision])
        self.is_linear = precision % 100 == 0
        self.is_in_light = False
        said = self._properties()
        self.compression = said.get(_COMPRESSION, b"\0")[0]
        self.dpi: Dpi | None = meant_dpi(*unpack(">ff", said[_RESOLUTION])) if _RESOLUTION in said else None
        colours = said.get(_COLOURS, bytes(4))[4:]
        self.colours = np.frombuffer(colours.ljust(768, b"\0"), np.uint8, 768).reshape(256, 3)
        self._at = file.tell()

    def layers(self, max_megapixels: float) -> list[_Layer]:
        """All layers and groups, the topmost first."""
        self._file.seek(self._at)
        pointers: list[int] = []
        while (pointer := self._pointer()) and len(pointers) < _MOST_LAYERS:
            pointers.append(pointer)
        top = count()
        return [self._layer(pointer, top, max_megapixels) for pointer in pointers]

    def _layer(self, pointer: int, top_number: Iterator[int], max_megapixels: float) -> _Layer:
        self._file.seek(pointer)
        width, height, _ = self._numbers(">III")
        name = self._string()
        said = self._properties()
        path = said.get(_PATH, b"")
        left, top = unpack(">ii", said[_OFFSETS]) if _OFFSETS in said else (0, 0)
        opacity = unpack(">f", said[_FINE_OPACITY])[0] if _FINE_OPACITY in said else _number(said, _OPACITY, 255) / 255
        is_group = _GROUP in said
        if not is_group:
            check_size(width, height, max_megapixels)
        pixels, mask = self._pointer(), self._pointer()
        return _Layer(
            width=width,
            height=height,
            name=name,
            # Only layers in groups say theirs.
            path=unpack(f">{len(path) // 4}I", path) if path else (next(top_number),),
            pixels=pixels,
            mask=mask,
            is_group=is_group,
            is_visible=bool(_number(said, _VISIBLE, 1)),
            opacity=min(max(opacity, 0.0), 1.0),
            mode=_number(said, _MODE, 0),
            left=left,
            top=top,
            is_masked=bool(_number(said, _HIDE_BY_MASK, 1)),
        )

    def mask_pixels(self, pointer: int) -> int:
        """Where the pixels of a mask are."""
        self._file.seek(pointer + 8)
        self._string()
        self._properties()
        return self._pointer()

    def tiles(self, pointer: int, left: int, top: int) -> Iterator[tuple[int, int, NDArray[Any]]]:
        """Top, left and samples (h, w, channels) of tiles on the page, row by row."""
        self._file.seek(pointer)
        width, height, size = self._numbers(">III")
        self._file.seek(self._pointer() + 8)
        columns, rows = -(-width // _TILE), -(-height // _TILE)
        pointers = [self._pointer() for _ in range(columns * rows)]
        channels = size // self.dtype.itemsize
        for number, (start, end) in enumerate(zip(pointers, [*pointers[1:], 0], strict=True)):
            row, column = divmod(number, columns)
            shape = min(_TILE, height - row * _TILE), min(_TILE, width - column * _TILE), channels
            self._file.seek(start)
            most = 2 * _TILE * _TILE * size + 1024
            packed = self._file.read(end - start if start < end <= start + most else most)
            yield top + row * _TILE, left + column * _TILE, self._unpacked(packed, shape)

    def _unpacked(self, packed: bytes, shape: tuple[int, int, int]) -> NDArray[Any]:
        pixels, size = shape[0] * shape[1], shape[2] * self.dtype.itemsize
        if self.compression == _RUNS:
            planes = np.frombuffer(_from_runs(packed, pixels, size), np.uint8).reshape(size, pixels)
            data = np.ascontiguousarray(planes.T).tobytes()
        else:
            data = zlib.decompressobj().decompress(packed, pixels * size) if self.compression == _ZLIB else packed
        return np.frombuffer(data, self.dtype, pixels * shape[2]).reshape(shape)

    def _numbers(self, kinds: str) -> tuple[int, ...]:
        return unpack(kinds, self._file.read(calcsize(kinds)))

    def _pointer(self) -> int:
        return self._numbers(">Q" if self.version >= 11 else ">I")[0]

    def _string(self) -> str:
        return self._file.read(self._numbers(">I")[0]).rstrip(b"\0").decode("utf-8", "replace")

    def _properties(self) -> dict[int, bytes]:
        found = {}
        while (kind := self._numbers(">II"))[0] != _END:
            found[kind[0]] = self._file.read(kind[1])
        return found


def _number(said: dict[int, bytes], kind: int, default: int) -> int:
    return int(unpack(">I", said[kind])[0]) if kind in said else default


def _from_runs(packed: bytes, pixels: int, planes: int) -> bytes:
    """What is packed by runs, plane after plane: a byte n below 127 says that the next one is there n + 1 times."""
    found, at = bytearray(), 0
    for plane in range(1, planes + 1):
        while len(found) < plane * pixels:
            kind = packed[at]
            is_long = kind in {127, 128}
            count = int.from_bytes(packed[at + 1 : at + 3]) if is_long else kind + 1 if kind < 127 else 256 - kind
            at += 3 if is_long else 1
            taken = 1 if kind <= 127 else count
            run = packed[at : at + taken]
            found += run * count if kind <= 127 else run
            at += taken
            if not run or not count:
                raise ValueError("a tile is damaged")
    return bytes(found)


def _read(image: _Image, layer: _Layer, layers: list[_Layer], notes: list[str]) -> Painting | Group:
    """A layer, or a group with the visible layers in it."""
    blend = _BLENDS.get(layer.mode)
    if blend is None:
        notes.append(unknown_blend(layer.name, f"number {layer.mode}"))
    masks: tuple[Painting, ...] = ()
    if layer.mask and layer.is_masked:
        masks = (Painting(partial(_blocks, image, image.mask_pixels(layer.mask), layer, lambda samples: samples)),)
    if layer.is_group:
        depth = len(layer.path)
        inside = [each for each in layers if len(each.path) == depth + 1 and each.path[:depth] == layer.path]
        children = tuple(_read(image, each, layers, notes) for each in reversed(inside) if each.is_visible)
        is_through = layer.mode == _PASS_THROUGH
        return Group(children, layer.opacity, blend or NORMAL, masks=masks, is_passed_through=is_through)
    colours = image.colours if image.base == _INDEXED else None
    blocks = partial(_blocks, image, layer.pixels, layer, partial(_mixable, image, colours))
    bits = 8 * image.dtype.itemsize
    return Painting(blocks, layer.opacity, blend or NORMAL, masks=masks, bits=min(bits, 16), is_grey=image.base == 1)


def _blocks(
    image: _Image, pointer: int, layer: _Layer, convert: Callable[[NDArray[Any]], NDArray[Any]]
) -> Iterator[Block]:
    for top, left, samples in image.tiles(pointer, layer.left, layer.top):
        seen = convert(samples)
        white = float(np.iinfo(seen.dtype).max) if seen.dtype.kind == "u" else 1.0
        channels = seen.shape[2]
        yield Block(seen, "grey" if channels < 3 else "rgb", white, "none" if channels % 2 else "straight", top, left)


def _mixable(image: _Image, colours: NDArray[np.uint8] | None, samples: NDArray[Any]) -> NDArray[Any]:
    """Samples as they are mixed: colours of a palette looked up; light, or what sRGB makes of it."""
    if colours is not None:
        return np.asarray(np.concatenate([colours[samples[..., 0]], samples[..., 1:]], -1))
    if samples.dtype.kind == "u" and image.is_linear == image.is_in_light:
        return np.asarray(samples)
    white = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1
    light = np.clip(np.nan_to_num(samples.astype(np.float32)) / np.float32(white), 0, 1)
    if image.is_linear != image.is_in_light:
        colour = light[..., : samples.shape[2] - (samples.shape[2] + 1) % 2]
        colour[...] = encoded(colour) if image.is_linear else decoded(colour)
    return np.asarray(light)
