"""What the globs and folders of a command line name on the disk."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from lineart_cli.errors import PageError


def before_magic(pattern: str) -> Path:
    """The folder that a file, or the beginning of a glob, is in."""
    parts = Path(pattern).parts
    plain = next((at for at, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return Path(*parts[:plain])


def folder_of(pattern: str) -> Path:
    """The folder that the inputs a pattern names are in, at whatever depth."""
    return Path(pattern) if os.path.isdir(pattern) else before_magic(pattern)


def is_shown(path: Path) -> bool:
    """Whether it is a file, and not a hidden one."""
    return not path.name.startswith(".") and not os.path.isdir(path)


def files_below(root: Path, left_out: Path | None, errors: list[PageError]) -> Iterator[Path]:
    """Every file at any depth, except hidden ones and those in hidden folders; symlinks are followed, each folder once.

    Args:
        root: the folder.
        left_out: a folder that is not looked into.
        errors: gets one for each folder that cannot be read.
    """

    def unreadable(error: OSError) -> None:
        errors.append(PageError(error.filename, f"folder cannot be read ({error.strerror})", "check its permissions"))

    seen = {os.path.realpath(each) for each in (root, left_out) if each is not None}
    for folder, subfolders, names in os.walk(root, onerror=unreadable, followlinks=True):
        fresh = []
        for name in sorted(subfolders):
            real = os.path.realpath(os.path.join(folder, name))
            if not name.startswith(".") and real not in seen:
                seen.add(real)
                fresh.append(name)
        subfolders[:] = fresh
        yield from filter(is_shown, (Path(folder, name) for name in sorted(names)))
