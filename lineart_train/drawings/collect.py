"""Public drawings go into one file, as training reads it; what gives no lines is named and left out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from lineart_cli.errors import ArgumentError, LineartError, PageError, Unreadable
from lineart_cli.replacing import replacing
from lineart_train.drawings.line import NoLines, entry
from lineart_train.drawings.sources import Drawing, Source, drawings, find

SUFFIX = ".jsonl.gz"

Tell = Callable[[float | None, str], object]
"""Told the share of files that are done; or, of a drawing that is left out, the line that says why."""


@dataclass
class Collected:
    """What became of the drawings: those written, their lines, who made them; left out, and which could not be read."""

    drawings: int = 0
    lines: int = 0
    credits: set[str] = field(default_factory=set)
    without_lines: int = 0
    unreadable: int = 0


def collect(given: Sequence[Path], target: Path, credit: str, every: int, tell: Tell) -> Collected:
    """Write the file of clean drawings that `generator.scenes.drawings` reads; the same input gives the same bytes.

    Args:
        given: files, and folders that are searched to the bottom.
        target: the file, `*.jsonl.gz`; must not be there yet.
        credit: of drawings whose file does not tell theirs.
        every: of so many drawings, by name, one is taken.
        tell: see `Tell`.

    Raises:
        ArgumentError: a source is not there, or the target is, or is no file that training would read.
        LineartError: no drawing gives lines; nothing is written.
        OSError: the file cannot be written.
    """
    _check(target)
    found = find(given)
    result = Collected()
    with replacing(target) as part:
        with part.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            for drawn in _entries(found, credit, every, tell, result):
                packed.write((json.dumps(drawn, separators=(",", ":"), ensure_ascii=False) + "\n").encode())
        if not result.drawings:
            raise LineartError(f"None of {len(found)} files gives a drawing; {target} is not written.")
    return result


def _check(target: Path) -> None:
    if not target.name.endswith(SUFFIX):
        raise ArgumentError("--output", target, f"must end in {SUFFIX}, by which training finds it")
    if target.exists():
        raise ArgumentError("--output", target, "is there already; give another name, or delete it")
    if not target.parent.is_dir():
        raise ArgumentError("--output", target, "is in no folder that exists; make the folder first")


def _entries(
    found: Sequence[Source], credit: str, every: int, tell: Tell, result: Collected
) -> Iterator[dict[str, Any]]:
    for source, drawing in islice(_drawings(found, tell, result), 0, None, every):
        try:
            lines = drawing.lines()
            drawn = entry(lines)
        except NoLines as reason:
            result.without_lines += 1
            tell(None, f"{_place(source, drawing)} {reason}; it is left out")
        except Exception as error:  # libraries raise whatever they like of damaged drawings
            result.unreadable += 1
            tell(None, f"{_said(error, source, drawing)}; it is left out")
        else:
            who = lines.credit or drawing.credit or credit
            result.drawings += 1
            result.lines += len(drawn["strokes"])
            result.credits |= {who} - {""}
            yield {"id": drawing.name, **({"credit": who} if who else {}), **drawn}


def _drawings(found: Sequence[Source], tell: Tell, result: Collected) -> Iterator[tuple[Source, Drawing]]:
    for number, source in enumerate(found):
        tell(number / len(found), "")
        try:
            for drawing in drawings(source):
                yield source, drawing
        except PageError as error:
            result.unreadable += 1
            tell(None, f"{error}; it is left out")
    tell(1.0, "")


def _place(source: Source, drawing: Drawing) -> str:
    return f"{source.path}" if drawing.name == source.name else f"{source.path} ({drawing.name})"


def _said(error: Exception, source: Source, drawing: Drawing) -> str:
    if isinstance(error, PageError):
        return str(error)
    if isinstance(error, Unreadable):
        return str(PageError(_place(source, drawing), error.reason, error.advice))
    return str(PageError(_place(source, drawing), f"cannot be drawn ({error})", "save or download it again"))
