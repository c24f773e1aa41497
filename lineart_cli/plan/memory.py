"""How much memory a page takes in tiles of one size or another, how much it may take, and the tiles that keep to it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lineart_cli.engines.base import EngineChoice
from lineart_cli.errors import ArgumentError
from lineart_cli.hardware import Hardware
from lineart_cli.model_card import Footprint, ModelCard
from lineart_cli.options import bytes_text
from lineart_cli.plan.asked import PageSize, Wishes
from lineart_cli.regions import Tile, best_tiles, plan_tiles
from lineart_cli.spool import AHEAD, LARGE

MOST_BY_DEFAULT = 1_000_000_000
FREE_BY_DEFAULT = 0.6
"""What a run may take where nobody says: so many bytes, or this share of what is free, the less."""

MODEST, MOST_MODEST = 350_000_000, 480_000_000
"""Bytes that an A4 page at 300 dpi takes where nobody says; and the largest, for windows in which halos are a less
part. Between the two, a page may take one more for each of its pixels."""
MODEST_PX = 2480 * 3508  # A4 at 300 dpi

PROGRAM = 54_000_000
"""Bytes of all that is neither the network and its runtime nor a page: measured, see tests/benchmarks/memory.py."""

TONE = 0.07
"""Bytes for each px at the network's dpi of what is known of the paper."""
DRAWING = 2.5
"""Bytes for each px at the network's dpi where brushes draw: pressure and ends of lines, beside the lines."""
WHOLE = {"webp": 20, "jpeg": 3, "bmp": 3, "ora": 5, "psd": 5}
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

    def tiles(self) -> tuple[tuple[Tile, ...], int, Iterator[str]]:
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

    def _chosen(self) -> tuple[Tile, ...]:
        if self.wishes.tile is not None:
            _, size = self.page.fitted(self.card.dpi)
            return plan_tiles(*size, (self.wishes.tile, self.wishes.tile), self.card.multiple_of, self.card.halo_px)
        room: float = self._limit
        if self.wishes.max_memory is None:
            room = min(room, self._modest + self._lines + self._other_pages)
        return self._best((room - self._beside_tiles) / self._footprint.per_px)

    def _best(self, most_px: float) -> tuple[Tile, ...]:
        _, size = self.page.fitted(self.card.dpi)
        share = self._row_bytes / self._footprint.per_px
        return best_tiles(*size, max(most_px, 1), self.card.multiple_of, self.card.halo_px, share)

    def _needed(self, tiles: tuple[Tile, ...]) -> int:
        """Bytes of the whole process at its peak."""
        _, (height, width) = self.page.fitted(self.card.dpi)
        rows_px = width * min(2 * max(tile.core.shape[0] for tile in tiles), height)  # one is made, and one is written
        window_px = math.prod(tiles[0].window.shape)
        return int(self._beside_tiles + self._footprint.per_px * window_px + self._row_bytes * rows_px)

    @property
    def _beside_tiles(self) -> float:
        return PROGRAM + self._footprint.base + self._for_pixels + self._other_pages

    @property
    def _row_bytes(self) -> int:
        """For each px of a row of tiles, at the network's dpi."""
        scale, _ = self.page.fitted(self.card.dpi)
        return _LEVEL if scale != 1 or self.wishes.brushes else self._ink_bytes

    @property
    def _for_pixels(self) -> float:
        """Bytes of the page in all its states, without the rows of tiles in work."""
        scale, size = self.page.fitted(self.card.dpi)
        px = math.prod(size)
        reading = self.page.held + (self.page.px_bytes * self.page.px if scale < 1 else 0)
        return self._page_bytes + max(reading, TONE * px + self._lines + self._written)

    @property
    def _lines(self) -> float:
        """Bytes of what brushes need to know, without the rows that are drawn."""
        if not self.wishes.brushes:
            return 0
        px = math.prod(self.page.fitted(self.card.dpi)[1])
        return DRAWING * px + (_LEVEL * px if _LEVEL * px < LARGE else 0)

    @property
    def _other_pages(self) -> float:
        """Bytes of the pages that are read or written meanwhile."""
        return (self._page_bytes + max(self.page.held, self._written)) * (self.at_once - 1)

    @property
    def _page_bytes(self) -> int:
        """Of the page at the network's dpi, if it is not on disk."""
        _, size = self.page.fitted(self.card.dpi)
        page = self.page.px_bytes * math.prod(size)
        return page if page < LARGE or self.page.is_kept else 0

    @property
    def _written(self) -> int:
        """Bytes of ink that waits, or of the whole page in a format that needs it."""
        whole = WHOLE.get(self.wishes.format, 0) * self.page.px
        return whole or min(self._ink_bytes * self.page.px, AHEAD)

    @property
    def _ink_bytes(self) -> int:
        return self.wishes.bits // 8

    def _refusal(self, tiles: tuple[Tile, ...]) -> ArgumentError:
        least = self._needed(self._best(1) if self.wishes.tile is None else tiles)
        page = "even the smallest page" if self.page.px == 1 else f"a page of {self.page.height} x {self.page.width} px"
        advice = f"{page} needs {_up(least)}; give --max-memory {_up(least)}"
        if self.wishes.tile is not None:
            advice += ", or a smaller --tile"
        given = self.wishes.max_memory
        default = f"{bytes_text(self._limit)}, the default with {bytes_text(self.hardware.memory_free)} free"
        return ArgumentError("--max-memory", bytes_text(given) if given is not None else default, advice)

    def _reasons(self, tiles: tuple[Tile, ...], memory: int) -> Iterator[str]:
        count, (height, width) = len(tiles), tiles[0].window.shape
        limit, free = bytes_text(self._limit), bytes_text(self.hardware.memory_free)
        if self.wishes.tile is not None:
            why = "as asked for"
        elif count == 1:
            why = "the whole page fits"
        elif self.wishes.max_memory is not None:
            why = f"the fewest computed pixels within {limit}"
        else:
            why = f"the fewest computed pixels with about {bytes_text(self._modest)} for a page of that size"
        yield f"tiles {count} x {height} x {width} px: {why}"
        asked = f"--max-memory {limit}" if self.wishes.max_memory is not None else f"{limit} allowed, {free} are free"
        yield f"memory {bytes_text(memory)}: {asked}"


def _up(memory: int) -> str:
    return bytes_text(-(-memory // _ROUND) * _ROUND)
