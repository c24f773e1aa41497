"""The rows of a report: what the manifest says of each output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lineart_cli.batch.manifest import Entry, Failure, Manifest

Settings = dict[str, str]


@dataclass(frozen=True)
class Row:
    """An output: the ink that there is, the failure of the last attempt, or both.

    Attributes:
        output: its path below the folder, with slashes.
        input: where the sketch is, as seen from the folder.
        page: of the input, from 0.
        entry: of the ink, or None.
        error: why the last attempt failed, or empty.
    """

    output: str
    input: str
    page: int
    entry: Entry | None
    error: str

    @property
    def settings(self) -> Settings:
        """What it was inked with, as text, by the option's name; without options that were left open."""
        if self.entry is None:
            return {}
        chosen = {name: value for name, value in self.entry.settings.items() if value is not None}
        given = {f"--{name.replace('_', '-')}": _text(value) for name, value in chosen.items()}
        model = f"{self.entry.model.get('name', '?')} {self.entry.model.get('version', '?')}"
        return {**given, "model": model, "lineart": self.entry.lineart}


def rows_of(known: Manifest) -> list[Row]:
    """A row for each output, those that failed included, numbers in names ordered as numbers."""
    found = []
    for output in sorted({*known.pages, *known.failures}, key=_natural):
        entry, failure = known.pages.get(output), known.failures.get(output)
        about: Entry | Failure | None = failure or entry
        if about is not None:
            found.append(Row(output, about.input, about.page, entry, failure.error if failure else ""))
    return found


def common_settings(known: Sequence[Row]) -> Settings:
    """The settings that all pages of ink have in common."""
    every = [set(row.settings.items()) for row in known if row.entry]
    return dict(sorted(set.intersection(*every))) if every else {}


def _natural(name: str) -> list[Any]:
    return [int(part) if part.isdecimal() else part.casefold() for part in re.split(r"(\d+)", name)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
