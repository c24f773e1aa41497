"""`lineart-train`: draws pairs, trains, exports, evaluates. Heavy imports happen inside the commands."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lineart_train.brushes import commands
from lineart_train.drawings.command import drawings
from lineart_train.drawings.option import FOLDER, Data, library_of
from lineart_train.progress import bar, console, tables

app = typer.Typer(
    name="lineart-train", help="Make the models of lineart.", no_args_is_help=True, pretty_exceptions_enable=False
)

Tell = Callable[[dict[str, float]], object]
Run = Annotated[Path, typer.Argument(help="Folder of the training run: checkpoint, record.jsonl, sheet.png.")]
Target = Annotated[Path, typer.Argument(help="Folder of the model, such as models/standard.")]
Version = Annotated[str, typer.Option(help="Version of the model.")]
Description = Annotated[str, typer.Option(help="One sentence for the card.")]


@app.command()
def pairs(
    sheet: Annotated[Path | None, typer.Argument(help="PNG to write, sketch beside ink of 3 px.")] = None,
    held_out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write sketches and truth of pairs that no training draws, as evaluate takes them."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the series on the sheet.")] = 1,
    first: Annotated[int, typer.Option(help="Index of the first pair on the sheet.", min=0)] = 0,
    count: Annotated[int, typer.Option(help="How many pairs.", min=1, max=1024)] = 6,
    size: Annotated[int, typer.Option(help="Side of a pair in px at 300 dpi.", min=128, max=4096)] = 768,
    data: Data = None,
) -> None:
    """Look at training pairs, or write some with their truth to score a model on."""
    from lineart_train.evaluation import held_out as step
    from lineart_train.generator.dataset import draw
    from lineart_train.training import sheet as contact

    if sheet is None and held_out is None:
        raise typer.BadParameter("name a PNG to write, or --held-out FOLDER.", param_hint="SHEET")
    library = library_of(data) if data else None
    if held_out:
        step.write(held_out, count, size, library)
        console.print(f"Wrote {count} pairs to {held_out / step.SKETCHES} and {held_out / step.TRUTH}.")
    if sheet:
        rows = []
        for index in range(first, first + count):
            pair = draw(seed, index, size, library)
            rows.append([255 - pair.sketch, step.ink_of(pair)])
        contact.write(sheet, rows)
        console.print(f"Wrote {sheet}.")


@app.command()
@app.command("habits", hidden=True)
def stroke_statistics(
    strokes: Annotated[Path, typer.Argument(help="Folder of artists' labelled strokes, .scap files.", **FOLDER)],
    figure: Annotated[Path | None, typer.Option(metavar="PNG", help="Picture of all distributions to write.")] = None,
    pages: Annotated[int, typer.Option(help="Canvases that the generator draws.", min=1)] = 100,
    data: Data = None,
) -> None:
    """Compare how artists overdraw with how the generator does."""
    from lineart_train.evaluation.strokes import figure as step
    from lineart_train.evaluation.strokes.measure import measure
    from lineart_train.evaluation.strokes.sources import artists, generator

    names = ("artists", "generator")
    drawn = measure(artists(strokes))
    generated = measure(generator(1, pages, 768, library_of(data) if data else None))
    tables().print(step.table(drawn, generated, names))
    if figure:
        step.draw(figure, drawn, generated, names)


@app.command()
def train(
    run: Run,
    minutes: Annotated[float, typer.Option(help="Training time of the run in all, minutes.", min=0.01)] = 120.0,
    data: Data = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: CUDA where there is one.")] = "auto",
    start: Annotated[
        Path | None,
        typer.Option(help="Checkpoint a new run begins with, such as lineart_train/checkpoints/standard."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A setting of the run, such as rate=1e-3; see lineart_train/training/config.py.",
        ),
    ] = None,
) -> None:
    """Train for a number of minutes; goes on from the checkpoint that is in the run's folder. Ctrl-C leaves one."""
    from lineart_train.training import loop
    from lineart_train.training.checkpoint import read_config
    from lineart_train.training.config import TrainConfig, with_settings

    base = read_config(run) if (run / "config.json").exists() else TrainConfig()
    try:
        config = with_settings(base, setting or [])
    except ValueError as fault:
        raise typer.BadParameter(str(fault), param_hint="--set") from fault
    _run(
        run,
        lambda tell, is_stopped: loop.train(
            config, run, minutes, data, device, tell, start=start, is_stopped=is_stopped
        ),
    )


@app.command()
def reproduce(
    run: Run,
    data: Data = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: CUDA where there is one.")] = "auto",
    steps: Annotated[int | None, typer.Option(help="Fewer steps than recorded, for a try.", min=1)] = None,
) -> None:
    """Train a model like the shipped one from nothing, by a fixed recipe; goes on where it stopped."""
    from lineart_train.training import recipe

    _run(run, lambda tell, is_stopped: recipe.reproduce(run, data, device, tell, steps, is_stopped))


@app.command("train-scale")
def train_scale(
    weights: Annotated[Path, typer.Argument(help="File to write.")],
    model: Annotated[
        Path | None, typer.Option(help="Folder of an exported model that gets the network, such as models/standard.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Steps of the run.", min=1)] = 2400,
    count: Annotated[int, typer.Option(help="Canvases that are drawn for it.", min=1)] = 500,
    data: Data = None,
) -> None:
    """Train the small network that reads the scale of a drawing: some minutes on a CPU."""
    from lineart_train.scale.shipped import add_scale
    from lineart_train.scale.train import train

    train(weights, steps, count, drawings=data, tell=console.print)
    if model is not None:
        console.print(f"Wrote {add_scale(weights, model)}.")


@app.command()
def average(
    run: Run,
    checkpoints: Annotated[list[Path], typer.Argument(help="States of one line of training, oldest first.")],
) -> None:
    """Make a run of the mean of the weights of others, to export or to begin with."""
    from lineart_train.training import checkpoint

    try:
        checkpoint.average(checkpoints, run)
    except (FileNotFoundError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="CHECKPOINTS") from error
    console.print(f"Wrote the mean of {len(checkpoints)} states to {run}.")


@app.command()
def export(
    run: Run,
    target: Target,
    version: Version = "0.1.0",
    description: Description = "Sketch to lineart.",
    notes: Annotated[
        Path | None, typer.Option(help="JSON file with further entries of the card's training table.")
    ] = None,
) -> None:
    """Export a run as ONNX with card and test page; fails unless all runtimes agree with PyTorch."""
    import json

    from lineart_train.export import export as step

    extra: dict[str, Any] = json.loads(notes.read_text()) if notes else {}
    differences = step.export(run, target, target.name, version, description, extra)
    console.print(f"Wrote {target}; largest difference from PyTorch in px: {differences}.")


@app.command()
def release(
    run: Run,
    target: Target,
    version: Version = "0.1.0",
    description: Description = "Sketch to lineart.",
    held_out: Annotated[
        Path | None, typer.Option(help="Folder of pairs --held-out, on which the model is scored.", **FOLDER)
    ] = None,
) -> None:
    """Export a run, check it, quantise it, give it the run's scale network, and score it: a model to ship."""
    from lineart_train import release as step
    from lineart_train.evaluation.evaluate import table
    from lineart_train.training.checkpoint import SCALE

    rows = step.release(run, target, version, description, held_out)
    if rows:
        tables().print(table(rows))
    console.print(f"Wrote {target}.")
    if not (run / SCALE).exists():
        console.print(
            f"{run} has no {SCALE}, so that the model reads the scale of a drawing by the widths of its strokes. "
            f"lineart-train train-scale {run / SCALE} --model {target} gives it a network for that."
        )


@app.command(
    epilog="First ink the sketches with the model in question, released as models/standard: "
    "lineart ink SKETCHES -o INKED --thickness 3. Then: "
    "lineart-train evaluate INKED TRUTH --sketches SKETCHES --thickness 3 --sheet SHEETS. "
    "Exit codes: 0 every drawing is scored; 1 a drawing is missing or unusable and scores 0, or its contact "
    "sheet failed; 2 an argument is wrong."
)
def evaluate(
    inked: Annotated[Path, typer.Argument(help="Folder of lineart, such as `lineart ink` wrote.", **FOLDER)],
    truth: Annotated[Path, typer.Argument(help="Folder of true lines: 255 is paper, else px of tolerance.", **FOLDER)],
    sketches: Annotated[
        Path | None, typer.Option(help="Folder of what was inked, to be seen on the contact sheets.", **FOLDER)
    ] = None,
    thickness: Annotated[float, typer.Option(metavar="PX", help="Stroke width that was asked for.", min=0.5)] = 3.0,
    record: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="JSON file to write.")] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder for contact sheets, a PNG a drawing: sketch, ink, truth, and errors: "
            "false ink red, missed lines blue, matched ink black.",
        ),
    ] = None,
    scale: Annotated[float, typer.Option(help="Scale of the contact sheets.", min=0.05, max=1.0)] = 0.5,
) -> None:
    """Score inked drawings against the lines that were meant, at 300 dpi; pairs go by the stem of the file names."""
    from lineart_cli.errors import ExitCode, LineartError
    from lineart_train.evaluation import evaluate as step

    try:
        rows = step.evaluate(inked, truth, sketches, thickness, sheet, scale)
    except LineartError as fault:
        console.print(str(fault), style="red", markup=False)
        raise typer.Exit(fault.exit_code) from fault
    tables().print(step.table(rows))
    problems = [row for row in rows if row.problem]
    for row in problems:
        console.print(f"{row.name}: {row.problem}", style="red", markup=False, soft_wrap=True)
    if record:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(step.to_json(rows, thickness), "utf-8")
    if problems:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _run(run: Path, train: Callable[[Tell, Callable[[], bool]], dict[str, float]]) -> None:
    """Trains, and tells the last record; Ctrl-C ends it after the step that is made, and once more at once."""
    from concurrent.futures.process import BrokenProcessPool

    from lineart_cli.batch import interrupt
    from lineart_cli.errors import ExitCode

    with interrupt.asked_to_stop(_at_once) as stopped, _bar() as tell:
        try:
            last = train(tell, stopped.is_set)
        except (KeyboardInterrupt, BrokenProcessPool):  # of drawing processes that were not yet ready for Ctrl-C
            if not stopped.is_set():
                raise
    if stopped.is_set():
        console.print(f"Stopped; called again, it goes on with what is in {run}.", markup=False, soft_wrap=True)
        raise typer.Exit(ExitCode.INTERRUPTED)
    console.print({key: round(value, 5) for key, value in last.items()})


def _at_once() -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _bar() -> Iterator[Tell]:
    """A progress bar; gives the function that takes the records of a training run."""
    with bar("drawing", console) as show:

        def tell(record: dict[str, float]) -> None:
            if "drawn" in record:
                show(record["drawn"] / record["wanted"], f"{record['drawn']:.0f} canvases")
                return
            said = f"step {record['step']:.0f}  loss {record['loss']:.4f}"
            if "held_out" in record:
                said += f"  held out {record['held_out']:.4f}"
            show(record["done"], said, "training")

        yield tell


@app.command()
def quantise(
    model: Annotated[Path, typer.Argument(help="Folder of an exported model, such as models/standard.", **FOLDER)],
    pages: Annotated[int, typer.Option(help="Drawn pages on which activations are measured.", min=1)] = 24,
) -> None:
    """Give a model an INT8 network, which ink then takes by default: first see that it scores as well as f32."""
    from lineart_train.export import quantise as step

    target = step.add_int8(model, pages)
    console.print(f"Wrote {target}, {target.stat().st_size:,} bytes, and its memory into the card.")


app.command(
    epilog="Exit codes: 0 every file is read; 1 one cannot be read, or none gives lines; 2 an argument is wrong."
)(drawings)
app.command("evaluate-style")(commands.evaluate_style)
app.command("measure-brushes")(commands.measure_brushes)


def main() -> None:
    """Runs `lineart-train` and ends the process; what is wrong with a file or a setting is told in one line."""
    from lineart_cli.errors import ExitCode, LineartError, one_line

    try:
        app()
    except LineartError as error:
        code, message = error.exit_code, str(error)
    except (OSError, ValueError) as error:
        code, message = ExitCode.SOME_FAILED, one_line(" ".join(str(error).split()))
    console.print(f"lineart-train: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)
