"""What members of an archive are to the runs that make ink of it."""

from __future__ import annotations

from pathlib import Path

from lineart_cli import archives
from lineart_cli.archives import Member
from lineart_cli.batch import kept_files, manifest
from lineart_cli.batch.files import IMAGE_SUFFIXES
from lineart_cli.batch.run_folder import HIDDEN
from lineart_cli.errors import PageError


def pages(path: Path) -> int:
    """How many pages an archive has; 1 where it cannot be read, so that unpacking it will say why."""
    try:
        return sum(map(is_page, archives.contents(path).members))
    except PageError:
        return 1


def is_whole(path: Path) -> bool:
    """Whether a file is an archive that has been written to its end, and may be unpacked."""
    try:
        found = archives.contents(path)
    except PageError:
        return False
    return bool(found.members) and not found.damage


def is_page(member: Member) -> bool:
    """Whether a member is a page to ink."""
    return is_shown(member) and Path(member.name).suffix.lower() in IMAGE_SUFFIXES


def is_shown(member: Member) -> bool:
    """Whether a member is a file, and not hidden."""
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in Path(member.name).parts)
    return not member.is_folder and not is_hidden


def is_of_runs(name: str) -> bool:
    """Whether a member would get in the way of the runs that write to the folder."""
    return _top(name) == HIDDEN


def is_lineart_s(name: str) -> bool:
    """Whether a member of an archive of sketches, which may be one of ink itself, is not one of the user's."""
    return _top(name) in {HIDDEN, manifest.NAME, kept_files.NAME}


def _top(name: str) -> str:
    return name.removeprefix("./").partition("/")[0].casefold()
