"""The file of a page: its ink, with the edits that stay, and what is put on record of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lineart_cli import pages, stamps
from lineart_cli.batch import small_pictures
from lineart_cli.batch.edited_output import EditedOutput, legend_of
from lineart_cli.batch.kept_files import name_of
from lineart_cli.batch.manifest import Entry
from lineart_cli.edits import prints
from lineart_cli.edits.levels import Samples
from lineart_cli.edits.merge import Merge, merge
from lineart_cli.edits.picture import MergedPicture
from lineart_cli.imaging.colour import is_light
from lineart_cli.imaging.disk_array import Page, allocate
from lineart_cli.imaging.resample import gather, strips
from lineart_cli.options import Crop, InkOptions
from lineart_cli.pages.layered.merged import LAYER_SAMPLES
from lineart_cli.pages.writers.paint import painted


@dataclass(frozen=True)
class InkFile:
    """A file that has been written.

    Attributes:
        entry: for the manifest.
        kept: the files that it names: fingerprints and small pictures.
        conflicts: the places that both the artist and the sketch have changed, px.
    """

    entry: Entry
    kept: Sequence[bytes] = ()
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
    look = pages.Look(options.ink_colour, options.transparent)
    if pages.OUTPUT_FORMATS[options.format].has_curves or ink.colours:  # no edits can be told of either
        pages.write_ink(part, ink, options.format, look)
        return InkFile(replace(entry, output_sha256=stamps.sha256(part)))
    taker = prints.Taker(legend_of(entry).of_coverage)
    ink = replace(ink, bands=taker.passed(ink.bands))
    if edited is None:
        pages.write_ink(part, ink, options.format, look)
        packed = prints.packed(taker.prints())
        return InkFile(replace(entry, output_sha256=stamps.sha256(part), prints=name_of(packed)), [packed])
    samples = LAYER_SAMPLES if pages.OUTPUT_FORMATS[options.format].has_layers else look.samples
    coverage = allocate(ink.shape, ink.dtype, scratch)
    gather(ink.bands, coverage)
    found = _merge(coverage, edited, entry.thickness)
    bands: Iterator[pages.Pixels] = (coverage[rows] for rows in strips(ink.shape[0]))
    overlay = MergedPicture.of(edited.pixels, found, samples, ink.bits)
    pages.write_merged(part, replace(ink, bands=bands, overlay=overlay), options.format, look, output)
    kept = [prints.packed(taker.prints()), *_pictures(coverage, edited, look)]
    entry = replace(
        entry,
        output_sha256=stamps.sha256(part),
        prints=name_of(kept[0]),
        edits=len(found.edits),
        pictures=[name_of(each) for each in kept[1:]],
        conflicts=[list(box) for box in found.conflicts],
    )
    return InkFile(entry, kept, found.conflicts)


def write_joined(part: Path, inked: Iterable[pages.InkedPage], px: int, entry: Entry, options: InkOptions) -> InkFile:
    """Writes all pages, of `px` pixels together, into one file; raises OSError as `write` does."""
    look = pages.Look(options.ink_colour, options.transparent)
    samples = 3 + look.transparent if options.keep_colour else look.samples
    pages.write_joined(part, inked, options.format, look, px * samples * options.bits // 8)
    return InkFile(replace(entry, output_sha256=stamps.sha256(part)))


def _merge(coverage: Page, edited: EditedOutput, thickness: float) -> Merge:
    def new(rows: slice) -> Samples:
        return edited.legend.of_coverage(coverage[rows])

    return merge(edited.old, edited.levels, new, edited.shape, thickness)


def _pictures(coverage: Page, edited: EditedOutput, look: pages.Look) -> list[bytes]:
    """Small pictures of the ink without edits, and of the output as the artist has left it."""

    def plain(rows: slice) -> pages.Pixels:
        return np.concatenate(list(painted([coverage[rows]], look.shades, edited.legend.transparent)))

    is_on_black = is_light(look.colour)
    return [
        small_pictures.packed(plain, edited.shape, is_on_black),
        small_pictures.packed(lambda rows: np.asarray(edited.pixels[rows]), edited.shape, is_on_black),
    ]
