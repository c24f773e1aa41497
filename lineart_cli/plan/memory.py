"""How much memory a page takes in tiles of one size or another: an estimate from what was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lineart_cli.imaging.disk_array import AHEAD, LARGE
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.inference.tiles import Tile
from lineart_cli.model.card import Draft, Footprint, ModelCard
from lineart_cli.options import FORMATS_OF_CURVES
from lineart_cli.plan.request import PageSize, Request
from lineart_cli.plan.tiling import Tiling
from lineart_cli.scale.network import PASS_PX
from lineart_cli.scale.working_scale import overview_factor

PROGRAM = 54_000_000
"""Bytes of all that is neither the network and its runtime nor a page: measured, see tests/benchmarks/memory.py."""

OVERVIEW = 14.0
"""Bytes for each px of the picture by which a page's scale is measured."""
READ = 64.0
"""Bytes for each px of the largest picture that a model's own network reads the scale from."""
SKETCH = 4.0
"""Bytes for each px of a tile that is drawn while the network runs for another."""
TONE = 0.07
"""Bytes for each px at the working scale of what is known of the paper."""
DRAWING = 2.0
"""Bytes for each px at the working scale where brushes draw: pressure and ends of lines, beside the lines."""
WHOLE = {"webp": 15.0, "jpeg": 1.5, "bmp": 1.5, "ora": 3.0, "psd": 3.0, **dict.fromkeys(FORMATS_OF_CURVES, 2.0)}
"""Bytes for each px of a page in formats that are not written in strips."""
HATCHING = 40.0
"""Bytes for each px of those that are looked at together for hatching."""
SEPARATION = 4  # bytes for each px at the working scale of a coloured pencil that is inked by itself
LEVEL = 2  # bytes of what is between network and ink
RESTING = 24_000_000
"""Bytes of a network that is ready and at rest."""


@dataclass(frozen=True)
class PageMemory:
    """Bytes that a page takes while it is read and written, and the drafts between; without the network."""

    page: PageSize
    card: ModelCard
    request: Request

    @property
    def reading(self) -> float:
        """Bytes that it takes to look at the page and to read it, beside the page at the working scale."""
        measuring = OVERVIEW * self.page.px / overview_factor(self.page.shape) ** 2
        if self.card.scale:
            measuring = max(measuring, READ * PASS_PX[-1])
        return max(self.page.held + self._kept + measuring - self.working, self.fitting)

    @property
    def fitting(self) -> int:
        """Bytes that it takes to bring the page to the working scale, beside the page at that scale."""
        whole = self.page.px_bytes * self.page.px
        return self.page.held + (self._kept if self.page.scale > 1 else whole if self.page.scale < 1 else 0)

    @property
    def _kept(self) -> int:
        """Bytes of the page as it is decoded, where it is kept from the look at it until it is read."""
        page = self.page.px_bytes * self.page.px
        return page if page < LARGE else 0

    @property
    def waiting(self) -> int:
        """Bytes of ink that waits to be written."""
        return min(self._ink_bytes * self.page.px, AHEAD)

    @property
    def row_bytes(self) -> int:
        """For each px of a row of tiles, at the working scale."""
        return LEVEL if self.page.scale != 1 or self.request.brushes else self._ink_bytes

    @property
    def small_page(self) -> int:
        """Bytes of the page at the working scale, where it is so small that it is kept in memory anyway."""
        page = self.page.px_bytes * self.px
        return page if page < LARGE else 0

    @property
    def draft(self) -> Draft | None:
        """The draft that the network is given in a second pass, if it takes one."""
        return self.card.draft if self.request.passes > 1 else None

    @property
    def draft_bytes(self) -> int:
        """Bytes of the draft, where it is kept in memory; where one is made over another, of both and of its ink."""
        return self.px * (1 if self.request.passes == 2 else 3) if self.draft and self.px < LARGE else 0

    @property
    def hatching(self) -> float:
        """Bytes of where hatching is, if it is left out; and of looking for it beside a network that is ready."""
        if self.request.hatching != "drop":
            return 0
        from lineart_cli.inference.hatching import looked_at

        looking = HATCHING * looked_at(self.page.working_shape) if self.request.pages > 1 else 0
        return looking + (self.px if self.px < LARGE else 0)

    @property
    def working(self) -> int:
        """Of the page at the working scale, as far as it is not on disk."""
        return self.page.px_bytes * self.px if self.page.is_kept else self.small_page

    @property
    def separations(self) -> float:
        """Bytes of what is inked by itself: the sketch at the working scale, and the ink."""
        if not self.page.separations:
            return 0
        each = [SEPARATION * self.px, self._ink_bytes * self.page.px]
        return self.page.separations * sum(size for size in each if size < LARGE)

    @property
    def lines(self) -> float:
        """Bytes of what brushes need to know, without the rows that are drawn."""
        if not self.request.brushes:
            return 0
        return DRAWING * self.px + (LEVEL * self.px if LEVEL * self.px < LARGE else 0)

    @property
    def whole(self) -> float:
        """Bytes of the page in a format that is not written in strips."""
        return WHOLE.get(self.request.format, 0) * self.page.px

    @property
    def _ink_bytes(self) -> int:
        return self.request.bits // 8

    @property
    def px(self) -> int:
        """Of the page as the network sees it."""
        return math.prod(self.page.working_shape)


@dataclass(frozen=True)
class Memory:
    """The memory of the whole process, where `at_once` pages such as this one are in work."""

    page: PageMemory
    choice: EngineChoice
    at_once: int = 1

    @property
    def _footprint(self) -> Footprint:
        return self.page.card.footprint(self.choice.backend, self.choice.precision)

    def needed(self, tiles: Tiling, ready: int = 1) -> int:
        """Bytes of the whole process at its peak, with so many networks that stay ready."""
        measuring = self._pass(tiles.page, self.page.row_bytes)
        if tiles.draft:
            measuring = max(measuring, self._pass(tiles.draft, LEVEL))
        if ready > 1:
            measuring += RESTING * (ready - 1) + self._awake(tiles)
        return int(max(self.beside_tiles + measuring, PROGRAM + self.page.working + self.page.reading))

    def _pass(self, tiles: tuple[Tile, ...], row_bytes: int) -> float:
        """Bytes of the tiles of one pass, and of the rows that they give: one is made, and one is written."""
        height, width = tiles[-1].core.y1, tiles[-1].core.x1
        rows_px = width * min(2 * max(tile.core.shape[0] for tile in tiles), height)
        return self.per_px(len(tiles)) * math.prod(tiles[0].window.shape) + row_bytes * rows_px

    def _awake(self, tiles: Tiling) -> float:
        """Bytes of what a run takes that the network keeps which is not at work: of the smaller one, at the peak."""
        windows = [math.prod(each[0].window.shape) for each in (tiles.draft, tiles.page) if each]
        return self._footprint.per_px * min(windows)

    def per_px(self, tiles: int) -> float:
        """Bytes for each px of a tile, where there are so many tiles."""
        return self._footprint.per_px + (SKETCH if tiles > 1 else 0)

    @property
    def beside_tiles(self) -> float:
        """Bytes of all but the tiles: `always`, pages that are not kept on disk, brushes, formats, and other pages.

        The first page is read before the network is made ready; a later one while the network is in memory.
        """
        reading = self.page.reading - self.page.draft_bytes - self.page.waiting if self.page.request.pages > 1 else 0
        more = max(reading, self.page.lines + self.page.whole) + self._other_pages
        return self.always + self.page.working - self.page.small_page + more

    @property
    def always(self) -> float:
        """Bytes of all but the tiles for a page that is read and written in strips, with a plain pen."""
        return (
            PROGRAM
            + self._footprint.base
            + self.page.small_page
            + self.page.draft_bytes
            + self.page.hatching
            + self.page.separations
            + TONE * self.page.px
            + self.page.waiting
        )

    @property
    def _other_pages(self) -> float:
        """Bytes of the pages that are read or written meanwhile; one of them may be looked at."""
        if self.at_once == 1:
            return 0
        each = max(self.page.fitting, self.page.whole, self.page.waiting)
        return (self.page.working + each) * (self.at_once - 1) + max(self.page.reading - each, 0)
