"""Archives written as ZIP: the same members always give the same bytes."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lineart_cli.archives.member import Member

_MODE = 0o644 << 16
_FOLDER_MODE = (0o40755 << 16) | 0x10
_DENSE = {".png", ".jpg", ".jpeg", ".webp", ".jxl", ".avif", ".svgz", ".ora", ".kra"}
"""Suffixes of what does not get smaller."""


def pack(path: Path, members: Iterable[tuple[Member, Path]]) -> None:
    """Writes an archive.

    Args:
        path: of the archive; what is there is overwritten.
        members: in the archive's order, each with the file that it holds; that of a folder is not looked at.

    Raises:
        OSError: the disk does not take it.
    """
    with ZipFile(path, "w") as archive:
        for member, file in members:
            info = ZipInfo(member.name, member.date)
            if member.is_folder:
                info.external_attr = _FOLDER_MODE
                archive.writestr(info, b"")
                continue
            info.external_attr = _MODE
            info.compress_type = ZIP_STORED if file.suffix.lower() in _DENSE else ZIP_DEFLATED
            info.file_size = file.stat().st_size
            with file.open("rb") as source, archive.open(info, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def read_member(path: Path, name: str, most: int) -> bytes | None:
    """A small member of a ZIP; None where it is missing, has more than `most` bytes, or cannot be read."""
    with (
        contextlib.suppress(OSError, BadZipFile, KeyError, RuntimeError, NotImplementedError),
        ZipFile(path) as archive,
    ):
        if archive.getinfo(name).file_size <= most:
            return archive.read(name)
    return None
