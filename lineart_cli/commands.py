"""The commands of `lineart` beside `ink`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Container, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

import typer

from lineart_cli.config import Chosen, chosen_for
from lineart_cli.errors import ArgumentError, ExitCode, one_line, require
from lineart_cli.machine import process
from lineart_cli.options import (
    MODEL,
    BenchOptions,
    BrushesOptions,
    ConfigOptions,
    InkOptions,
    ReportOptions,
    ServeOptions,
    TryOptions,
    specs,
)
from lineart_cli.options.command_line import typed, with_options


@partial(
    with_options,
    InkOptions,
    left_out={"drawing", "faint", "page", "sequence", "jobs", "Writing", "Batch", "Reporting"},
    in_config=True,
)
@partial(with_options, TryOptions)
@partial(with_options, ConfigOptions)
def try_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PAGE", help="The sketch.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The sheet, a PNG picture; that of another page is not replaced.",
            show_default="PAGE-try.png in the folder you are in",
        ),
    ] = None,
    **options: Any,
) -> None:
    """Inks a part of a page in nine ways, on one sheet, to choose --drawing and --faint by eye."""
    wanted = {name: options.pop(name) for name in specs(TryOptions)}
    source = ConfigOptions.parse({name: options.pop(name) for name in specs(ConfigOptions)})
    require("PAGE", path)
    if path.is_dir():
        raise ArgumentError("PAGE", path, "is a folder; give one of its pages")
    chosen = chosen_for(typed(context, options), [path.parent], source)
    with chosen.located():
        given = InkOptions.parse({name: value for name, value in chosen.given.items() if name in options})
        for notice in [*chosen.notices([path.parent]), *_without_part(chosen, options)]:
            print(f"lineart: {one_line(notice)}", file=sys.stderr)
        _try(path, output or Path(f"{path.stem}-try.png"), TryOptions.parse(wanted), given)


def _without_part(chosen: Chosen, known: Container[str]) -> Iterator[str]:
    """Tells of the options of a file that a command does not know."""
    flags = [specs(InkOptions)[name].flags[0] for name in chosen.origins if name not in known]
    if flags and chosen.file:
        yield f"{', '.join(flags)} of {chosen.file.path} {'have' if flags[1:] else 'has'} no part in lineart try"


def _try(path: Path, out: Path, wanted: TryOptions, options: InkOptions) -> None:
    from lineart_cli import planning
    from lineart_cli.model import catalogue
    from lineart_cli.pages import libraries
    from lineart_cli.trial import grid
    from lineart_cli.trial.sheet import Sheet, check
    from lineart_cli.ui import console

    process.give_back_memory()
    libraries.quieten()
    card = catalogue.find(MODEL)
    decide = planning.decide(card, options, 1)
    check(out, path)
    trial = grid.begin(path, wanted.page - 1, options, card)
    crop = trial.checked(wanted.crop) if wanted.crop else trial.telling_crop()
    sheet = Sheet(trial.sketch(crop), [path.name, f"--crop {crop}"])
    with console.counted("trying", len(grid.ROWS) * len(grid.FAINTS), quiet=False) as advance:
        for cell in trial.cells(crop, decide):
            sheet.add(cell)
            advance()
    sheet.save(out, path)
    print(out, file=sys.stderr)


@partial(with_options, BenchOptions)
def bench(**options: Any) -> None:
    """Measures this machine: what it has, what lineart makes of it, and how long a page takes."""
    _bench(BenchOptions.parse(options))


def _bench(options: BenchOptions) -> None:
    from lineart_cli.bench import measure, settings, table
    from lineart_cli.machine import hardware
    from lineart_cli.model import catalogue

    machine = hardware.with_devices(hardware.detect())
    saved = settings.load(machine)
    report = measure.run(
        options, catalogue.find(MODEL), machine, lambda line: print(line, file=sys.stderr, flush=True), saved
    )
    if options.json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        print(*table.text(report), sep="\n")
    if report.best is None:
        raise typer.Exit(ExitCode.SOME_FAILED)
    if options.save:
        print(f"saved in {settings.save(report.best, machine)}", file=sys.stderr)


@partial(with_options, BrushesOptions)
def brushes(**options: Any) -> None:
    """Shows the brushes that ink can draw with, lineart's and yours."""
    chosen = BrushesOptions.parse(options)

    from rich.console import Console

    from lineart_cli.pages import libraries
    from lineart_cli.ui import gallery

    libraries.quieten()
    errors = gallery.show(Console(), Path(chosen.sheet) if chosen.sheet else None)
    for error in errors:
        print(f"lineart: {error}", file=sys.stderr)
    if errors:
        raise typer.Exit(ExitCode.SOME_FAILED)


@partial(with_options, ReportOptions)
def report(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where `lineart ink` has put the ink.", show_default=False)
    ],
    **options: Any,
) -> None:
    """Shows a folder of ink beside its sketches, with settings and failures, as one page of HTML.

    Archives of ink are not looked into: unpack one, and give its folder.
    """
    _report(folder, ReportOptions.parse(options))


def _report(root: Path, options: ReportOptions) -> None:
    from lineart_cli import report
    from lineart_cli.pages import libraries
    from lineart_cli.ui import console

    for folder in options.sketches:
        require("--sketches", Path(folder))
    libraries.quieten()
    known = report.known_rows(root)
    with console.counted("reporting", len(known), options.quiet) as advance:
        target = report.write(root, known, options, advance)
    if not options.quiet:
        print(target, file=sys.stderr)
        if found := report.archives_of_ink(root):
            print(f"lineart: {report.left_out(found)}, and make a report of its folder", file=sys.stderr)


@partial(with_options, ServeOptions)
def serve(**options: Any) -> None:
    """Inks for other programs, such as Krita: requests on stdin, answers on stdout, an object of JSON a line."""
    _serve(ServeOptions.parse(options))


def _serve(options: ServeOptions) -> None:
    from lineart_cli import planning
    from lineart_cli.batch import interrupt
    from lineart_cli.machine import folders
    from lineart_cli.model import catalogue
    from lineart_cli.pages import libraries
    from lineart_cli.serve import Server, Studio, streams

    process.give_back_memory()
    libraries.quieten()
    interrupt.end_with_parent(_end_serving)
    say = streams.lines_out()
    card = catalogue.find(MODEL)
    studio = Studio(card, cache(lambda wanted: planning.decide(card, wanted, 1)), folders.compiled_networks())
    Server(studio, say, options.idle).run(streams.lines_in())
    _end_serving()  # a runtime that was at work may never come to its end by itself


def _end_serving() -> None:
    """Ends the process at once: a page that is at work is not waited for."""
    os._exit(ExitCode.OK)


config = typer.Typer(no_args_is_help=True, help="Tells of files of options.")


@config.command()
@partial(with_options, ConfigOptions)
def show(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A sketch, or a folder of them.", show_default="the folder you are in"),
    ] = Path(),
    **options: Any,
) -> None:
    """Prints the options that hold for a sketch, as such a file has them, and where each comes from."""
    from lineart_cli.brushes import store
    from lineart_cli.config.shown import lines

    require("PATH", path)
    folder = path if path.is_dir() else path.parent
    chosen = chosen_for({}, [folder], ConfigOptions.parse(options))
    with chosen.located():
        store.tools(InkOptions.parse(chosen.given))
    for line in lines(chosen):
        print(one_line(line))


BY_NAME = {"try": try_, "bench": bench, "brushes": brushes, "report": report, "serve": serve}
