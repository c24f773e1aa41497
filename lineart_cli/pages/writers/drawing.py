"""What becomes a page of a vector file: layers of paths, in page px."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lineart_cli.options import MM_PER_INCH, Colour

OUTLINES, CENTRES = "outlines", "centre lines"
"""Names of the layers."""

Curves = NDArray[np.float64]
"""(C, 4, 2) control points, x and y, of cubic Bezier curves; each begins where the one before ends."""


@dataclass(frozen=True)
class Shape:
    """One stroke, or one solid black.

    Attributes:
        parts: its curves. Those of a filled path are closed each, and filled by the nonzero rule.
        width: of the stroke along the curves, px; None for a filled path.
        is_closed: whether a stroke's last point is its first.
    """

    parts: Sequence[Curves]
    width: float | None = None
    is_closed: bool = False


@dataclass(frozen=True)
class Layer:
    """Shapes that lie together.

    Attributes:
        name: of the layer.
        shapes: from the lowest to the uppermost.
        is_seen: when the file is opened.
        colour: theirs; None for that of the ink.
    """

    name: str
    shapes: Sequence[Shape]
    is_seen: bool = True
    colour: Colour | None = None


@dataclass(frozen=True)
class Drawing:
    """A page of curves.

    Attributes:
        layers: from the lowest to the uppermost.
        dpi: px per inch, of which come its size in mm and in points.
        tolerance: how far curves may be from the lines, px; coordinates are written as exactly as that needs.
        title: of the page.
        settings: that it was made with, by name.
    """

    layers: Sequence[Layer]
    dpi: float
    tolerance: float
    title: str = ""
    settings: Mapping[str, str | float | bool | None] = field(default_factory=dict)

    @property
    def decimals(self) -> int:
        """Of the coordinates: rounding moves them by an eighth of the tolerance at most."""
        return min(max(math.ceil(-math.log10(self.tolerance / 4)), 0), 4)

    @property
    def strokes(self) -> int:
        """How many paths there are; strokes that lie on two layers count once."""
        counts: dict[Colour | None, int] = {}
        for layer in self.layers:
            counts[layer.colour] = max(counts.get(layer.colour, 0), len(layer.shapes))
        return sum(counts.values())

    @property
    def segments(self) -> int:
        """How many curves there are on all layers."""
        return sum(len(part) for layer in self.layers for shape in layer.shapes for part in shape.parts)

    @property
    def made_with(self) -> str:
        """The settings in a line; without those that were left open."""
        return "; ".join(f"{name}={value}" for name, value in sorted(self.settings.items()) if value is not None)

    @property
    def area(self) -> float:
        """How much of the page is inked, px^2, where nothing lies over each other."""
        seen = (layer for layer in self.layers if layer.is_seen)
        return sum(_area(shape) for layer in seen for shape in layer.shapes)

    def mm(self, px: float) -> float:
        """A length in px as mm."""
        return px * MM_PER_INCH / self.dpi


def _area(shape: Shape) -> float:
    if shape.width is not None:
        steps = (np.diff(part[:, (0, 3)], axis=1)[:, 0] for part in shape.parts)
        return shape.width * sum(float(np.hypot(*step.T).sum()) for step in steps)
    corners = (part.reshape(-1, 2) for part in shape.parts)
    return abs(sum(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) for x, y in (each.T for each in corners))) / 2


@dataclass(frozen=True)
class Steps:
    """A chain of curves with rounded coordinates.

    Attributes:
        start: (2,) x and y of the first point.
        control: (C, 3, 2) of each curve the other three points, as seen from its first one.
        is_straight: (C,) whether a straight line will do.
    """

    start: Curves
    control: Curves
    is_straight: NDArray[np.bool_]


def steps(curves: Curves, decimals: int) -> Steps:
    """Curves as they are written: rounding errors do not add up; what is not seen to bend is straight."""
    unit = 10.0**decimals
    whole = np.round(curves * unit)
    whole[1:, 0] = whole[:-1, 3]
    chord = whole[:, 3] - whole[:, 0]
    control = whole[:, 1:] - whole[:, :1]
    length = np.maximum(np.hypot(*chord.T), 1e-9)[:, None]
    aside = np.abs(control[:, :2, 0] * chord[:, 1:] - control[:, :2, 1] * chord[:, :1]) / length
    along = (control[:, :2] * chord[:, None]).sum(2) / length
    is_straight = (aside <= 1).all(1) & (along >= -1).all(1) & (along <= length + 1).all(1)
    return Steps(whole[0, 0] / unit, control / unit, is_straight)


def numbers(values: Sequence[float], decimals: int) -> Iterator[str]:
    """Numbers as short as SVG and PDF allow."""
    for value in values:
        text = f"{value:.{decimals}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        if text in {"-0", ""}:
            text = "0"
        yield text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
