"""Distances from lines beyond those that the network tells, for soft brushes and broad ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.noise import Floats
from lineart_cli.imaging.disk_array import Page

_NOWHERE = 1e4
_SLACK = 4  # px by which the distance transform's ways may leave the straight one


@dataclass(frozen=True)
class Farther:
    """The distances of a page, made longer where they are needed.

    Attributes:
        off: (h, w) float16, distance from the middle of the nearest line, px.
        known: px from which on it does not tell.
        reach: px up to which it is to.
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
        """Some rows: from the nearest pixel whose distance is known, as far as that is and on; float32."""
        first, last, _ = rows.indices(self.shape[0])
        margin = math.ceil(self.reach) + _SLACK
        low, high = max(first - margin, 0), min(last + margin, self.shape[0])
        off: NDArray[np.float16] = self.off[low:high]
        unknown = off >= self.known
        more, label = cv2.distanceTransformWithLabels(
            unknown.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        at_border = np.full(int(label.max()) + 1, _NOWHERE, np.float32)
        at_border[label[~unknown]] = off[~unknown]
        return np.asarray((more + at_border[label])[first - low : last - low], np.float32)
