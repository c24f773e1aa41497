"""The hidden part of an output folder: locks, and the folder in which each run keeps what is unfinished.

    OUT/.lineart/           is there while runs are at work, and after one was killed
        lock                held for the moment in which a page is put in its place, or the manifest is written
        journal             see `record`
        run-<random>/       the unfinished files of one run
            lock            held as long as the run lives

Locks are the operating system's: they end with the process that holds them, however it ends. So the folder of a run is
stale when its lock is free, on whatever machine or under whatever process id the run was; the next run takes it away.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

HIDDEN = ".lineart"


class RunFolder:
    """The folder of one run, used by its threads one at a time."""

    def __init__(self, root: Path, *, dry_run: bool) -> None:
        """
        Args:
            root: the output folder.
            dry_run: make nothing, and lock nothing.
        """
        self.hidden = root / HIDDEN
        self.path = self.hidden
        self._dry_run = dry_run
        self._mutex = threading.Lock()
        self._alive: FileLock | None = None

    @property
    def is_made(self) -> bool:
        """Whether `make` was called."""
        return self._alive is not None

    def make(self) -> None:
        """Takes away what killed runs have left, and makes the folder; only while `locked`. Raises OSError."""
        self._take_away_stale()
        self.path = Path(tempfile.mkdtemp(prefix="run-", dir=self.hidden))
        self._alive = FileLock(self.path / "lock", thread_local=False)
        self._alive.acquire()

    def take_away(self) -> None:
        """Takes the folder away, and with the last one the hidden folder; only while `locked`."""
        if self._alive is not None:
            self._alive.release()
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):  # who waits for the lock meanwhile makes both anew
            if {each.name for each in self.hidden.iterdir()} == {"lock"}:
                (self.hidden / "lock").unlink()
                self.hidden.rmdir()

    @contextlib.contextmanager
    def abandoned(self) -> Iterator[None]:
        """Makes the folder's name useless at once, so that other threads find no place for their files any more."""
        gone = self.path.with_name(f"{self.path.name}-gone")
        with contextlib.suppress(OSError):
            self.path.rename(gone)
            self.path = gone
        try:
            yield
        finally:
            shutil.rmtree(gone, ignore_errors=True)

    @contextlib.contextmanager
    def locked(self, patience: float = -1) -> Iterator[None]:
        """Alone among all threads and runs; raises Timeout, an OSError, after so many seconds if there are any."""
        if not self._mutex.acquire(timeout=patience):
            raise Timeout(str(self.hidden))
        try:
            with contextlib.nullcontext() if self._dry_run else _held(self.hidden / "lock", patience):
                yield
        finally:
            self._mutex.release()

    def unfinished(self, suffix: str) -> contextlib.AbstractContextManager[Path]:
        """A name for a file that is not whole yet; taken away in the end."""
        return taken_away(self.path / f"{threading.get_ident()}{suffix}")

    def _take_away_stale(self) -> None:
        for folder in self.hidden.glob("run-*"):
            if folder.is_symlink():
                folder.unlink()
                continue
            with contextlib.suppress(OSError):  # of which Timeout, of a run that lives, is one
                FileLock(folder / "lock", timeout=0).acquire().lock.release()
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def taken_away(path: Path) -> Iterator[Path]:
    """The name of a file that is taken away in the end, where it is there."""
    try:
        yield path
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _held(path: Path, patience: float) -> Iterator[None]:
    lock = FileLock(path, timeout=patience)
    while not lock.is_locked:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # the last run has just taken the folder away
            lock.acquire()
    try:
        yield
    finally:
        lock.release()
