"""Runs whose ink goes to several places: each is a run of its own with the same engine, and they have one summary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from lineart_cli.batch.files import Job
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.events import BatchDone, Event, Reporter


class PartReporter:
    """Tells another reporter all events of a part but its summary."""

    def __init__(self, whole: Reporter) -> None:
        self._whole = whole

    def report(self, event: Event) -> None:
        if not isinstance(event, BatchDone):
            self._whole.report(event)


def total(parts: Iterable[BatchDone], output: str, started: float) -> BatchDone:
    """The summary of a run: its parts in one, which began at a time by `time.monotonic`."""
    whole = BatchDone(0, 0, 0, output, 0)
    for part in parts:
        counts = (whole.inked + part.inked, whole.skipped + part.skipped, whole.failed + part.failed)
        whole = BatchDone(*counts, output, 0, {**whole.passed_over, **part.passed_over})
    return replace(whole, seconds=round(time.monotonic() - started, 3))


class Beside:
    """Inks pages into the folders of their inputs, each of which is an output folder with a manifest of its own."""

    def __init__(self, batch: Batch, reporter: Reporter, open_folder: Callable[[Path], OutputFolder]) -> None:
        """
        Args:
            batch: whose engine and options are used.
            reporter: told every event.
            open_folder: makes the output folder of a place.
        """
        self._batch = batch
        self._reporter = reporter
        self._open = open_folder
        self._folder: OutputFolder | None = None

    def run(
        self, jobs: Sequence[Job], problems: Sequence[PageError] = (), passed_over: Mapping[str, int] | None = None
    ) -> BatchDone:
        """See `Batch.run`; a folder that cannot be used fails its pages alone."""
        started, quiet = time.monotonic(), PartReporter(self._reporter)
        done = [self._batch.within(self._batch.folder, quiet).run((), problems, passed_over)]
        groups = [(place, list(group)) for place, group in groupby(jobs, lambda job: job.output.parent)]
        for place, group in groups:
            try:
                with self._opened(place) as folder:
                    done.append(self._batch.within(folder, quiet).run(group))
            except ArgumentError as error:
                faults = [PageError(job.output, "cannot be written", str(error)) for job in group]
                done.append(self._batch.within(self._batch.folder, quiet).run((), faults))
        places = {place for place, _ in groups}
        whole = total(done, str(places.pop()) if len(places) == 1 else f"{len(places)} folders", started)
        self._reporter.report(whole)
        return whole

    def abandon(self) -> None:
        """See `OutputFolder.abandon`."""
        if self._folder is not None:
            self._folder.abandon()

    @contextmanager
    def _opened(self, place: Path) -> Iterator[OutputFolder]:
        try:
            with self._open(place) as self._folder:
                yield self._folder
        finally:
            self._folder = None
