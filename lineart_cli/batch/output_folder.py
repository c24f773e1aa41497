"""The folder that ink goes to, shared by all runs that write there, and safe from each of them being killed.

    OUT/.lineart.json       the manifest, see `manifest`
    OUT/.lineart/           is there while runs are at work, and after one was killed
        lock                held for the moment in which a page is put in its place, or the manifest is written
        journal             lines that are not in the manifest yet
        run-<random>/       the unfinished files of one run
            lock            held as long as the run lives

Locks are the operating system's: they end with the process that holds them, however it ends. So the folder of a run is
stale when its lock is free, on whatever machine or under whatever process id the run was; the next run takes it away.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from lineart_cli.batch import manifest
from lineart_cli.batch.manifest import Entry, Failure, Manifest, OutputStatus
from lineart_cli.errors import ArgumentError, PageError

_PATIENCE = 1.0  # seconds, when there is no time left
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class OutputFolder:
    """The output folder of a run, to be used as a context manager and by several threads.

    Attributes:
        notice: what the user should know of its manifest, or empty.
    """

    def __init__(self, root: Path, *, overwrite: bool = False, dry_run: bool = False) -> None:
        """
        Args:
            root: the folder; it exists, except in a dry run.
            overwrite: replace any output, whoever made it.
            dry_run: only look.
        """
        self.root = root
        self.notice = ""
        self._overwrite = overwrite
        self._dry_run = dry_run
        self._real = os.path.realpath(root)
        self._hidden = root / ".lineart"
        self._journal = self._hidden / "journal"
        self._manifest = Manifest()
        self._stamps: object = ()
        self._mutex = threading.Lock()
        self._run = self._hidden
        self._alive: FileLock | None = None

    def __enter__(self) -> Self:
        """Takes away what killed runs have left; raises ArgumentError where the folder cannot be used."""
        if os.path.lexists(self._hidden) and (self._hidden.is_symlink() or not self._hidden.is_dir()):
            raise ArgumentError("--output", self._hidden, "is not the folder that lineart makes; take it away")
        try:
            with self._locked():
                if not self._dry_run:
                    self._take_away_stale()
                    self._run = Path(tempfile.mkdtemp(prefix="run-", dir=self._hidden))
                    self._alive = FileLock(self._run / "lock", thread_local=False)
                    self._alive.acquire()
                    self._save()
        except OSError as error:
            advice = f"cannot be used ({error.strerror or error}); take it away, or choose another folder"
            raise ArgumentError("--output", self._hidden, advice) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes the manifest; raises PageError where the disk does not take it, and keeps the journal then."""
        if not self._dry_run:
            try:
                self._leave()
            except OSError as refused:
                raise unwritable(self.root / manifest.NAME, refused) from refused

    def abandon(self) -> None:
        """Leaves in a moment, whatever other threads are at: they find no place for their files any more."""
        if self._alive is None:
            return
        gone = self._run.with_name(f"{self._run.name}-gone")
        with contextlib.suppress(OSError):
            self._run.rename(gone)
            self._run = gone
        with contextlib.suppress(OSError):
            self._leave(_PATIENCE)
        shutil.rmtree(gone, ignore_errors=True)

    @property
    def scratch(self) -> Path:
        """A folder on the same disk for files that end with the run."""
        return self._run

    def known(self) -> Manifest:
        """All that is on record of the folder."""
        with self._locked():
            return self._manifest

    def input_name(self, source: Path) -> str:
        """What the manifest calls an input: the way to it from here, or the whole path where there is no such way."""
        path = os.path.join(os.path.realpath(source.parent), source.name)
        with contextlib.suppress(ValueError):  # another drive
            path = os.path.relpath(path, self._real)
        return Path(path).as_posix()

    def status(self, output: Path, wanted: Entry) -> OutputStatus:
        """How an output stands before it is inked; see `manifest.output_status`. ABSENT where all is overwritten.

        Raises:
            PageError: it is outside the folder, no file, or cannot be read.
        """
        self._check_inside(output)
        try:
            with self._locked():
                return self._status(output, wanted)
        except OSError as error:
            raise unwritable(output, error) from error

    def last_scale(self, output: Path, wanted: Entry) -> float | None:
        """The scale of the page's last ink with the settings wanted; None wherever all is to be overwritten."""
        with self._locked():
            last = None if self._overwrite else self._manifest.pages.get(self._name(output))
        return last.scale if last is not None and last.is_before(wanted) else None

    @contextlib.contextmanager
    def unfinished(self, suffix: str) -> Iterator[Path]:
        """A name for a file that is not whole yet, on the same disk; taken away in the end."""
        part = self._run / f"{threading.get_ident()}{suffix}"
        try:
            yield part
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def settle(self, part: Path, output: Path, wanted: Entry) -> OutputStatus:
        """Puts a page in its place in one step, unless what is there by now is not lineart's.

        Args:
            part: the ink, see `unfinished`.
            output: its final name; its folder is made where it is missing.
            wanted: the page's entry.

        Returns:
            How the output stood the moment before: FINISHED, EDITED and UNKNOWN are kept as they are.

        Raises:
            PageError: the folder or disk does not take it.
        """
        try:
            with self._locked():
                found = self._status(output, wanted)
                if found in {OutputStatus.EDITED, OutputStatus.UNKNOWN} and _is_beginning(output, part):
                    found = OutputStatus.ABSENT
                if found in {OutputStatus.ABSENT, OutputStatus.OUTDATED}:
                    self._check_inside(output)
                    output.parent.mkdir(parents=True, exist_ok=True)
                    self._write(output, wanted)
                    os.replace(part, output)
                elif found is OutputStatus.FINISHED:
                    self._write(output, wanted)
                else:
                    return found
                self._manifest.record(self._name(output), wanted)
                return found
        except OSError as error:
            raise unwritable(output, error) from error

    def note(self, output: Path, failure: Failure | None) -> None:
        """Notes that a page failed, or that it does no longer."""
        name = self._name(output)
        with contextlib.suppress(OSError), self._locked():  # the user is told of it all the same
            if not self._dry_run and self._manifest.failures.get(name) != failure:
                self._manifest.record(name, failure)
                self._write(output, failure)

    def _name(self, output: Path) -> str:
        return output.relative_to(self.root).as_posix()

    def _status(self, output: Path, wanted: Entry) -> OutputStatus:
        if self._overwrite:
            return OutputStatus.ABSENT
        known = self._manifest.pages.get(self._name(output))
        return manifest.output_status(known, wanted, _digest(output))

    def _check_inside(self, output: Path) -> None:
        parent = os.path.realpath(output.parent)
        if not Path(parent).is_relative_to(self._real):
            raise PageError(output, f"a link leads out of the folder, to {parent}", "take the link away")

    @contextlib.contextmanager
    def _locked(self, patience: float = -1) -> Iterator[None]:
        """Alone among all threads and runs, knowing all that they have done."""
        if not self._mutex.acquire(timeout=patience):
            raise Timeout(str(self._hidden))
        try:
            with contextlib.nullcontext() if self._dry_run else _held(self._hidden / "lock", patience):
                stamps = self._stamps_now()
                if stamps != self._stamps:
                    self._load()
                    self._stamps = stamps
                yield
        finally:
            self._mutex.release()

    def _stamps_now(self) -> object:
        return manifest.stamp(self.root / manifest.NAME), manifest.stamp(self._journal)

    def _load(self) -> None:
        path = self.root / manifest.NAME
        try:
            self._manifest = manifest.parse(path.read_text("utf-8")) if path.exists() else Manifest()
        except ValueError as error:
            self.notice = f"{path}: is no manifest of lineart ({error}); outputs are inked again and compared"
            self._manifest = Manifest()
        except OSError as error:
            advice = f"cannot be read ({error.strerror}); take it away, or choose another folder"
            raise ArgumentError("--output", path, advice) from error
        with contextlib.suppress(FileNotFoundError):
            journal = self._journal.read_text("utf-8", errors="replace").splitlines()
            manifest.replay(self._manifest, journal, self._found)

    def _found(self, name: str) -> str | None:
        with contextlib.suppress(PageError):  # what is no file is no ink either
            return _digest(self.root / name)
        return None

    def _write(self, output: Path, result: Entry | Failure | None) -> None:
        """Adds a line to the journal."""
        line = manifest.journal_line(self._name(output), result)
        descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK, 0o666)
        with open(descriptor, "w", encoding="utf-8") as journal:
            journal.write(line)
        self._stamps = self._stamps_now()

    def _save(self) -> None:
        """Writes the manifest and drops the journal, which has nothing to add any more."""
        if self._journal.exists():
            part = self._run / "manifest"
            part.write_text(self._manifest.to_text(), "utf-8")
            os.replace(part, self.root / manifest.NAME)
            self._journal.unlink()
            self._stamps = self._stamps_now()

    def _leave(self, patience: float = -1) -> None:
        with self._locked(patience):
            try:
                self._save()
            finally:
                if self._alive is not None:
                    self._alive.release()
                shutil.rmtree(self._run, ignore_errors=True)
                self._take_away_hidden()

    def _take_away_stale(self) -> None:
        for folder in self._hidden.glob("run-*"):
            if folder.is_symlink():
                folder.unlink()
                continue
            with contextlib.suppress(OSError):  # of which Timeout, of a run that lives, is one
                FileLock(folder / "lock", timeout=0).acquire().lock.release()
                shutil.rmtree(folder, ignore_errors=True)

    def _take_away_hidden(self) -> None:
        """Ends the hidden folder with its last run; who waits for the lock meanwhile makes both anew."""
        with contextlib.suppress(OSError):
            if {each.name for each in self._hidden.iterdir()} == {"lock"}:
                (self._hidden / "lock").unlink()
                self._hidden.rmdir()


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


def _digest(path: Path) -> str | None:
    """The sha256 of a file, or None where there is none.

    Raises:
        PageError: there is something else, or it cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PageError(path, "is there already, and is no file", "take it away")
        return manifest.sha256(path)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise PageError(path, "is there already, and is a link to nothing", "take it away") from error
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise PageError(path, "the name is too long for this disk", "give the input a shorter one") from error
        advice = "check the permissions of it and its folder, or choose another folder"
        raise PageError(path, f"may be there already, and cannot be read ({error.strerror})", advice) from error


def _is_beginning(output: Path, part: Path) -> bool:
    """Whether `output` is the beginning of `part`: ink that was cut off, by a full disk or a power cut."""
    with output.open("rb") as there, part.open("rb") as whole:
        begun = there.read()
        return len(begun) < part.stat().st_size and whole.read(len(begun)) == begun


def unwritable(path: Path, error: OSError) -> PageError:
    """What to say where the disk does not take a file."""
    advice = "free some space or choose another folder, and run again: finished pages are kept"
    return PageError(path, f"cannot be written ({error.strerror or error})", advice)
