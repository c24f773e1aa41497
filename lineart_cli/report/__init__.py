"""`lineart report`: one page of HTML, on its own, that shows what became of every sketch of an output folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from lineart_cli import archives
from lineart_cli.batch import manifest
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.own_ink import is_archive_of_ink
from lineart_cli.errors import ArgumentError, PageError, remedy, require
from lineart_cli.options import ReportOptions
from lineart_cli.replacing import replacing
from lineart_cli.report.html import TITLE, foot, head, page
from lineart_cli.report.rows import Row, common_settings, rows_of
from lineart_cli.report.view import look_at

NAME = "report.html"
_HEAD = 4096  # bytes that hold the title


def known_rows(root: Path) -> list[Row]:
    """The pages of an output folder, inked or failed, in the order of their names.

    Raises:
        ArgumentError: `root` is no folder that lineart has inked into.
    """
    require("FOLDER", root)
    if not (root / manifest.NAME).exists():
        found = archives_of_ink(root)
        fault = "is a file, and no folder" if root.is_file() else f"holds no {manifest.NAME}"
        advice = f"{left_out(found)} and give its folder" if found else "give a folder that lineart ink has written to"
        raise ArgumentError("FOLDER", root, f"{fault}; {advice}")
    with OutputFolder(root, dry_run=True) as folder:
        known = rows_of(folder.known())
        if notice := folder.take_notice():
            raise ArgumentError("FOLDER", root, notice)
    return known


def archives_of_ink(root: Path) -> list[Path]:
    """The archives of ink below a folder, or at a path: reports do not look into them."""
    there = [root] if root.is_file() else sorted(root.rglob("*"))
    return [path for path in there if archives.is_archive(path) and is_archive_of_ink(path)]


def left_out(found: Sequence[Path]) -> str:
    """Tells that some archives are not looked into."""
    more = f" and {len(found) - 1} more are archives" if len(found) > 1 else " is an archive"
    return f"{found[0]}{more}, which reports do not look into; unpack it"


def write(root: Path, known: list[Row], options: ReportOptions, advance: Callable[[], object]) -> Path:
    """Writes the report; what was there is replaced in one step, and untouched when anything goes wrong.

    Args:
        root: the output folder.
        known: its pages, see `known_rows`.
        options: of `lineart report`.
        advance: called after each page.

    Returns:
        The file.

    Raises:
        ArgumentError: `options.output` is a folder, a file that is no report, or no name of a page of HTML.
        PageError: the disk does not take it.
    """
    target = Path(options.output) if options.output else root / NAME
    if target.is_dir():
        raise ArgumentError("--output", target, f"is a folder; name a file, such as {target / NAME}")
    if target.suffix.lower() not in {".html", ".htm"}:
        raise ArgumentError("--output", target, f"is no name for a page of HTML; write for example {target.stem}.html")
    if target.exists() and not _is_report(target):
        raise ArgumentError("--output", target, "is there already, and is no report of lineart; name another file")
    with _replaced(target) as file:
        settings = common_settings(known)
        file.write(head(root.resolve().name, known, settings))
        for number, row in enumerate(known):
            file.write(page(number, row, look_at(row, root, options), settings))
            advance()
        file.write(foot())
    return target


def _is_report(path: Path) -> bool:
    """Whether the beginning of a file is that of a report; one that cannot be read cannot be replaced either."""
    with suppress(OSError), path.open("rb") as file:
        return f": {TITLE}</title>".encode() in file.read(_HEAD)
    return True


@contextmanager
def _replaced(target: Path) -> Iterator[TextIO]:
    try:
        with replacing(target) as part, part.open("w", encoding="utf-8", errors="backslashreplace") as file:
            yield file
    except OSError as error:
        advice = f"{remedy(error)}, or name another file with --output"
        raise PageError(target, f"cannot be written ({error.strerror or error})", advice) from error
