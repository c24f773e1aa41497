"""For each pixel, which pixel of a mask is the nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Nearest:
    """The nearest pixels of a mask, by OpenCV's 5 x 5 distance transform, which is right to 2 %.

    Attributes:
        distance: (h, w) float32, px to the nearest pixel.
        label: (h, w) int32, the same where the nearest pixel is the same; meaningless where the mask is empty.
    """

    distance: npt.NDArray[np.float32]
    label: npt.NDArray[np.int32]

    @classmethod
    def of(cls, mask: npt.NDArray[np.bool_]) -> Nearest:
        """Those of an (h, w) mask."""
        free = (~mask).astype(np.uint8)
        distance, label = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        return cls(np.asarray(distance, np.float32), np.asarray(label, np.int32))

    def spread(self, at: Any, values: npt.NDArray[Any], otherwise: float = 0) -> npt.NDArray[Any]:
        """Give every pixel the value of the nearest one.

        Args:
            at: an index of (h, w) arrays that picks pixels of the mask; where one is picked twice, the last counts.
            values: theirs.
            otherwise: for pixels whose nearest one is not picked.

        Returns:
            (h, w) of the dtype of `values`.
        """
        table = np.full(int(self.label.max(initial=0)) + 1, otherwise, values.dtype)
        table[self.label[at]] = values
        return table[self.label]
