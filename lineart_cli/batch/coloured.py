"""Lines in coloured pencils: each pencil is a sketch of its own, inked like the rest, in the pencil's colour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lineart_cli import pages
from lineart_cli.batch import overview
from lineart_cli.batch.context import PageContext, unharmed
from lineart_cli.batch.watchdog import WatchedInker, Worker
from lineart_cli.imaging.disk_array import Page, allocate
from lineart_cli.imaging.resample import fit, gather, strips
from lineart_cli.imaging.tone import Tone, measure
from lineart_cli.options import Colour, InkOptions
from lineart_cli.plan import Plan


@dataclass(frozen=True)
class Separation:
    """What one coloured pencil has drawn on a page.

    Attributes:
        name: of the pencil.
        colour: of it, on white paper.
        pixels: of it alone, at the working scale; inking takes them out.
        tone: of it.
    """

    name: str
    colour: Colour
    pixels: list[Page]
    tone: Tone


def read(page: PageContext, seconds: float, scratch: Path, worker: Worker) -> list[Separation]:
    """Reads what the pencils that are to be kept have drawn on a page, as far as it has them.

    Args:
        page: with its scale.
        seconds: that each may take.
        scratch: the folder for what is too large for memory.
        worker: what reads.

    Raises:
        PageError: the page cannot be read, or that takes longer.
    """
    scan, names = page.scan, page.kept_colours
    every = [*(page.options.drop_colour or ()), *names]
    found = unharmed(page, seconds, worker, lambda: pages.read_pencils(scan.path, scan.options, scan.page, every))
    separations = []
    for number, pencil in enumerate(found):
        if pencil.name not in names or pencil.colour is None:
            continue

        def reading(last: int = number) -> tuple[Page, Tone]:
            alone = overview.read_pencil(scan, page.size, found[: last + 1], scratch)
            return alone, measure(alone)

        pixels, tone = unharmed(page, seconds, worker, reading)
        colour = Colour(*(round(255 * light) for light in pencil.colour))
        separations.append(Separation(pencil.name, colour, [pixels], tone))
    return separations


def inked(
    page: PageContext, plan: Plan, separations: list[Separation], inker: WatchedInker, seconds: float, scratch: Path
) -> Iterator[pages.ColouredLines]:
    """Inks what coloured pencils have drawn, from the last of them on; raises what the inker raises."""
    size, header = page.size, page.scan.header
    shape = header.height, header.width
    for each in reversed(separations):
        bands = inker.bands(each.pixels.pop(), size, plan, page.tool, page.options.faint, each.tone, seconds)
        with closing(bands):
            coverage = allocate(shape, np.dtype(f"uint{page.options.bits}"), scratch)
            gather(fit(bands, size.shape, shape), coverage)
        yield pages.ColouredLines(each.name, each.colour, coverage)


def drawn(
    page: PageContext, plan: Plan, separations: list[Separation], inker: WatchedInker, seconds: float
) -> list[pages.Layer]:
    """Inks what coloured pencils have drawn with curves, as layers, from the last on; raises as `inked` does."""
    options, layers = page.options, list[pages.Layer]()
    wanted = page.size, plan, page.tool, options.faint, options.strokes, options.tolerance.page_px(page.size.dpi)
    for each in reversed(separations):
        drawing = inker.drawing(each.pixels.pop(), *wanted, each.tone, seconds)
        layers += [replace(layer, name=f"{layer.name} {each.name}", colour=each.colour) for layer in drawing.layers]
    return layers


def share(lines: pages.ColouredLines) -> float:
    """How much of a page lines cover."""
    height, width = lines.coverage.shape
    full = np.iinfo(lines.coverage.dtype).max
    return sum(float(lines.coverage[rows].sum()) for rows in strips(height)) / full / (height * width)


def missing(options: InkOptions, separations: list[Separation]) -> list[str]:
    """The pencils that are to be kept and have drawn nothing."""
    there = {each.name for each in separations}
    return [name for name in options.keep_colour or () if name not in there]
