"""The commands of `lineart`, and the only place that ends the process."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineart_cli import __version__, commands, extensions
from lineart_cli.config import Chosen, chosen_for
from lineart_cli.errors import ArgumentError, ExitCode, LineartError, ResultsError
from lineart_cli.krita.app import krita
from lineart_cli.machine import process, standard_streams
from lineart_cli.options import (
    DASH,
    MODEL,
    ConfigOptions,
    InkOptions,
    specs,
)
from lineart_cli.options.command_line import TextCommand, TextGroup, typed, with_options

if TYPE_CHECKING:
    from lineart_cli.batch.files import Job
    from lineart_cli.batch.output_folder import OutputFolder
    from lineart_cli.batch.piped import Piped
    from lineart_cli.batch.places import Places
    from lineart_cli.batch.runner import Ink
    from lineart_cli.brushes.style import Tool
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


@app.callback(cls=TextGroup, epilog=_EXIT_CODES)
def lineart(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Turns scanned pencil sketches into clean ink."""


@app.command(cls=TextCommand, epilog=_EXIT_CODES)
@partial(with_options, InkOptions, in_config=True)
@partial(with_options, ConfigOptions)
def ink(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Files, globs or folders to ink. Folders are searched to any depth and mirrored in the output. "
            "- alone is a picture from standard input, whose ink goes to standard output.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where the ink goes.", show_default=False)
    ] = None,
    **options: Any,
) -> None:
    """Inks sketches of any resolution: scans, photos, and files of painting programs."""
    from lineart_cli.batch.patterns import folder_of

    source = ConfigOptions.parse({name: options.pop(name) for name in specs(ConfigOptions)})
    chosen = chosen_for(typed(context, options), [folder_of(path) for path in paths], source)
    if "watch" in chosen.origins and (DASH in paths or options["dry_run"]):
        chosen = chosen.without("watch")  # which a file says for runs that can go on
    with chosen.located():
        parsed = InkOptions.parse(chosen.given)
        is_typed = parsed.beside and "beside" not in chosen.origins
        out = None if output is None else Path(output)
        if DASH in paths:
            _ink_piped(paths, out, replace(parsed, beside=is_typed), chosen)
            return
        if output is not None and is_typed:
            raise ArgumentError("--beside", f"with --output {output}", "the ink goes to one of both; leave one out")
        if output is None and not parsed.beside:
            raise ArgumentError("--output", "missing", "name a folder for the ink, or give --beside")
        _ink(paths, out, parsed, chosen)


for _name, _command in commands.BY_NAME.items():
    app.command(_name, cls=TextCommand if _name == "serve" else None, epilog=_EXIT_CODES)(_command)
app.add_typer(commands.config, name="config")
app.add_typer(krita, name="krita")


def _ink_piped(paths: list[str], output: Path | None, options: InkOptions, chosen: Chosen) -> None:
    from lineart_cli.batch.piped import Piped

    if paths != [DASH] or options.beside or options.watch or str(output or DASH) != DASH:
        advice = "inks one picture to standard output; leave out other inputs, --output, --beside and --watch"
        raise ArgumentError("PATH", DASH, advice)
    if sys.stdin.isatty() or (sys.stdout.isatty() and not options.dry_run):
        raise ArgumentError("PATH", DASH, "pipe a picture in and its ink out: lineart ink - < sketch.png > ink.png")
    if not options.dry_run and standard_streams.is_closed(sys.stdout):
        raise ArgumentError("PATH", DASH, "its ink goes to standard output, which is closed; write > ink.png")
    with Piped(sys.stdin.buffer, sys.stdout, replace(options, name=None)) as piped:
        _ink([str(piped.sketch)], piped.out, replace(options, name=None), chosen, piped)


def _ink(paths: list[str], out: Path | None, options: InkOptions, chosen: Chosen, piped: Piped | None = None) -> None:
    from lineart_cli.batch import files, interrupt, members, places, runner, watch
    from lineart_cli.batch.output_folder import OutputFolder
    from lineart_cli.brushes import store
    from lineart_cli.events import Renaming
    from lineart_cli.machine.folders import compiled_networks
    from lineart_cli.model import catalogue
    from lineart_cli.pages import OUTPUT_FORMATS, count_pages, libraries
    from lineart_cli.scale import reader
    from lineart_cli.stamps import stamp
    from lineart_cli.ui import console, log_file

    process.give_back_memory()
    libraries.quieten()
    reader.keep_compiled(compiled_networks())
    found = files.find(paths, out)
    sources = found.sources
    if not sources and not (options.watch and any(map(os.path.isdir, paths))):
        raise files.nothing_found(paths, found)
    tools, guesses = store.tools(options)
    known = watch.stamps([source.path for source in sources])
    counted = cache(lambda path, _stamp: count_pages(path))
    plan = partial(
        files.plan,
        suffix=OUTPUT_FORMATS[options.format].suffix,
        count_pages=lambda path: counted(path, stamp(path)),
        tools=tuple(tools),
        join=options.join,
        template=options.name,
    )
    jobs = plan(sources, out)
    pages = sum(members.pages(job.source) if job.is_archive else 1 for job in jobs)
    card = catalogue.find(MODEL)
    keep = _kept_drafts(jobs, options) if len(tools) > 1 else 0
    ink_by, connected, decide = _by_whom(options, tools, card, pages, keep)
    if options.log_file:
        log_file.check(Path(options.log_file), out, [source.path for source in sources])
    if out is not None:
        files.prepare_folder(out, dry_run=options.dry_run)
    kind = piped.folder if piped else OutputFolder
    open_folder = partial(kind, overwrite=options.overwrite, dry_run=options.dry_run)
    folder = open_folder(out) if out is not None else OutputFolder(Path(), dry_run=True)
    in_use: list[OutputFolder | places.Places | Piped] = [folder, *([piped] if piped else [])]
    results = sys.stderr if piped else sys.stdout
    with (
        console.reporter(pages + len(found.problems), options, results) as listener,
        interrupt.asked_to_stop(partial(_end, in_use)) as stopped,
        folder if out is not None else nullcontext(),
        connected,
    ):
        scratch = folder.scratch if out is not None else _writable(jobs)
        inker = partial(_open_inker, card, options.bits, keep, scratch)
        reporter = watch.Retries(Renaming(listener, piped.names if piped else {}))
        batch = runner.Batch(folder, options, tools, card, decide, inker, reporter, stopped, ink_by)
        folders = {source.path.parent for source in sources} if piped is None else set()
        left_out = files.own_ink_notice(found.ink, out), files.sheets_notice(found.sheets)
        for notice in filter(None, [*chosen.notices(folders), *left_out, *options.without_effect(), *guesses]):
            batch.notice(notice)
        work = places.Places(batch, reporter, options, open_folder, partial(plan, template=None), beside=out is None)
        in_use.append(work)
        done = work.run(jobs, found.problems, found.passed_over)
        if options.watch:
            watch.follow(paths, out, known, partial(plan, out=out), work.run, batch.notice, stopped, reporter)
    if done.failed and not options.watch:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _kept_drafts(jobs: Sequence[Job], options: InkOptions) -> int:
    """How many drafts are kept for the other brushes of a page: one for each of its sketches, in each kept colour."""
    sketches = max((len(job.parts) for job in jobs), default=1) * (1 + len(options.keep_colour or ()))
    return min(sketches, _MOST_KEPT)


def _by_whom(
    options: InkOptions, tools: Mapping[str, Tool], card: ModelCard, pages: int, keep: int
) -> tuple[Ink, AbstractContextManager[None], Callable[[PageSize], Plan]]:
    """What inks: this process or a cluster; the way there, to be kept open; and what plans pages."""
    if options.cluster:
        from lineart_cli.cluster import crew

        workers = crew.Crew(options, tools, card, pages, keep)
        return workers.ink, workers.connected(), crew.planned_there
    from lineart_cli import planning
    from lineart_cli.batch import pipeline

    return pipeline.ink, nullcontext(), planning.decide(card, options, pages)


def _end(in_use: Sequence[OutputFolder | Places | Piped]) -> None:
    """Ends the process at once, from a signal handler: nothing that is at work is waited for."""
    from lineart_cli.ui import console

    for folder in in_use:
        folder.abandon()
    console.show_cursor()
    os._exit(ExitCode.INTERRUPTED)


def _writable(jobs: Sequence[Job]) -> Path | None:
    """The first folder beside inputs that takes temporary files."""
    return next((job.output.parent for job in jobs if os.access(job.output.parent, os.W_OK)), None)


def _open_inker(card: ModelCard, bits: int, keep: int, scratch: Path | None) -> Any:
    from lineart_cli.inking.inker import open_inker
    from lineart_cli.machine import folders

    return open_inker(card, bits, keep, scratch, cache=folders.compiled_networks())


def main() -> None:
    """Runs `lineart` and ends the process with an ExitCode."""
    standard_streams.prepare()
    code = _run()
    watchdog = sys.modules.get("lineart_cli.batch.watchdog")
    if watchdog is not None and watchdog.is_stuck():  # an engine that hangs would not let the process end
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def _kept() -> str:
    return "finished pages are kept, " if "lineart_cli.batch.runner" in sys.modules else ""


def _usage(error: Any) -> str:
    """What is wrong with how a command was called, and whose help to read."""
    text = " ".join(error.format_message().split()) or "No command"
    called = error.ctx.command_path if error.ctx else "lineart"
    return f"{text.removesuffix('.')}; see {called} --help"


def _is_nowhere() -> bool:
    """Whether the current folder was taken away."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _run() -> int:
    extensions.add_to(app, sys.argv[1:])
    try:
        code = int(app(prog_name="lineart", standalone_mode=False) or ExitCode.OK)
        sys.stdout.flush()
        message = ""
    except ResultsError as error:
        code, message = error.exit_code, f"{error}; {_kept()}{error.advice}" if error.has_reader else ""
    except LineartError as error:
        code, message = error.exit_code, str(error)
    except _UsageError as error:
        code, message = ExitCode.BAD_ARGUMENTS, _usage(error)
    except (KeyboardInterrupt, typer.Abort):  # which of the two, or code 130, depends on Typer's version
        code, message = ExitCode.INTERRUPTED, ""
    except OSError as error:
        if _is_nowhere():
            message = "the folder that you are in is gone; change to another one, and run again"
            code = ExitCode.BAD_ARGUMENTS
        elif error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}:
            where = error.filename or f"a file, perhaps in {tempfile.gettempdir()},"
            code, message = ExitCode.SOME_FAILED, f"{where} cannot be written ({error.strerror}); {_kept()}make room"
        else:
            raise
    if code == ExitCode.INTERRUPTED:
        message = "stopped; what is finished is kept, run again to go on"
    if message:
        print(f"lineart: {message}", file=sys.stderr)
    return code
