"""The option that gives clean drawings to what draws with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lineart_train.generator.scenes.drawings import Library

FOLDER: dict[str, Any] = {"exists": True, "file_okay": False}


@cache
def library_of(folder: Path) -> Library:
    """The drawings of a folder, read once; raises ValueError, see `generator.scenes.drawings.load`."""
    from lineart_train.generator.scenes.drawings import load

    return load(folder)


def _with_drawings(folder: Path | None) -> Path | None:
    """Reads them before anything else is done: what is wrong with one is better told at once."""
    if folder is not None:
        try:
            library_of(folder)
        except ValueError as fault:
            raise typer.BadParameter(str(fault)) from fault
    return folder


Data = Annotated[
    Path | None,
    typer.Option(
        help="Folder of clean drawings, *.jsonl or *.jsonl.gz, as lineart-train drawings makes them; "
        "without it scenes are drawn by procedure.",
        callback=_with_drawings,
        **FOLDER,
    ),
]
