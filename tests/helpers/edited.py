"""A sketch, its ink, and strokes that the artist adds to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from tifffile import imwrite

from batches import Listener, plan
from lineart_cli import pages
from lineart_cli.batch import files, manifest
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.events import Event, PageDone, PagePlanned, PageSkipped
from lineart_cli.imaging.tone import Tone
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, NEUTRAL_FAINT, InkOptions, Length, ReadOptions
from lineart_cli.plan import PageSize, Plan
from lineart_cli.scale import working_scale

SHAPE = (420, 300)
FIRST, MOVED, FAR = ((40, 60), (240, 80)), ((40, 160), (240, 175)), ((40, 380), (240, 390))
DETAIL = ((40, 260), (240, 275))
"""Strokes: one that stays, one that the sketch moves by 20 px, one far below, and one that the artist adds."""


def stroke(page: np.ndarray, ends: tuple[tuple[int, int], tuple[int, int]], value: object, down: int = 0) -> None:
    (x0, y0), (x1, y1) = ends
    cv2.line(page, (x0, y0 + down), (x1, y1 + down), value, 3, cv2.LINE_AA)  # type: ignore[call-overload]


def sketch(down: int = 0) -> np.ndarray:
    page = np.full(SHAPE, 255, np.uint8)
    stroke(page, FIRST, 0)
    stroke(page, MOVED, 0, down)
    stroke(page, FAR, 0)
    return page


class Pen:
    """Inks just what is drawn, and a stroke more where only dark lines are wanted."""

    def bands(
        self, grey: np.ndarray, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone
    ) -> Iterator[np.ndarray]:
        ink = (255 - grey).astype(np.uint8)
        if faint > NEUTRAL_FAINT:
            stroke(ink, MOVED, 255, 6)
        yield ink[:100]
        yield ink[100:]


class FinePen(Pen):
    def bands(self, grey: np.ndarray, *arguments: object) -> Iterator[np.ndarray]:  # type: ignore[override]
        yield (255 - grey).astype(np.uint16) * 257


class Desk(Listener):
    """A sketch, a folder of ink, and all that a run of `lineart ink` tells."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.scan, self.out = root / "a.png", root / "ink"

    def draw(self, page: np.ndarray) -> None:
        Image.fromarray(page).save(self.scan, dpi=(300, 300))

    def ink(self, **given: object) -> Event:
        """Inks the sketch and returns the last event that tells of a page."""
        options = replace(InkOptions(drawing=Length(working_scale.STROKE)), **given)  # type: ignore[arg-type]
        self.out.mkdir(exist_ok=True)
        found = files.find([str(self.scan)], self.out)
        sources, problems = found.sources, found.problems
        jobs = files.plan(sources, self.out, pages.OUTPUT_FORMATS[options.format].suffix)
        tools, _ = store.tools(options)
        pen = FinePen() if options.bits == 16 else Pen()
        self.events = []
        with OutputFolder(self.out, overwrite=options.overwrite, dry_run=options.dry_run) as folder:
            batch = Batch(folder, options, tools, catalogue.find(MODEL), plan, lambda: pen, self, threading.Event())
            batch.run(jobs, problems)
        return next(each for each in reversed(self.events) if isinstance(each, PageDone | PageSkipped | PagePlanned))

    @property
    def output(self) -> Path:
        (path,) = (each for each in self.out.iterdir() if not each.name.startswith("."))
        return path

    @property
    def record(self) -> manifest.Entry:
        return manifest.parse((self.out / manifest.NAME).read_text()).pages[self.output.name]


def pixels(path: Path) -> np.ndarray:
    return pages.read_raster(path, ReadOptions(), path.parent).pixels


def ink_and_edit(desk: Desk) -> None:
    """Inks a sketch, and adds a stroke to its ink."""
    desk.draw(sketch())
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    save(desk.output, edited)


def save(path: Path, page: np.ndarray) -> None:
    """As a painting program saves it."""
    if path.suffix == ".png" and page.dtype == np.uint16:
        order = [2, 1, 0, 3][: page.shape[2]] if page.shape[2] > 2 else [0]
        assert cv2.imwrite(str(path), page[..., order])
    elif path.suffix == ".tiff":
        extra = ["unassalpha"] if page.shape[2] in {2, 4} else []
        imwrite(path, page if page.shape[2] > 1 else page[..., 0], extrasamples=extra)
    else:
        modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
        Image.frombytes(modes[page.shape[2]], page.shape[1::-1], page.tobytes()).save(path, lossless=True)


def plain_ink(desk: Desk, **given: object) -> np.ndarray:
    """What lineart makes of the sketch as it is now, in another folder."""
    other = Desk(desk.scan.parent / "plain")
    other.scan.parent.mkdir()
    other.draw(np.asarray(Image.open(desk.scan)))
    other.ink(**given)
    return pixels(other.output)
