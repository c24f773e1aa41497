"""What a brush of your own is learned from: a picture of a stroke, or pages that are inked already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from lineart_cli import pages
from lineart_cli.batch import files
from lineart_cli.brushes import store
from lineart_cli.brushes.noise import Floats
from lineart_cli.brushes.style import EVEN, STYLE_DPI
from lineart_cli.errors import ArgumentError, BrushError, PageError
from lineart_cli.options import ReadOptions
from lineart_train.finetune.pages import MOST, PAGES, Hand, learn

_PIECE = 4096  # px of a page that are looked at together, in each direction

Say = Callable[[str], object]
"""Told what had to be guessed, and what was left out."""


def from_picture(path: Path, say: Say) -> Hand:
    """The stroke in a picture; it tapers nowhere, and its nib is round.

    Raises:
        ArgumentError: there is none.
    """
    try:
        strip, note = store.stroke(path)
    except (BrushError, PageError) as error:
        raise ArgumentError("PICTURE", path, str(error).removeprefix(f"{path}: ")) from error
    if note:
        say(f"{path}: {note}")
    return Hand(strip, EVEN.angle_width, EVEN.taper)


def from_lineart(place: Path, say: Say) -> Hand:
    """What inked pages show; those that cannot be read are left out.

    Args:
        place: a folder, which is searched to the bottom, or one page.
        say: see `Say`.

    Raises:
        ArgumentError: there are no pages, or too few lines on them.
    """
    there = files.find([str(place)], store.folder())
    found = there.sources
    if not found and not there.problems:
        what = "holds no pages but ink that lineart wrote" if there.ink else "holds no pages"
        raise ArgumentError("--from-lineart", place, f"{what}; give the folder of those that you inked")
    for problem in there.problems:
        say(str(problem))
    used: list[Path] = []

    def pieces() -> Iterator[Floats]:
        for source in found:
            try:
                ink = _ink(source.path)
            except PageError as error:
                say(f"{error}; it is left out")
                continue
            used.append(source.path)
            for y, x in product(*(range(0, side, _PIECE) for side in ink.shape)):
                yield ink[y : y + _PIECE, x : x + _PIECE]

    try:
        hand = learn(pieces(), MOST // min(max(len(found), 1), PAGES))
    except ValueError as error:
        raise ArgumentError("--from-lineart", place, str(error)) from error
    taper = f"lines taper over {hand.taper:.1f} times their thickness" if hand.taper else "lines end bluntly"
    say(f"{place}: learned from {len(used)} of {len(found)} pages; {taper}")
    return hand


def _ink(path: Path) -> Floats:
    """(h, w) darkness of a page at 300 dpi."""
    header = pages.read_header(path, ReadOptions())
    dpi, _ = pages.working_dpi(header, None)
    return 1 - pages.read_grey(path, ReadOptions(), scale=STYLE_DPI / dpi)
