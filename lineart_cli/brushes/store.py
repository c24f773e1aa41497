"""From the name of a brush, or a picture of one, to its style."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from lineart_cli.brushes.style import SUFFIX, Style, Tool, load
from lineart_cli.errors import ArgumentError, BrushError, PageError, nearest_first
from lineart_cli.options import FORMATS_OF_CURVES, InkOptions, ReadOptions

if TYPE_CHECKING:
    from lineart_cli.brushes.fitting.measure import Strip

_PACKAGE = Path(__file__).parents[1]
SHIPPED = (_PACKAGE / "models" / "brushes", _PACKAGE.parent / "models" / "brushes")
"""Where lineart's own brushes are: inside the installed package, or at the top of a checkout."""
_NAME = r"\w([\w .-]{0,58}[\w-])?"
OWN_STROKE = "a stroke of yours"
"""What brushes are made from for other programs, in lists, and the name of its file where such a brush is fitted."""


def folder() -> Path:
    """Where the user's own brushes are."""
    import platformdirs

    return platformdirs.user_data_path("lineart", appauthor=False) / "brushes"


def shipped() -> dict[str, Path]:
    """The files of lineart's own brushes by name."""
    return _files(*SHIPPED)


def names() -> dict[str, Path]:
    """The file of every brush by its name: lineart's own first, in order, then the user's, where they may be read."""
    return _files(*SHIPPED, folder())


def _files(*homes: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for home in homes:
        with suppress(PermissionError):
            for path in sorted(home.glob(f"*{SUFFIX}")):
                found.setdefault(path.stem, path)
    return found


def new(name: str, option: str) -> Path:
    """The file for a brush of the user's own.

    Args:
        name: of the brush.
        option: that gives it, for the message.

    Raises:
        ArgumentError: no brush of the user's can have that name.
    """
    if not re.fullmatch(_NAME, name):
        raise ArgumentError(option, name, "write up to 60 letters, digits, spaces, dots, - and _")
    if name in shipped():
        raise ArgumentError(option, name, "is one of lineart's own brushes; give it another name")
    if other := next((each for each in names() if each != name and _folded(each) == _folded(name)), None):
        advice = f"only its case tells it from the brush {other}, which is one file on many disks; give another name"
        raise ArgumentError(option, name, advice)
    return folder() / f"{name}{SUFFIX}"


def _folded(name: str) -> str:
    """What names have in common that are one file on disks without case."""
    return unicodedata.normalize("NFC", name).casefold()


def tools(options: InkOptions) -> tuple[dict[str, Tool], list[str]]:
    """Every brush in every thickness that is asked for.

    Returns:
        The tools by what tells their pictures apart, empty where there is only one; and what had to be guessed, or has
        no part in a brush.

    Raises:
        ArgumentError: see `find`.
    """
    pressure = None if options.pressure == "sketch" else float(options.pressure)
    found = {text: find(text) for text in options.brush}
    made: dict[str, Tool] = {}
    for (name, style, _), thickness in product(found.values(), options.thickness):
        told = [name] * (len(options.brush) > 1) + [str(thickness)] * (len(options.thickness) > 1)
        if _folded("-".join(told)) in map(_folded, made):
            raise ArgumentError("--brush", ",".join(options.brush), f"two of them are called {name}; rename a file")
        made["-".join(told)] = Tool(style, thickness, pressure, name)
    notes = [f"--brush {text}: {note}" for text, (_, _, note) in found.items() if note]
    if pressure is not None:
        even = f"--pressure {pressure:g} has no part in {{}}, whose lines are even; try --brush ink_pen"
        notes += [even.format(name) for name, style, _ in found.values() if style.plain]
    if options.format in FORMATS_OF_CURVES:
        smooth = f"--format {options.format} has the outline of its strokes, without their grain"
        notes += [
            f"--brush {text}: {smooth}" for text, (_, style, _) in found.items() if style.grain or style.edge_jitter
        ]
    return made, notes


def find(text: str) -> tuple[str, Style, str]:
    """The brush that is meant.

    Args:
        text: a name, or the path of a picture of one stroke whose pressure rises from left to right.

    Returns:
        Its name, its style, and what had to be guessed (empty where nothing had).

    Raises:
        ArgumentError: there is no such brush, or it cannot be used; the message lists those that exist, nearest first.
    """
    known, path = names(), Path(text)
    try:
        if text in known:
            return text, load(known[text]), ""
        if path.is_file() and path.suffix == SUFFIX:
            return path.stem, load(path), ""
        if path.is_file():
            return _from_picture(path)
    except (BrushError, PageError) as error:
        raise ArgumentError("--brush", text, str(error).removeprefix(f"{path}: ")) from error
    if path.is_dir():
        raise ArgumentError("--brush", text, "is a folder; give a picture of a stroke, or a name from lineart brushes")
    if path.suffix:
        raise ArgumentError("--brush", text, "no such file; give a picture of a stroke, or a name from lineart brushes")
    nearest = ", ".join(nearest_first(text, known))
    raise ArgumentError("--brush", text, f"unknown; choose from {nearest}, or give a picture of a stroke")


def _from_picture(path: Path) -> tuple[str, Style, str]:
    from lineart_cli.brushes.fitting.measure import measure

    strip, note = stroke(path)
    return path.stem, measure(strip, f"measured from {path.name}"), note


def stroke(path: Path) -> tuple[Strip, str]:
    """The stroke in a picture, and what had to be guessed (empty where nothing had).

    Raises:
        PageError: the picture cannot be read.
        BrushError: it holds no single stroke, see `picture.strip_of`.
    """
    from lineart_cli import pages
    from lineart_cli.brushes.fitting.picture import LONGEST, strip_of

    header = pages.read_header(path, ReadOptions())
    scale = min(1.0, LONGEST / max(header.width, header.height))
    strip, note = strip_of(path, 1 - pages.read_grey(path, ReadOptions(), scale=scale))
    notes = [note] if note else []
    if header.pages > 1:
        notes.append(f"the first of its {header.pages} images")
    return strip, "; ".join(notes)
