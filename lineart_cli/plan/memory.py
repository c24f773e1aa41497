"""How much memory a page takes in tiles of one size or another, how much it may take, and the tiles that keep to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lineart_cli.errors import ArgumentError
from lineart_cli.imaging.disk_array import AHEAD, LARGE
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.inference.tiles import Tile, best_tiles, plan_tiles
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import Draft, Footprint, ModelCard
from lineart_cli.options import FORMATS_OF_CURVES, bytes_text
from lineart_cli.plan.asked import PageSize, Wishes
from lineart_cli.plan.tiling import Tiling, draft_tiles, tiles_text
from lineart_cli.scale.network import LOOKS
from lineart_cli.scale.working_scale import glance_factor

MOST_BY_DEFAULT = 1_000_000_000
FREE_BY_DEFAULT = 0.6
"""What a run may take where nobody says: so many bytes, or this share of what is free, the less."""

MODEST, MOST_MODEST = 620_000_000, 720_000_000
"""Bytes that an A4 page at 300 dpi takes where nobody says; and the largest, for windows in which halos are a less
part. Between the two, a page may take one more for each of its pixels."""
MODEST_PX = 2480 * 3508  # A4 at 300 dpi

PROGRAM = 54_000_000
"""Bytes of all that is neither the network and its runtime nor a page: measured, see tests/benchmarks/memory.py."""

LOOK = 14.0
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
_LEVEL = 2  # bytes of what is between network and ink

_ROUND = 10_000_000  # of the memory that is advised


@dataclass(frozen=True)
class Memory:
    """The memory of one page on one machine, where `at_once` such pages are in work."""

    page: PageSize
    card: ModelCard
    hardware: Hardware
    wishes: Wishes
    choice: EngineChoice
    at_once: int = 1

    def tiles(self) -> tuple[Tiling, int, Iterator[str]]:
        """The tiles, the expected memory, and why.

        Raises:
            ArgumentError: the page does not fit; the message says what would do.
        """
        tiles = self._chosen()
        memory = self._needed(tiles)
        if memory > self._limit:
            raise self._refusal(tiles)
        return tiles, memory, self._reasons(tiles, memory)

    @property
    def _limit(self) -> int:
        most = min(MOST_BY_DEFAULT, int(FREE_BY_DEFAULT * self.hardware.memory_free))
        return most if self.wishes.max_memory is None else self.wishes.max_memory

    @property
    def _footprint(self) -> Footprint:
        return self.card.footprint(self.choice.backend, self.choice.precision)

    @property
    def _modest(self) -> int:
        return min(MODEST + max(self.page.px - MODEST_PX, 0), MOST_MODEST)

    def _chosen(self) -> Tiling:
        if self.wishes.tile is not None:
            most, stride, halo = (self.wishes.tile, self.wishes.tile), self.card.multiple_of, self.card.halo_px
            return self._tiling(lambda size, _: plan_tiles(*size, most, stride, halo))
        room, _ = self._room()
        return self._best(room)

    def _room(self) -> tuple[float, str]:
        """Bytes that a tile may take, and which limit says so: ours, what is modest, or the device's own memory."""
        rooms = [(self._limit - self._beside_tiles, f"within {bytes_text(self._limit)}")]
        if self.wishes.max_memory is None:
            modest = self._modest - self._always
            rooms.append((modest, f"with about {bytes_text(self._modest)} for a page of that size"))
        rooms += [
            (FREE_BY_DEFAULT * each.memory, f"that {each.name} has memory for")
            for each in self.hardware.devices
            if (each.runtime, each.name) == (self.choice.backend, self.choice.device) and each.memory is not None
        ]
        return min(rooms)

    def _best(self, room: float) -> Tiling:
        """The tiles that compute the fewest pixels in so many bytes."""
        stride, halo = self.card.multiple_of, self.card.halo_px

        def cut(size: tuple[int, int], row_bytes: int) -> tuple[Tile, ...]:
            alone, one_of_many = self._per_px(1), self._per_px(2)
            whole = best_tiles(*size, max(room / alone, 1), stride, halo, row_bytes / alone)
            if len(whole) == 1:
                return whole
            return best_tiles(*size, max(room / one_of_many, 1), stride, halo, row_bytes / one_of_many)

        return self._tiling(cut)

    def _tiling(self, cut: Callable[[tuple[int, int], int], tuple[Tile, ...]]) -> Tiling:
        """The tiles of all looks; `cut` cuts a page of some height and width, and bytes for each px of a row."""
        size = self.page.working_shape
        tiles = cut(size, self._row_bytes)
        if self._draft is None:
            return Tiling(tiles)
        small, window = self._draft.shape(size), tiles[0].window.shape
        draft = draft_tiles(small, cut(small, _LEVEL), window, self.card.multiple_of, self.card.halo_px)
        return Tiling(tiles, draft, self.wishes.looks)

    def _needed(self, tiles: Tiling) -> int:
        """Bytes of the whole process at its peak."""
        looking = self._looking(tiles.page, self._row_bytes)
        if tiles.draft:
            looking = max(looking, self._looking(tiles.draft, _LEVEL))
        return int(max(self._beside_tiles + looking, PROGRAM + self._page_bytes + self._reading))

    def _looking(self, tiles: tuple[Tile, ...], row_bytes: int) -> float:
        """Bytes of the tiles of one look, and of the rows that they give: one is made, and one is written."""
        height, width = tiles[-1].core.y1, tiles[-1].core.x1
        rows_px = width * min(2 * max(tile.core.shape[0] for tile in tiles), height)
        return self._per_px(len(tiles)) * math.prod(tiles[0].window.shape) + row_bytes * rows_px

    def _per_px(self, tiles: int) -> float:
        """Bytes for each px of a tile, where there are so many tiles."""
        return self._footprint.per_px + (SKETCH if tiles > 1 else 0)

    @property
    def _beside_tiles(self) -> float:
        """Bytes of all but the tiles: what is modest leaves out what few pages need, and pages beside this one.

        The first page is read before the network is made ready, and a later one before it is inked.
        """
        reading = self._reading - self._draft_bytes - self._waiting if self.wishes.pages > 1 else 0
        more = max(reading, self._lines + self._whole) + self._other_pages
        return self._always + self._page_bytes - self._small_page + more

    @property
    def _reading(self) -> float:
        """Bytes that it takes to look at the page and to read it, beside the page at the working scale."""
        looking = LOOK * self.page.px / glance_factor(self.page.shape) ** 2
        if self.card.scale:
            looking = max(looking, READ * LOOKS[-1])
        return max(self.page.held + self._kept + looking - self._page_bytes, self._fitting)

    @property
    def _fitting(self) -> int:
        """Bytes that it takes to bring the page to the working scale, beside the page at that scale."""
        whole = self.page.px_bytes * self.page.px
        return self.page.held + (self._kept if self.page.scale > 1 else whole if self.page.scale < 1 else 0)

    @property
    def _kept(self) -> int:
        """Bytes of the page as it is decoded, where it is kept from the look at it until it is read."""
        page = self.page.px_bytes * self.page.px
        return page if page < LARGE else 0

    @property
    def _always(self) -> float:
        """Bytes of all but the tiles for a page that is read and written in strips, with a plain pen."""
        return PROGRAM + self._footprint.base + self._small_page + self._draft_bytes + TONE * self._px + self._waiting

    @property
    def _waiting(self) -> int:
        """Bytes of ink that waits to be written."""
        return min(self._ink_bytes * self.page.px, AHEAD)

    @property
    def _row_bytes(self) -> int:
        """For each px of a row of tiles, at the working scale."""
        return _LEVEL if self.page.scale != 1 or self.wishes.brushes else self._ink_bytes

    @property
    def _small_page(self) -> int:
        """Bytes of the page at the working scale, where it is so small that it is kept in memory anyway."""
        page = self.page.px_bytes * self._px
        return page if page < LARGE else 0

    @property
    def _draft(self) -> Draft | None:
        """The draft that the network is given at a second look, if it takes one."""
        return self.card.draft if self.wishes.looks > 1 else None

    @property
    def _draft_bytes(self) -> int:
        """Bytes of the draft, where it is kept in memory; where one is made over another, of both and of its ink."""
        return self._px * (1 if self.wishes.looks == 2 else 3) if self._draft and self._px < LARGE else 0

    @property
    def _page_bytes(self) -> int:
        """Of the page at the working scale, as far as it is not on disk."""
        return self.page.px_bytes * self._px if self.page.is_kept else self._small_page

    @property
    def _lines(self) -> float:
        """Bytes of what brushes need to know, without the rows that are drawn."""
        if not self.wishes.brushes:
            return 0
        return DRAWING * self._px + (_LEVEL * self._px if _LEVEL * self._px < LARGE else 0)

    @property
    def _whole(self) -> float:
        """Bytes of the page in a format that is not written in strips."""
        return WHOLE.get(self.wishes.format, 0) * self.page.px

    @property
    def _other_pages(self) -> float:
        """Bytes of the pages that are read or written meanwhile; one of them may be looked at."""
        if self.at_once == 1:
            return 0
        each = max(self._fitting, self._whole, self._waiting)
        return (self._page_bytes + each) * (self.at_once - 1) + max(self._reading - each, 0)

    @property
    def _ink_bytes(self) -> int:
        return self.wishes.bits // 8

    @property
    def _px(self) -> int:
        """Of the page as the network sees it."""
        return math.prod(self.page.working_shape)

    def _refusal(self, tiles: Tiling) -> ArgumentError:
        smallest = self._needed(self._best(0))
        least = smallest if self.wishes.tile is None else self._needed(tiles)
        page = f"a page of {self.page.width} x {self.page.height} px"
        advice = f"{page} needs {_up(least)}; give --max-memory {_up(least)}"
        if least > smallest:
            advice += ", or a smaller --tile"
        given = self.wishes.max_memory
        default = f"{bytes_text(self._limit)}, the default with {bytes_text(self.hardware.memory_free)} free"
        return ArgumentError("--max-memory", bytes_text(given) if given is not None else default, advice)

    def _reasons(self, tiles: Tiling, memory: int) -> Iterator[str]:
        limit, free = bytes_text(self._limit), bytes_text(self.hardware.memory_free)
        if self._draft:
            yield f"draft {tiles_text(tiles.draft)}: the page at 1/{self._draft.step} of its size"
        if self.wishes.tile is not None:
            why = "as asked for"
        elif len(tiles.page) == 1:
            why = "the whole page fits"
        else:
            why = f"the fewest computed pixels {self._room()[1]}"
        yield f"tiles {tiles_text(tiles.page)}: {why}"
        asked = f"--max-memory {limit}" if self.wishes.max_memory is not None else f"{limit} allowed, {free} are free"
        yield f"memory {bytes_text(memory)}: {asked}"


def _up(memory: int) -> str:
    return bytes_text(-(-memory // _ROUND) * _ROUND)
