"""Files of public drawings, and the drawings in them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from lineart_cli import pages
from lineart_cli.batch.files import IMAGE_SUFFIXES
from lineart_cli.errors import ArgumentError, PageError, require
from lineart_cli.options import ReadOptions
from lineart_train.drawings import excalidraw, svg
from lineart_train.drawings.line import Lines
from lineart_train.drawings.trace import traced

_VECTORS = {".svg", ".svgz"}
_LISTS = {".excalidrawlib", ".excalidraw"}
_SUFFIXES = IMAGE_SUFFIXES | _LISTS
_GIVE = "give SVG files, pictures of line drawings, .excalidrawlib files, or icon sets of Iconify (JSON)"
_MOST_BYTES = 1 << 27
_LARGEST = 3072  # px of the long side of a picture; larger ones are shrunk as they are read


@dataclass(frozen=True)
class Source:
    """A file, and its name in the folder that was given, without its suffix."""

    path: Path
    name: str


@dataclass(frozen=True)
class Drawing:
    """A drawing of a file.

    Attributes:
        name: by which it is told from others.
        credit: who made it and under which licence, where the file says so.
        lines: reads it; raises `NoLines` where it has none, and whatever a damaged one leads to.
    """

    name: str
    credit: str
    lines: Callable[[], Lines]


def find(given: Sequence[Path]) -> list[Source]:
    """The files that are named, and those in folders, to the bottom, by name.

    Raises:
        ArgumentError: one is not there, or there are none.
    """
    found = []
    for place in given:
        require("SOURCES", place)
        if place.is_dir():
            inside = (path for path in place.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
            shown = ((path, path.relative_to(place)) for path in inside)
            found += [Source(path, name.with_suffix("").as_posix()) for path, name in shown if not _is_hidden(name)]
        else:
            found.append(Source(place, place.stem))
    if not found:
        raise ArgumentError("SOURCES", ", ".join(map(str, given)), f"holds no drawings; {_GIVE}")
    return sorted(found, key=lambda each: each.name)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def drawings(source: Source) -> Iterator[Drawing]:
    """The drawings of a file.

    Raises:
        PageError: it cannot be read.
    """
    suffix = source.path.suffix.lower()
    if suffix in _VECTORS:
        yield Drawing(source.name, "", partial(_vector, source.path))
    elif suffix in _LISTS or suffix == ".json":
        yield from _list(source)
    else:
        yield Drawing(source.name, "", partial(_picture, source.path))


def _vector(path: Path) -> Lines:
    return svg.lines_of(_text(path))


def _picture(path: Path) -> Lines:
    header = pages.read_header(path, ReadOptions())
    grey = pages.read_grey(path, ReadOptions(), scale=min(1.0, _LARGEST / max(header.width, header.height)))
    return Lines(traced(1 - grey), grey.shape[1], grey.shape[0])


def _list(source: Source) -> Iterator[Drawing]:
    text = _text(source.path)
    try:
        held = json.loads(text)
        if held.get("type") in excalidraw.KINDS:
            every = [(f"{source.name}#{name}".rstrip("#"), drawn) for name, drawn in excalidraw.drawings(held)]
            credit = ""
        else:
            every = [(f"{held['prefix']}/{name}", _icon(held, icon)) for name, icon in sorted(held["icons"].items())]
            credit = _credit(held.get("info", {}))
    except Exception as error:
        raise PageError(source.path, "holds no Excalidraw library and no icon set of Iconify", _GIVE) from error
    for name, drawn in every:
        yield Drawing(name, credit, partial(svg.lines_of, drawn))


def _icon(held: dict[str, Any], icon: dict[str, Any]) -> str:
    left, top, width, height = (
        icon.get(name, held.get(name, otherwise))
        for name, otherwise in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
    )
    view = quoteattr(f"{left} {top} {width} {height}")
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names} viewBox={view}>{icon['body']}</svg>"


def _credit(info: dict[str, Any]) -> str:
    author, licence = info.get("author", {}), info.get("license", {})
    told = (info.get("name"), author.get("name"), author.get("url"), licence.get("spdx") or licence.get("title"))
    return ", ".join(each for each in told if each)


def _text(path: Path) -> str:
    try:
        opener = gzip.open if path.suffix.lower() == ".svgz" else open
        with opener(path, "rb") as file:
            data = file.read(_MOST_BYTES)
    except (OSError, EOFError) as error:
        raise PageError(path, f"cannot be read ({error})", "check its permissions, or download it again") from error
    if len(data) == _MOST_BYTES:
        raise PageError(path, f"has {_MOST_BYTES >> 20} MB of text or more", "give its drawings in files of their own")
    try:
        return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise PageError(path, "is no text", "download it again") from error
