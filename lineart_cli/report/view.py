"""What there is to see of a row: its pictures, and what the reader should know of them."""

from __future__ import annotations

import base64
import gzip
import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lineart_cli import pages, stamps
from lineart_cli.batch.kept_files import KeptFiles
from lineart_cli.batch.manifest import Entry
from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.imaging.colour import is_light
from lineart_cli.imaging.resample import shape_within
from lineart_cli.options import InkOptions, ReadOptions, ReportOptions
from lineart_cli.pages import INK
from lineart_cli.report.rows import Row

THUMBNAIL_SIDE = 480
_SVG = (".svg", ".svgz")
_FRAME = 3  # px of a thumbnail between a place and its frame
_MARK = (208, 32, 32)
_CHANGE_THE_LOOK = ("page", "layer", "dpi", "keep_colour", "ink_colour")
_LAYERED = {output.suffix for output in pages.OUTPUT_FORMATS.values() if output.has_layers}


@dataclass(frozen=True)
class Picture:
    """A picture as the report holds it.

    Attributes:
        thumbnail: its `data:` address.
        whole: likewise.
        width: of the page, px; of unequal dpi, with square pixels where it is no SVG.
        height: likewise.
        is_for_black: whether it is transparent and light, so that it is seen on black.
    """

    thumbnail: str
    whole: str
    width: int
    height: int
    is_for_black: bool = False


@dataclass(frozen=True)
class EditedInk:
    """Ink with edits that were kept, as `data:` addresses of thumbnails.

    Attributes:
        alone: as lineart alone would have drawn it.
        edited: as the artist had left it when it was inked again.
        now: as it is, with a frame around each place that both had changed.
    """

    alone: str
    edited: str
    now: str


@dataclass(frozen=True)
class _Page:
    """A page as it was read.

    Attributes:
        pixels: (H, W) grey or (H, W, 3) RGB.
        square_shape: height and width with square pixels, see `Header`.
    """

    pixels: NDArray[np.uint8]
    square_shape: tuple[int, int]


@dataclass(frozen=True)
class View:
    """The pictures that could be read, and a line for each thing that is not as it was when the page was inked."""

    sketch: Picture | None
    ink: Picture | None
    notes: tuple[str, ...]
    edited: EditedInk | None = None


def look_at(row: Row, root: Path, options: ReportOptions) -> View:
    """Reads the pictures of a row and compares the files with the manifest.

    A manifest may be anybody's, and name any file: of ink, only what lies in the folder is shown; of sketches, what is
    as the manifest knows it, or lies in a folder that the user names.

    Args:
        row: which.
        root: the output folder.
        options: of `lineart report`.
    """
    notes: list[str] = []
    source, output = _source(row, root, options.sketches), root / row.output
    is_changed = row.entry is None or _has_changed(source, row.entry.input_sha256)
    chosen = _chosen(row.entry)
    sketch = None
    if is_changed and source.exists() and not _is_below(source, options.sketches):
        notes.append("The sketch is not shown: it is not as it was inked. Name its folder with --sketches.")
    else:
        drawn = _read("sketch", source, notes, lambda: _sketch(source, chosen, row.page))
        sketch = None if drawn is None else _picture_of(drawn, options.max_side, is_ink=False)
        if not source.exists():
            notes.append("Name the folder that it is in now, or that it was unpacked to, with --sketches.")
    if row.entry is None:  # the failure says what is wrong with the sketch
        return View(sketch, None, ())
    if not _is_below(output, [root]):
        return View(sketch, None, (*notes, "The ink is not shown: it is not in the folder."))
    if output.suffix in _SVG:
        inked, ink = None, _drawing(output, row.entry, chosen, notes)
    else:
        as_fine = ReadOptions(dpi=row.entry.dpi)
        inked = _read("ink", output, notes, lambda: _ink(output, chosen, as_fine))
        ink = None if inked is None else _picture_of(inked, options.max_side, is_ink=True)
    if (count := pages.count_pages(output)) > 1:
        notes.append(f"The ink has {count} pages; the first is shown.")
    if sketch and is_changed:
        notes.append("The sketch was changed after it was inked.")
    if ink and _has_changed(output, row.entry.output_sha256):
        notes.append("The ink was changed after lineart made it.")
    edited = None if inked is None else _edited(row.entry, root, inked.pixels)
    return View(sketch, ink, (*notes, *_notes(row.entry)), edited)


def _source(row: Row, root: Path, folders: Iterable[str]) -> Path:
    """Where a sketch is: where it was inked, or where it is as it was below a folder, by an end of its path.

    The sketches of an archive have been inked in a folder that is gone.
    """
    there, parts = root / row.input, PurePosixPath(row.input).parts
    sha256 = row.entry.input_sha256 if row.entry else ""
    if not sha256 or (there.is_file() and not _has_changed(there, sha256)):
        return there
    ends = [parts[first:] for first in range(len(parts)) if not {"..", "/"} & set(parts[first:])]
    places = (Path(folder, *end) for folder in folders for end in ends)
    return next((each for each in places if each.is_file() and not _has_changed(each, sha256)), there)


def _chosen(entry: Entry | None) -> InkOptions:
    """The options that change how sketch and ink look; the usual ones where a strange manifest gives no such values."""
    settings = entry.settings if entry else {}
    given = {name: str(settings[name]) for name in _CHANGE_THE_LOOK if settings.get(name) is not None}
    try:
        return InkOptions.parse(given)
    except ArgumentError:
        return InkOptions()


def _edited(entry: Entry, root: Path, pixels: NDArray[np.uint8]) -> EditedInk | None:
    kept = [KeptFiles(root).get(name) for name in entry.pictures]
    if len(kept) != 2 or None in kept:
        return None
    alone, edited = (_webp(each) for each in kept if each is not None)
    return EditedInk(alone, edited, _address(_marked(pixels, entry.conflicts), lossless=False))


def _marked(pixels: NDArray[np.uint8], boxes: Sequence[Sequence[int]]) -> NDArray[np.uint8]:
    """A thumbnail in colour, with a frame around each box of the whole picture."""
    small = _shrunk(pixels, (pixels.shape[0], pixels.shape[1]), THUMBNAIL_SIDE)
    scale = small.shape[1] / pixels.shape[1]
    marked = np.ascontiguousarray(np.broadcast_to(np.atleast_3d(small), (*small.shape[:2], 3)))
    for left, top, width, height in boxes:
        corner = round(left * scale) - _FRAME, round(top * scale) - _FRAME
        other = round((left + width) * scale) + _FRAME, round((top + height) * scale) + _FRAME
        cv2.rectangle(marked, corner, other, _MARK, 2)
    return marked


def _notes(entry: Entry) -> list[str]:
    if not entry.edits:
        return []
    places = "A place of the ink is" if entry.edits == 1 else f"{entry.edits} places of the ink are"
    notes = [f"{places} as edited by hand."]
    if entry.conflicts:
        where = "; ".join(f"{width} x {height} px at {left},{top}" for left, top, width, height in entry.conflicts)
        notes.append(f"The sketch has changed there too, which is not inked: {where}.")
    return notes


def _is_below(path: Path, folders: Iterable[str | Path]) -> bool:
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _sketch(path: Path, chosen: InkOptions, page: int) -> _Page:
    return _Page(pages.read_sketch(path, chosen, page), pages.read_header(path, chosen, page).square_shape)


def _ink(path: Path, chosen: InkOptions, options: ReadOptions) -> _Page:
    """The ink in a file, without the sketch where the file holds both; light ink on black where it is transparent."""
    is_on_black = is_light(chosen.ink_colour)
    if path.suffix in _LAYERED:
        coloured = [pages.ink_of(pencil) for pencil in reversed(chosen.keep_colour or ())]
        pixels = pages.read_layers(path, [*coloured, INK], is_on_black)
    else:
        pixels = pages.read_sketch(path, options, is_on_black=is_on_black)
    return _Page(pixels, pages.read_header(path, options).square_shape)


def _read(what: str, path: Path, notes: list[str], reading: Callable[[], _Page]) -> _Page | None:
    if not path.exists():
        notes.append(f"The {what} is not there any more.")
        return None
    try:
        return reading()
    except PageError as error:
        notes.append(f"The {what} cannot be shown: {error.reason}.")
        return None


def _picture_of(page: _Page, max_side: int, *, is_ink: bool) -> Picture:
    height, width = page.square_shape
    return Picture(
        _address(_shrunk(page.pixels, page.square_shape, THUMBNAIL_SIDE), lossless=False),
        _address(_shrunk(page.pixels, page.square_shape, max_side), lossless=is_ink),
        width,
        height,
    )


def _drawing(path: Path, entry: Entry, chosen: InkOptions, notes: list[str]) -> Picture | None:
    """The SVG itself, which is sharp at any size."""
    if not pages.is_whole(path):
        notes.append("The ink cannot be shown: it is not there any more, or damaged.")
        return None
    with gzip.open(path) if path.suffix == ".svgz" else path.open("rb") as file:
        address = f"data:image/svg+xml;base64,{base64.b64encode(file.read()).decode()}"
    return Picture(address, address, entry.width, entry.height, is_light(chosen.ink_colour))


def _shrunk(pixels: NDArray[np.uint8], shape: tuple[int, int], side: int) -> NDArray[np.uint8]:
    """A page at its true height and width, or in their proportions within `side`."""
    small = shape_within(side, shape)
    if small == pixels.shape[:2]:
        return pixels
    return np.asarray(cv2.resize(pixels, small[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _address(pixels: NDArray[np.uint8], *, lossless: bool) -> str:
    """The `data:` address of a picture as WebP: lossless for what has few levels, else small."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", lossless=lossless, quality=10 if lossless else 60, method=2)
    return _webp(file.getvalue())


def _webp(file: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(file).decode()}"


def _has_changed(path: Path, sha256: str) -> bool:
    try:
        return stamps.sha256(path) != sha256
    except OSError:
        return False
