"""Networks as a runtime has compiled them, kept so that the next run does not compile them again."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

from lineart_cli.replacing import replacing

MOST_IN_MEMORY = 4
"""Networks: for pages upright and on their side, whole and at half size."""
MOST_ON_DISK = 64_000_000
"""Bytes of all files together; a compiled network takes 2 to 7 MB, for one shape."""

_log = logging.getLogger(__name__)


class CompiledNetworks:
    """Compiled networks by a key: the latest in memory and, where there is a folder, more of them on the disk.

    The disk is a convenience: a folder that cannot be read or written is done without, and a file that is damaged is as
    good as none.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """
        Args:
            folder: of the files, made where it is missing; None for memory only.
        """
        self._folder = folder
        self._latest: dict[str, bytes] = {}

    def find(self, key: str) -> bytes | None:
        """What was kept under that key; None where nothing is, or it is damaged."""
        found = self._latest.get(key)
        if found is None and self._folder is not None:
            found = _read(self._folder / _name(key))
            if found is not None:
                self._remember(key, found)
        return found

    def keep(self, key: str, compiled: bytes) -> None:
        """Keep a compiled network, and drop the oldest ones that no longer fit."""
        self._remember(key, compiled)
        if self._folder is not None:
            try:
                _write(self._folder, _name(key), compiled)
                _prune(self._folder, MOST_ON_DISK)
            except OSError as error:
                _log.debug("compiled networks are not kept: %s", error)

    def forget(self) -> None:
        """Let go of those in memory."""
        self._latest.clear()

    def _remember(self, key: str, compiled: bytes) -> None:
        self._latest.pop(key, None)
        self._latest[key] = compiled
        if len(self._latest) > MOST_IN_MEMORY:
            del self._latest[next(iter(self._latest))]


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest() + ".compiled"


def _read(file: Path) -> bytes | None:
    try:
        data = file.read_bytes()
        os.utime(file)  # the files that are used last stay longest
    except OSError:
        return None
    digest, compiled = data[:32], data[32:]
    return compiled if hashlib.sha256(compiled).digest() == digest else None


def _write(folder: Path, name: str, compiled: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / name) as part, part.open("wb") as file:
        file.write(hashlib.sha256(compiled).digest())
        file.write(compiled)


def _prune(folder: Path, most: int) -> None:
    files = sorted(((each.stat(), each) for each in folder.iterdir()), key=lambda pair: -pair[0].st_mtime)
    total = 0
    for status, file in files:
        total += status.st_size
        if total > most:
            file.unlink(missing_ok=True)
