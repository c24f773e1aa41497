"""SVG 1.1, with the names of layers as Inkscape and Krita read them; svgz is the same, packed by gzip."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from html import escape  # also of XML, and without all that reads URLs, as xml.sax has it
from typing import BinaryIO

from lineart_cli.pages.writers.drawing import Curves, Layer, Shape, numbers, steps
from lineart_cli.pages.writers.paint import InkedPage, Look

_NAMESPACES = """xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/\""""
_DUBLIN = {"Title": "title", "Description": "description", "Author": "creator", "Copyright": "rights"}


def write(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page of curves, with transparent ground.

    Args:
        file: where to.
        page: with its drawing.
        look: the ink's colour.
    """
    for text in _document(page, look):
        file.write(text.encode())


def write_packed(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page as `write` does, packed."""
    with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        for text in _document(page, look):
            packed.write(text.encode())


def _document(page: InkedPage, look: Look) -> Iterator[str]:
    drawing = page.drawing
    height, width = page.shape
    size = f'width="{drawing.mm(width):.6g}mm" height="{drawing.mm(height):.6g}mm"'
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<svg {_NAMESPACES} version="1.1" {size} viewBox="0 0 {width} {height}">\n'
    yield f"<title>{_text(drawing.title)}</title>\n"
    yield from _metadata(page)
    yield f'<g id="page" inkscape:label="{_text(drawing.title) or "page"}" inkscape:groupmode="layer">\n'
    for layer in drawing.layers:
        yield from _layer(layer, str(layer.colour or look.colour), drawing.decimals)
    yield "</g>\n</svg>\n"


def _metadata(page: InkedPage) -> Iterator[str]:
    """What is kept of the input's, and the settings that the page was made with."""
    drawing, texts = page.drawing, page.metadata.texts()
    told = {_DUBLIN[name]: text for name, text in {"Title": drawing.title, **texts}.items()}
    told["source"] = f"lineart: {drawing.made_with}"
    yield '<metadata>\n<rdf:RDF><rdf:Description rdf:about="">\n'
    yield from (f"<dc:{name}>{_text(text)}</dc:{name}>\n" for name, text in told.items())
    yield "</rdf:Description></rdf:RDF>\n</metadata>\n"


def _layer(layer: Layer, colour: str, decimals: int) -> Iterator[str]:
    hidden = "" if layer.is_seen else ' style="display:none"'
    name = layer.name.replace(" ", "-")
    about = f'id="{name}" inkscape:label="{layer.name}" inkscape:groupmode="layer"{hidden}'
    yield f'<g {about} fill="{colour}" stroke-linecap="round" stroke-linejoin="round">\n'
    for shape in layer.shapes:
        course = "".join(_course(part, shape, decimals) for part in shape.parts)
        width = "" if shape.width is None else f' fill="none" stroke="{colour}" stroke-width="{shape.width:.4g}"'
        yield f'<path{width} d="{course}"/>\n'
    yield "</g>\n"


def _course(curves: Curves, shape: Shape, decimals: int) -> str:
    made = steps(curves, decimals)
    words = ["M" + _row(made.start.tolist(), decimals)]
    for control, is_straight in zip(made.control.tolist(), made.is_straight.tolist(), strict=True):
        points = control[2] if is_straight else [*control[0], *control[1], *control[2]]
        words.append(("l" if is_straight else "c") + _row(points, decimals))
    if shape.width is None or shape.is_closed:
        words.append("z")
    return "".join(words)


def _row(values: list[float], decimals: int) -> str:
    """Numbers with a space between them, where none is negative."""
    first, *others = numbers(values, decimals)
    return first + "".join(each if each[0] == "-" else f" {each}" for each in others)


def _text(text: str) -> str:
    return escape(_plain(text))


def _plain(text: str) -> str:
    """Text without characters that XML does not know."""
    return "".join(each for each in text if each.isprintable() or each in "\t\n")
