"""A page that lineart draws itself, to measure with: pencil strokes on paper, the same ones every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

DPI = 300.0
A4 = (3508, 2480)
"""Height and width of an A4 page at `DPI`."""

_SEED = 20
_PAPER, _GRAIN = 244.0, 2.0  # level and scatter
_STROKES_PER_MEGAPIXEL = 12
_STEPS = 4000  # points along a stroke, closer than a pixel


def page(height: int, width: int) -> npt.NDArray[np.uint8]:
    """Draw a page of curved pencil strokes, (height, width) uint8, encoded values, white = 255."""
    chance = np.random.default_rng(_SEED)
    paper = chance.standard_normal((height, width), np.float32) * np.float32(_GRAIN) + np.float32(_PAPER)
    along = np.linspace(0, 1, _STEPS)[:, None]
    for _ in range(max(1, round(_STROKES_PER_MEGAPIXEL * height * width / 1e6))):
        corners = chance.uniform(0, 1, 2) * (height, width) + chance.uniform(-500, 500, (4, 2))
        start, pull, push, end = corners
        rest = 1 - along
        points = rest**3 * start + 3 * rest**2 * along * pull + 3 * rest * along**2 * push + along**3 * end
        _press(paper, points, chance.uniform(70, 150), int(chance.integers(2, 5)))
    return np.asarray(paper.clip(0, 255), np.uint8)


def _press(paper: npt.NDArray[np.float32], points: npt.NDArray[np.float64], level: float, width: int) -> None:
    """Darken square dots of `width` px at (y, x) points to `level`; what lies outside of the paper is lost."""
    for dy in range(width):
        for dx in range(width):
            y, x = np.add(points, (dy, dx)).astype(np.intp).T
            inside = (y >= 0) & (x >= 0) & (y < paper.shape[0]) & (x < paper.shape[1])
            paper[y[inside], x[inside]] = level
