"""`python -m lineart_train.experiments`: why the network is as it is. It comes with a checkout, not with the wheel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from lineart_train.drawings.option import FOLDER, Data
from lineart_train.progress import console, tables

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def compare(
    out: Annotated[Path, typer.Argument(help="Folder for figures and weights; what is there is not run again.")],
    sketches: Annotated[Path, typer.Argument(help="Folder of sketches at 300 dpi to score on.", **FOLDER)],
    truth: Annotated[Path, typer.Argument(help="Folder of their true lines, see evaluate.", **FOLDER)],
    variants: Annotated[list[str] | None, typer.Argument(help="Which ones; all of them if none is named.")] = None,
    steps: Annotated[int, typer.Option(help="Steps that every variant gets.", min=1)] = 1000,
    every: Annotated[int, typer.Option(help="Score on every n-th page.", min=1)] = 1,
    data: Data = None,
) -> None:
    """Train variants of the network alike, score them alike: why it is as it is."""
    from rich.table import Table

    from lineart_train.evaluation.evaluate import pictures
    from lineart_train.experiments.compare import Budget
    from lineart_train.experiments.compare import compare as step
    from lineart_train.experiments.variants import VARIANTS

    names = _known(variants or list(VARIANTS), VARIANTS)
    drawn, truths = pictures("SKETCHES", sketches), pictures("TRUTH", truth)
    pages = [(drawn[name], path) for name, path in truths.items() if name in drawn][::every]
    outcomes = step(names, Budget(steps=steps), pages, out, data, console.print)
    shown = ("score", "f1", "precision", "recall", "ends", "wobble", "dirt")
    table = Table("variant", "kMAC/px", "frame", "s/step", "loss", *shown, box=None, pad_edge=False)
    for each in outcomes:
        figures = [f"{each.figures[name]:.3g}" for name in shown]
        per_step = f"{each.seconds / each.steps:.2f}"
        table.add_row(
            each.name, f"{each.kmac_per_px:.1f}", str(each.receptive_field_px), per_step, f"{each.loss:.4f}", *figures
        )
    tables().print(table)


@app.command()
def cost(
    variants: Annotated[list[str] | None, typer.Argument(help="Which ones of compare's; all if none is named.")] = None,
    isa: Annotated[
        str | None, typer.Option(help="Most to use of the processor: AVX2 imitates an ordinary laptop.")
    ] = None,
) -> None:
    """Measure what variants of the network cost to run: seconds and memory of an A4 page in OpenVINO."""
    from rich.table import Table

    from lineart_train.experiments import cost as step
    from lineart_train.experiments.variants import VARIANTS

    table = Table("variant", "kMAC/px", "frame", "s", "MiB", box=None, pad_edge=False)
    for name in _known(variants or list(VARIANTS), VARIANTS):
        model = VARIANTS[name].build()
        found = step.cost(model, isa)
        row = f"{model.kmac_per_px:.1f}", str(model.receptive_field), f"{found.seconds:.2f}", f"{found.peak_mib:.0f}"
        table.add_row(name, *row)
        console.print(f"{name}: {found}")
    tables().print(table)


def _known(names: list[str], known: Mapping[str, object]) -> list[str]:
    unknown = set(names) - known.keys()
    if unknown:
        advice = f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(known)}"
        raise typer.BadParameter(advice, param_hint="VARIANTS")
    return names


if __name__ == "__main__":
    app()
