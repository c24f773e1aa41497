"""What the globs and folders of a command line name on the disk."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from itertools import chain
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

    for folder, names in _walked(root, left_out, unreadable):
        yield from filter(is_shown, (folder / name for name in names))


def matches(pattern: str) -> list[Path]:
    """The files and folders that a glob names, in order; `**` is any depth, where folders are as in `files_below`."""
    return sorted(_matches(pattern), key=str)


def _matches(pattern: str) -> set[Path]:
    parts = Path(pattern).parts
    if "**" not in parts:
        return set(map(Path, glob.glob(pattern)))
    at = parts.index("**")
    bases = _matches(str(Path(*parts[:at]))) if at else {Path()}
    rest = Path(*parts[at + 1 :])
    found = set[Path]()
    for folder, names in chain.from_iterable(map(_walked, bases)):
        if rest.name:
            found |= _matches(os.path.join(glob.escape(str(folder)), rest))
        else:
            found |= {folder, *(folder / name for name in names if not name.startswith("."))}
    return found


def _walked(
    root: Path, left_out: Path | None = None, unreadable: Callable[[OSError], None] | None = None
) -> Iterator[tuple[Path, list[str]]]:
    """Every folder at any depth that is not hidden, once whatever links lead to it, and the names of its files."""
    seen = {os.path.realpath(each) for each in (root, left_out) if each is not None}
    for folder, subfolders, names in os.walk(root, onerror=unreadable, followlinks=True):
        fresh = []
        for name in sorted(subfolders):
            real = os.path.realpath(os.path.join(folder, name))
            if not name.startswith(".") and real not in seen:
                seen.add(real)
                fresh.append(name)
        subfolders[:] = fresh
        yield Path(folder), sorted(names)
