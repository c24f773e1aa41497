"""`lineart-train drawings`; everything heavy is imported when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def drawings(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="SVG files, pictures of line drawings, Excalidraw libraries, icon sets of Iconify (JSON), "
            "and folders of the first three, which are searched to the bottom."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File to write, *.jsonl.gz; must not be there yet.")
    ],
    credit: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="Who made the drawings, and under which licence: kept with each whose file does not tell.",
        ),
    ] = "",
    every: Annotated[int, typer.Option(metavar="N", help="Take only every Nth drawing, by name.", min=1)] = 1,
) -> None:
    """Make a file of clean drawings for --data out of public ones: strokes as they are, all else traced.

    Hidden parts are left away, black areas become their outline, and drawings without lines are named and left out.
    """
    from lineart_cli.errors import ExitCode, LineartError

    try:
        from lineart_train.drawings.collect import collect
    except ImportError as error:
        missing = f"drawings needs the extra train ({error.name} is missing); run pip install 'lineart[train]'"
        raise LineartError(missing) from error
    from lineart_cli.pages import libraries
    from lineart_train.progress import bar, console

    libraries.quieten()
    with bar("drawings", console) as show:

        def tell(done: float | None, said: str) -> None:
            if said:
                console.print(said, markup=False, highlight=False, soft_wrap=True)
            if done is not None:
                show(done)

        made = collect(sources, output, credit, every, tell)
    left = f"; {made.without_lines + made.unreadable} left out" if made.without_lines + made.unreadable else ""
    console.print(f"Wrote {made.drawings} drawings of {made.lines} lines to {output}{left}.", soft_wrap=True)
    for who in sorted(made.credits):
        console.print(who, markup=False, highlight=False, soft_wrap=True)
    if made.unreadable:
        raise typer.Exit(ExitCode.SOME_FAILED)
