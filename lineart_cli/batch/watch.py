"""What is saved again while somebody draws: told as soon as it is whole."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from lineart_cli import archives, pages
from lineart_cli.batch import edited_output, members
from lineart_cli.batch.files import Job, Source, find
from lineart_cli.batch.patterns import before_magic
from lineart_cli.errors import ArgumentError
from lineart_cli.events import Event, PageSkipped, Reporter
from lineart_cli.stamps import Stamp, stamp

SETTLED = 0.5
"""Seconds without a change after which a file counts as saved."""

GIVEN_UP = 5.0
"""Seconds without a change after which even a file that cannot be read is told, so that its error is."""

_POLL = 2.0  # seconds between looks where the system tells nothing: behind links, on network disks


class Saves:
    """Knows which files were saved since they were last told.

    It is not told of changes but of how things are, so that it does not matter how a program saves: in place, in
    several goes, by a new file that takes the old one's name, or by deleting and making anew.
    """

    def __init__(self, stamps: Mapping[Path, Stamp]) -> None:
        """`stamps`: the files that need not be told, as they are."""
        self._told = dict(stamps)
        self._pending: dict[Path, tuple[Stamp, float]] = {}

    def update(self, stamps: Mapping[Path, Stamp], now: float, is_whole: Callable[[Path], bool]) -> set[Path]:
        """The files that were saved and are whole; each is told once.

        Args:
            stamps: of all files that are there.
            now: seconds, on any clock that runs on.
            is_whole: whether a file can be read to its end.
        """
        self._told = {path: each for path, each in self._told.items() if path in stamps}
        changed = {path: each for path, each in stamps.items() if self._told.get(path) != each}
        self._pending = {path: self._since(path, each, now) for path, each in changed.items()}
        saved = {path for path, (_, since) in self._pending.items() if self._is_saved(path, now - since, is_whole)}
        for path in saved:
            self._told[path], _ = self._pending.pop(path)
        return saved

    @property
    def is_waiting(self) -> bool:
        """Whether files have changed that are not told yet."""
        return bool(self._pending)

    def _since(self, path: Path, now_stamp: Stamp, now: float) -> tuple[Stamp, float]:
        before = self._pending.get(path)
        return before if before is not None and before[0] == now_stamp else (now_stamp, now)

    def _is_saved(self, path: Path, quiet: float, is_whole: Callable[[Path], bool]) -> bool:
        return quiet >= GIVEN_UP or (quiet >= SETTLED and is_whole(path))


def stamps(paths: Sequence[Path]) -> dict[Path, Stamp]:
    """The stamps of the files that are there."""
    return {path: now for path in paths if (now := stamp(path)) is not None}


class Retries:
    """Tells another reporter all events, and knows the inputs of ink that was changed while it was inked again."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._inputs: dict[Path, Path] = {}

    def report(self, event: Event) -> None:
        if isinstance(event, PageSkipped) and event.note == edited_output.RETRIED:
            self._inputs[Path(event.output)] = Path(event.input)
        self._reporter.report(event)

    def outputs(self) -> list[Path]:
        """The ink that has to come to rest."""
        return list(self._inputs)

    def inputs(self, rested: set[Path]) -> set[Path]:
        """The inputs of what has, once."""
        return {self._inputs.pop(output) for output in rested & self._inputs.keys()}


def follow(
    patterns: Sequence[str],
    out: Path | None,
    known: Mapping[Path, Stamp],
    plan: Callable[[Sequence[Source]], Sequence[Job]],
    run: Callable[[Sequence[Job]], object],
    tell: Callable[[str], object],
    stopped: threading.Event,
    retries: Retries,
) -> None:
    """Runs the jobs of what is saved, until `stopped` is set.

    Args:
        patterns: files, globs and folders, see `files.find`.
        out: the output folder; what happens in there is not looked at. None where the ink is beside its inputs.
        known: files as they were when they were last inked.
        plan: names the jobs of sources, or raises ArgumentError; then what was saved is kept for the next time.
        run: inks.
        tell: says a line to the user.
        stopped: ends the wait.
        retries: is told what `run` reports.
    """
    tell(f"watching {', '.join(patterns)}; Ctrl-C ends it")
    waiting: set[Path] = set()
    for paths in _saved(patterns, out, Saves(known), stopped, retries):
        waiting |= paths | retries.inputs(paths)
        try:
            jobs = plan(find(patterns, out).sources)
        except ArgumentError as error:
            tell(str(error))
            continue
        if saved := [job for job in jobs if job.source in waiting]:
            run(saved)
        waiting.clear()


def _saved(
    patterns: Sequence[str], out: Path | None, saves: Saves, stopped: threading.Event, retries: Retries
) -> Iterator[set[Path]]:
    import watchfiles

    inside = None if out is None else os.path.realpath(out)
    roots, recursive = watched(patterns)
    for _ in watchfiles.watch(
        *roots,
        watch_filter=lambda _, path: inside is None or not Path(os.path.realpath(path)).is_relative_to(inside),
        stop_event=stopped,
        rust_timeout=int(1000 * _POLL),
        yield_on_timeout=True,
        recursive=recursive,
        ignore_permission_denied=True,
    ):
        while True:
            there = stamps([*(source.path for source in find(patterns, out).sources), *retries.outputs()])
            paths = saves.update(there, time.monotonic(), _is_whole)
            if paths:
                yield paths
            if not saves.is_waiting or stopped.wait(SETTLED / 2):
                break


def _is_whole(path: Path) -> bool:
    return members.is_whole(path) if archives.is_archive(path) else pages.is_whole(path)


def watched(patterns: Sequence[str]) -> tuple[list[Path], bool]:
    """The folders to watch, and whether to any depth.

    A file is watched by its folder, since the program that saves it may put a new file in its place. Beside folders to
    any depth, though, it is only looked at now and then: its own folder may be somebody's whole home.
    """
    deep = [Path(each) for each in patterns if os.path.isdir(each)]
    deep += [before_magic(each) for each in patterns if "**" in each]
    flat = [before_magic(each) for each in patterns]
    return [each for each in dict.fromkeys(deep or flat) if os.path.isdir(each)], bool(deep)
