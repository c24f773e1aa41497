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

MOST_BY_DEFAULT = 1_000_000_000
FREE_BY_DEFAULT = 0.6
"""What a run may take where nobody says: so many bytes, or this share of what is free, the less."""

MODEST = 348_000_000
"""Bytes that a page of `MODEST_PX` takes where nobody says; larger pages take more for their pixels alone."""
MODEST_PX = 2480 * 3508  # A4 at 300 dpi

PROGRAM = 55_000_000
"""Bytes of all that is neither the network and its runtime nor a page: measured, see tests/benchmarks/memory.py."""

WRITING = {"webp": 20}
"""Bytes for each px of a page that is being written, for encoders that need more than the page and a copy."""
_COPY = 2

DRAWING = 8
"""Bytes for each px at the network's dpi where brushes draw: the lines of the whole page, and a strip at work."""

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

    def _chosen(self) -> tuple[Tile, ...]:
        if self.wishes.tile is not None:
            _, size = self.page.fitted(self.card.dpi)
            return plan_tiles(*size, (self.wishes.tile, self.wishes.tile), self.card.multiple_of, self.card.halo_px)
        room, _ = self._room()
        return self._best(int(room / self._footprint.per_px))

    def _room(self) -> tuple[float, str]:
        """Bytes that a tile may take, and which limit says so: ours, what is modest, or the device's own memory."""
        others = PROGRAM + self._footprint.base
        rooms: list[tuple[float, str]] = [
            (self._limit - self._for_pixels() - others, f"within {bytes_text(self._limit)}")
        ]
        if self.wishes.max_memory is None:
            modest = f"with about {bytes_text(MODEST)} for an A4 page at 300 dpi"
            rooms.append((MODEST - _COPY * MODEST_PX - others, modest))
        rooms += [
            (FREE_BY_DEFAULT * each.memory, f"that {each.name} has memory for")
            for each in self.hardware.devices
            if (each.runtime, each.name) == (self.choice.backend, self.choice.device) and each.memory is not None
        ]
        return min(rooms)

    def _best(self, most_px: int) -> tuple[Tile, ...]:
        _, size = self.page.fitted(self.card.dpi)
        return best_tiles(*size, max(most_px, 1), self.card.multiple_of, self.card.halo_px)

    def _needed(self, tiles: tuple[Tile, ...]) -> int:
        """Bytes of the whole process at its peak."""
        window_px = math.prod(tiles[0].window.shape)
        return int(PROGRAM + self._footprint.base + self._footprint.per_px * window_px + self._for_pixels())

    def _for_pixels(self) -> int:
        """Bytes of the page itself, in all its states, and of others that are read or written meanwhile."""
        scale, size = self.page.fitted(self.card.dpi)
        inking = _COPY * self.page.px if scale == 1 else self.page.px + math.prod(size)
        inking += DRAWING * math.prod(size) if self.wishes.brushes else 0
        coding = WRITING.get(self.wishes.format, _COPY) * self.page.px
        return max(inking, coding) + coding * (self.at_once - 1)

    def _refusal(self, tiles: tuple[Tile, ...]) -> ArgumentError:
        smallest = self._needed(self._best(1))
        least = smallest if self.wishes.tile is None else self._needed(tiles)
        page = "even the smallest page" if self.page.px == 1 else f"a page of {self.page.height} x {self.page.width} px"
        advice = f"{page} needs {_up(least)}; give --max-memory {_up(least)}"
        if least > smallest:
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
        else:
            why = f"the fewest computed pixels {self._room()[1]}"
        yield f"tiles {count} x {height} x {width} px: {why}"
        asked = f"--max-memory {limit}" if self.wishes.max_memory is not None else f"{limit} allowed, {free} are free"
        yield f"memory {bytes_text(memory)}: {asked}"


def _up(memory: int) -> str:
    return bytes_text(-(-memory // _ROUND) * _ROUND)
