"""What is inside an archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

if TYPE_CHECKING:
    from zipfile import ZipFile

    from rarfile import RarFile

Date = tuple[int, int, int, int, int, int]
OLDEST: Date = (1980, 1, 1, 0, 0, 0)
NEWEST: Date = (2107, 12, 31, 23, 59, 58)
"""The dates that ZIP knows."""
_BLOCK = 1 << 20  # bytes


class Unusable(Exception):  # noqa: N818 - as `pages.faults.Unreadable`
    """An archive cannot be used: why, and what to do about it."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


@dataclass(frozen=True)
class Member:
    """A file or a folder in an archive.

    Attributes:
        name: with slashes; that of a folder ends in one.
        size: in bytes, as the archive announces it.
        date: year, month, day, hour, minute and second of its last change.
        is_link: whether it stands for another file.
        is_encrypted: whether it needs a password.
    """

    name: str
    size: int
    date: Date = OLDEST
    is_link: bool = False
    is_encrypted: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is one."""
        return self.name.endswith("/")


def date_of(given: Sequence[int] | None) -> Date:
    """The nearest date that ZIP knows; the oldest where none is given."""
    if given is None:
        return OLDEST
    year, month, day, hour, minute, second = given[:6]
    return min(max((year, month, day, hour, minute, second), OLDEST), NEWEST)


class Reader(Protocol):
    """An open archive."""

    def members(self) -> Sequence[Member]:
        """All that is inside, in the archive's own order."""

    def extract(self, places: Mapping[str, Path]) -> None:
        """Writes members into files that are not there yet, none longer than it is announced to be.

        Args:
            places: the file for each member, by its name, in the archive's order. Their folders exist.
        """


def copy(source: BinaryIO, target: Path, size: int) -> None:
    """Writes what is read from `source` into a new file; raises Unusable where that is more than `size` bytes."""
    left = size
    with target.open("xb") as file:
        while block := source.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise Unusable("expands to more than it says", "pack it again")
            file.write(block)


def copy_each(archive: ZipFile | RarFile, places: Mapping[str, Path]) -> None:
    """Writes members of an archive whose members are compressed one by one; see `Reader.extract`."""
    for name, place in places.items():
        with archive.open(name) as member:
            copy(cast("BinaryIO", member), place, archive.getinfo(name).file_size)
