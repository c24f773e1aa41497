"""Small scans, an inker with faults, and runs that ink the one with the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from batches import Listener, plan
from lineart_cli import pages
from lineart_cli.batch import files
from lineart_cli.batch.kept_files import NAME as KEPT
from lineart_cli.batch.manifest import NAME
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import PageError
from lineart_cli.events import BatchDone
from lineart_cli.imaging.tone import Tone
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, InkOptions, Length
from lineart_cli.plan import PageSize, Plan
from lineart_cli.scale import working_scale

STROKE = Length(working_scale.STROKE)
"""Said of all drawings here, so that pages are worked on as they are."""


class FakeInker:
    """Inks everything darker than half; pages with a corner of level 1..9 do what `faults` says."""

    def __init__(self, **faults: Callable[[np.ndarray], np.ndarray]) -> None:
        self.calls: list[tuple[tuple[int, ...], float, float, float]] = []
        self._faults = faults

    def bands(
        self, grey: np.ndarray, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone
    ) -> Iterator[np.ndarray]:
        assert grey.dtype == np.uint8
        self.calls.append((size.shape, size.dpi, tool.thickness.page_px(size.dpi), faint))
        ink = cv2.resize(np.where(grey < 128, 255, 0).astype(np.uint8), size.shape[::-1])
        fault = self._faults.get(f"level{grey[0, 0]}")
        yield fault(ink[:5]) if fault else ink[:5]
        yield ink[5:]


def page(path: Path, corner: int = 255, dpi: int | None = 300, size: tuple[int, int] = (20, 10)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", size, 255)
    image.paste(0, (5, 5, 9, 9))
    image.putpixel((0, 0), corner)
    image.save(path, **({"dpi": (dpi, dpi)} if dpi else {}))
    return path


def ink(
    scans: Path, out: Path, inker: FakeInker | None = None, options: InkOptions | None = None
) -> tuple[BatchDone, Listener]:
    options = replace(options or InkOptions(), drawing=STROKE)
    found = files.find([str(scans)], out)
    sources, problems = found.sources, found.problems
    recorder = Listener()
    jobs = files.plan(sources, out, pages.OUTPUT_FORMATS[options.format].suffix, pages.count_pages)
    inker = inker or FakeInker()
    planned = lambda size: replace(plan(size), at_once=options.jobs or 3)  # noqa: E731
    return run(jobs, problems, out, options, lambda: inker, recorder, planned), recorder


def run(
    jobs: Sequence[files.Job],
    problems: Sequence[PageError],
    out: Path,
    options: InkOptions,
    open_inker: Callable[[], FakeInker],
    recorder: Listener,
    decide: Callable[[PageSize], Plan] = plan,
) -> BatchDone:
    if not options.dry_run:
        out.mkdir(parents=True, exist_ok=True)
    with OutputFolder(out, overwrite=options.overwrite, dry_run=options.dry_run) as folder:
        card = catalogue.find(MODEL)
        tools, _ = store.tools(options)
        return Batch(folder, options, tools, card, decide, open_inker, recorder, threading.Event()).run(jobs, problems)


def left_over(folder: Path) -> list[str]:
    """All files but the manifest and the fingerprints."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    return sorted(str(path) for path in files if path.parts[0] != KEPT)
