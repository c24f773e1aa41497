"""OpenRaster with another layer of ink (openraster.org, baseline of version 0.0.5)."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import BinaryIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import cv2
import numpy as np

from lineart_cli.errors import Unreadable
from lineart_cli.imaging.resample import shape_within
from lineart_cli.options import ReadOptions
from lineart_cli.pages.compositing import Group, composed, moved
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.layered.merged import in_colour, ink_picture, ink_rows, remerged
from lineart_cli.pages.picture import Picture
from lineart_cli.pages.readers.archive import Archive, local_name
from lineart_cli.pages.readers.openraster import LayerReader, named, shown
from lineart_cli.pages.sketch import to_sketch
from lineart_cli.pages.writers import png
from lineart_cli.pages.writers.colours import Pixels
from lineart_cli.pages.writers.layers import INK
from lineart_cli.pages.writers.paint import InkedPage, Look

_STACK, _MERGED, _THUMBNAIL = "stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"
_THUMBNAIL_SIDE = 256


@contextlib.contextmanager
def opened(file: BinaryIO, options: ReadOptions) -> Iterator[Picture]:
    """The layer of ink in a file.

    Raises:
        Unreadable: there is none.
        Exception: the file is damaged.
    """
    archive = Archive(file, options)
    root = archive.xml(_STACK)
    ink, left, top = _ink(root)
    width, height = int(root.get("w", 0)), int(root.get("h", 0))
    check_size(width, height, options.max_megapixels)
    with archive.picture(ink.get("src", "")) as picture:
        yield replace(picture, width=width, height=height, blocks=lambda: moved(picture.blocks(), left, top))


def write(file: BinaryIO, original: BinaryIO, page: InkedPage, look: Look, options: ReadOptions) -> None:
    """Writes a file with another layer of ink, and how all layers look together; whatever else is in it stays.

    Args:
        file: where to.
        original: the file as it is.
        page: the ink.
        look: of it.
        options: how layers are read.

    Raises:
        Unreadable: as `opened`.
        OSError: the disk does not take it.
    """
    archive = Archive(original, options)
    root = archive.xml(_STACK)
    ink, left, top = _ink(root)
    merged = np.concatenate(list(remerged(page, look, _before(archive, page), _now(archive, root, ink, page, look))))
    drawn_anew: dict[str, tuple[Iterable[Pixels], tuple[int, int]]] = {
        ink.get("src", ""): (ink_rows(page, look), page.shape),
        _MERGED: ([merged], page.shape),
        _THUMBNAIL: _thumbnail(merged),
    }
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(file, "w") as new:
        for info in old.infolist():
            if info.filename in drawn_anew:
                rows, shape = drawn_anew[info.filename]
                with new.open(_like(info), "w", force_zip64=info.file_size > zipfile.ZIP64_LIMIT // 2) as member:
                    png.write_rows(member, rows, shape, page.dpi)
            elif info.filename == _STACK and (left or top):
                new.writestr(_like(info), _moved(root, ink, left, top))
            else:
                new.writestr(info, old.read(info))


def _ink(root: Element) -> tuple[Element, int, int]:
    """The layer of ink, and where it lies on the page."""
    ink = named(root, INK)
    if local_name(ink) != "layer":
        raise Unreadable(f"has a group called {INK!r}", "make it one layer again")
    parents = {child: parent for parent in root.iter() for child in parent}
    left, top, above = 0, 0, ink
    while above is not root:
        left, top = left + int(above.get("x", 0)), top + int(above.get("y", 0))
        above = parents[above]
    return ink, left, top


def _moved(root: Element, ink: Element, left: int, top: int) -> bytes:
    """The stack whose layer of ink begins at the page's corner."""
    ink.set("x", str(int(ink.get("x", 0)) - left))
    ink.set("y", str(int(ink.get("y", 0)) - top))
    return bytes(ElementTree.tostring(root, "UTF-8", xml_declaration=True))


def _before(archive: Archive, page: InkedPage) -> Pixels | None:
    if _MERGED not in archive.names:
        return None
    with archive.picture(_MERGED) as picture:
        return in_colour(lambda: to_sketch(picture), page.shape)


def _now(archive: Archive, root: Element, ink: Element, page: InkedPage, look: Look) -> Pixels:
    height, width = page.shape
    with ExitStack() as stack:
        reader = LayerReader(archive, stack, {ink: ink_picture(page, look)})
        together = composed(Group(tuple(map(reader.read, shown(root)))), width, height, None, [])
        now = in_colour(lambda: to_sketch(together), page.shape)
    if now is None:
        raise Unreadable("has a page of another size", "give it its size again")
    return now


def _thumbnail(merged: Pixels) -> tuple[list[Pixels], tuple[int, int]]:
    shape = shape_within(_THUMBNAIL_SIDE, (merged.shape[0], merged.shape[1]))
    return [np.asarray(cv2.resize(merged, shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)], shape


def _like(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """A member with the name, time and way to pack of another."""
    like = zipfile.ZipInfo(info.filename, info.date_time)
    like.compress_type, like.external_attr = info.compress_type, info.external_attr
    return like
