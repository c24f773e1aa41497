"""Pages that are frames of a shot: one working scale and one exposure for all of them, so that lines do not flicker."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, replace
from statistics import median, median_low

from lineart_cli.batch import context
from lineart_cli.batch.context import PageContext, Shared
from lineart_cli.batch.files import Job
from lineart_cli.batch.watchdog import patience
from lineart_cli.batch.work import RunContext
from lineart_cli.errors import PageError
from lineart_cli.imaging.tone import Exposure

SAMPLED = 5
"""Frames that a shot is measured by, evenly spread over it, its first and last among them."""
_NUMBERED = re.compile(r"(.*?)\d+")


class Shots:
    """What the frames of each shot share, measured when the first of them is inked."""

    def __init__(self, jobs: Iterable[Job], measure: Callable[[Sequence[Job]], Shared | None]) -> None:
        """
        Args:
            jobs: of the run.
            measure: finds out what so many frames of a shot share; None where it cannot.
        """
        self._shots = defaultdict[Hashable, list[Job]](list)
        for job in jobs:
            self._shots[shot_of(job)].append(job)
        self._measure = measure
        self._known: dict[Hashable, Shared | None] = {}
        self._lock = threading.Lock()

    def shared(self, job: Job) -> Shared | None:
        """What a job shares with the others of its shot; None where it is the only one, or nothing is known."""
        shot = shot_of(job)
        with self._lock:
            if shot not in self._known:
                self._known[shot] = self._measure(sampled(self._shots[shot]))
            return self._known[shot]


def shot_of(job: Job) -> Hashable:
    """What tells the shots of jobs apart.

    Files that differ in the number at the end of their names are frames of a shot, and so are the pages of a file that
    has several.
    """
    source = job.source
    numbered = _NUMBERED.fullmatch(source.stem)
    if job.pages > 1 or numbered is None:
        return source, job.tool
    return source.parent, numbered[1], source.suffix.lower(), job.tool


def sampled(frames: Sequence[Job]) -> list[Job]:
    """The frames that a shot is measured by."""
    parts = [part for job in frames for part in job.parts]
    most = min(SAMPLED, len(parts))
    return [parts[round(number * (len(parts) - 1) / max(most - 1, 1))] for number in range(most)]


def measured(frames: Sequence[Job], run: RunContext) -> Shared | None:
    """What the frames of a shot share: as it was when one of them was last inked, or else the median of them all.

    Frames that cannot be read are passed over; None where none of them can.
    """
    opened: list[PageContext] = []
    for frame in frames:
        with suppress(PageError):
            opened.append(context.opened(frame, run.tools[frame.tool], run.options, run.folder, run.card))
    for each in opened:
        last = run.folder.last_ink(each.job.output, each.entry)
        if last is not None and last.scale is not None and last.exposure:
            return Shared(last.scale, Exposure(**last.exposure), "kept from the last ink of its shot")
    seen: list[PageContext] = []
    for each in opened:
        with suppress(PageError):
            seen.append(replace(context.scaled(each, run.folder, run.card, run.reader), greys=[]))
    if not seen:
        return None
    scale = median_low(each.size.scale for each in seen)
    exposures: list[Exposure] = []
    for each in seen:
        with suppress(PageError):
            exposures.append(_exposure(replace(each, size=replace(each.size, scale=scale)), run))
    if not exposures:
        return None
    exposure = Exposure(*map(median, zip(*map(astuple, exposures), strict=True)))
    return Shared(scale, exposure, f"the median of {len(seen)} frames of its shot")


def _exposure(page: PageContext, run: RunContext) -> Exposure:
    seconds = run.options.page_timeout or patience(page.size.px / 1e6)
    _, _, tone = context.read(page, seconds, run.folder.scratch, run.reader)
    return tone.exposure
