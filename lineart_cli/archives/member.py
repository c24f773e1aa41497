"""What is inside an archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from zipfile import ZipFile

    from rarfile import RarFile

    from lineart_cli.archives.cut_off import CutOffZip

Date = tuple[int, int, int, int, int, int]
OLDEST: Date = (1980, 1, 1, 0, 0, 0)
NEWEST: Date = (2107, 12, 31, 23, 59, 58)
"""The dates that ZIP knows."""
MOST_EXPANSION = 100
_SMALL = 1 << 30
"""Bytes up to which an archive may expand, however small it is."""
_BLOCK = 1 << 12  # bytes; the one in which a fault is found is lost


@dataclass(frozen=True)
class Member:
    """A file or a folder in an archive.

    Attributes:
        name: with slashes; that of a folder ends in one.
        size: in bytes, as the archive announces it.
        date: year, month, day, hour, minute and second of its last change.
        is_link: whether it stands for another file.
        is_encrypted: whether it needs a password.
        damage: why it could not be unpacked to its end; empty where it was, or has not been tried.
    """

    name: str
    size: int
    date: Date = OLDEST
    is_link: bool = False
    is_encrypted: bool = False
    damage: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is one."""
        return self.name.endswith("/")


@dataclass(frozen=True)
class Contents:
    """All that is inside an archive.

    Attributes:
        members: in the archive's own order.
        damage: why there may be more that cannot be found; empty where that is all.
    """

    members: list[Member]
    damage: str = ""


def date_of(given: Sequence[int] | None) -> Date:
    """The nearest date that ZIP knows; the oldest where none is given."""
    if given is None:
        return OLDEST
    year, month, day, hour, minute, second = given[:6]
    return min(max((year, month, day, hour, minute, second), OLDEST), NEWEST)


def most_expanded(path: Path) -> int:
    """Bytes that an archive may expand to."""
    return max(_SMALL, MOST_EXPANSION * path.stat().st_size)


class Reader(Protocol):
    """An open archive.

    Attributes:
        damage: as of `Contents`.
    """

    damage: str

    def members(self) -> Sequence[Member]:
        """All that is inside, in the archive's own order."""

    def extract(self, places: Mapping[str, Path]) -> dict[str, str]:
        """Writes members into files that are not there yet, none longer than it is announced to be.

        Args:
            places: the file for each member, by its name, in the archive's order. Their folders exist.

        Returns:
            Why a member is damaged, by its name; as much of it as can be read is written.

        Raises:
            OSError: the disk does not take them.
        """


def copy_each(
    archive: ZipFile | CutOffZip | RarFile,
    places: Mapping[str, Path],
    refusals: tuple[type[Exception], ...] = (MemoryError,),
) -> dict[str, str]:
    """Writes members of an archive whose members are compressed one by one; see `Reader.extract`.

    Args:
        archive: that they are in.
        places: see `Reader.extract`.
        refusals: errors that are no member's own, and are raised.
    """
    damaged: dict[str, str] = {}
    for name, place in places.items():
        with place.open("xb") as file:
            for block in _readable(archive, name, damaged, refusals):
                file.write(block)
    return damaged


def _readable(
    archive: ZipFile | CutOffZip | RarFile, name: str, damaged: dict[str, str], refusals: tuple[type[Exception], ...]
) -> Iterator[bytes]:
    """A member from its beginning to where it ends, or is damaged, which is noted."""
    left = archive.getinfo(name).file_size
    try:
        with archive.open(name) as member:
            while block := member.read(min(_BLOCK, left)):
                left -= len(block)
                yield block
    except refusals:
        raise
    except Exception as error:  # of zipfile and rarfile, and of the decoders below them
        damaged[name] = str(error) or "it is cut off"
