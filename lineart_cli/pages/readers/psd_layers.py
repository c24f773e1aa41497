"""Layers of a PSD: one or a group by name, or all that are visible, as psd-tools composes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from psd_tools import PSDImage
from psd_tools.api.layers import Group, Layer
from psd_tools.api.mask import Mask
from psd_tools.composite import composite
from psd_tools.psd.header import FileHeader

from lineart_cli.errors import Unreadable
from lineart_cli.imaging.resample import strips
from lineart_cli.pages.picture import Block, Space
from lineart_cli.pages.readers.layers import Named, find

_MOST_LAYER = 4  # times that a layer may be larger than its page
_AT_ONCE = 1 << 20  # pixels that are composed at once
COMPOSED_BYTES = 60 * _AT_ONCE
"""Of what psd-tools holds while it composes them, beside the layers."""


def named(file: BinaryIO, header: FileHeader, name: str) -> list[tuple[Layer, float]]:
    """The layer of that name, or the visible layers of a group, with their opacities, but without effects."""
    document = _document(file)
    every = [Named(each.name.rstrip("\0"), each) for each in reversed(list(document.descendants()))]
    painted = list(_painted(find(name, every), 1.0))
    if not painted:
        raise Unreadable(f"has no pixels in the layer {name!r}", "name a layer of pixels, or a group of them")
    _check_sizes([layer for layer, _ in painted], header)
    return painted


def drawn(file: BinaryIO, header: FileHeader) -> PSDImage | None:
    """The document, if something other than one even colour is drawn on a visible layer of it."""
    document = _document(file)
    layers = [each for each in document.descendants() if each.is_visible() and each.width * each.height]
    _check_sizes(layers, header)
    return document if any(map(_is_drawn, layers)) else None


def composed(document: PSDImage, space: Space) -> Iterator[Block]:
    """All visible layers with their effects, some rows at a time."""
    for rows in strips(document.height, max(1, _AT_ONCE // document.width)):
        light, _, coverage = composite(document, viewport=(0, rows.start, document.width, rows.stop), force=True)
        light = 1 - light if space == "cmyk" else light
        yield Block(np.concatenate([light, coverage], axis=-1), space, 1, "straight", rows.start)


def block(layer: Layer, space: Space, opacity: float) -> Block:
    """The pixels of a layer, in place."""
    light, coverage = layer.numpy("color"), layer.numpy("shape")
    if light is None:
        raise Unreadable(f"has no pixels in the layer {layer.name!r}", "save it again")
    if coverage is None:
        coverage = np.ones((*light.shape[:2], 1), np.float32)
    if layer.mask is not None and not layer.mask.disabled:
        coverage = coverage * _shown(layer, layer.mask)
    if space == "cmyk":
        light = 1 - light
    return Block(np.concatenate([light, coverage], axis=-1), space, 1, "straight", layer.top, layer.left, opacity)


def _document(file: BinaryIO) -> PSDImage:
    file.seek(0)
    return PSDImage.open(file)


def _check_sizes(layers: list[Layer], header: FileHeader) -> None:
    for layer in layers:
        if layer.width * layer.height > _MOST_LAYER * header.width * header.height:
            size = f"{layer.width} x {layer.height} on a page of {header.width} x {header.height}"
            raise Unreadable(f"has a layer {layer.name!r} of {size}", "crop it to the page")


def _is_drawn(layer: Layer) -> bool:
    """Whether a layer has pixels of several colours or coverages, or covers only a part of the page."""
    if isinstance(layer, Group) or not layer.has_pixels():
        return False
    coverage = layer.numpy("shape")
    if coverage is not None and not coverage.any():
        return False
    pixels = layer.numpy()
    return pixels is not None and bool(np.ptp(pixels, axis=(0, 1)).any())


def _painted(layer: Layer, opacity: float) -> Iterator[tuple[Layer, float]]:
    """The layers of pixels to draw for a layer or group, the lowest first, each with its opacity on the page."""
    opacity *= layer.opacity / 255
    if isinstance(layer, Group):
        for child in layer:
            if child.visible:
                yield from _painted(child, opacity)
    elif layer.has_pixels():
        yield layer, opacity * layer.fill_opacity / 255


def _shown(layer: Layer, mask: Mask) -> NDArray[np.float32]:
    """(height, width, 1) of the layer, in [0, 1], how much of it the layer's mask leaves."""
    whole = np.full((layer.height, layer.width, 1), mask.background_color / 255, np.float32)
    shown = layer.numpy("mask")
    if shown is not None:
        top, left = mask.top - layer.top, mask.left - layer.left
        bottom, right = max(0, top + len(shown)), max(0, left + shown.shape[1])
        within = whole[max(0, top) : bottom, max(0, left) : right]
        within[...] = shown[max(0, -top) :, max(0, -left) :][: within.shape[0], : within.shape[1]]
    return whole
