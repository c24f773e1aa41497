"""What happens to pages during a run, told to whoever listens: terminal, JSON lines or a test.

`to_json` gives the object that `--json` prints, one a line: the event's fields, led by `event` (its name in snake
case). Paths are strings as the user would write them; `page` is the number of the page inside its input, from 0; times
are seconds; sizes are pixels (width, height). A program that reads them should pass over events and fields that it does
not know: later versions may add some, and take none away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Protocol

from lineart_cli.options import Crop


@dataclass(frozen=True)
class PageStarted:
    """A page is being read. JSON: {"event": "page_started", "input", "page"}; only in the log file."""

    input: str
    page: int = 0


@dataclass(frozen=True)
class PageDone:
    """A page is inked and lies under its final name.

    JSON: {"event": "page_done", "input", "output", "width", "height", "dpi", "thickness", "seconds", "page", "scale",
    "corners", "strokes", "segments", "edits", "conflicts", "colours"}, where `thickness` is in page pixels;
    `scale` and `corners` as of PagePlanned;
    `strokes` is how many shapes were written as curves, and `segments` of how many curves, or null where ink is pixels;
    `edits` is the number of places that are as the artist has changed them; and `conflicts` are those of them that the
    new sketch changes too, each as [left, top, width, height] in pixels; and `colours` are those of the lines that
    `--keep-colour` has kept, as #rrggbb by the pencil's name.
    """

    input: str
    output: str
    width: int
    height: int
    dpi: float
    thickness: float
    seconds: float
    page: int = 0
    scale: float = 1.0
    corners: tuple[tuple[float, float], ...] = ()
    strokes: int | None = None
    segments: int | None = None
    edits: int = 0
    conflicts: tuple[Crop, ...] = ()
    colours: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PageSkipped:
    """The page's output was there already, and is left as it is.

    JSON: {"event": "page_skipped", "input", "output", "note", "page", "edits"}, where `note` is empty for a finished
    page, or says why an output that lineart would have inked otherwise is kept; `edits` is the number of places that
    the artist has changed, or null where that is not known.
    """

    input: str
    output: str
    note: str = ""
    page: int = 0
    edits: int | None = None


@dataclass(frozen=True)
class PageFailed:
    """The page is not inked.

    JSON: {"event": "page_failed", "input", "error", "page"}; `error` is one line, with advice.
    """

    input: str
    error: str
    page: int = 0


@dataclass(frozen=True)
class PagePlanned:
    """How a page will be inked; printed with `--dry-run` and `--verbose`.

    JSON: {"event": "page_planned", "input", "output", "width", "height", "dpi", "dpi_source", "thickness",
    "thickness_300", "backend", "device", "precision", "threads", "at_once", "tiles", "window", "megapixels", "memory",
    "seconds", "plan", "reasons", "page", "scale", "scale_why", "corners", "edits"}; `dpi_source` is "option", "file" or
    "size"; `thickness` is in page pixels, `thickness_300` in pixels at 300 dpi; `at_once` is how many such pages may be
    in work; `tiles` is the number of tiles, `window` the height and width of what the network is given for each, both
    of the last pass; `megapixels` is what it computes in all, `memory` the expected peak in bytes, `seconds` its
    expected time, or null where nothing is known of the device; `plan` says the same in a line, and each of `reasons`
    explains one choice. `scale` is how many page pixels long and wide a pixel is that the network sees, and `scale_why`
    explains it. `corners` are those of the sheet in the upright photo, [[x, y], ...] px from the top left one on,
    clockwise, where `--page auto` has straightened it; otherwise none. `edits` is the number of places that the artist
    has changed and that stay.
    """

    input: str
    output: str
    width: int
    height: int
    dpi: float
    dpi_source: str
    thickness: float
    thickness_300: float
    backend: str
    device: str
    precision: str
    threads: int | None
    at_once: int
    tiles: int
    window: tuple[int, int]
    megapixels: float
    memory: int
    seconds: float | None
    plan: str
    reasons: tuple[str, ...]
    page: int = 0
    scale: float = 1.0
    scale_why: str = ""
    corners: tuple[tuple[float, float], ...] = ()
    edits: int = 0


@dataclass(frozen=True)
class BatchDone:
    """The end of a run, or of one round of `--watch`; only in the log file.

    JSON: {"event": "batch_done", "inked", "skipped", "failed", "output", "seconds", "passed_over"}, where `passed_over`
    tells how many files were left out for their suffix, by suffix in lower case.
    """

    inked: int
    skipped: int
    failed: int
    output: str
    seconds: float
    passed_over: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """Something about the run as a whole, or a page's ink, that the user should know.

    JSON: {"event": "notice", "text"}; one line.
    """

    text: str


Event = PageStarted | PageDone | PageSkipped | PageFailed | PagePlanned | BatchDone | Notice

PRINTED = (PageDone, PageSkipped, PageFailed, PagePlanned, Notice)
"""What `--json` prints."""


class Reporter(Protocol):
    """Listens to a run. Calls come one at a time, never from two threads at once."""

    def report(self, event: Event) -> None:
        """Takes one event; must not raise."""


class Renaming:
    """Tells another reporter all events with the names that the user knows files by."""

    def __init__(self, reporter: Reporter, names: Mapping[str, str]) -> None:
        """`names`: what each text becomes, wherever in the texts of an event it stands, in this order."""
        self._reporter = reporter
        self._names = names

    def report(self, event: Event) -> None:
        self._reporter.report(self.renamed(event))

    def renamed(self, event: Event) -> Event:
        """The event as it is told."""
        texts = {each.name: getattr(event, each.name) for each in fields(event)}
        shown = {name: self._shown(text) for name, text in texts.items() if isinstance(text, str)}
        return replace(event, **shown)  # type: ignore[arg-type]

    def _shown(self, text: str) -> str:
        for name, shown in list(self._names.items()):
            text = text.replace(name, shown)
        return text


def to_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object, its name first."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name, **asdict(event)}
