"""Distances to lines beyond those that the network gives, which end some px from a line; for soft and broad brushes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.noise import Floats
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.nearest import Nearest

_NOWHERE = 1e4
_TOLERANCE = 4  # px by which paths of the distance transform may leave the straight line


@dataclass(frozen=True)
class DistanceExtension:
    """The distance field of a page, continued where the network's own ends.

    Attributes:
        off: (h, w) float16, distance from the middle of the nearest line, px.
        known: px from which on `off` means only "farther than this".
        reach: px up to which distances are needed.
    """

    off: Page
    known: float
    reach: float

    @property
    def shape(self) -> tuple[int, ...]:
        """As that of `off`."""
        return self.off.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows."""
        return np.dtype(np.float32)

    def __getitem__(self, rows: slice) -> Floats:
        """Some rows, float32: where `off` is unknown, the way to the nearest known pixel and on from there."""
        first, last, _ = rows.indices(self.shape[0])
        margin = math.ceil(self.reach) + _TOLERANCE
        low, high = max(first - margin, 0), min(last + margin, self.shape[0])
        off: NDArray[np.float16] = self.off[low:high]
        known = off < self.known
        nearest = Nearest.of(known)
        at_border = nearest.spread(known, off[known].astype(np.float32), _NOWHERE)
        return np.asarray((nearest.distance + at_border)[first - low : last - low], np.float32)
