"""What is sent to workers and comes back, by pickle. Paths are texts, as the other side may be another system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lineart_cli.batch.context import Shared
from lineart_cli.batch.manifest import Entry, OutputStatus
from lineart_cli.brushes.style import Tool
from lineart_cli.events import Event
from lineart_cli.options import InkOptions


@dataclass(frozen=True)
class Setup:
    """What all pages of a run are inked with.

    Attributes:
        run: tells runs apart.
        lineart: the version that workers have to have.
        model: what they have to have as their model, see `manifest.model_of`.
        options: of `lineart ink`.
        tools: what to draw with.
        pages: how many there are.
        keep: pages whose lines are remembered for more tools, see `inker.Inker`.
    """

    run: str
    lineart: str
    model: Mapping[str, str]
    options: InkOptions
    tools: Mapping[str, Tool]
    pages: int
    keep: int


@dataclass(frozen=True)
class Place:
    """An output folder as workers see it, and where in it they leave ink that is not in its place yet."""

    root: str
    unfinished: str


@dataclass(frozen=True)
class Order:
    """A job for a worker.

    Attributes:
        source: see `files.Job`; the file as the worker sees it.
        output: likewise.
        page: see `files.Job`.
        pages: see `files.Job`.
        tool: see `files.Job`.
        is_joined: see `files.Job`.
        shown: what the user calls source and output.
        input_name: what the manifest calls the source.
        known: what is on record of the output.
        shared: what it has in common with the other frames of its shot, if it is one.
    """

    source: str
    output: str
    page: int
    pages: int
    tool: str
    is_joined: bool
    shown: tuple[str, str]
    input_name: str
    known: Entry | None
    shared: Shared | None


@dataclass(frozen=True)
class Delivery:
    """Ink that is to be put into its place; see `OutputFolder.settle`.

    Attributes:
        part: the file's name in `Place.unfinished`.
        entry: of the page.
        kept: the files that it names.
        merged: the sha256 of the edited output whose edits are in it.
        before: how its output stood when the page was begun.
    """

    part: str
    entry: Entry
    kept: Sequence[bytes]
    merged: str | None
    before: OutputStatus


@dataclass(frozen=True)
class Outcome:
    """What has come of some orders.

    Attributes:
        ends: of each order the event with which it ended, and its ink if there is any; in the order that they were in.
        told: what else was to be told meanwhile.
        seconds: that the worker had them.
    """

    ends: Sequence[tuple[Event, Delivery | None]]
    told: Sequence[Event]
    seconds: float


@dataclass(frozen=True)
class Refusal:
    """Why a worker inks nothing of a run."""

    reason: str
