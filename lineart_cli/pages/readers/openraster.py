"""OpenRaster: a zip file with the merged picture and all layers as PNG, and a stack.xml that says how they lie."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.header import Dpi, meant_dpi
from lineart_cli.pages.picture import Block, Document, Picture
from lineart_cli.pages.readers.archive import Archive, local_name
from lineart_cli.pages.readers.layers import Named, find


@dataclass(frozen=True)
class _Layer:
    """A layer's picture, and how it lies on the page."""

    picture: Picture
    left: int
    top: int
    opacity: float


@contextlib.contextmanager
def opened(archive: Archive, options: ReadOptions) -> Iterator[Document]:
    """The picture in an archive, a document of one page: the merged one, or the layer or group that is asked for.

    A group is its visible layers, one over the other; their blend modes count as normal.

    Raises:
        Unreadable: the file lacks what it should have, expands too much, or has no such layer.
        Exception: it is damaged.
    """
    root = archive.xml("stack.xml")
    dpi = meant_dpi(float(root.get("xres", 0)), float(root.get("yres", 0)))
    with ExitStack() as stack:
        if options.layer is None:
            merged = stack.enter_context(archive.picture("mergedimage.png"))
            picture = replace(merged, dpi=dpi or merged.dpi)
        else:
            width, height = int(root.get("w", 0)), int(root.get("h", 0))
            check_size(width, height, options.max_megapixels)
            chosen = find(options.layer, [Named(each.get("name", ""), each) for each in _all(root)])
            layers = [_layer(stack, archive, *each) for each in _visible(chosen)]
            picture = _drawn(layers, width, height, dpi)
        yield Document(1, lambda _: picture)


def _all(root: Element) -> Iterator[Element]:
    """Every layer and group, topmost first, except the one that holds all."""
    everything = [each for each in root.iter() if local_name(each) in {"layer", "stack"}]
    yield from everything[1:]


def _visible(
    chosen: Element, left: int = 0, top: int = 0, opacity: float = 1.0
) -> Iterator[tuple[Element, int, int, float]]:
    """The layers to draw for a layer or group, the lowest first, each with its place and opacity on the page."""
    left, top = left + int(chosen.get("x", 0)), top + int(chosen.get("y", 0))
    opacity *= min(max(float(chosen.get("opacity", 1)), 0), 1)
    if local_name(chosen) == "layer":
        yield chosen, left, top, opacity
    for child in reversed(chosen):
        if child.get("visibility", "visible") == "visible":
            yield from _visible(child, left, top, opacity)


def _layer(stack: ExitStack, archive: Archive, layer: Element, left: int, top: int, opacity: float) -> _Layer:
    return _Layer(stack.enter_context(archive.picture(layer.get("src", ""))), left, top, opacity)


def _drawn(layers: list[_Layer], width: int, height: int, dpi: Dpi | None) -> Picture:
    return Picture(
        width,
        height,
        lambda: _blocks(layers),
        bits=max((layer.picture.bits for layer in layers), default=8),
        is_grey=all(layer.picture.is_grey for layer in layers),
        dpi=dpi,
    )


def _blocks(layers: list[_Layer]) -> Iterator[Block]:
    for layer in layers:
        for block in layer.picture.blocks():
            opacity = block.opacity * layer.opacity
            yield replace(block, top=block.top + layer.top, left=block.left + layer.left, opacity=opacity)
