"""The brushes there are, each with a drawn sample: in the terminal and on a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.console import Console
from rich.style import Style as Look
from rich.table import Table
from rich.text import Text

from lineart_cli.brushes import sample, store, style
from lineart_cli.errors import BrushError
from lineart_cli.pages import signed

_COLUMNS, _ROWS = 44, 10  # of a sample in the terminal, two rows to a line
_WORDS, _GAP = 16, 2  # columns that a description beside a sample has at least, and between columns


def show(console: Console, sheet: Path | None) -> list[BrushError]:
    """Draw all brushes on a sheet if one is wanted, and print every one.

    Returns:
        Why some cannot be shown.

    Raises:
        ArgumentError: the sheet cannot be written, or would replace something else.
    """
    styles, errors = _styles()
    if sheet is not None:
        signed.check(sheet, "--sheet", signed.BRUSHES)
        signed.save(sample.sheet(styles), sheet, "--sheet", signed.BRUSHES)
    room = console.width - max(map(len, styles), default=0) - _COLUMNS - _WORDS
    (_in_columns if room >= 3 * _GAP else _one_below_another)(console, styles)
    console.print(f"Your own brushes lie in {store.folder()}.", markup=False, highlight=False, soft_wrap=True)
    return errors


def _in_columns(console: Console, styles: Mapping[str, style.Style]) -> None:
    table = Table(box=None, show_header=False, padding=(0, _GAP, 1, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, min_width=_COLUMNS)
    for name, ink in sample.greys(styles, _COLUMNS, _ROWS).items():
        table.add_row(Text(name), _picture(ink, console), Text(styles[name].about))
    console.print(table)


def _one_below_another(console: Console, styles: Mapping[str, style.Style]) -> None:
    """As `_in_columns`, for a narrow terminal: name and description are above the sample."""
    for name, ink in sample.greys(styles, min(_COLUMNS, console.width), _ROWS).items():
        console.print(Text(f"{name}: {styles[name].about}"), _picture(ink, console), "", sep="\n")


def _styles() -> tuple[dict[str, style.Style], list[BrushError]]:
    styles, errors = {}, []
    for name, path in store.names().items():
        try:
            styles[name] = style.load(path)
        except BrushError as error:
            errors.append(error)
    return styles, errors


def _picture(ink: NDArray[np.uint8], console: Console) -> Text:
    """Half blocks, black on white; shades where the terminal has no colours."""
    if console.color_system is None:
        return Text("\n".join(sample.shades(ink)))
    text = Text()
    for row, (above, below) in enumerate(zip(ink[::2], ink[1::2], strict=True)):
        text.append("\n" if row else "")
        for upper, lower in zip(above, below, strict=True):
            text.append("▀", Look(color=_grey(upper), bgcolor=_grey(lower)))
    return text


def _grey(ink: np.uint8) -> Color:
    return Color.from_rgb(*(3 * [255 - int(ink)]))
