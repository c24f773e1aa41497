"""What the stages of a job hand on to each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lineart_cli import pages
from lineart_cli.batch.channel import Channel
from lineart_cli.batch.coloured import Separation
from lineart_cli.batch.context import PageContext, Shared
from lineart_cli.batch.edited_output import EditedOutput
from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import OutputStatus
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.pages_in_memory import PagesInMemory
from lineart_cli.batch.watchdog import WatchedInker, Worker
from lineart_cli.brushes.style import Tool
from lineart_cli.events import Event
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.tone import Tone
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.plan import PageSize, Plan


@dataclass(frozen=True)
class RunContext:
    """All that pages are inked with.

    Attributes:
        options: of `lineart ink`.
        tools: what to draw with, see `brushes.store.tools`.
        card: of the model.
        decide: makes the plan for a page, or refuses it with an ArgumentError.
        inker: used by the second stage alone.
        folder: the output folder.
        report: told that a page is begun and planned, and what is to be known of its ink.
        stopped: once it is set, no page is begun.
        shared: what a job has in common with the other frames of its shot; None where it is no frame.
        in_memory: the pages that are.
        reader: the thread that files are read in.
    """

    options: InkOptions
    tools: Mapping[str, Tool]
    card: ModelCard
    decide: Callable[[PageSize], Plan]
    inker: WatchedInker
    folder: OutputFolder
    report: Callable[[Event], None]
    stopped: threading.Event
    shared: Callable[[Job], Shared | None] = lambda _: None
    in_memory: PagesInMemory = field(default_factory=PagesInMemory)
    reader: Worker = field(default_factory=Worker)


@dataclass(frozen=True)
class PageInWork:
    """A page that has been read, and whose ink is made while it is written.

    Attributes:
        page: what is to be made of it.
        plan: how.
        before: how its output stood when it was begun.
        pixels: of the sketch at the working scale; the second stage takes them out.
        tone: of the sketch.
        bands: of ink, or one drawing in formats of curves, from the second stage to the third.
        ink: what goes into the file: the bands and what is beside them.
        edited: the output as the artist has left it, whose edits are to stay; or None.
        why_kept: why its output is kept, if it still is edited when the ink is there; or empty.
        separations: of the sketch, what coloured pencils have drawn that are inked by themselves.
    """

    page: PageContext
    plan: Plan
    before: OutputStatus
    pixels: list[Page]
    tone: Tone
    bands: Channel[Any]
    ink: pages.InkedPage
    edited: EditedOutput | None = None
    why_kept: str = ""
    separations: list[Separation] = field(default_factory=list)


@dataclass
class JobInWork:
    """A job on its way through the stages.

    Attributes:
        job: one page, or several that are joined.
        started: by the clock `time.monotonic`.
        read: from the first stage to the second.
        inked: from the second stage to the third.
        limit: of `PagesInMemory`, once it has entered.
        px: of all its pages together.
        drawings: what the third stage has written as curves, of each page its strokes and their segments.
        colours: the coloured pencils that the third stage has written, and their colours.
        turn: of joined pages, the next is read when the one before is written.
        is_over: set when the third stage has done with it.
    """

    job: Job
    started: float = field(default_factory=time.monotonic)
    read: Channel[PageInWork] = field(default_factory=Channel)
    inked: Channel[PageInWork] = field(default_factory=Channel)
    limit: int | None = None
    px: int = 0
    drawings: list[tuple[int, int]] = field(default_factory=list)
    colours: dict[str, str] = field(default_factory=dict)
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))
    is_over: bool = False
