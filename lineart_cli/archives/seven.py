"""7z and CB7."""

from __future__ import annotations

import contextlib
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from py7zr import FileInfo, SevenZipFile

from lineart_cli.archives.member import Member, date_of
from lineart_cli.errors import Unreadable


class SevenReader:
    """An open 7z."""

    def __init__(self, file: SevenZipFile) -> None:
        self._file = file
        self.damage = ""

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

    def extract(self, places: Mapping[str, Path]) -> dict[str, str]:
        if not places:
            return {}
        infos, fault = {each.filename: each for each in self._file.list()}, ""
        with tempfile.TemporaryDirectory(dir=next(iter(places.values())).parent) as folder:
            try:
                self._file.extract(folder, list(places))  # all at once: they are compressed as one stream
            except (OSError, MemoryError):
                raise
            except Exception as error:  # of py7zr, and of the decoders below it
                fault = f"{type(error).__name__} in the stream that it is in"
            found = {name: file for name in places if (file := Path(folder, name)).exists()}
            if sum(each.stat().st_size for each in found.values()) > sum(each.uncompressed for each in infos.values()):
                raise Unreadable("expands to more than it says", "pack it again")
            damaged = {name: fault for name in places if fault and not _is_whole(found.get(name), infos[name])}
            for name, file in found.items():
                file.rename(places[name])
        return damaged


def _is_whole(file: Path | None, info: FileInfo) -> bool:
    if file is None or file.stat().st_size != info.uncompressed:
        return False
    return info.crc32 is None or zlib.crc32(file.read_bytes()) == info.crc32


@contextlib.contextmanager
def opened(path: Path) -> Iterator[SevenReader]:
    """The archive in a file; raises py7zr's errors where it is none."""
    with SevenZipFile(path) as file:
        yield SevenReader(file)
