"""The file of a page: its ink, with the edits that stay, and what is put on record of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lineart_cli import pages
from lineart_cli.batch import manifest
from lineart_cli.batch.edited_output import EditedOutput, legend_of
from lineart_cli.batch.manifest import Entry
from lineart_cli.batch.print_store import name_of
from lineart_cli.edits import prints
from lineart_cli.edits.levels import Samples
from lineart_cli.edits.merge import Merge, merge
from lineart_cli.edits.picture import MergedPicture
from lineart_cli.imaging.disk_array import room
from lineart_cli.imaging.resample import gather, strips
from lineart_cli.options import Crop, InkOptions


@dataclass(frozen=True)
class InkFile:
    """A file that has been written.

    Attributes:
        entry: for the manifest.
        prints: the fingerprints of the ink without edits, packed; None where there are none.
        conflicts: the places that both the artist and the sketch have changed, px.
    """

    entry: Entry
    prints: bytes | None = None
    conflicts: Sequence[Crop] = ()


def write(
    part: Path,
    ink: pages.InkedPage,
    entry: Entry,
    options: InkOptions,
    edited: EditedOutput | None,
    output: Path,
    scratch: Path,
) -> InkFile:
    """Writes a page into a file of its own.

    Args:
        part: the file.
        ink: the page; its bands are taken.
        entry: of it.
        options: of `lineart ink`.
        edited: the page's output as the artist has left it, whose edits stay; or None.
        output: where that is.
        scratch: a folder for what is too large for memory.

    Raises:
        OSError: the disk does not take it.
    """
    look, taker = pages.Look(options.ink_colour, options.transparent), prints.Taker(legend_of(entry).of_coverage)
    ink = replace(ink, bands=taker.passed(ink.bands))
    edits: list[Crop] = []
    conflicts: list[Crop] = []
    if edited is None:
        pages.write_ink(part, ink, options.format, look)
    else:
        samples = 4 if pages.OUTPUT_FORMATS[options.format].has_layers else look.samples
        ink, found = _merged(ink, edited, samples, entry.thickness, scratch)
        edits, conflicts = found.edits, found.conflicts
        pages.write_merged(part, ink, options.format, look, output)
    packed = prints.packed(taker.prints())
    entry = replace(
        entry,
        output_sha256=manifest.sha256(part),
        prints=name_of(packed),
        edits=len(edits),
        conflicts=[list(box) for box in conflicts],
    )
    return InkFile(entry, packed, conflicts)


def write_joined(part: Path, inked: Iterable[pages.InkedPage], px: int, entry: Entry, options: InkOptions) -> InkFile:
    """Writes all pages, of `px` pixels together, into one file; raises OSError as `write` does."""
    look = pages.Look(options.ink_colour, options.transparent)
    pages.write_joined(part, inked, look, px * look.samples * options.bits // 8)
    return InkFile(replace(entry, output_sha256=manifest.sha256(part)))


def _merged(
    ink: pages.InkedPage, edited: EditedOutput, samples: int, thickness: float, scratch: Path
) -> tuple[pages.InkedPage, Merge]:
    """The page with the artist's edits laid over it; takes its bands."""
    coverage = room(ink.shape, ink.dtype, scratch)
    gather(ink.bands, coverage)

    def new(rows: slice) -> Samples:
        return edited.legend.of_coverage(coverage[rows])

    found = merge(edited.old, edited.levels, new, ink.shape, thickness)
    bands: Iterator[pages.Pixels] = (coverage[rows] for rows in strips(ink.shape[0]))
    overlay = MergedPicture.of(edited.pixels, found, samples, ink.bits)
    return replace(ink, bands=bands, overlay=overlay), found
