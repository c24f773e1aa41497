"""Score a folder of inked drawings against a folder of truths: rows, a table, JSON, contact sheets.

A truth is a grey picture of 8 bits: 255 is paper; on the one-pixel centre line of a line that is meant stands how many
px (1 to 254) a line may stray from it. Drawings, truths and sketches belong together by the stem of their names.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from lineart_cli.batch.files import IMAGE_SUFFIXES
from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.options import InkOptions
from lineart_cli.pages import read_grey
from lineart_train.evaluation import metrics
from lineart_train.evaluation.metrics import FIGURES, Grey
from lineart_train.training import sheet

PAPER = 255  # of a truth
RED, BLUE, BLACK = (0, 0, 230), (230, 110, 0), (0, 0, 0)  # blue, green, red; for `errors`


@dataclass(frozen=True)
class Job:
    """One drawing to score; its contact sheet goes to `sheet`, in px of the truth times `scale`."""

    name: str
    ink: Path | None
    truth: Path
    sketch: Path | None
    thickness: float
    sheet: Path | None
    scale: float


@dataclass(frozen=True)
class Row:
    """Figures of one drawing, all 0 where it could not be scored, and what went wrong with it, if anything."""

    name: str
    figures: dict[str, float] = field(default_factory=lambda: dict.fromkeys(FIGURES, 0.0))
    problem: str = ""


def evaluate(
    inked: Path,
    truth: Path,
    sketches: Path | None = None,
    thickness: float = 3.0,
    sheets: Path | None = None,
    scale: float = 0.5,
) -> list[Row]:
    """Score a drawing for each truth, several at a time.

    Args:
        inked: folder of lineart, dark on white or on nothing.
        truth: folder of truths, see the top of this file.
        sketches: folder of what was inked, for the contact sheets.
        thickness: in px, that was asked for, > 0.
        sheets: folder for contact sheets, one PNG a drawing; None for none.
        scale: of the contact sheets, in (0, 1].

    Returns:
        A row for each truth, in order of name. A drawing that is missing, unreadable or of another size has zeros.

    Raises:
        ArgumentError: a folder has no pictures, or two of one name; or the sheets' folder cannot be made.
    """
    inks, truths = pictures("INKED", inked), pictures("TRUTH", truth)
    drawn = pictures("--sketches", sketches) if sketches else {}
    if sheets:
        try:
            sheets.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArgumentError("--sheet", sheets, f"cannot be made ({error.strerror}); choose another") from error
    jobs = [
        Job(name, inks.get(name), path, drawn.get(name), thickness, sheets / f"{name}.png" if sheets else None, scale)
        for name, path in truths.items()
    ]
    workers = min(len(jobs), os.cpu_count() or 1)
    if workers == 1:
        return [evaluate_one(job) for job in jobs]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(evaluate_one, jobs))


def pictures(option: str, folder: Path) -> dict[str, Path]:
    """The pictures of a folder by their stems, in order; ArgumentError where there are none, or two of one name."""
    found: dict[str, Path] = {}
    if not folder.is_dir():
        raise ArgumentError(option, folder, "is not there, or no folder")
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith("."):
            if path.stem in found:
                raise ArgumentError(option, folder, f"holds both {found[path.stem].name} and {path.name}; keep one")
            found[path.stem] = path
    if not found:
        raise ArgumentError(option, folder, "holds no pictures; give the folder of PNG files itself")
    return found


def evaluate_one(job: Job) -> Row:
    """Score one drawing and write its contact sheet; problems are told in the row."""
    if job.ink is None:
        return Row(job.name, problem="missing: no ink of this name")
    try:
        ink, tolerance = _read(job.ink), read_truth(job.truth)
        values = metrics.figures(ink, tolerance, job.thickness)
    except (PageError, ValueError) as error:
        return Row(job.name, problem=str(error))
    problem = ""
    if job.sheet:
        try:
            drawn = _read(job.sketch) if job.sketch else None
            sheet.write(job.sheet, [contact(drawn, ink, tolerance, job.thickness, job.scale)])
        except (PageError, OSError) as error:
            problem = f"no contact sheet: {error}"
    return Row(job.name, values, problem)


def _read(path: Path) -> Grey:
    return np.round(255 * read_grey(path, InkOptions(desaturate="luma601"))).astype(np.uint8)


def read_truth(path: Path) -> Grey:
    """A truth as `metrics` takes it: (H, W) uint8, px of tolerance on lines, 0 elsewhere."""
    tolerance = _read(path)
    tolerance[tolerance == PAPER] = 0
    return tolerance


def contact(sketch: Grey | None, ink: Grey, tolerance: Grey, thickness: float, scale: float) -> list[NDArray[np.uint8]]:
    """Pictures to lay side by side: sketch (if any), ink, truth drawn `thickness` px wide, and the ink's errors.

    Args:
        sketch: uint8 grey of any size.
        ink: (H, W) uint8, 0 = black.
        tolerance: (H, W) uint8, the truth as in `metrics`.
        thickness: px.
        scale: in (0, 1].

    Returns:
        (round(H scale), round(W scale), 3) uint8 pictures, blue first.
    """
    from_truth = cv2.distanceTransform((tolerance == 0).astype(np.uint8), cv2.DIST_L2, 5)
    truth = sheet.coverage(np.asarray(thickness / 2 - from_truth, np.float32))
    size = (round(ink.shape[1] * scale), round(ink.shape[0] * scale))
    cells = [np.repeat(each[..., None], 3, 2) for each in (sketch, ink, truth) if each is not None]
    cells.append(errors(ink, tolerance, 2 * math.ceil(1 / scale) - 1))
    return [np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), np.uint8) for each in cells]


def errors(ink: Grey, tolerance: Grey, pen: int = 1) -> NDArray[np.uint8]:
    """Centre lines, `pen` px wide: ink that matches black, truth that is missed blue, false ink red.

    Returns:
        (H, W, 3) uint8, blue first, on white.
    """
    skeleton = metrics.skeleton_of(ink)
    right = metrics.accepted(skeleton, tolerance)
    missed = (tolerance > 0) & ~metrics.covered(skeleton, tolerance)
    picture = np.full((*ink.shape, 3), 255, np.uint8)
    for mask, colour in ((right, BLACK), (missed, BLUE), (skeleton & ~right, RED)):
        picture[cv2.dilate(mask.astype(np.uint8), np.ones((pen, pen), np.uint8)) > 0] = colour
    return picture


def mean(rows: Sequence[Row]) -> dict[str, float]:
    """The mean of every figure over all rows, those of zeros included."""
    return {name: sum(row.figures[name] for row in rows) / len(rows) for name in FIGURES}


def table(rows: Sequence[Row]) -> Table:
    """A row for each drawing, the mean last."""
    shown = Table(box=None, show_footer=True, pad_edge=False)
    shown.add_column("drawing", f"mean of {len(rows)}", overflow="fold")
    for name, value in mean(rows).items():
        shown.add_column(name, _said(name, value), justify="right", no_wrap=True)
    for row in rows:
        shown.add_row(row.name, *(_said(name, value) for name, value in row.figures.items()))
    return shown


def _said(name: str, value: float) -> str:
    return f"{value:.1f}" if name in {"score", "dirt"} else f"{value:.3f}"


def to_json(rows: Iterable[Row], thickness: float) -> str:
    """All rows as a JSON object.

    `thickness` in px, `mean` and `drawings` (figures by name, and by drawing and name), `problems` (by drawing; only
    of those that have one).
    """
    rows = list(rows)
    said: dict[str, Any] = {
        "thickness": thickness,
        "mean": mean(rows),
        "drawings": {row.name: row.figures for row in rows},
        "problems": {row.name: row.problem for row in rows if row.problem},
    }
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"
