"""OpenRaster: a zip file with the merged picture and all layers as PNG, and a stack.xml that says how they lie."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from xml.etree.ElementTree import Element

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.compositing import ERASE, NORMAL, Group, Painting, composed, moved
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.header import meant_dpi
from lineart_cli.pages.picture import Document, Picture
from lineart_cli.pages.readers.archive import Archive, local_name
from lineart_cli.pages.readers.layers import COMPOSED, Named, find, unknown_blend

_MERGED = "mergedimage.png"
_BLENDS = {
    "src-over": NORMAL,
    "src-atop": NORMAL,
    "dst-out": ERASE,
    "plus": "add",
    "multiply": "multiply",
    "screen": "screen",
    "overlay": "overlay",
    "darken": "darken",
    "lighten": "lighten",
    "color-dodge": "color-dodge",
    "color-burn": "color-burn",
    "hard-light": "hard-light",
    "soft-light": "soft-light",
    "difference": "difference",
}
"""Names of `compositing`, by those of the format without their prefix "svg:"."""


@contextlib.contextmanager
def opened(archive: Archive, options: ReadOptions) -> Iterator[Document]:
    """The picture in an archive, a document of one page.

    It is the merged one, or where there is none, the visible layers together; or the layer or group that is asked for.

    Raises:
        Unreadable: the file lacks what it should have, expands too much, or has no such layer.
        Exception: it is damaged.
    """
    root = archive.xml("stack.xml")
    dpi = meant_dpi(float(root.get("xres", 0)), float(root.get("yres", 0)))
    with ExitStack() as stack:
        if options.layer is None and _MERGED in archive.names:
            merged = stack.enter_context(archive.picture(_MERGED))
            picture = replace(merged, dpi=dpi or merged.dpi)
        else:
            width, height = int(root.get("w", 0)), int(root.get("h", 0))
            check_size(width, height, options.max_megapixels)
            reader = LayerReader(archive, stack)
            if options.layer is None:
                layers, notes = [each for each in map(reader.read, shown(root)) if each], [COMPOSED]
                if not any(Group((each,)).paintings for each in layers if each):
                    raise Unreadable("has neither a merged picture nor a visible layer", "save it again")
            else:
                chosen = named(root, options.layer)
                layers, notes = [reader.read(chosen)], []
            picture = composed(Group(tuple(layers)), width, height, dpi, notes + reader.notes)
        yield Document(1, lambda _: picture)


def named(root: Element, name: str) -> Element:
    """The layer or group of that name; raises Unreadable where there is none."""
    every = [each for each in root.iter() if local_name(each) in {"layer", "stack"}][1:]
    return find(name, [Named(each.get("name", ""), each) for each in every])


def shown(parent: Element) -> Iterator[Element]:
    """The visible layers and groups right inside of another, the lowest first."""
    for child in reversed(parent):
        if child.get("visibility", "visible") == "visible" and local_name(child) in {"layer", "stack"}:
            yield child


class LayerReader:
    """Reads layers and groups, and notes what is not known of them."""

    def __init__(self, archive: Archive, stack: ExitStack, others: Mapping[Element, Picture] | None = None) -> None:
        """
        Args:
            archive: they are in it.
            stack: keeps their files open.
            others: pictures of the whole page, that take the places of layers.
        """
        self._archive = archive
        self._stack = stack
        self._others = others or {}
        self.notes: list[str] = []

    def read(self, element: Element, left: int = 0, top: int = 0) -> Painting | Group:
        """A layer or group in its place, as opaque as it should be."""
        left, top = left + int(element.get("x", 0)), top + int(element.get("y", 0))
        opacity = min(max(float(element.get("opacity", 1)), 0), 1)
        operator = element.get("composite-op", "svg:src-over").removeprefix("svg:")
        blend = _BLENDS.get(operator)
        if blend is None:
            self.notes.append(unknown_blend(element.get("name", ""), operator))
        is_clipped = operator == "src-atop" or element.get("alpha-preserve") == "true"
        if local_name(element) == "stack":
            layers = tuple(self.read(each, left, top) for each in shown(element))
            is_plain = blend == NORMAL and not is_clipped and opacity == 1
            is_passed_through = is_plain and element.get("isolation", "auto") == "auto"
            return Group(layers, opacity, blend or NORMAL, is_clipped, is_passed_through=is_passed_through)
        if element in self._others:
            picture, left, top = self._others[element], 0, 0
        else:
            picture = self._stack.enter_context(self._archive.picture(element.get("src", "")))
        return Painting(
            lambda: moved(picture.blocks(), left, top),
            opacity,
            blend or NORMAL,
            is_clipped,
            bits=picture.bits,
            is_grey=picture.is_grey,
        )
