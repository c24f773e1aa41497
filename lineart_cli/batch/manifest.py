"""The manifest of an output folder: of which input, settings and model each page of ink was made.

It is the file `.lineart.json`:

    {"format": 1,
     "pages": {"<output>": {"input", "page", "input_sha256", "settings", "model", "lineart", "output_sha256", "width",
                            "height", "dpi", "thickness", "scale", "exposure", "prints", "edits", "pictures",
                            "conflicts"}},
     "failures": {"<output>": {"input", "page", "error"}}}

`<output>` is a path below the folder and `input` one that starts at it, both with slashes; `page` counts from 0; see
`Entry` for the rest. There are no times in it and the keys are sorted: the same pages give the same manifest, in
whatever order, and after however many interruptions, they were inked. Each page is a line of the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum, auto
from typing import Any

from lineart_cli.imaging.tone import Exposure
from lineart_cli.model.card import ModelCard

NAME = ".lineart.json"
FORMAT = 1
LARGEST = 1 << 28
"""Bytes of a manifest that is read from an archive."""


@dataclass(frozen=True)
class Entry:
    """A page of ink, and all that it follows from.

    Attributes:
        input: where the sketch is, as seen from the output folder.
        page: of the input, from 0.
        input_sha256: of the whole input file.
        settings: the options that the ink depends on, see `Options.settings`.
        model: name, version and sha256 of the network.
        lineart: the version that inked it; a newer one alone is no reason to ink again.
        output_sha256: of the file that was written; empty as long as there is none.
        width: of the ink, px.
        height: of the ink, px.
        dpi: that makes px of millimetres.
        thickness: of the lines, page px.
        scale: px of the page for a px at which the network worked; None where an older lineart did not say.
        exposure: of the page, see `tone.Exposure`; empty where an older lineart did not say.
        prints: the fingerprints of the ink without any edits, by their name in `kept_files`; empty without them.
        edits: how many places of the output are not ink as it was made, but as the artist has changed it.
        pictures: small ones of the ink without any edits, and of the output as it was before they were last merged, by
            their names in `kept_files`; none without a merge.
        conflicts: left, top, width and height, px, of the places that both the artist and the sketch had changed.
    """

    input: str
    page: int
    input_sha256: str
    settings: Mapping[str, str | float | bool | None]
    model: Mapping[str, str]
    lineart: str
    output_sha256: str
    width: int
    height: int
    dpi: float
    thickness: float
    scale: float | None = None
    exposure: Mapping[str, float] = field(default_factory=dict)
    prints: str = ""
    edits: int = 0
    pictures: list[str] = field(default_factory=list)
    conflicts: list[list[int]] = field(default_factory=list)

    def is_before(self, other: Entry) -> bool:
        """Whether the other is of the same page as this, settings and model too, whatever was drawn meanwhile."""
        return self.input == other.input and replace(self, input_sha256=other.input_sha256).is_made_like(other)

    def is_made_like(self, other: Entry) -> bool:
        """Whether both are of the same input, settings and model, so that the ink is the same."""
        return (self.input_sha256, self.page, self.settings, self.model) == (
            other.input_sha256,
            other.page,
            other.settings,
            other.model,
        )


@dataclass(frozen=True)
class Failure:
    """A page that could not be inked, and why, in one line."""

    input: str
    page: int
    error: str


@dataclass
class Manifest:
    """The pages and the failures of an output folder, by output."""

    pages: dict[str, Entry] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    _shared: dict[str, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)

    def record(self, output: str, result: Entry | Failure | None) -> None:
        """Notes what became of a page; None forgets a failure."""
        if isinstance(result, Failure):
            self.failures[output] = result
            return
        self.failures.pop(output, None)
        if result is not None:
            settings, model = (self._shared.setdefault(repr(each), each) for each in (result.settings, result.model))
            self.pages[output] = replace(result, settings=settings, model=model)  # as one, for their memory

    def lines(self) -> Iterator[str]:
        """The manifest as the file has it."""
        yield '{"failures": {'
        yield from _rows(self.failures)
        yield f'}},\n"format": {FORMAT},\n"pages": {{'
        yield from _rows(self.pages)
        yield "}}\n"


class OutputStatus(Enum):
    """How the output of a page stands, compared with what is wanted there."""

    ABSENT = auto()
    FINISHED = auto()
    OUTDATED = auto()
    EDITED = auto()
    UNKNOWN = auto()


def output_status(known: Entry | None, wanted: Entry, found: str | None) -> OutputStatus:
    """Compares an output with what is wanted there.

    Args:
        known: what the manifest says of it.
        wanted: the page as it is to be inked; with its `output_sha256` where it has been inked meanwhile.
        found: the sha256 of the file that is there, or None.

    Returns:
        ABSENT: there is no such file. FINISHED: it is just what is wanted. OUTDATED: lineart wrote it, of another input
        or with other settings or another model. EDITED: somebody has changed it since lineart wrote it, or it holds
        edits of earlier ink. UNKNOWN: nothing says who made it.
    """
    if found is None:
        return OutputStatus.ABSENT
    if found == wanted.output_sha256:
        return OutputStatus.FINISHED
    if known is None:
        return OutputStatus.UNKNOWN
    if known.output_sha256 != found:
        return OutputStatus.EDITED
    if known.is_made_like(wanted):
        return OutputStatus.FINISHED
    return OutputStatus.EDITED if known.edits else OutputStatus.OUTDATED


def parse(text: str) -> Manifest:
    """Reads a manifest.

    Raises:
        ValueError: it is damaged, or not one of lineart's.
    """
    try:
        top = json.loads(text)
        if top["format"] != FORMAT:
            raise ValueError(f"format {top['format']}")
        known = Manifest()
        for table, rows in ((Entry, top["pages"]), (Failure, top["failures"])):
            for output, row in rows.items():
                known.record(output, _read(table, row))
        return known
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def journal_line(output: str, result: Entry | Failure | None) -> str:
    """A line of the journal. It begins with a line end, in case the line before was cut off."""
    kind = type(result).__name__.lower() if result is not None else None
    return f"\n{json.dumps([output, kind, vars(result) if result is not None else None], sort_keys=True)}\n"


def replay(manifest: Manifest, journal: Iterable[str], found: Callable[[str], str | None]) -> None:
    """Records the lines of a journal, as far as they are whole.

    A page that the manifest knows already is recorded anew only if its file is the new one: `found` gives its sha256.
    """
    for line in journal:
        try:
            output, kind, row = json.loads(line)
            result = _read({"entry": Entry, "failure": Failure}[kind], row) if kind is not None else None
        except (AttributeError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(result, Entry) and output in manifest.pages and found(output) != result.output_sha256:
            continue
        manifest.record(output, result)


def model_of(card: ModelCard) -> dict[str, str]:
    """What an entry says of the model."""
    return {"name": card.name, "version": card.version, "sha256": card.sha256}


def _rows(table: Mapping[str, Entry] | Mapping[str, Failure]) -> Iterator[str]:
    """The members of a table's object, a line each; by `json`'s fast way, which knows no indents."""
    for number, output in enumerate(sorted(table)):
        row = json.dumps(vars(table[output]), sort_keys=True)
        yield f"{',' if number else ''}\n {json.dumps(output)}: {row}"


_RENAMED = {"looks": "passes"}
"""Settings in manifests of before 0.6."""


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(row.get("settings"), dict):
        return row
    return {**row, "settings": {_RENAMED.get(name, name): value for name, value in row["settings"].items()}}


_NUMBER = (int, float)
_Kind = type | tuple[type, ...]
_KINDS: dict[str, _Kind] = {
    "str": str,
    "int": int,
    "float": _NUMBER,
    "float | None": (*_NUMBER, type(None)),
    "list[str]": list,
    "list[list[int]]": list,
}


_CHECKED: dict[type, list[tuple[str, _Kind]]] = {
    table: [(each.name, _KINDS.get(str(each.type), dict)) for each in fields(table)] for table in (Entry, Failure)
}


def _read(table: Any, row: dict[str, Any]) -> Any:
    result = table(**_renamed(row))
    for name, kind in _CHECKED[table]:
        value = getattr(result, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} {value!r}")
    return replace(result, exposure={}) if table is Entry and not _is_exposure(result.exposure) else result


def _is_exposure(told: Mapping[str, Any]) -> bool:
    """Whether it is an exposure as this lineart knows it: without one, the page is measured anew."""
    names = {each.name for each in fields(Exposure)}
    return told.keys() == names and all(isinstance(each, int | float) for each in told.values())
