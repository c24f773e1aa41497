"""Files that lineart has made, by the manifests in their folders and above: they are no sketches."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path, PureWindowsPath

from lineart_cli import archives
from lineart_cli.batch import manifest
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.run_folder import HIDDEN
from lineart_cli.errors import ArgumentError, PageError


def recogniser() -> Callable[[Path], bool]:
    """Tells of a file whether it is ink, as the manifests are now; each is looked at once."""
    roots, outputs = cache(_roots), cache(_outputs)

    def is_ink(path: Path) -> bool:
        if archives.is_archive(path):
            return is_archive_of_ink(path)
        return any(
            place.relative_to(root).as_posix() in outputs(root)
            for place in _places(path)
            for root in roots(place.parent)
        )

    return is_ink


def is_archive_of_ink(path: Path) -> bool:
    """Whether all that is known of an archive is ink: its sketches are not in it, as in one of a folder with both."""
    record = archives.read_member(path, manifest.NAME, manifest.LARGEST)
    with suppress(ValueError):  # a member of that name that is no manifest
        return record is not None and not any(map(_is_inside, manifest.parse(record.decode("utf-8")).pages.values()))
    return False


def _is_inside(entry: manifest.Entry) -> bool:
    """Whether the sketch of a page is below the folder of its ink."""
    return not entry.input.startswith("../") and not PureWindowsPath(entry.input).anchor


def is_changed(path: Path) -> bool:
    """Whether a picture that lineart has made was changed since, and may be a sketch by now; not so if unreadable."""
    with suppress(ArgumentError, PageError):
        return any(_folder(root).is_edited(place) for place in _places(path) for root in _roots(place.parent))
    return False


def told(left_out: Sequence[Path], changed: Sequence[Path] = ()) -> str:
    """What the user should know of ink that was left out, and of what `is_changed` of it; empty where there is none."""
    if not left_out:
        return ""
    now = (
        f"; {changed[0]} has changed since lineart wrote it: if it is a sketch now, it is not inked" if changed else ""
    )
    if len(left_out) == 1:
        return f"{left_out[0]} is lineart's own ink, and left out; name it alone to ink it{now}"
    such = f"such as {left_out[0]}; name them alone to ink them"
    return f"{len(left_out)} files are lineart's own ink, and left out, {such}{now}"


def _places(path: Path) -> set[Path]:
    """Where a file is, and where it really is, as it or one of its folders may be a link."""
    return {path.absolute(), Path(os.path.realpath(path))}


def _roots(folder: Path) -> list[Path]:
    """The folders, this one and those above, that lineart has inked into."""
    above = (folder, *folder.parents)
    return [each for each in above if (each / manifest.NAME).exists() or (each / HIDDEN / "journal").exists()]


def _outputs(root: Path) -> frozenset[str]:
    with suppress(ArgumentError):  # a manifest that may not be read
        return frozenset(_folder(root).known().pages)
    return frozenset()


@lru_cache(maxsize=1024)
def _folder(place: Path) -> OutputFolder:
    """A folder to look at, which reads its manifest only where that has changed."""
    return OutputFolder(place, dry_run=True)
