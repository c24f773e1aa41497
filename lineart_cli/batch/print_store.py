"""The fingerprints of the ink in an output folder, see `edits.prints`: a file for each page, named after what it holds.

    OUT/.lineart-prints/<sha256>

So files never change, and a manifest and its journal name the right ones whatever a killed run has left. What no page
names any more is taken away when the manifest is written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Collection
from pathlib import Path

NAME = ".lineart-prints"


class PrintStore:
    """The fingerprints of a folder, used by one thread and one run at a time."""

    def __init__(self, root: Path) -> None:
        self._folder = root / NAME

    def put(self, packed: bytes, part: Path) -> None:
        """Keeps what `name_of` names, by way of the file `part` on the same disk; raises OSError."""
        target = self._folder / name_of(packed)
        if self.get(target.name) != packed:
            self._folder.mkdir(exist_ok=True)
            part.write_bytes(packed)
            os.replace(part, target)

    def get(self, name: str) -> bytes | None:
        """What was kept under a name, or None where it is missing or damaged."""
        with contextlib.suppress(OSError):
            packed = (self._folder / name).read_bytes()
            return packed if name_of(packed) == name else None
        return None

    def keep_only(self, names: Collection[str]) -> None:
        """Takes away all others, and with the last one the folder."""
        with contextlib.suppress(OSError):
            for file in self._folder.iterdir():
                if file.name not in names:
                    file.unlink()
            if not names:
                self._folder.rmdir()


def name_of(packed: bytes) -> str:
    """The sha256, hexadecimal."""
    return hashlib.sha256(packed).hexdigest()
