"""Ink that was renamed as its sketch was, as when a page is put into a book: what is on record of it goes with it.

Otherwise each page would be taken for the edited ink of the sketch that had its name before.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lineart_cli import stamps
from lineart_cli.batch import edited_output
from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import Entry
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.errors import PageError
from lineart_cli.options import InkOptions

_MOST_EDITED = 0.5
"""Share of a page, above which a picture is no edited ink of it."""


def follow(jobs: Sequence[Job], options: InkOptions, folder: OutputFolder) -> None:
    """Put on record what ink has been renamed to; before any of these pages is inked, as that replaces records.

    Args:
        jobs: to be inked; those of joined pages are left out.
        options: of `lineart ink`.
        folder: of their outputs.
    """
    known = folder.known().pages
    if not known:
        return
    of_sketch: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    for entry in known.values():
        of_sketch[entry.input_sha256, entry.page].append(entry)
    for output, entry in list(_renamed(jobs, known, of_sketch, options, folder)):
        folder.adopt(output, entry)


def _renamed(
    jobs: Sequence[Job],
    known: dict[str, Entry],
    of_sketch: dict[tuple[str, int], list[Entry]],
    options: InkOptions,
    folder: OutputFolder,
) -> Iterator[tuple[Path, Entry]]:
    """The outputs that were renamed, and what was on record of them."""
    for job in jobs:
        here = known.get(job.output.relative_to(folder.root).as_posix())
        found = None if job.is_joined else _sha256(job.output)
        if found is None or (here is not None and found == here.output_sha256):
            continue
        others = [entry for entry in of_sketch[_sha256(job.source) or "", job.page] if entry is not here]
        if not others:
            continue
        entry = next((each for each in others if each.output_sha256 == found), None)
        is_in_place = here is not None and here.input_sha256 == others[0].input_sha256
        if entry is None and not is_in_place:
            entry = _edited(job, here, others, options, folder)
        if entry is not None:
            yield job.output, replace(entry, input=folder.input_name(job.source))


def _edited(
    job: Job, here: Entry | None, others: Sequence[Entry], options: InkOptions, folder: OutputFolder
) -> Entry | None:
    """The one of the others that an output is the edited ink of, and not of that which had its name before."""
    best, least = None, _MOST_EDITED
    for entry in (here, *others):
        with suppress(PageError):  # what cannot be compared was not renamed
            edited = edited_output.opened(job, entry, options, folder)
            share = sum(crop.width * crop.height for crop in edited.edits()) / math.prod(edited.shape)
            if share < least:
                best, least = entry, share
    return best if best is not here else None


def _sha256(path: Path) -> str | None:
    with suppress(OSError):
        return stamps.sha256(path) if path.is_file() else None
    return None
