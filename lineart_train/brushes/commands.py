"""The commands of `lineart-train` that have to do with brushes. Heavy imports happen inside them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from lineart_train.progress import console, tables


def evaluate_style(
    brush: Annotated[list[str] | None, typer.Argument(help="Shipped brushes; all of them where none is named.")] = None,
    myb: Annotated[
        Path | None,
        typer.Option(
            help="Folder of libmypaint brushes instead, each given as a picture.", exists=True, file_okay=False
        ),
    ] = None,
    every: Annotated[int, typer.Option(metavar="N", help="Only every Nth brush of the folder.", min=1)] = 1,
    fine_tune: Annotated[
        float, typer.Option(metavar="MINUTES", help="Fit each of these brushes so long, as finetune-style does.", min=0)
    ] = 0,
    thickness: Annotated[float, typer.Option(metavar="PX", help="Of the strokes, full pressure.", min=1, max=16)] = 5,
    sketch: Annotated[bool, typer.Option(help="Also draw a sketch of the strokes and ink it with the model.")] = True,
) -> None:
    """How near ink comes to the brush it is drawn with: relative errors, see lineart_train/evaluation/fidelity.py."""
    from lineart_cli.errors import LineartError
    from lineart_train.brushes import evaluate as step
    from lineart_train.brushes import mypaint
    from lineart_train.brushes.presets import PRESETS

    if myb and mypaint.library() is None:
        raise typer.BadParameter("libmypaint is not installed; on Debian it is libmypaint-1.5-1.", param_hint="--myb")
    if fine_tune and not myb:
        raise typer.BadParameter("goes with --myb.", param_hint="--fine-tune")
    unknown = sorted(set(brush or ()) - set(PRESETS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(PRESETS)}.", param_hint="BRUSH")
    inker = step.inker() if sketch else None
    rows: list[step.Row] = []
    subjects: Iterable[step.Subject | LineartError] = step.presets(brush or PRESETS)
    if myb:
        subjects = step.unseen(sorted(myb.glob("*.myb"))[::every], thickness, fine_tune)
    for subject in subjects:
        if isinstance(subject, LineartError):
            console.print(str(subject), style="red", markup=False, soft_wrap=True)
            continue
        rows += step.rows(subject, thickness, inker)
    tables().print(step.table(rows))
    for line in step.counts(rows):
        tables().print(line, highlight=False)


def measure_brushes(
    folder: Annotated[Path, typer.Argument(help="Where their files go, such as models/brushes.")],
) -> None:
    """Measure the shipped brushes anew, after a change of lineart_train/brushes/presets.py."""
    from lineart_train.brushes.shipped import write

    console.print(f"Wrote {len(write(folder))} brushes to {folder}.")
