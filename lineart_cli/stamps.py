"""What tells that a file is still the one it was: cheaply by its stamp, surely by its digest."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

Stamp = tuple[int, int, int]
"""Inode, size in bytes, and time of the last change in nanoseconds: what differs once a file is saved again."""


def stamp(path: Path) -> Stamp | None:
    """The stamp of a file; None where it cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def sha256(path: Path) -> str:
    """The digest of a file's content, hexadecimal; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=4096)
def sha256_at(path: Path, _stamp: Stamp | None) -> str:
    """The digest of a file that has this stamp, computed once; raises OSError."""
    return sha256(path)
