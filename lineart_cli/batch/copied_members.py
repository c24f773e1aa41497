"""Which members of an archive of ink are as in that of its sketches, so that those which were edited are known.

It is the file `.lineart-kept/copied.json` in the archive: the sha256 of each such member, by its name.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from lineart_cli import stamps
from lineart_cli.batch import kept_files

_RECORD = f"{kept_files.NAME}/copied.json"


def note(ink: Path, copied: Mapping[str, Path]) -> None:
    """Puts them on record.

    Args:
        ink: the folder that is packed into the archive of ink.
        copied: the files that are packed with it as they are, by their names in there.

    Raises:
        OSError: the disk does not take it.
    """
    record = ink / _RECORD
    record.unlink(missing_ok=True)
    if copied:
        record.parent.mkdir(exist_ok=True)
        record.write_text(json.dumps({name: stamps.sha256(copied[name]) for name in sorted(copied)}, indent=0), "utf-8")


def take_away(ink: Path) -> None:
    """Takes those away that are still as they are on record: they will be copied anew.

    Args:
        ink: the folder that an archive of ink was unpacked to; the record may be anybody's.
    """
    copied = _copied(ink / _RECORD)
    for path in [path for path in ink.rglob("*") if path.is_file()]:
        if (digest := copied.get(path.relative_to(ink).as_posix())) and stamps.sha256(path) == digest:
            path.unlink()


def _copied(record: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        found = json.loads(record.read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    return {}
