"""Training pairs: (seed, index) -> sketch and offset field, nothing else. `lineart-train pairs` shows them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lineart_train.generator.scenes.compose import scene
from lineart_train.generator.scenes.curves import Points, zoomed
from lineart_train.generator.scenes.details import details
from lineart_train.generator.scenes.drawings import Library
from lineart_train.generator.sketch.fill import fills, insides, lay_fill, shapes, solid
from lineart_train.generator.sketch.hand import Stroke, random_hand, sketch, sure
from lineart_train.generator.sketch.media import develop
from lineart_train.generator.sketch.raster import lay, offset_field
from lineart_train.generator.sketch.spacing import separate
from lineart_train.generator.sketch.under import underdrawing

FILLED, SHAPED, DETAILED, UNDER = 0.35, 0.15, 0.5, 0.65
"""Shares of the canvases with filled outlines, black shapes, fine details, and an underdrawing."""
ZOOM = 0.38
"""Standard deviation of the logarithm of the scale of a canvas: no page comes at just the scale it should have."""
LEAST_ZOOM, MOST_ZOOM, BROADEST = 0.42, 1.9, 42.0
"""Range of that scale, and the broadest stroke in px that still is a line."""


@dataclass(frozen=True)
class Pair:
    """One drawn canvas.

    sketch: (S, S) uint8 darkness, 0 paper, 255 black.
    offset: (2, S, S) int8, the way to the nearest line in units of `raster.OFFSET_UNIT` px, x part first.
    """

    sketch: NDArray[np.uint8]
    offset: NDArray[np.int8]


@dataclass(frozen=True)
class Drawing:
    """What a hand draws: clean curves, the strokes that search for them, the centre lines to ink, the stroke width."""

    curves: list[Points]
    strokes: list[Stroke]
    centre_lines: list[Points]
    width: float


def draw(seed: int, index: int, size: int, library: Library | None = None, zoom: float | None = None) -> Pair:
    """Draw the pair number `index` of the series `seed`: the same arguments always give the same pair.

    Args:
        seed: of the series.
        index: in the series.
        size: side of the canvas, px.
        library: clean drawings for the scenes.
        zoom: scale of the drawing, 1 being what hands are described at; by chance if it is not given.
    """
    rng = np.random.default_rng((seed, index))
    chance = float(np.clip(np.exp(rng.normal(-0.1, ZOOM)), LEAST_ZOOM, MOST_ZOOM))
    drawing = _drawn(size, chance if zoom is None else zoom, rng, library)
    ink = np.zeros((size, size), np.float32)
    for stroke in drawing.strokes:
        lay(ink, stroke)
    areas = insides(drawing.centre_lines, size)
    black = fills(areas, rng) if rng.random() < FILLED else []
    outlines = shapes(size, drawing.width, rng) if rng.random() < SHAPED else []
    black += solid(outlines, size)
    for mask in black:
        lay_fill(ink, mask, drawing.width, rng)
    faint = rng.random() < UNDER
    under = underdrawing(drawing.curves, size, drawing.width, rng) if faint else np.zeros_like(ink)
    offset = offset_field([*drawing.centre_lines, *outlines], size)
    for mask in black:
        offset[:, mask] = 0
    return Pair(develop(ink, under, rng, drawing.width, areas), offset)


def _drawn(size: int, zoom: float, rng: np.random.Generator, library: Library | None) -> Drawing:
    """A loose drawing with fine details, `zoom` times as large as the hand is described."""
    hand = random_hand(rng)
    zoom = min(zoom, max(BROADEST / hand.width, 1.0))
    side = math.ceil(size / zoom)
    careful = sure(hand, rng)
    loose = [] if rng.random() < 0.03 else separate(scene(rng, side, library), hand.gap)
    fine = separate(details(rng, side), careful.gap, loose) if rng.random() < DETAILED else []
    drawn = [sketch(loose, hand, rng, fine), sketch(fine, careful, rng)]
    strokes = [replace(stroke, points=zoomed(stroke.points, zoom)) for each, _ in drawn for stroke in each]
    return Drawing(
        [zoomed(curve, zoom) for curve in loose],
        [_widened(stroke, zoom) for stroke in strokes],
        [zoomed(centre_line, zoom) for _, centre_lines in drawn for centre_line in centre_lines],
        hand.width * zoom,
    )


def _widened(stroke: Stroke, zoom: float) -> Stroke:
    at = np.linspace(0, len(stroke.width) - 1, len(stroke.points))
    width = np.interp(at, np.arange(len(stroke.width)), stroke.width) * zoom
    return replace(stroke, width=width.astype(np.float32))
