"""An output that somebody has changed: whether its changes can be kept when its sketch is inked again, and how."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli import pages, stamps
from lineart_cli.batch.files import Job
from lineart_cli.batch.manifest import Entry
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.edits import merge, prints
from lineart_cli.edits.levels import Legend, Samples
from lineart_cli.edits.prints import Prints
from lineart_cli.errors import PageError
from lineart_cli.options import Crop, InkOptions, ReadOptions

EDITED = (
    "was changed after lineart inked it, and is kept; --keep-edits inks it again and keeps the changes, "
    "--overwrite replaces them"
)
_WHOLE = "was changed after lineart inked it, and is kept as a whole"
_OF_ANOTHER = "is edited ink of {0}, and is kept; choose another folder, or another name by --name"
_MOVED = (
    "is edited ink of the sketch that is {0} now, and is kept; rename ink as its sketches were, the last page first, "
    "or choose another folder"
)
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
        raise Kept(EDITED)
    if other := folder.other_input(job.output, wanted):
        raise Kept(_OF_ANOTHER.format(other))
    known = folder.entry(job.output)
    if known is not None and (moved := _moved(job, known, wanted)):
        raise Kept(_MOVED.format(moved))
    try:
        edited = opened(job, known, options, folder)
    except PageError as error:
        raise Kept(f"{_WHOLE}: it {error.reason}; {error.advice}" if options.keep_edits else EDITED) from error
    if not options.keep_edits:
        raise Kept(EDITED, len(edited.edits()))
    if known is not None and known.is_made_like(wanted):
        raise Kept(_NOTHING_NEW, len(edited.edits()))
    return edited


def _moved(job: Job, known: Entry, wanted: Entry) -> str | None:
    """The name that the sketch of an output has now, if another one has got its name, as in a book with a new page."""
    if wanted.input_sha256 == known.input_sha256:
        return None
    found = []
    for other in job.source.parent.glob(f"*{job.source.suffix}"):
        with suppress(OSError):  # of folders, and of what may not be read
            if other != job.source and stamps.sha256(other) == known.input_sha256:
                found.append(other.name)
    return found[0] if len(found) == 1 else None  # of pages that were alike, none has moved


def opened(job: Job, known: Entry | None, options: InkOptions, folder: OutputFolder) -> EditedOutput:
    """The output of a job, to be compared with the ink that `known` tells of; raises PageError where it cannot be."""
    output, advice = job.output, "--overwrite inks it again without them"
    packed = folder.kept(known.prints) if known is not None and known.prints else None
    if known is None or packed is None:
        raise PageError(output, "has no fingerprints on record that its changes could be told from", advice)
    sha256 = stamps.sha256(output)
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
