"""ZIP and CBZ."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from lineart_cli.archives.cut_off import CutOffZip
from lineart_cli.archives.member import Member, copy_each, date_of, most_expanded

_ENCRYPTED = 1  # bit of a member's flags


class ZipReader:
    """An open ZIP."""

    def __init__(self, file: ZipFile | CutOffZip, damage: str = "") -> None:
        self._file = file
        self.damage = damage

    def members(self) -> Sequence[Member]:
        return [
            Member(
                each.filename,
                each.file_size,
                date_of(each.date_time),
                stat.S_ISLNK(each.external_attr >> 16),
                bool(each.flag_bits & _ENCRYPTED),
            )
            for each in self._file.infolist()
        ]

    def extract(self, places: Mapping[str, Path]) -> dict[str, str]:
        return copy_each(self._file, places)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[ZipReader]:
    """The archive in a file, also where it lacks its directory; raises BadZipFile where it is none."""
    try:
        file = ZipFile(path)
    except BadZipFile:
        yield ZipReader(CutOffZip(path, most_expanded(path)), "its table of contents cannot be read")
        return
    with file:
        yield ZipReader(file)
