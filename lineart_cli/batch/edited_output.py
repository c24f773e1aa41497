"""An output that somebody has changed: whether its changes can be kept when its sketch is inked again, and how."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli import pages, stamps
from lineart_cli.batch import overview
from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import Entry
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.overview import Scan
from lineart_cli.edits import merge, prints
from lineart_cli.edits.levels import Legend, Samples
from lineart_cli.edits.prints import Prints
from lineart_cli.errors import PageError
from lineart_cli.options import Crop, InkOptions, ReadOptions

_CHANGED = "was changed after lineart inked it, and is kept"
_WAYS = "--keep-edits inks it again and keeps the changes, --overwrite replaces them"
_ONE_WAY = "--overwrite inks it again without the changes"
_WHILE_INKED = "was changed while it was inked again, and is kept; run again"
RETRIED = "was changed while it was inked again, and is kept; it is inked once more when it has come to rest"
"""Why `--watch` has kept an output for now."""
_WHOLE = "was changed after lineart inked it, and is kept as a whole"
_OF_ANOTHER = "is edited ink of {0}, and is kept; choose another folder, or another name by --name"
_MOVED = (
    "is edited ink of the sketch that is {0} now, and is kept; rename ink as its sketches were, the last page first, "
    "choose another folder, or take {0} away if it is an old copy"
)
_SAME_SKETCH = 0.75
"""Share of what was drawn on a sketch that is still there where its artist went on."""
_DRAWN = 0.15
"""Darker than paper by so much, of 1."""
_NOTHING_NEW = "has edits, which stay; its sketch is as it was"


class Kept(Exception):  # noqa: N818 - it is none
    """An output stays as it is.

    Attributes:
        note: says why.
        edits: how many places of it were changed; None where that is not known.
    """

    def __init__(self, note: str, edits: int | None = None) -> None:
        super().__init__(note)
        self.note = note
        self.edits = edits


@dataclass(frozen=True)
class EditedOutput:
    """An output as the artist has left it.

    Attributes:
        sha256: of the file.
        pixels: (H, W, samples) of it, or of its layer of ink.
        legend: how the ink was drawn that has been changed.
        old: the fingerprints of that ink.
    """

    sha256: str
    pixels: NDArray[np.unsignedinteger[Any]]
    legend: Legend
    old: Prints

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width, _ = self.pixels.shape
        return height, width

    def levels(self, rows: slice) -> tuple[Samples, NDArray[np.bool_]]:
        """Some rows, see `Legend.of_pixels`."""
        return self.legend.of_pixels(np.asarray(self.pixels[rows]))

    def edits(self) -> list[Crop]:
        """The places that the artist has changed, px."""
        return merge.edits(self.old, self.levels, self.shape)


def to_be_merged(job: Job, wanted: Entry, options: InkOptions, folder: OutputFolder) -> EditedOutput:
    """The changed output of a job that is to be inked again.

    Args:
        job: whose output has been changed.
        wanted: its page.
        options: of `lineart ink`.
        folder: of the output.

    Raises:
        Kept: it stays as it is.
    """
    if not (options.keep_edits or options.dry_run):
        raise Kept(why_kept(options))
    if other := folder.other_input(job.output, wanted):
        raise Kept(_OF_ANOTHER.format(other))
    known = folder.entry(job.output)
    if known is not None and (moved := _moved(job, known, wanted, options)):
        raise Kept(_MOVED.format(moved))
    try:
        edited = opened(job, known, options, folder)
    except PageError as error:
        as_a_whole = f"{_WHOLE}: it {error.reason}; {error.advice}"
        raise Kept(as_a_whole if options.keep_edits else why_kept(options)) from error
    if not options.keep_edits:
        raise Kept(why_kept(options), len(edited.edits()) if options.can_keep_edits else None)
    if known is not None and known.is_made_like(wanted):
        edits = len(edited.edits())
        if not edits:
            folder.adopt(job.output, replace(known, output_sha256=edited.sha256, edits=0))
        raise Kept(_NOTHING_NEW if edits else "", edits)
    return edited


def why_kept(options: InkOptions, *, is_while_inked: bool = False) -> str:
    """Why an output that was changed is kept, and what can be done; it may have been changed while it was inked."""
    if options.keep_edits and is_while_inked:
        return RETRIED if options.watch else _WHILE_INKED
    return f"{_CHANGED}; {_WAYS if options.can_keep_edits else _ONE_WAY}"


def _moved(job: Job, known: Entry, wanted: Entry, options: ReadOptions) -> str | None:
    """The name that the sketch of an output has now, if another one has got its name, as in a book with a new page."""
    if wanted.input_sha256 == known.input_sha256:
        return None
    found = []
    for other in job.source.parent.glob(f"*{job.source.suffix}"):
        with suppress(OSError):  # of folders, and of what may not be read
            if other != job.source and stamps.sha256_at(other, stamps.stamp(other)) == known.input_sha256:
                found.append(other)
    if len(found) != 1 or _goes_on(found[0], job, options):
        return None  # of pages that were alike, none has moved
    return found[0].name


def _goes_on(before: Path, job: Job, options: ReadOptions) -> bool:
    """Whether a job's sketch is an earlier one with more on it, or a little less, of which a copy was kept."""
    try:
        was, now = (_drawn(path, job.page, options) for path in (before, job.source))
    except PageError:
        return False
    return was.shape == now.shape and bool(np.count_nonzero(was & now) > _SAME_SKETCH * np.count_nonzero(was))


def _drawn(path: Path, page: int, options: ReadOptions) -> NDArray[np.bool_]:
    """Where something is drawn on a page, (h, w), shrunk."""
    seen = overview.look(Scan(path, page, pages.read_header(path, options, page), options)).picture
    return np.asarray(seen < np.median(seen) - _DRAWN)


def opened(job: Job, known: Entry | None, options: InkOptions, folder: OutputFolder) -> EditedOutput:
    """The output of a job, to be compared with the ink that `known` tells of; raises PageError where it cannot be."""
    output, advice = job.output, "--overwrite inks it again without them"
    packed = folder.kept(known.prints) if known is not None and known.prints else None
    if known is None or packed is None:
        raise PageError(output, "has no fingerprints on record that its changes could be told from", advice)
    sha256 = stamps.sha256(output)
    if (count := pages.count_pages(output)) > 1:
        raise PageError(output, f"has {count} pages, and its ink has one", advice)
    if pages.has_photoshop_layers(output):
        raise PageError(output, "has Photoshop's layers, which ink has not", advice)
    if pages.is_lossy(output):
        unlike = "save it from your painting program without loss"
        raise PageError(output, "was saved with loss, whose traces cannot be told from edits", f"{unlike}, or {advice}")
    has_layers = pages.OUTPUT_FORMATS[options.format].has_layers
    if has_layers:
        pixels = pages.read_ink_layer(output, options.format, folder.scratch).pixels
    else:
        pixels = pages.read_raster(output, ReadOptions(), folder.scratch).pixels
    height, width = pixels.shape[:2]
    if (height, width) != (known.height, known.width):
        raise PageError(output, f"has {width} x {height} px instead of {known.width} x {known.height}", advice)
    try:
        old = prints.unpacked(packed, (height, width))
    except ValueError as error:
        raise PageError(output, f"has fingerprints that {error}", advice) from error
    return EditedOutput(sha256, pixels, legend_of(known), old)


def legend_of(entry: Entry) -> Legend:
    """How the ink of a page is drawn."""
    settings = entry.settings
    has_layers = pages.OUTPUT_FORMATS[str(settings["format"])].has_layers
    red, green, blue = bytes.fromhex(str(settings["ink_colour"]).removeprefix("#"))
    return Legend((red, green, blue), has_layers or bool(settings["transparent"]), int(settings["bits"] or 8))
