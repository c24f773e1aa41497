"""Pages that are held as a whole: arrays in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lineart_cli.brushes.style import Tool
from lineart_cli.imaging.resample import fit, gathered
from lineart_cli.inking.inker import Inker
from lineart_cli.options import NEUTRAL_FAINT
from lineart_cli.plan import PageSize, Plan

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class ArrayInker:
    """Inks pages with an inker, each as `decide` plans it."""

    inker: Inker
    decide: Callable[[PageSize], Plan]

    def ink(
        self,
        grey: npt.NDArray[np.uint8 | np.uint16 | np.float32],
        dpi: float,
        tool: Tool,
        faint: float = NEUTRAL_FAINT,
        scale: float = 1.0,
    ) -> npt.NDArray[np.unsignedinteger[Any]]:
        """Ink a page; see `Inker.bands` for what it raises.

        Args:
            grey: (H, W) encoded values, white being the largest that a uint8 or uint16 holds, or 1.0.
            dpi: pixels per inch of the page.
            tool: what the lines are drawn with.
            faint: how faint a line may be and still be inked, see `tone.darkness`.
            scale: px of the page for a px at which the network works.

        Returns:
            (H, W) coverage of ink, uint8 or uint16: 0 none, 255 or 65535 full.
        """
        size = PageSize(grey.shape[0], grey.shape[1], dpi, scale=scale)
        shape = size.working_shape
        page = gathered(fit([grey], size.shape, shape), shape, grey.dtype)
        return gathered(self.inker.bands(page, size, self.decide(size), tool, faint), size.shape, self.inker.dtype)
