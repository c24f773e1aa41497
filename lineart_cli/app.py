"""The commands of `lineart`, and the only place that ends the process."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineart_cli import __version__, extensions
from lineart_cli.errors import ExitCode, LineartError
from lineart_cli.krita.app import krita
from lineart_cli.machine import process
from lineart_cli.options import (
    MODEL,
    BenchOptions,
    BrushesOptions,
    InkOptions,
    ReportOptions,
    ServeOptions,
    TryOptions,
    specs,
)
from lineart_cli.options.command_line import with_options

if TYPE_CHECKING:
    from lineart_cli.batch.output_folder import OutputFolder
    from lineart_cli.model.card import ModelCard
    from lineart_cli.plan import PageSize, Plan

# The base of every error in how a command is called; Typer gives it no public name.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]

_EXIT_CODES = "Exit codes: " + "; ".join(f"{code.value} {code.meaning}" for code in ExitCode) + "."

_MOST_KEPT = 32
"""Pages of a joined file whose lines are kept for more brushes: some 20 MB each on the disk, and an open file."""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"lineart {__version__}")
        raise typer.Exit


app.add_typer(krita, name="krita")


@app.callback(epilog=_EXIT_CODES)
def lineart(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Turns scanned pencil sketches into clean ink."""


@app.command(epilog=_EXIT_CODES)
@partial(with_options, InkOptions)
def ink(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Files, globs or folders to ink. Folders are searched to any depth and mirrored in the output.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the ink goes.", show_default=False)
    ],
    **options: Any,
) -> None:
    """Inks sketches of any resolution: scans, photos, and files of painting programs."""
    chosen = InkOptions.parse(options)
    _ink(paths, output, chosen)


def _ink(paths: list[str], out: Path, options: InkOptions) -> None:
    from lineart_cli.batch import files, interrupt, runner, watch
    from lineart_cli.batch.manifest import stamp
    from lineart_cli.batch.output_folder import OutputFolder
    from lineart_cli.brushes import store
    from lineart_cli.model import catalogue
    from lineart_cli.pages import OUTPUT_FORMATS, count_pages, libraries
    from lineart_cli.ui import console, log_file

    process.give_back_memory()
    libraries.quieten()
    sources, problems = files.find(paths, out)
    if not sources and not (options.watch and any(map(os.path.isdir, paths))):
        raise files.nothing_found(paths, out, problems)
    tools, guesses = store.tools(options)
    known = watch.stamps([source.path for source in sources])
    counted = cache(lambda path, _stamp: count_pages(path))
    plan = partial(
        files.plan,
        out=out,
        suffix=OUTPUT_FORMATS[options.format].suffix,
        count_pages=lambda path: counted(path, stamp(path)),
        tools=tuple(tools),
        join=options.join,
    )
    jobs = plan(sources)
    card = catalogue.find(MODEL)
    decide = _decide(card, options, len(jobs))
    if options.log_file:
        log_file.check(Path(options.log_file), out, [source.path for source in sources])
    if not options.dry_run:
        files.prepare_folder(out)
    folder = OutputFolder(out, overwrite=options.overwrite, dry_run=options.dry_run)
    with (
        console.reporter(len(jobs) + len(problems), options) as reporter,
        interrupt.asked_to_stop(partial(_end, folder)) as stopped,
        folder,
    ):
        sketches = max((len(job.parts) for job in jobs), default=1) * (1 + len(options.keep_colour or ()))
        keep = min(sketches, _MOST_KEPT) if len(tools) > 1 else 0
        inker = partial(_open_inker, card, options.bits, keep, folder.scratch)
        work = runner.Batch(folder, options, tools, card, decide, inker, reporter, stopped)
        for text in [*options.without_effect(), *guesses]:
            work.notice(text)
        done = work.run(jobs, problems, dict(files.passed_over(paths, out)))
        if options.watch:
            watch.follow(paths, out, known, plan, work.run, work.notice, stopped)
        elif done.failed:
            raise typer.Exit(ExitCode.SOME_FAILED)


def _end(folder: OutputFolder) -> None:
    """Ends the process at once, from a signal handler: nothing that is at work is waited for."""
    from lineart_cli.ui import console

    folder.abandon()
    console.show_cursor()
    os._exit(ExitCode.INTERRUPTED)


def _decide(card: ModelCard, options: InkOptions, pages: int) -> Callable[[PageSize], Plan]:
    """The plan for a page of a size on this machine; wishes that no page could have are refused here and now."""
    from lineart_cli.bench import settings
    from lineart_cli.machine import hardware
    from lineart_cli.plan import Request, choose, plan

    machine = hardware.detect()
    measured = settings.load(machine)
    asked = measured.choice.device if measured and options.device == "auto" else options.device
    if asked.lower() not in {"auto", "cpu"}:
        machine = hardware.with_devices(machine)
    request = Request.of(options, measured, pages)
    choose(card, machine, request)
    return cache(lambda page: plan(page, card, machine, request))


def _open_inker(card: ModelCard, bits: int, keep: int, scratch: Path) -> Any:
    from lineart_cli.inking.inker import open_inker
    from lineart_cli.machine import folders

    return open_inker(card, bits, keep, scratch, cache=folders.compiled_networks())


@app.command("try", epilog=_EXIT_CODES)
@partial(with_options, InkOptions, left_out={"drawing", "faint", "page", "Writing", "Batch", "Reporting"})
@partial(with_options, TryOptions)
def try_(
    path: Annotated[Path, typer.Argument(metavar="PAGE", help="The sketch.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The sheet, a PNG picture.  [default: PAGE-try.png]"),
    ] = None,
    **options: Any,
) -> None:
    """Inks a part of a page in nine ways, on one sheet, to choose --drawing and --faint by eye."""
    wanted = {name: options.pop(name) for name in specs(TryOptions)}
    _try(path, output or Path(f"{path.stem}-try.png"), TryOptions.parse(wanted), InkOptions.parse(options))


def _try(path: Path, out: Path, wanted: TryOptions, options: InkOptions) -> None:
    from lineart_cli.model import catalogue
    from lineart_cli.pages import libraries
    from lineart_cli.trial import grid
    from lineart_cli.trial.sheet import Sheet, check
    from lineart_cli.ui import console

    process.give_back_memory()
    libraries.quieten()
    card = catalogue.find(MODEL)
    decide = _decide(card, options, 1)
    check(out, path)
    trial = grid.begin(path, wanted.page - 1, options, card)
    crop = trial.checked(wanted.crop) if wanted.crop else trial.telling_crop()
    sheet = Sheet(trial.sketch(crop), [path.name, f"--crop {crop}"])
    with console.counted("trying", len(grid.ROWS) * len(grid.FAINTS), quiet=False) as advance:
        for cell in trial.cells(crop, decide):
            sheet.add(cell)
            advance()
    sheet.save(out)
    print(out, file=sys.stderr)


@app.command(epilog=_EXIT_CODES)
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


@app.command(epilog=_EXIT_CODES)
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


@app.command(epilog=_EXIT_CODES)
@partial(with_options, ReportOptions)
def report(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where `lineart ink` has put the ink.", show_default=False)
    ],
    **options: Any,
) -> None:
    """Shows a folder of ink beside its sketches, with settings and failures, as one page of HTML."""
    _report(folder, ReportOptions.parse(options))


def _report(root: Path, options: ReportOptions) -> None:
    from lineart_cli import report
    from lineart_cli.pages import libraries
    from lineart_cli.ui import console

    libraries.quieten()
    known = report.known_rows(root)
    with console.counted("reporting", len(known), options.quiet) as advance:
        target = report.write(root, known, options, advance)
    if not options.quiet:
        print(target, file=sys.stderr)


@app.command(epilog=_EXIT_CODES)
@partial(with_options, ServeOptions)
def serve(**options: Any) -> None:
    """Inks for other programs, such as Krita: requests on stdin, answers on stdout, an object of JSON a line."""
    _serve(ServeOptions.parse(options))


def _serve(options: ServeOptions) -> None:
    from lineart_cli.batch import interrupt
    from lineart_cli.machine import folders, process
    from lineart_cli.model import catalogue
    from lineart_cli.pages import libraries
    from lineart_cli.serve import Server, Studio, streams

    process.give_back_memory()
    libraries.quieten()
    interrupt.end_with_parent(_end_serving)
    say = streams.lines_out()
    card = catalogue.find(MODEL)
    studio = Studio(card, cache(lambda wanted: _decide(card, wanted, 1)), folders.compiled_networks())
    Server(studio, say, options.idle).run(streams.lines_in())
    _end_serving()  # a runtime that was at work may never come to its end by itself


def _end_serving() -> None:
    """Ends the process at once: a page that is at work is not waited for."""
    os._exit(ExitCode.OK)


def main() -> None:
    """Runs `lineart` and ends the process with an ExitCode."""
    process.open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code = _run()
    watchdog = sys.modules.get("lineart_cli.batch.watchdog")
    if watchdog is not None and watchdog.is_stuck():  # an engine that hangs would not let the process end
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def _run() -> int:
    extensions.add_to(app)
    try:
        code = int(app(prog_name="lineart", standalone_mode=False) or ExitCode.OK)
        message = ""
    except LineartError as error:
        code, message = error.exit_code, str(error)
    except _UsageError as error:
        text = " ".join(error.format_message().split())  # type: ignore[attr-defined]
        code, message = ExitCode.BAD_ARGUMENTS, f"{text or 'No command.'} See lineart --help."
    except (KeyboardInterrupt, typer.Abort):  # which of the two, or code 130, depends on Typer's version
        code, message = ExitCode.INTERRUPTED, ""
    except BrokenPipeError:  # whoever read our results has left
        process.silence(sys.stdout)
        code, message = ExitCode.SOME_FAILED, ""
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO} or error.filename is not None:
            raise
        process.silence(sys.stdout)
        kept = "finished pages are kept, " if "lineart_cli.batch.runner" in sys.modules else ""
        message = f"results cannot be written to standard output ({error.strerror}); {kept}make room and run again"
        code = ExitCode.SOME_FAILED
    if code == ExitCode.INTERRUPTED:
        message = "stopped; what is finished is kept, run again to go on"
    if message:
        print(f"lineart: {message}", file=sys.stderr)
    return code
