"""The folder that ink goes to, shared by all runs that write there, and safe from each of them being killed.

OUT/.lineart.json       the manifest, see `manifest` and `record`
OUT/.lineart-kept/    see `kept_files`
OUT/.lineart/           see `run_folder`
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lineart_cli import stamps
from lineart_cli.batch import manifest
from lineart_cli.batch.kept_files import KeptFiles
from lineart_cli.batch.manifest import Entry, Failure, Manifest, OutputStatus
from lineart_cli.batch.record import Record
from lineart_cli.batch.run_folder import RunFolder
from lineart_cli.errors import ArgumentError, PageError, remedy

_PATIENCE = 1.0  # seconds, when there is no time left


class OutputFolder:
    """The output folder of a run, to be used as a context manager and by several threads."""

    def __init__(self, root: Path, *, overwrite: bool = False, dry_run: bool = False) -> None:
        """
        Args:
            root: the folder; it exists, except in a dry run.
            overwrite: replace any output, whoever made it.
            dry_run: only look.
        """
        self.root = root
        self._overwrite = overwrite
        self._dry_run = dry_run
        self._real = os.path.realpath(root)
        self._run = RunFolder(root, dry_run=dry_run)
        self._record = Record(root, self._run.hidden / "journal", self._found)
        self._kept = KeptFiles(root)

    def __enter__(self) -> Self:
        """Takes away what killed runs have left; raises ArgumentError where the folder cannot be used."""
        hidden = self._run.hidden
        if os.path.lexists(hidden) and (hidden.is_symlink() or not hidden.is_dir()):
            raise ArgumentError("--output", hidden, "is not the folder that lineart makes; take it away")
        try:
            with self._locked():
                if not self._dry_run:
                    self._run.make()
                    self._save()
        except OSError as error:
            advice = "take it away" if os.path.lexists(hidden) else "check the permissions and free space of its folder"
            reason = f"cannot be used ({error.strerror or error}); {advice}, or choose another folder"
            raise ArgumentError("--output", hidden, reason) from error
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
        if self._run.is_made:
            with self._run.abandoned(), contextlib.suppress(OSError):
                self._leave(_PATIENCE)

    def take_notice(self) -> str:
        """What the user should know of the manifest, once; or empty."""
        notice, self._record.notice = self._record.notice, ""
        return notice

    @property
    def scratch(self) -> Path:
        """A folder on the same disk for files that end with the run."""
        return self._run.path

    def known(self) -> Manifest:
        """All that is on record of the folder."""
        with self._locked():
            return self._record.manifest

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
        self.check_inside(output)
        try:
            with self._locked():
                return self._status(output, wanted)
        except OSError as error:
            raise unwritable(output, error) from error

    def is_edited(self, output: Path) -> bool:
        """Whether somebody has changed ink that this folder knows of, or did before and it still is so."""
        entry = self.entry(output)
        return entry is not None and (bool(entry.edits) or _digest(output) != entry.output_sha256)

    def last_ink(self, output: Path, wanted: Entry) -> Entry | None:
        """The page's last ink with the settings wanted; None wherever all is to be overwritten."""
        last = None if self._overwrite else self.entry(output)
        return last if last is not None and last.is_before(wanted) else None

    def other_input(self, output: Path, wanted: Entry) -> str | None:
        """The input that an output was made of, as the manifest has it; None if it is the one wanted, or is gone."""
        known = self.entry(output)
        if known is None or known.input == wanted.input:
            return None
        other, source = (Path(self._real, each.input) for each in (known, wanted))
        return known.input if other.exists() and not (source.exists() and other.samefile(source)) else None

    def edited_elsewhere(self, output: Path, wanted: Entry) -> list[Path]:
        """Outputs of the same page under other names that somebody has edited."""
        with self._locked():
            every = self._record.manifest.pages.items()
            same = [name for name, each in every if (each.input, each.page) == (wanted.input, wanted.page)]
        others = [self.root / name for name in same if name != self._name(output)]
        return [path for path in others if path.is_file() and self.is_edited(path)]

    def entry(self, output: Path) -> Entry | None:
        """What is on record of an output, whatever it was made of."""
        with self._locked():
            return self._record.manifest.pages.get(self._name(output))

    def kept(self, name: str) -> bytes | None:
        """What was kept beside the ink under a name in the manifest, or None where it is missing."""
        with self._locked():
            return self._kept.get(name)

    def unfinished(self, suffix: str) -> contextlib.AbstractContextManager[Path]:
        """A name for a file that is not whole yet, on the same disk; taken away in the end."""
        return self._run.unfinished(suffix)

    def settle(
        self, part: Path, output: Path, wanted: Entry, kept: Sequence[bytes] = (), merged: str | None = None
    ) -> OutputStatus:
        """Puts a page in its place in one step, unless what is there by now is not lineart's.

        Args:
            part: the ink, see `unfinished`.
            output: its final name; its folder is made where it is missing.
            wanted: the page's entry.
            kept: the files that it names.
            merged: the sha256 of the edited output whose edits are in `part`; that one is replaced.

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
                if found is OutputStatus.EDITED and _digest(output) == merged:
                    found = OutputStatus.OUTDATED
                is_replaced = found in {OutputStatus.ABSENT, OutputStatus.OUTDATED}
                if not is_replaced and found is not OutputStatus.FINISHED:
                    return found
                if is_replaced:
                    self.check_inside(output)
                    output.parent.mkdir(parents=True, exist_ok=True)
                self._keep(kept)
                self._record.append(self._name(output), wanted)
                if is_replaced:
                    os.replace(part, output)
                self._record.manifest.record(self._name(output), wanted)
                return found
        except OSError as error:
            raise unwritable(output, error) from error

    def _keep(self, files: Sequence[bytes]) -> None:
        for content in files:
            with self.unfinished(".kept") as part:
                self._kept.put(content, part)

    def adopt(self, output: Path, entry: Entry) -> None:
        """Puts an entry on record of an output that is there already, and stays as it is."""
        with contextlib.suppress(OSError), self._locked():  # the next run finds it again
            if not self._dry_run:
                self._record.append(self._name(output), entry)
            self._record.manifest.record(self._name(output), entry)

    def note(self, output: Path, failure: Failure | None) -> None:
        """Notes that a page failed, or that it does no longer."""
        name = self._name(output)
        with contextlib.suppress(OSError), self._locked():  # the user is told of it all the same
            if not self._dry_run and self._record.manifest.failures.get(name) != failure:
                self._record.manifest.record(name, failure)
                self._record.append(name, failure)

    def _name(self, output: Path) -> str:
        return output.relative_to(self.root).as_posix()

    def _status(self, output: Path, wanted: Entry) -> OutputStatus:
        if self._overwrite:
            return OutputStatus.ABSENT
        known = self._record.manifest.pages.get(self._name(output))
        return manifest.output_status(known, wanted, _digest(output))

    def check_inside(self, output: Path) -> None:
        """Raises PageError where links lead out of the folder."""
        parent = os.path.realpath(output.parent)
        if not Path(parent).is_relative_to(self._real):
            raise PageError(output, f"a link leads out of the folder, to {parent}", "take the link away")

    @contextlib.contextmanager
    def _locked(self, patience: float = -1) -> Iterator[None]:
        """Alone among all threads and runs, knowing all that they have done."""
        with self._run.locked(patience):
            self._record.refresh()
            yield

    def _found(self, name: str) -> str | None:
        with contextlib.suppress(PageError):  # what is no file is no ink either
            return _digest(self.root / name)
        return None

    def _save(self) -> None:
        if self._record.save(self._run.path / "manifest"):
            every = self._record.manifest.pages.values()
            self._kept.keep_only({name for entry in every for name in (entry.prints, *entry.pictures)} - {""})

    def _leave(self, patience: float = -1) -> None:
        with self._locked(patience):
            try:
                self._save()
            finally:
                self._run.take_away()


def _digest(path: Path) -> str | None:
    """The sha256 of a file, or None where there is none.

    Raises:
        PageError: there is something else, or it cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PageError(path, "is there already, and is no file", "take it away")
        return stamps.sha256(path)
    except FileNotFoundError as error:
        if path.is_symlink():
            raise PageError(path, "is there already, and is a link to nothing", "take it away") from error
        return None
    except NotADirectoryError as error:
        raise unwritable(path, error) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise PageError(path, "the name is too long for this disk", "give the input a shorter one") from error
        advice = "check the permissions of it and its folder, or choose another folder"
        raise PageError(path, f"may be there already, and cannot be read ({error.strerror})", advice) from error


def file_in_the_way(folder: Path) -> Path | None:
    """What is no folder of a folder and those above it, as far as they are there."""
    there = next((each for each in (folder, *folder.parents) if os.path.exists(each)), folder)
    return there if os.path.exists(there) and not os.path.isdir(there) else None


def _is_beginning(output: Path, part: Path) -> bool:
    """Whether `output` is the beginning of `part`: ink that was cut off, by a full disk or a power cut."""
    with output.open("rb") as there, part.open("rb") as whole:
        begun = there.read()
        return len(begun) < part.stat().st_size and whole.read(len(begun)) == begun


def unwritable(path: Path, error: OSError) -> PageError:
    """What to say where the disk does not take a file."""
    if (file := file_in_the_way(path.parent)) is not None:
        return PageError(path, f"{file} is a file, and no folder", "take it away, or choose another folder")
    advice = f"{remedy(error)} or choose another folder, and run again: finished pages are kept"
    return PageError(path, f"cannot be written ({error.strerror or error})", advice)
