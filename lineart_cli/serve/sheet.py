"""A sketch as it is kept from request to request: what was looked at once is not looked at again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from lineart_cli.batch.overview import Overview, Scan
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.tone import Exposure, Tone, measure
from lineart_cli.options import Length
from lineart_cli.plan import PageSize
from lineart_cli.scale.working_scale import Estimate

_SAME_PX, _SAME_SHARE = 0.1, 0.01
"""A page has been drawn on, and is no other one, where no more than this share of its px differ by more than that."""


@dataclass(frozen=True)
class Sheet:
    """A sketch that was looked at, for any settings that leave the reading as it is.

    Attributes:
        scan: where it is.
        size: of the page.
        seen: what it looks like.
        estimates: of its scale, for what the drawing is said to be.
        before: the page before it was drawn on, with estimates; None where there is none.
    """

    scan: Scan
    size: PageSize
    seen: Overview
    estimates: dict[str | Length, tuple[Estimate, int]] = field(default_factory=dict)
    before: Sheet | None = None

    def drawn_on(self, sheet: Sheet) -> Sheet:
        """Another sheet, which knows this one if it is the same page with a little more or less on it."""
        before = self.before if not self.estimates else replace(self, seen=replace(self.seen, greys=None), before=None)
        if before is None or before.size != sheet.size:
            return sheet
        differs = np.abs(before.seen.picture - sheet.seen.picture) > _SAME_PX
        return replace(sheet, before=before) if differs.mean() <= _SAME_SHARE else sheet


@dataclass(frozen=True)
class Worked:
    """A page at a working scale."""

    size: PageSize
    page: Page
    is_inverted: bool
    _tones: dict[Exposure | None, Tone] = field(default_factory=dict)

    def tone(self, last: Exposure | None) -> Tone:
        """Of the whole page; `last` as for `measure`."""
        if last not in self._tones:
            self._tones[last] = measure(self.page, last)
        return self._tones[last]
