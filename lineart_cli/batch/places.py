"""Runs whose ink goes to several places: each is a run of its own with the same engine, and they have one summary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from lineart_cli.batch import archive
from lineart_cli.batch.files import Job, Source
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.events import BatchDone, Event, Notice, PageSkipped, Renaming, Reporter
from lineart_cli.options import InkOptions


class _PartReporter:
    """Tells another reporter all events of a part but its summary."""

    def __init__(self, whole: Reporter) -> None:
        self._whole = whole

    def report(self, event: Event) -> None:
        if not isinstance(event, BatchDone):
            self._whole.report(event)


class Places:
    """Inks pages into one folder, or each beside its input, and archives of pages into archives."""

    def __init__(
        self,
        batch: Batch,
        reporter: Reporter,
        options: InkOptions,
        open_folder: Callable[[Path], OutputFolder],
        plan: Callable[[Sequence[Source], Path], Sequence[Job]],
        *,
        beside: bool,
    ) -> None:
        """
        Args:
            batch: whose engine is used; its folder is that of all pages which are not in archives. With `beside` that
                folder is only asked for notices, and need not be entered.
            reporter: told every event.
            options: of `lineart ink`.
            open_folder: makes the output folder of a place.
            plan: names the ink of an archive's pages in such a folder.
            beside: whether the folder of each input is an output folder with a manifest of its own.
        """
        self._batch = batch
        self._reporter = reporter
        self._quiet = _PartReporter(reporter)
        self._options = options
        self._open = open_folder
        self._plan = plan
        self._beside = beside
        self._in_use: OutputFolder | None = None

    def run(
        self, jobs: Sequence[Job], problems: Sequence[PageError] = (), passed_over: Mapping[str, int] | None = None
    ) -> BatchDone:
        """See `Batch.run`; a folder or an archive that cannot be used fails its pages alone."""
        started = time.monotonic()
        loose = [job for job in jobs if not job.is_archive]
        done = [self._here(() if self._beside else loose, problems, passed_over)]
        for place, group in groupby(loose if self._beside else (), lambda job: job.output.parent):
            done += self._beside_inputs(place, list(group))
        for job in jobs:
            done += self._archive(job) if job.is_archive else []
        whole = _total(done, self._shown(jobs), time.monotonic() - started)
        self._reporter.report(whole)
        return whole

    def abandon(self) -> None:
        """See `OutputFolder.abandon`."""
        if self._in_use is not None:
            self._in_use.abandon()

    def _here(
        self, jobs: Sequence[Job], problems: Sequence[PageError] = (), passed_over: Mapping[str, int] | None = None
    ) -> BatchDone:
        return self._batch.within(self._batch.folder, self._quiet).run(jobs, problems, passed_over)

    def _beside_inputs(self, place: Path, jobs: Sequence[Job]) -> list[BatchDone]:
        """The ends of the folder's run, and of what failed around it."""
        done: list[BatchDone] = []
        try:
            with self._opened(place) as folder:
                done.append(self._batch.within(folder, self._quiet).run(jobs))
        except ArgumentError as error:
            done.append(self._here((), [_unusable(job, error) for job in jobs]))
        except PageError as error:  # of the manifest
            done.append(self._here((), [error]))
        return done

    def _archive(self, job: Job) -> list[BatchDone]:
        """The ends of the archive's run, and of what failed around it."""
        done: list[BatchDone] = []
        most, overwrite, dry_run = self._options.most_bytes, self._options.overwrite, self._options.dry_run
        try:
            if not self._beside:
                self._batch.folder.check_inside(job.output)
            with archive.unpacked(job, most, overwrite=overwrite, dry_run=dry_run) as (at_work, before):
                reporter = Renaming(self._quiet, at_work.names)
                jobs = self._plan(at_work.sources(), at_work.ink)
                for notice in at_work.notices(jobs):
                    reporter.report(Notice(notice))
                with self._opened(at_work.ink) as folder:
                    batch = self._batch.within(folder, reporter)
                    done.append(batch.run(at_work.readable(jobs), at_work.faults(folder, jobs)))
                    gone = at_work.tidy(folder, jobs)
                    for edited in gone:
                        reporter.report(Notice(f"{edited} was edited, and is kept, though its sketch is gone"))
                    for edited in [each for each in at_work.edited(jobs) if each not in gone]:
                        reporter.report(Notice(f"{edited} was edited, and is kept; --overwrite replaces it"))
                if not dry_run:
                    at_work.pack(jobs, before)
        except archive.ForeignArchive as foreign:
            self._reporter.report(PageSkipped(str(job.source), str(job.output), foreign.note))
            done.append(BatchDone(0, 1, 0, "", 0))
        except ArgumentError as error:
            done.append(self._here((), [_unusable(job, error)]))
        except PageError as error:
            done.append(self._here((), [error]))
        return done

    def _shown(self, jobs: Sequence[Job]) -> str:
        places = {job.output.parent for job in jobs}
        if not self._beside:
            return str(self._batch.folder.root)
        return str(places.pop()) if len(places) == 1 else f"{len(places)} folders"

    @contextmanager
    def _opened(self, place: Path) -> Iterator[OutputFolder]:
        try:
            with self._open(place) as self._in_use:
                yield self._in_use
        finally:
            self._in_use = None


def _unusable(job: Job, error: ArgumentError) -> PageError:
    return PageError(job.output, "cannot be written", f"{error.value} {error.advice}")


def _total(parts: Iterable[BatchDone], output: str, seconds: float) -> BatchDone:
    whole = BatchDone(0, 0, 0, output, round(seconds, 3))
    for part in parts:
        whole = replace(
            whole,
            inked=whole.inked + part.inked,
            skipped=whole.skipped + part.skipped,
            failed=whole.failed + part.failed,
            passed_over={**whole.passed_over, **part.passed_over},
        )
    return whole
