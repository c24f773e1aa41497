"""What is on record of an output folder: its manifest on disk, and the journal of what that does not say yet.

While pages are inked, each adds a line to the journal, since writing the manifest anew for each of thousands of pages
would take longer with every page. A line is written before the output gets its name, so that a run killed between the
two leaves no ink that nobody knows; whether the output is there as well is seen by its hash.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from lineart_cli.batch import manifest
from lineart_cli.batch.manifest import Entry, Failure, Manifest
from lineart_cli.errors import ArgumentError

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
        self._stamps: object = ()

    def refresh(self) -> None:
        """Reads what other runs have written; raises ArgumentError where it may not be read."""
        stamps = self._stamps_now()
        if stamps != self._stamps:
            self._load()
            self._stamps = stamps

    def append(self, output: str, result: Entry | Failure | None) -> None:
        """Adds a line to the journal; raises OSError."""
        descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK, 0o666)
        with open(descriptor, "w", encoding="utf-8") as journal:
            journal.write(manifest.journal_line(output, result))
        self._stamps = self._stamps_now()

    def save(self, part: Path) -> bool:
        """Writes the manifest, by way of the file `part`, and drops the journal, which has nothing to add any more.

        Returns:
            Whether there was a journal.
        """
        if not self._journal.exists():
            return False
        part.write_text(self.manifest.to_text(), "utf-8")
        os.replace(part, self._path)
        self._journal.unlink()
        self._stamps = self._stamps_now()
        return True

    def _stamps_now(self) -> object:
        return manifest.stamp(self._path), manifest.stamp(self._journal)

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
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            journal = self._journal.read_text("utf-8", errors="replace").splitlines()
            manifest.replay(self.manifest, journal, self._digest)
