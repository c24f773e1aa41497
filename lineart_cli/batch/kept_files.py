"""What is kept of pages beside their ink: fingerprints, see `edits.prints`, and small pictures of edited ink.

    OUT/.lineart-kept/<sha256>

Each file is named after what it holds. So files never change, and a manifest and its journal name the right ones
whatever a killed run has left. What no page names any more is taken away when the manifest is written.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path

NAME = ".lineart-kept"
_NAME = re.compile("[0-9a-f]{64}")


class KeptFiles:
    """The files of an output folder, used by one thread and one run at a time."""

    def __init__(self, root: Path) -> None:
        self._folder = root / NAME

    def put(self, content: bytes, part: Path) -> None:
        """Keeps what `name_of` names, by way of the file `part` on the same disk; raises OSError."""
        name = name_of(content)
        if self._folder.is_symlink():
            raise OSError(errno.ELOOP, "is a link, and should be a folder", str(self._folder))
        if self.get(name) is None:
            self._folder.mkdir(exist_ok=True)
            part.write_bytes(content)
            os.replace(part, self._folder / name)

    def get(self, name: str) -> bytes | None:
        """What was kept under a name, or None where it is missing or damaged."""
        with contextlib.suppress(OSError):
            if _NAME.fullmatch(name):  # a manifest may be anybody's
                content = (self._folder / name).read_bytes()
                return content if name_of(content) == name else None
        return None

    def keep_only(self, names: Collection[str]) -> None:
        """Takes away all others, and with the last one the folder; never what is not named as ours are."""
        if self._folder.is_symlink():
            return
        with contextlib.suppress(OSError):
            for file in self._folder.iterdir():
                if file.name not in names and _NAME.fullmatch(file.name):
                    file.unlink()
            if not names:
                self._folder.rmdir()


def name_of(content: bytes) -> str:
    """The sha256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()
