"""What every kind of source gives: the centre lines of a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_train.generator.scenes.curves import arc_length

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SIDE = 1024
"""Long side of a drawing in the file, px; lines lie where they are to a tenth of that."""
MOST = 2000
"""Lines of a drawing, at most: what has more is a texture, or a photo."""
_SHORTEST = 4.0  # px of `SIDE`; what is shorter is a scrap
_TOLERANCE = 0.3  # px by which a polyline may leave its curve


class NoLines(Exception):  # noqa: N818 - named after what it says of a drawing
    """A drawing can be read and yet gives no lines to train on; the text stands after its name."""


@dataclass(frozen=True)
class Line:
    """The middle of one line.

    Attributes:
        points: (N, 2) float32, x and y in px from the drawing's corner; of a closed one, the last is the first.
        width: how broad it is drawn, px.
    """

    points: Floats
    width: float

    @property
    def is_closed(self) -> bool:
        """Whether it has no ends."""
        return len(self.points) > 3 and bool(np.allclose(self.points[0], self.points[-1], atol=1e-3))


@dataclass(frozen=True)
class Lines:
    """The lines of a drawing of `width` x `height` px, and who made it under which licence, where it says so."""

    lines: Sequence[Line]
    width: int
    height: int
    credit: str = ""


def entry(drawing: Lines) -> dict[str, Any]:
    """What the file says of a drawing, whose long side is `SIDE` there; see `generator.scenes.drawings`.

    Raises:
        NoLines: it has none, or more than a drawing has.
    """
    scale = SIDE / max(drawing.width, drawing.height)
    strokes = [_stroke(line, scale) for line in drawing.lines if arc_length(line.points)[-1] * scale >= _SHORTEST]
    if not strokes:
        raise NoLines("shows no dark lines on light ground")
    check_count(len(strokes), MOST)
    return {"w": round(drawing.width * scale), "h": round(drawing.height * scale), "strokes": strokes}


def check_count(lines: int, most: int) -> None:
    """Raises NoLines where a drawing has more lines than that."""
    if lines > most:
        raise NoLines(f"has {lines} lines, more than {most}, and so is no line drawing")


def _stroke(line: Line, scale: float) -> dict[str, Any]:
    points = line.points[:-1] if line.is_closed else line.points
    thin = cv2.approxPolyDP((points * scale).astype(np.float32)[:, None], _TOLERANCE, closed=line.is_closed)[:, 0]
    return {
        "p": [[round(x, 1), round(y, 1)] for x, y in thin.tolist()],
        "w": round(line.width * scale, 2),
        "c": line.is_closed,
    }
