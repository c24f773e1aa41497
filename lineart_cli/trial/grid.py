"""A part of a page inked at three scales, and with three limits of what is too faint, to choose by eye."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lineart_cli import pages
from lineart_cli.batch import overview
from lineart_cli.batch.overview import Overview, Scan
from lineart_cli.batch.part import Part, within
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError
from lineart_cli.imaging.resample import fit, gathered
from lineart_cli.imaging.tone import measure
from lineart_cli.inking.inker import open_inker
from lineart_cli.model.card import ModelCard
from lineart_cli.options import DRAWINGS, NEUTRAL_FAINT, Crop, InkOptions
from lineart_cli.plan import PageSize, Plan
from lineart_cli.scale import strokes, working_scale
from lineart_cli.scale.working_scale import WorkingScale

Pixels = NDArray[np.uint8]

ROWS = ("fine", "auto", "loose")
FAINTS = (0.2, NEUTRAL_FAINT, 0.6)
_SEEN = 700  # side of the part that is chosen, px that the network sees at the measured scale
_SEEN_BY_FIRST = 2  # halos around it: all that its first pass sees, in a third of the time that all passes would take


@dataclass(frozen=True)
class Cell:
    """The ink of the part with two options of `lineart ink`: what they are, and the scale that comes of them."""

    drawing: str
    faint: float
    scale: float
    ink: Pixels


@dataclass(frozen=True)
class Trial:
    """A page to try on, what was seen of it, and what to draw with."""

    scan: Scan
    seen: Overview
    size: PageSize
    tool: Tool
    card: ModelCard

    @cached_property
    def scales(self) -> dict[str, WorkingScale]:
        """The scale for each of `ROWS`."""
        estimate = working_scale.measure(self.seen.picture, self.seen.shrunk, self.card.scale_network)
        thickness, thickest = self.tool.thickness.page_px(self.size.dpi), self.card.thickness_px[1]
        return {
            row: working_scale.choose(estimate, self.size.shape, thickness, thickest, DRAWINGS[row]) for row in ROWS
        }

    def checked(self, crop: Crop) -> Crop:
        """The crop, if it is on the page; raises ArgumentError otherwise."""
        return within(crop, self.size, "--crop")

    def telling_crop(self) -> Crop:
        """The part with the most strokes in it."""
        side = round(_SEEN * self.scales["auto"].factor)
        height, width = (min(side, each) for each in self.size.shape)
        drawn: NDArray[np.float32] = np.zeros_like(self.seen.picture)
        drawn[tuple(strokes.middles(self.seen.picture).at)] = 1
        window = [max(1, int(each / self.seen.shrunk)) for each in (width, height)]
        summed = cv2.boxFilter(drawn, -1, window, anchor=(0, 0), normalize=False, borderType=cv2.BORDER_CONSTANT)
        last = drawn.shape[0] - window[1] + 1, drawn.shape[1] - window[0] + 1
        inside: NDArray[np.float32] = np.asarray(summed, np.float32)[: last[0], : last[1]]
        at = divmod(int(np.argmax(inside)), last[1])
        top, left = (int(each * self.seen.shrunk) for each in at)
        return Crop(min(left, self.size.width - width), min(top, self.size.height - height), width, height)

    def sketch(self, crop: Crop) -> Pixels:
        """The part of the sketch as it is, (h, w) uint8."""
        stored = pages.read_sketch(self.scan.path, self.scan.options, self.scan.page)
        whole = np.concatenate(list(fit([stored], stored.shape[:2], self.size.shape)))
        return np.asarray(Image.fromarray(whole[crop.rows, crop.columns]).convert("L"), np.uint8)

    def cells(self, crop: Crop, decide: Callable[[PageSize], Plan]) -> Iterator[Cell]:
        """The part's ink, `ROWS` by `FAINTS`, as `lineart ink` makes it of the whole page, or nearly so."""
        inker = open_inker(self.card)
        for row, chosen in self.scales.items():
            size = replace(self.size, scale=chosen.factor)
            with tempfile.TemporaryDirectory(prefix="lineart-try-") as scratch:
                greys = None if self.seen.greys is None else self.seen.greys.copy()
                page, _ = overview.read(self.scan, size, greys, Path(scratch))
                part = Part.of(page, size, crop, measure(page), _SEEN_BY_FIRST * self.card.halo_px)
            plan = decide(part.size)
            for faint in FAINTS:
                bands = inker.bands(part.page, part.size, plan, self.tool, faint, part.tone)
                ink = gathered(bands, part.size.shape, np.uint8)
                yield Cell(row, faint, chosen.factor, ink[part.crop.rows, part.crop.columns])


def begin(path: Path, page: int, options: InkOptions, card: ModelCard) -> Trial:
    """Look at a page of a file.

    Raises:
        ArgumentError: there is more than one brush or thickness, or no such page.
        PageError: it cannot be read.
    """
    tools, _ = store.tools(options)
    if len(tools) > 1:
        raise ArgumentError("--thickness, --brush", "several", "give one of each to be tried")
    if page >= (count := pages.count_pages(path)):
        raise ArgumentError("--page", page + 1, f"{path} has {count} page{'s' * (count > 1)}")
    header = pages.read_header(path, options, page)
    dpi, _ = pages.working_dpi(header, options.dpi)
    scan = Scan(path, page, header, options)
    (tool,) = tools.values()
    return Trial(scan, overview.look(scan), scan.size(dpi), tool, card)
