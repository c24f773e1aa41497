"""How near lineart's ink comes to a brush: both draw the same strokes, `fidelity` compares them.

The strokes are waves at several places of a page, with pressure rising and falling along them. lineart draws them
twice: from their exact distances, which shows the style alone, and from a sketch of them, which shows everything.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from rich.table import Table
from scipy.spatial import cKDTree

from lineart_cli.brushes import store
from lineart_cli.brushes.drawing import pen_pressure
from lineart_cli.brushes.drawing.paint import Lines, paint
from lineart_cli.brushes.fitting.measure import Strip, half_width, measure
from lineart_cli.brushes.fitting.picture import strip_of
from lineart_cli.brushes.noise import Floats
from lineart_cli.brushes.style import STYLE_DPI, Style, Tool
from lineart_cli.errors import LineartError
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, Length
from lineart_train.brushes import engine, mypaint, shipped
from lineart_train.brushes.presets import PRESETS
from lineart_train.evaluation.fidelity import FIGURES, cut, fidelity
from lineart_train.evaluation.held_out import inker_of
from lineart_train.finetune.finetune import finetune
from lineart_train.generator.scenes.curves import Points, resample
from lineart_train.generator.sketch.hand import Stroke
from lineart_train.generator.sketch.raster import lay

SIDE, PLACES = 1024, 6
"""Side of the page in px, and strokes on it."""
SEEN = 12.0
"""Distances are known up to so many px, as from the network."""
NEAR = (0.1, 0.12, 0.2)
"""What was asked for: errors of shipped brushes, of fine-tuned ones, and of those given as a picture."""
_TRIALS = 5  # of a radius

Draw = Callable[[Points, Floats, float, tuple[int, int], int], Floats]
"""A brush: points, pressure, thickness in px, shape of the page, seed -> (H, W) coverage."""


@dataclass(frozen=True)
class Subject:
    """A brush and the style that is to be like it."""

    name: str
    draw: Draw
    style: Style


@dataclass(frozen=True)
class Row:
    """Relative errors of a brush at one thickness; `way` is "fields" or "sketch"."""

    name: str
    way: str
    thickness: float
    figures: dict[str, float]

    @property
    def mean(self) -> float:
        """Over all figures."""
        return sum(self.figures.values()) / len(FIGURES)


def presets(names: Iterable[str]) -> list[Subject]:
    """The shipped brushes of these names, and the engine's brushes that they were measured from."""
    return [_preset(name, store.find(name)[1]) for name in names]


def _preset(name: str, style: Style) -> Subject:
    brush = PRESETS[name][1]
    share = shipped.nominal(brush)

    def draw(points: Points, pressure: Floats, thickness: float, shape: tuple[int, int], seed: int) -> Floats:
        return engine.draw(brush, points, pressure, thickness / share, shape, seed)

    return Subject(name, draw, style)


def unseen(brushes: Iterable[Path], thickness: float, minutes: float = 0) -> Iterator[Subject | LineartError]:
    """Brushes of libmypaint, each with the style of a picture of it; or why it has none.

    Args:
        brushes: their files.
        thickness: of the strokes in the pictures, px.
        minutes: that fitting the style may take; 0 only measures it.
    """
    for path in brushes:
        try:
            yield _unseen(path, thickness, minutes)
        except LineartError as error:
            yield error


def _unseen(path: Path, thickness: float, minutes: float) -> Subject:
    # libmypaint's brushes have no common idea of size: its radius is set so that the stroke is as wide as wanted.
    tried, widths = [_radius(path, thickness)], []
    for _ in range(_TRIALS):
        widths.append(2 * half_width(strip_of(path, picture(path, tried[-1]))[0]))
        tried.append(tried[-1] * thickness / widths[-1])
    best = int(np.argmin(np.abs(np.log(np.array(widths) / thickness))))
    radius, width = tried[best], widths[best]

    def draw(points: Points, pressure: Floats, thick: float, shape: tuple[int, int], seed: int) -> Floats:
        return mypaint.draw(path, points, pressure, radius * thick / width, shape, seed)

    strip, _ = strip_of(path, picture(path, radius))
    return Subject(path.stem, draw, _fitted(strip, path.stem, minutes) if minutes else measure(strip, path.stem))


def _radius(path: Path, thickness: float) -> float:
    """With which to begin: a tenth of the usual one where a brush, which may make it greater, fills its picture."""
    try:
        strip_of(path, picture(path, thickness / 2))
    except LineartError:
        return thickness / 20
    return thickness / 2


def _fitted(strip: Strip, about: str, minutes: float) -> Style:
    with tempfile.TemporaryDirectory() as folder:
        return finetune(strip, about, minutes, Path(folder) / "state", lambda _: None, lambda *_: None)


def picture(brush: Path, radius: float) -> Floats:
    """A stroke of libmypaint whose pressure rises from left to right."""
    wide = int(20 * radius) + 600
    points = np.stack([np.linspace(40, wide - 40, 400), np.full(400, 64.0)], 1).astype(np.float32)
    return mypaint.draw(brush, points, np.linspace(0, 1, 400), radius, (128, wide))


def inker() -> ArrayInker:
    """The shipped model on this machine."""
    return inker_of(catalogue.find(MODEL))


def table(rows: Iterable[Row]) -> Table:
    """A row for each brush and way, the means of each way last."""
    shown = Table(box=None, pad_edge=False)
    for name in ("brush", "drawn from", "px"):
        shown.add_column(name, no_wrap=True)
    for name in (*FIGURES, "mean"):
        shown.add_column(name, justify="right", no_wrap=True)
    rows = list(rows)
    for row in rows:
        shown.add_row(row.name, row.way, f"{row.thickness:g}", *_said([*row.figures.values(), row.mean]))
    for way in dict.fromkeys(row.way for row in rows):
        some = [[*row.figures.values(), row.mean] for row in rows if row.way == way]
        shown.add_row(f"mean of {len(some)}", way, "", *_said(np.mean(some, 0)))
    return shown


def counts(rows: Iterable[Row]) -> Iterator[str]:
    """How many brushes are as near as was asked for, for each way."""
    rows = list(rows)
    for way in dict.fromkeys(row.way for row in rows):
        means = [row.mean for row in rows if row.way == way]
        within = ", ".join(f"{sum(mean <= most for mean in means)} within {most:.2f}" for most in NEAR)
        yield f"drawn from {way}: of {len(means)} brushes {within}"


def _said(values: Iterable[float]) -> list[str]:
    return [f"{value:.3f}" for value in values]


def rows(subject: Subject, thickness: float, inker: ArrayInker | None = None) -> list[Row]:
    """The errors of one brush: from exact distances and, with an inker, from a sketch."""
    centre_lines, pressures = strokes()
    shape = (SIDE, SIDE)
    drawn = enumerate(zip(centre_lines, pressures, strict=True), 1)
    true = strips(
        [subject.draw(centre_line, press, thickness, shape, seed) for seed, (centre_line, press) in drawn], thickness
    )
    inks = {"fields": paint(exact(centre_lines, pressures), subject.style, thickness, shape)}
    if inker is not None:
        page = 1 - _sketch(centre_lines, pressures)
        inks["sketch"] = inker.ink(page, STYLE_DPI, Tool(subject.style, Length(thickness)))
    return [
        Row(subject.name, way, thickness, fidelity(strips([ink.astype(np.float32) / 255] * PLACES, thickness), true))
        for way, ink in inks.items()
    ]


@cache
def strokes() -> tuple[list[Points], list[Floats]]:
    """The centre lines, (N, 2) px a quarter of a px apart, and the pressure along them."""
    centre_lines = [resample(_wave(place), 0.25) for place in range(PLACES)]
    return centre_lines, [_pressure(len(centre_line)) for centre_line in centre_lines]


def strips(pages: list[Floats], thickness: float) -> Floats:
    """Cut a page across each of the centre lines: (PLACES, V, S)."""
    half = int(np.ceil(thickness)) + 4
    found = [cut(page, centre_line, half) for page, centre_line in zip(pages, strokes()[0], strict=True)]
    return np.stack([each[:, : min(f.shape[1] for f in found)] for each in found])


def _wave(place: int) -> Points:
    along = np.linspace(0, 1, 400)
    x = 60 + 7.3 * place + along * (SIDE - 160)
    y = 110 + place * (SIDE - 200) / PLACES + 50 * np.sin(2 * np.pi * 1.2 * along)
    return np.stack([x, y], 1).astype(np.float32)


def _pressure(count: int) -> Floats:
    return (pen_pressure.USUAL + 0.3 * np.sin(np.linspace(0, 7, count))).astype(np.float32)


def exact(centre_lines: list[Points], pressures: list[Floats]) -> Lines:
    """The lines with true distances and pressure."""
    y, x = np.mgrid[:SIDE, :SIDE]
    every = np.concatenate(centre_lines)
    distance, nearest = cKDTree(every).query(np.stack([x.ravel(), y.ravel()], 1), distance_upper_bound=2 * SEEN)
    off = np.minimum(distance, SEEN).reshape(SIDE, SIDE).astype(np.float16)
    press = np.append(np.concatenate(pressures), pen_pressure.USUAL)[nearest].reshape(SIDE, SIDE)
    return Lines(off, pen_pressure.cells(press.astype(np.float32)), SEEN)


def _sketch(centre_lines: list[Points], pressures: list[Floats]) -> Floats:
    """The strokes in pencil, 4 px wide at the usual pressure and in proportion to it: (SIDE, SIDE) darkness."""
    page = np.zeros((SIDE, SIDE), np.float32)
    for centre_line, press in zip(centre_lines, pressures, strict=True):
        lay(page, Stroke(centre_line[::4], 4.0 * press[::4] / pen_pressure.USUAL, 0.8))
    return page
