"""7z and CB7."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from py7zr import SevenZipFile

from lineart_cli.archives.member import Member, Unusable, date_of


class SevenReader:
    """An open 7z."""

    def __init__(self, file: SevenZipFile) -> None:
        self._file = file

    def members(self) -> Sequence[Member]:
        is_encrypted = self._file.needs_password()
        return [
            Member(
                f"{each.filename}/" if each.is_directory else each.filename,
                each.uncompressed or 0,
                date_of(each.creationtime.timetuple() if each.creationtime else None),
                not (each.is_file or each.is_directory),
                is_encrypted,
            )
            for each in self._file.list()
        ]

    def extract(self, places: Mapping[str, Path]) -> None:
        if not places:
            return
        most = sum(each.size for each in self.members())
        with tempfile.TemporaryDirectory(dir=next(iter(places.values())).parent) as folder:
            self._file.extract(folder, list(places))  # all at once: they are compressed as one stream
            found = {name: Path(folder, name) for name in places}
            if sum(each.stat().st_size for each in found.values()) > most:
                raise Unusable("expands to more than it says", "pack it again")
            for name, place in places.items():
                found[name].rename(place)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[SevenReader]:
    """The archive in a file; raises py7zr's errors where it is none."""
    with SevenZipFile(path) as file:
        yield SevenReader(file)
