"""Training pairs: (seed, index) -> sketch and offset field, nothing else. `lineart-train pairs` shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineart_train.scenes.compose import scene
from lineart_train.scenes.drawings import Library
from lineart_train.sketch.fill import fills, lay_fill
from lineart_train.sketch.hand import random_hand, separate, sketch
from lineart_train.sketch.media import develop
from lineart_train.sketch.raster import lay, offset_field
from lineart_train.sketch.under import underdrawing

FILLED = 0.2
"""Share of the canvases on which areas are filled with black."""


@dataclass(frozen=True)
class Pair:
    """One drawn canvas.

    sketch: (S, S) uint8 darkness, 0 paper, 255 black.
    offset: (2, S, S) int8, the way to the nearest line in units of `raster.OFFSET_UNIT` px, x part first.
    """

    sketch: NDArray[np.uint8]
    offset: NDArray[np.int8]


def draw(seed: int, index: int, size: int, library: Library | None = None) -> Pair:
    """Draw the pair number `index` of the series `seed`: the same arguments always give the same pair."""
    rng = np.random.default_rng((seed, index))
    hand = random_hand(rng)
    curves = [] if rng.random() < 0.02 else separate(scene(rng, size, library), hand.gap)
    strokes, courses = sketch(curves, hand, rng)
    ink = np.zeros((size, size), np.float32)
    for stroke in strokes:
        lay(ink, stroke)
    black = fills(courses, size, rng) if rng.random() < FILLED else []
    for mask in black:
        lay_fill(ink, mask, hand.width, rng)
    under = underdrawing(curves, size, hand.width, rng) if rng.random() < 0.7 else np.zeros_like(ink)
    offset = offset_field(courses, size)
    for mask in black:
        offset[:, mask] = 0
    return Pair(develop(ink, under, rng), offset)
