"""SVG drawings, rendered by resvg at 300 dpi or as told; compressed ones (.svgz) too."""

from __future__ import annotations

import contextlib
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element

import resvg_py
from defusedxml import ElementTree

from lineart_cli.errors import Unreadable
from lineart_cli.options import MM_PER_INCH, ReadOptions
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.picture import Block, Document, Picture
from lineart_cli.pages.readers import SVG, image
from lineart_cli.pages.readers.archive import local_name

DRAWN_DPI = 300.0
_CSS_DPI = 96.0
_PX = {
    "": 1.0,
    "px": 1.0,
    "pt": _CSS_DPI / 72,
    "pc": _CSS_DPI / 6,
    "in": _CSS_DPI,
    "mm": _CSS_DPI / MM_PER_INCH,
    "cm": 10 * _CSS_DPI / MM_PER_INCH,
    "q": _CSS_DPI / MM_PER_INCH / 4,
}
"""Pixels of CSS in a unit."""
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_LENGTH = re.compile(rf"\s*({_NUMBER})\s*([a-z]*)\s*", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_MOST_BYTES = 1 << 28
_DRAWN = 12  # bytes of a pixel while it is drawn and handed on


@contextlib.contextmanager
def opened(file: BinaryIO, options: ReadOptions) -> Iterator[Document]:
    """The drawing in a file, a document of one page.

    Raises:
        Unreadable: it is no drawing, has no size, or is too large.
        Exception: it is damaged; so do the picture's blocks.
    """
    text = _text(file)
    root = ElementTree.fromstring(text)
    if local_name(root) != "svg":
        raise Unreadable("holds no readable image", "give an SVG drawing")
    folder = Path(getattr(file, "name", "")).parent
    dpi = options.dpi or DRAWN_DPI
    width, height = (max(1, round(side * dpi / _CSS_DPI)) for side in size(root))
    check_size(width, height, options.max_megapixels)
    picture = Picture(
        width,
        height,
        lambda: _blocks(text, width, folder, options),
        bits=8,
        is_grey=False,
        dpi=(dpi, dpi),
        in_order=True,
        decoder_bytes=_DRAWN * width * height,
        notes=tuple(_missing(root, folder)),
    )
    yield Document(1, lambda _: picture)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    data = file.read()
    if data.startswith(_GZIP):
        data = zlib.decompressobj(wbits=31).decompress(data, _MOST_BYTES)
    if len(data) >= _MOST_BYTES:
        raise Unreadable(f"has more than {_MOST_BYTES} bytes of text", "save it anew, without pictures inside")
    is_utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    if not (is_utf16 or SVG.search(data)):
        raise Unreadable("holds no SVG drawing", "give an SVG drawing, or a picture that is not compressed with gzip")
    return data.decode("utf-16" if is_utf16 else "utf-8-sig")


def view_box(root: Element) -> tuple[float, float, float, float] | None:
    """Left, top, width and height of what is shown, in the drawing's own units; None where it does not say so."""
    box = [float(each) for each in re.findall(_NUMBER, root.get("viewBox", ""), re.IGNORECASE)]
    return (box[0], box[1], box[2], box[3]) if len(box) == 4 else None


def size(root: Element) -> tuple[float, float]:
    """Width and height in pixels of CSS: as said, or else those of the view box; raises Unreadable where none is."""
    box = view_box(root)
    view = (box[2], box[3]) if box else None
    said = [_px(root.get(name, "")) for name in ("width", "height")]
    if view is None and None in said:
        raise Unreadable("has no size", "give it a width and a height, or a view box")
    if view is not None and min(view) > 0:
        ratio = view[1] / view[0]
        width = said[0] or (said[1] / ratio if said[1] else view[0])
        return width, said[1] or width * ratio
    return said[0] or 0.0, said[1] or 0.0


def _px(length: str) -> float | None:
    """A length in pixels of CSS; None where it depends on where the drawing is shown."""
    found = _LENGTH.fullmatch(length)
    return float(found[1]) * _PX[found[2].lower()] if found and found[2].lower() in _PX else None


def _missing(root: Element, folder: Path) -> Iterator[str]:
    """Notes of pictures that the drawing links and that are not there."""
    for element in root.iter():
        if isinstance(element.tag, str) and local_name(element) == "image":
            link = next((value for name, value in element.items() if name.rpartition("}")[2] == "href"), "")
            if link and not link.startswith("data:") and not (folder / link.removeprefix("file://")).is_file():
                yield f"links a picture {link!r} that is not there, and is left out"


def _blocks(text: str, width: int, folder: Path, options: ReadOptions) -> Iterator[Block]:
    drawn = resvg_py.svg_to_bytes(svg_string=text, width=width, dpi=_CSS_DPI, resources_dir=str(folder))
    with image.opened(io.BytesIO(drawn), options) as document:
        yield from document.picture(0).blocks()
