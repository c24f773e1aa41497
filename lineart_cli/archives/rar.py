"""RAR and CBR, whose compressed members are read by a program: unrar, unar, 7z or bsdtar."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rarfile import BadRarFile, NeedFirstVolume, RarCannotExec, RarFile

from lineart_cli.archives.member import Member, copy_each, date_of
from lineart_cli.errors import Unreadable


class RarReader:
    """An open RAR."""

    def __init__(self, file: RarFile, damage: str = "") -> None:
        self._file = file
        self.damage = damage

    def members(self) -> Sequence[Member]:
        return [
            Member(
                each.filename,
                each.file_size,
                date_of(each.date_time),
                each.is_symlink(),
                each.needs_password(),
            )
            for each in self._file.infolist()
        ]

    def extract(self, places: Mapping[str, Path]) -> dict[str, str]:
        with _helped():
            return copy_each(self._file, places, (MemoryError, RarCannotExec))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[RarReader]:
    """The archive in a file, up to where that is damaged; raises rarfile's errors where it is none."""
    damage = ""
    with _helped():
        try:
            file = RarFile(path, errors="strict")
        except BadRarFile as error:
            file, damage = RarFile(path), str(error)
            if not file.infolist():
                raise
        except NeedFirstVolume as error:
            raise Unreadable("is a later part of a RAR in several files", "give its first part") from error
    with file:
        yield RarReader(file, damage)


@contextlib.contextmanager
def _helped() -> Iterator[None]:
    """Tells what to install where a member, or the archive's comment, is compressed."""
    try:
        yield
    except RarCannotExec as error:
        advice = "install unrar, unar, 7z or bsdtar, or pack it as CBZ"
        raise Unreadable("is a compressed RAR, which needs a program that is missing", advice) from error
