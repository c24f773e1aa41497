"""How much memory a page may take, and the tiles that keep to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from lineart_cli.errors import ArgumentError
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.inference.tiles import Tile, best_tiles, plan_tiles
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import RUNTIMES, ModelCard
from lineart_cli.options import bytes_text
from lineart_cli.plan.memory import LEVEL, Memory, PageMemory
from lineart_cli.plan.request import PageSize, Request
from lineart_cli.plan.tiling import Tiling, draft_tiles, tiles_text

MOST_BY_DEFAULT = 1_000_000_000
FREE_BY_DEFAULT = 0.6
"""What a run may take where nobody says: so many bytes, or this share of what is free, the less."""

MODEST, MOST_MODEST = 620_000_000, 720_000_000
"""Bytes that a run takes where `--max-memory` is not given: for pages of up to A4 at 300 dpi, and at most. Between the
two, each further pixel of the page allows a byte, as larger windows lose a smaller share to halos."""
MODEST_PX = 2480 * 3508  # A4 at 300 dpi

MOST_READY = 4, 2
"""Networks that stay ready for the pages to come, if they fit: for drafts and pages, upright and on their side; or for
those of one shape."""

_ROUND = 10_000_000  # of the memory that is advised


@dataclass(frozen=True)
class Fit:
    """How a page is inked within the memory.

    Attributes:
        tiles: of all passes.
        ready: how many networks stay ready.
        memory: expected peak of the process, bytes.
        reasons: one line for each choice.
    """

    tiles: Tiling
    ready: int
    memory: int
    reasons: Iterator[str]


@dataclass(frozen=True)
class Fitting:
    """A page on one machine, where `at_once` such pages are in work."""

    page: PageSize
    card: ModelCard
    hardware: Hardware
    request: Request
    choice: EngineChoice
    at_once: int = 1

    def best(self) -> Fit:
        """The tiles that compute the fewest pixels, and what goes with them.

        Raises:
            ArgumentError: the page does not fit; the message says what would do.
        """
        tiles = self._chosen()
        memory = self._memory.needed(tiles)
        if memory > self._limit:
            raise self._refusal(tiles)
        ready = self._ready(tiles)
        memory = self._memory.needed(tiles, ready)
        return Fit(tiles, ready, memory, self._reasons(tiles, ready, memory))

    def _ready(self, tiles: Tiling) -> int:
        if self.request.pages == 1 or (self.choice.backend, self.choice.device) != (RUNTIMES[0], "CPU"):
            return 1
        return next((each for each in MOST_READY if self._memory.needed(tiles, each) <= self._limit), 1)

    @cached_property
    def _memory(self) -> Memory:
        return Memory(PageMemory(self.page, self.card, self.request), self.choice, self.at_once)

    @property
    def _limit(self) -> int:
        most = self.request.max_memory
        if most is None:
            most = min(MOST_BY_DEFAULT, int(FREE_BY_DEFAULT * self.hardware.memory_free))
        return min(most, self.hardware.ulimit.memory) if self.hardware.ulimit else most

    @property
    def _modest(self) -> int:
        return min(MODEST + max(self.page.px - MODEST_PX, 0), MOST_MODEST)

    def _chosen(self) -> Tiling:
        if self.request.tile is not None:
            most, stride, halo = (self.request.tile, self.request.tile), self.card.multiple_of, self.card.halo_px
            return self._tiling(lambda size, _: plan_tiles(*size, most, stride, halo))
        budget, _ = self._budget()
        return self._best(budget)

    def _budget(self) -> tuple[float, str]:
        """Bytes that a tile may take, and which limit says so: ours, what is modest, or the device's own memory."""
        rooms = [(self._limit - self._memory.beside_tiles, f"within {bytes_text(self._limit)}")]
        if self.request.max_memory is None:
            modest = self._modest - self._memory.always
            rooms.append((modest, f"with about {bytes_text(self._modest)} for a page of that size"))
        rooms += [
            (FREE_BY_DEFAULT * each.memory, f"that {each.name} has memory for")
            for each in self.hardware.devices
            if (each.runtime, each.name) == (self.choice.backend, self.choice.device) and each.memory is not None
        ]
        return min(rooms)

    def _best(self, budget: float) -> Tiling:
        """The tiles that compute the fewest pixels in so many bytes."""
        stride, halo = self.card.multiple_of, self.card.halo_px

        def cut(size: tuple[int, int], row_bytes: int) -> tuple[Tile, ...]:
            alone, one_of_many = self._memory.per_px(1), self._memory.per_px(2)
            whole = best_tiles(*size, max(budget / alone, 1), stride, halo, row_bytes / alone)
            if len(whole) == 1:
                return whole
            return best_tiles(*size, max(budget / one_of_many, 1), stride, halo, row_bytes / one_of_many)

        return self._tiling(cut)

    def _tiling(self, cut: Callable[[tuple[int, int], int], tuple[Tile, ...]]) -> Tiling:
        """The tiles of all passes; `cut` cuts a page of some height and width, and bytes for each px of a row."""
        size = self.page.working_shape
        tiles = cut(size, self._memory.page.row_bytes)
        if self._memory.page.draft is None:
            return Tiling(tiles)
        small, window = self._memory.page.draft.shape(size), tiles[0].window.shape
        draft = draft_tiles(small, cut(small, LEVEL), window, self.card.multiple_of, self.card.halo_px)
        return Tiling(tiles, draft, self.request.passes)

    def _refusal(self, tiles: Tiling) -> ArgumentError:
        smallest = self._memory.needed(self._best(0))
        least = smallest if self.request.tile is None else self._memory.needed(tiles)
        page = f"a page of {self.page.width} x {self.page.height} px"
        ulimit = self.hardware.ulimit
        if ulimit and ulimit.memory == self._limit:
            enough = -(-(least + ulimit.untouched) // _ROUND) * _ROUND
            counted = f"{_up(least)}, and libraries and threads count for {bytes_text(ulimit.untouched)}"
            advice = f"{page} needs {counted}; give {ulimit.option} {enough // 1024}, or unlimited"
            return ArgumentError(ulimit.option, ulimit.limit // 1024, advice)
        advice = f"{page} needs {_up(least)}; give --max-memory {_up(least)}"
        if least > smallest:
            advice += ", or a smaller --tile"
        given = self.request.max_memory
        default = f"{bytes_text(self._limit)}, the default with {bytes_text(self.hardware.memory_free)} free"
        return ArgumentError("--max-memory", bytes_text(given) if given is not None else default, advice)

    def _reasons(self, tiles: Tiling, ready: int, memory: int) -> Iterator[str]:
        limit, free = bytes_text(self._limit), bytes_text(self.hardware.memory_free)
        if self._memory.page.draft:
            yield f"draft {tiles_text(tiles.draft)}: the page at 1/{self._memory.page.draft.step} of its size"
        if self.request.tile is not None:
            why = "as asked for"
        elif len(tiles.page) == 1:
            why = "the whole page fits"
        else:
            why = f"the fewest computed pixels {self._budget()[1]}"
        yield f"tiles {tiles_text(tiles.page)}: {why}"
        if ready > 1:
            yield f"networks {ready} stay ready: pages to come find theirs made"
        asked = f"--max-memory {limit}" if self.request.max_memory is not None else f"{limit} allowed, {free} are free"
        yield f"memory {bytes_text(memory)}: {asked}"


def _up(memory: int) -> str:
    return bytes_text(-(-memory // _ROUND) * _ROUND)
