"""What is on record of an output folder: its manifest on disk, and the journal of what that does not say yet.

While pages are inked, each adds a line to the journal, since writing the manifest anew for each of thousands of pages
would take longer with every page. A line is written before the output gets its name, so that a run killed between the
two leaves no ink that nobody knows; whether the output is there as well is seen by its hash. Of a journal that other
runs write to as well, only what is new is read: what a page costs does not grow with the folder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from lineart_cli import stamps
from lineart_cli.batch import manifest
from lineart_cli.batch.manifest import Entry, Failure, Manifest
from lineart_cli.errors import ArgumentError
from lineart_cli.stamps import Stamp

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class Record:
    """The manifest and the journal of a folder; to be used by one thread and one run at a time.

    Attributes:
        manifest: all that is known, once it is `refreshed`.
        notice: what the user should know of the file, or empty.
    """

    def __init__(self, root: Path, journal: Path, digest: Callable[[str], str | None]) -> None:
        """
        Args:
            root: the output folder.
            journal: the file.
            digest: the sha256 of an output by its name, or None where there is none.
        """
        self.manifest = Manifest()
        self.notice = ""
        self._path = root / manifest.NAME
        self._journal = journal
        self._digest = digest
        self._saved: Stamp | None = None
        self._read: Stamp | None = None
        self._is_read = False

    def refresh(self) -> None:
        """Reads what other runs have written; raises ArgumentError where it may not be read."""
        saved, journal = stamps.stamp(self._path), stamps.stamp(self._journal)
        if self._is_read and (saved, journal) == (self._saved, self._read):
            return
        if not self._is_read or saved != self._saved or not _is_longer(self._read, journal):
            self._load()
            self._read, self._saved, self._is_read = None, saved, True
        self._replay(self._read[1] if self._read else 0)
        self._read = journal

    def append(self, output: str, result: Entry | Failure | None) -> None:
        """Adds a line to the journal; raises OSError."""
        descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK, 0o666)
        with open(descriptor, "w", encoding="utf-8") as journal:
            journal.write(manifest.journal_line(output, result))
        self._read = stamps.stamp(self._journal)

    def save(self, part: Path) -> bool:
        """Writes the manifest, by way of the file `part`, and drops the journal, which has nothing to add any more.

        Returns:
            Whether there was a journal.
        """
        if not self._journal.exists():
            return False
        with part.open("w", encoding="utf-8") as file:
            file.writelines(self.manifest.lines())
        os.replace(part, self._path)
        self._journal.unlink()
        self._saved, self._read = stamps.stamp(self._path), None
        return True

    def _load(self) -> None:
        path = self._path
        try:
            self.manifest = manifest.parse(path.read_text("utf-8")) if path.exists() else Manifest()
        except ValueError as error:
            self.notice = f"{path}: is no manifest of lineart ({error}); outputs are inked again and compared"
            self.manifest = Manifest()
        except OSError as error:
            advice = f"cannot be read ({error.strerror}); take it away, or choose another folder"
            raise ArgumentError("--output", path, advice) from error

    def _replay(self, start: int) -> None:
        """Records the lines of the journal from a byte on."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), self._journal.open("rb") as journal:
            journal.seek(start)
            lines = journal.read().decode("utf-8", "replace").splitlines()
            manifest.replay(self.manifest, lines, self._digest)


def _is_longer(before: Stamp | None, now: Stamp | None) -> bool:
    """Whether a journal is the one it was, and has only been added to; one that was not there may have come."""
    return before is None or (now is not None and now[0] == before[0] and now[1] >= before[1])
