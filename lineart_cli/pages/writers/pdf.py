"""PDF 1.7 with paths: a page for each page of ink, and its layers as optional content."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from lineart_cli.pages.writers.drawing import Curves, Drawing, Shape, numbers, steps
from lineart_cli.pages.writers.paint import InkedPage, Look

POINTS_PER_INCH = 72.0
_ROUND = "1 J 1 j"
_KEPT = {"Author": "Author", "Description": "Subject", "Copyright": "Keywords"}
_CATALOG, _PAGES, _INFO, _FIRST = 1, 2, 3, 4  # numbers of the objects that every file has, and of the first other


def write(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page of curves; see `write_pages`."""
    write_pages(file, [page], look, 0)


def write_pages(file: BinaryIO, pages: Iterable[InkedPage], look: Look, _bytes: int) -> None:
    """Writes one page after the other, with transparent ground.

    Args:
        file: where to; seekable.
        pages: with their drawings; taken one at a time, when the one before is written.
        look: the ink's colour.
    """
    book = _Book(file)
    for page in pages:
        book.add(page, look)
    book.finish()


class _Book:
    """A PDF that is being written: what is said of all pages comes last."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[int, int] = {}
        self._next = _FIRST
        self._pages: list[int] = []
        self._layers: list[tuple[int, bool]] = []
        self._info: dict[str, str] = {"Producer": "lineart"}
        self._xmp = b""
        file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def add(self, page: InkedPage, look: Look) -> None:
        """Writes one page."""
        drawing = page.drawing
        layers = [self._layer(f"{layer.name}", layer.is_seen) for layer in drawing.layers]
        content = self._stream("\n".join(_content(page, look)).encode("ascii"))
        scale = POINTS_PER_INCH / drawing.dpi
        height, width = (side * scale for side in page.shape)
        named = " ".join(f"/L{number} {layer} 0 R" for number, layer in enumerate(layers))
        self._pages.append(
            self._object(
                f"<</Type/Page/Parent {_PAGES} 0 R/MediaBox[0 0 {width:.6g} {height:.6g}]"
                f"/Resources<</Properties<<{named}>>>>/Contents {content} 0 R>>"
            )
        )
        if len(self._pages) == 1:
            self._tell(page)

    def finish(self) -> None:
        """Writes what all pages need."""
        metadata = ""
        if self._xmp:
            number = self._stream(self._xmp, "/Type/Metadata/Subtype/XML", is_packed=False)
            metadata = f"/Metadata {number} 0 R"
        every = " ".join(f"{number} 0 R" for number, _ in self._layers)
        hidden = " ".join(f"{number} 0 R" for number, is_seen in self._layers if not is_seen)
        optional = f"/OCProperties<</OCGs[{every}]/D<</Order[{every}]/OFF[{hidden}]>>>>"
        self._object(f"<</Type/Catalog/Pages {_PAGES} 0 R{metadata}{optional}>>", _CATALOG)
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._object(f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>", _PAGES)
        self._object("<<" + "".join(f"/{name}{_string(text)}" for name, text in self._info.items()) + ">>", _INFO)
        start, count = self._file.tell(), self._next
        rows = "".join(f"{self._places[number]:010} 00000 n \n" for number in range(1, count))
        trailer = f"trailer\n<</Size {count}/Root {_CATALOG} 0 R/Info {_INFO} 0 R>>\nstartxref\n{start}\n%%EOF\n"
        self._file.write(f"xref\n0 {count}\n0000000000 65535 f \n{rows}{trailer}".encode("ascii"))

    def _tell(self, page: InkedPage) -> None:
        self._info["Title"] = page.drawing.title
        self._info["Creator"] = f"lineart: {page.drawing.made_with}"
        self._info.update({_KEPT[name]: text for name, text in page.metadata.texts().items() if name in _KEPT})
        self._xmp = page.metadata.xmp

    def _layer(self, name: str, is_seen: bool) -> int:
        number = self._object(f"<</Type/OCG/Name{_string(name)}>>")
        self._layers.append((number, is_seen))
        return number

    def _stream(self, data: bytes, about: str = "", *, is_packed: bool = True) -> int:
        packed = zlib.compress(data, 9) if is_packed else data
        filters = "/Filter/FlateDecode" if is_packed else ""
        head = f"<<{about}{filters}/Length {len(packed)}>>\nstream\n".encode("ascii")
        return self._put(head + packed + b"\nendstream")

    def _object(self, text: str, number: int | None = None) -> int:
        return self._put(text.encode("ascii"), number)

    def _put(self, data: bytes, number: int | None = None) -> int:
        if number is None:
            number, self._next = self._next, self._next + 1
        self._places[number] = self._file.tell()
        self._file.write(b"%d 0 obj\n%b\nendobj\n" % (number, data))
        return number


def _content(page: InkedPage, look: Look) -> Iterator[str]:
    """The operators that draw a page: in px, from its upper left corner."""
    drawing = page.drawing
    scale = POINTS_PER_INCH / drawing.dpi
    yield f"{scale:.8f} 0 0 {-scale:.8f} 0 {page.shape[0] * scale:.6f} cm"
    yield _ROUND
    for number, layer in enumerate(drawing.layers):
        colour = " ".join(numbers([value / 255 for value in layer.colour or look.colour], 4))
        yield f"/OC /L{number} BDC {colour} rg {colour} RG"
        for shape in layer.shapes:
            yield from _shape(shape, drawing)
        yield "EMC"


def _shape(shape: Shape, drawing: Drawing) -> Iterator[str]:
    for part in shape.parts:
        yield from _course(part, drawing.decimals)
        if shape.width is None or shape.is_closed:
            yield "h"
    yield "f" if shape.width is None else f"{shape.width:.4f} w S"


def _course(curves: Curves, decimals: int) -> Iterator[str]:
    made = steps(curves, decimals)
    at = made.start
    yield _row(at.tolist(), decimals, "m")
    for control, is_straight in zip(made.control, made.is_straight.tolist(), strict=True):
        points = at + (control[2:] if is_straight else control)
        yield _row(points.ravel().tolist(), decimals, "l" if is_straight else "c")
        at = points[-1]


def _row(values: Sequence[float], decimals: int, operator: str) -> str:
    return " ".join([*numbers(values, decimals), operator])


def _string(text: str) -> str:
    """A text string, in UTF-16 as hexadecimal digits."""
    return f"<feff{text.encode('utf-16-be', 'replace').hex()}>"
