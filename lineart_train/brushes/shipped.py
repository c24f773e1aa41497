"""The shipped brushes: what the engine draws, measured like any brush picture; what no picture shows, told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from lineart_cli.brushes.fitting import measure
from lineart_cli.brushes.style import ANGLES, EVEN, SUFFIX, Style, save
from lineart_train.brushes import engine
from lineart_train.brushes.engine import Brush
from lineart_train.brushes.presets import PRESETS

THICKNESS, LENGTH = 48.0, 1200
"""Width and length in px of the stroke that is measured."""


def write(folder: Path) -> list[Path]:
    """Measure every preset and write its style into a folder; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (about, brush) in PRESETS.items():
        path = folder / f"{name}{SUFFIX}"
        save(path, style_of(about, brush))
        paths.append(path)
    return paths


def style_of(about: str, brush: Brush) -> Style:
    """The style of a brush of the engine."""
    if brush == Brush():
        return replace(EVEN, about=about)
    style = measure.measure(strip(replace(brush, roundness=1.0)), about)
    return replace(style, angle_width=angle_width(brush), taper=brush.taper)


def strip(brush: Brush, thickness: float = THICKNESS, seed: int = 1) -> measure.Strip:
    """A level stroke whose pressure rises from 0 to 1, without its ends."""
    height = 2 * round(thickness) + 1
    x = np.arange(-thickness, LENGTH + thickness, 2.0)
    points = np.stack([x, np.full(len(x), (height - 1) / 2)], 1).astype(np.float32)
    pressure = np.clip(points[:, 0] / (LENGTH - 1), 0, 1)
    ink = engine.draw(brush, points, pressure, thickness, (height, LENGTH), seed, ends=(False, False))
    return measure.Strip(ink, (np.arange(LENGTH) / (LENGTH - 1)).astype(np.float32))


def nominal(brush: Brush) -> float:
    """What a stroke of the engine measures across at full pressure, over its thickness: less than 1 for soft edges."""
    return 2 * measure.half_width(strip(replace(brush, roundness=1.0))) / THICKNESS


def angle_width(brush: Brush) -> tuple[float, ...]:
    """Width of a flat nib's stroke by its direction, over the nib's length; see `Style.angle_width`."""
    way = np.arange(ANGLES) * np.pi / ANGLES - np.deg2rad(brush.angle)
    width = brush.roundness + (1 - brush.roundness) * np.abs(np.sin(way))
    return tuple(round(float(each), 4) for each in width)
