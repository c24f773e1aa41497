"""OpenRaster (openraster.org, baseline of version 0.0.5): the ink on a layer of its own above the sketch."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable
from typing import BinaryIO
from xml.etree import ElementTree

from lineart_cli.pages.header import Dpi
from lineart_cli.pages.writers import png
from lineart_cli.pages.writers.colours import Pixels
from lineart_cli.pages.writers.layers import SKETCH, ink_rows, inks, merged, sketch_rows, thumbnail
from lineart_cli.pages.writers.paint import InkedPage, Look

_THUMBNAIL_SIDE = 256
_SMALL_MEMBER = 2_000_000_000  # from 2 ** 31 bytes on, ZIP64 is needed


def write(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes all layers, the merged image and the thumbnail; the same page always gives the same bytes.

    A layer of ink is RGB with opacity whatever its colour, so that brushes of any colour work on it.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:

        def add(name: str, rows: Iterable[Pixels], shape: tuple[int, int], is_plain: bool = False) -> None:
            large = 4 * math.prod(page.shape) > _SMALL_MEMBER
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=large) as member:
                png.write_rows(member, rows, shape, page.dpi, is_plain=is_plain)

        shape, small = page.shape, thumbnail(page, look.colour, _THUMBNAIL_SIDE)
        archive.writestr(zipfile.ZipInfo("mimetype"), "image/openraster")  # the format wants it first, and stored
        lines = inks(page, look.colour)[::-1]
        names = [*(each.name for each in lines), SKETCH]
        archive.writestr(zipfile.ZipInfo("stack.xml"), _stack(names, shape, page.dpi))
        for each in lines:
            add(_source(each.name), ink_rows(each), shape, not any(each.colour))
        add(_source(SKETCH), sketch_rows(page), shape)
        add("mergedimage.png", merged(page, look.colour), shape)
        add("Thumbnails/thumbnail.png", [small], small.shape[:2])


def _source(layer: str) -> str:
    return f"data/{layer.replace(' ', '-')}.png"


def _stack(names: Iterable[str], shape: tuple[int, int], dpi: Dpi | None) -> bytes:
    height, width = map(str, shape)
    image = ElementTree.Element("image", version="0.0.5", w=width, h=height)
    if dpi is not None:
        image.set("xres", f"{dpi[0]:.6g}")
        image.set("yres", f"{dpi[1]:.6g}")
    stack = ElementTree.SubElement(image, "stack")
    for name in names:  # the topmost comes first
        ElementTree.SubElement(stack, "layer", name=name, src=_source(name), x="0", y="0", visibility="visible")
    return bytes(ElementTree.tostring(image, "UTF-8", xml_declaration=True))
