"""Archives unpacked without trust: no name leads out of the folder, and no size gets out of hand."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PureWindowsPath

from lineart_cli.archives.member import MOST_EXPANSION, Contents, Member, Reader, most_expanded
from lineart_cli.errors import PageError, Unreadable, one_line, reading, remedy

COMICS = {".cbz": "zipped", ".cb7": "seven", ".cbr": "rar"}
SUFFIXES = {**COMICS, ".zip": "zipped", ".7z": "seven", ".rar": "rar"}
"""Suffixes of archives, and the modules that read them."""
_BEGINNINGS = {b"PK": "zipped", b"7z\xbc\xaf\x27\x1c": "seven", b"Rar!": "rar"}
"""What archives begin with: many a CBR is a ZIP."""
_MOST_MEMBERS = 65_535
_ROOT = (".", "./")
_FAULTS_OF_NAMES = {errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR}


def is_archive(path: Path) -> bool:
    """Whether a file has the name of an archive that is read."""
    return path.suffix.lower() in SUFFIXES


def contents(path: Path) -> Contents:
    """All that is inside an archive.

    Raises:
        PageError: it cannot be read, or has a name that leads out of it, two that are one on some disk, a link, a
            password, or more bytes than it may expand to.
    """
    with _opened(path) as reader:
        return Contents(_checked(path, reader.members()), reader.damage)


def unpack(path: Path, folder: Path, most: int, wanted: Callable[[str], bool] = lambda _: True) -> Contents:
    """Unpacks an archive.

    Args:
        path: of the archive.
        folder: an empty one for its members.
        most: bytes that a member may have.
        wanted: says by their names which members are unpacked.

    Returns:
        All that is inside. Members that are damaged say so; of each there is as much as can be read, and no file where
        that is nothing.

    Raises:
        PageError: as of `contents`, a member has more bytes, or the disk is too full.
    """
    with _opened(path) as reader:
        found = _checked(path, reader.members())
        files = [each for each in found if not each.is_folder and wanted(each.name)]
        if large := next((each for each in files if each.size > most), None):
            raise Unreadable(f"has a {_shown(large)} of {large.size} bytes", "take it out, or raise --max-megapixels")
        size, free = sum(each.size for each in files), shutil.disk_usage(folder).free
        if size > free:
            advice = "free some space, or choose another folder"
            raise Unreadable(f"expands to {size} bytes, and the disk of {folder} has {free} left", advice)
        places = {each.name: folder / each.name for each in files}
        try:
            for place in places.values():
                place.parent.mkdir(parents=True, exist_ok=True)
            damaged = reader.extract(places)
        except OSError as error:
            reason = f"cannot be unpacked ({error.strerror or error})"
            advice = f"{remedy(error)}, or choose another folder"
            if error.errno in _FAULTS_OF_NAMES:
                advice = "unpack it with other names, and ink the folder"
            raise Unreadable(reason, advice) from error
    for place in (places[name] for name in damaged):
        if place.exists() and not place.stat().st_size:
            place.unlink()
    return Contents([replace(each, damage=damaged.get(each.name, "")) for each in found], reader.damage)


def _checked(path: Path, found: Sequence[Member]) -> list[Member]:
    advice = "it may be meant to do harm; unpack it with care, and ink the folder"
    if len(found) > _MOST_MEMBERS:
        raise Unreadable(f"has {len(found)} files inside", f"pack at most {_MOST_MEMBERS} together")
    names: dict[str, Member] = {}
    found = [each for each in found if each.name not in _ROOT]
    for each in found:
        if not _is_inside(each.name):
            raise Unreadable(f"has a name inside that leads out of it, {_shown(each)}", advice)
        if (name := each.name.rstrip("/").casefold()) in names:
            both = f"{_shown(names[name])} and {_shown(each)}"
            raise Unreadable(f"has {both} inside, which are one file on many disks", "rename one of them")
        names[name] = each
        if each.is_link:
            raise Unreadable(f"has a link inside, {_shown(each)}", advice)
        if each.is_encrypted:
            raise Unreadable("needs a password", "unpack it, and ink the folder")
    size = sum(each.size for each in found)
    if size > most_expanded(path):
        raise Unreadable(f"expands to {size} bytes, more than {MOST_EXPANSION} times its size", advice)
    return found


def _is_inside(name: str) -> bool:
    """Whether a name is one of a file below a folder, on any system; Windows drops dots and spaces at its end."""
    plain = name.removeprefix("./").removesuffix("/")
    is_stream = os.name == "nt" and ":" in plain
    return not PureWindowsPath(plain).drive and not is_stream and all(map(_is_part, re.split(r"[/\\]", plain)))


def _is_part(name: str) -> bool:
    return bool(name.strip(" ."))


def _shown(member: Member) -> str:
    return one_line(member.name)


def _module_of(path: Path) -> str:
    """The module that reads an archive, by its content; by its suffix where that says nothing, or cannot be read."""
    beginning = b""
    with contextlib.suppress(OSError), path.open("rb") as file:
        beginning = file.read(6)
    by_suffix = SUFFIXES[path.suffix.lower()]
    return next((module for start, module in _BEGINNINGS.items() if beginning.startswith(start)), by_suffix)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Reader]:
    """The reader of an archive; whatever goes wrong while it is open becomes a PageError."""
    try:
        module = importlib.import_module(f"lineart_cli.archives.{_module_of(path)}")
    except ImportError as error:
        advice = "run pip install 'lineart[archives]'"
        raise PageError(path, f"needs {error.name}, which is not installed", advice) from error
    make_room, save_again = "close other programs, or pack it anew as CBZ", "pack or save it again"
    with reading(str(path), make_room, save_again), module.opened(path) as reader:
        yield reader
