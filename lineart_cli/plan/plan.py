"""The plan itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.inference.tiles import Tile
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import bytes_text
from lineart_cli.plan.asked import PageSize, Wishes
from lineart_cli.plan.choices import choose
from lineart_cli.plan.overlap import pages_at_once
from lineart_cli.plan.pace import expected_seconds
from lineart_cli.plan.tiling import Tiling, tiles_text


@dataclass(frozen=True)
class Plan:
    """How a page will be inked.

    Attributes:
        choice: runtime, device, precision and threads.
        at_once: how many such pages may be in work: one is inked while others are read and written.
        tiles: of the page at the network's resolution, for the last look; all windows have one shape.
        draft: tiles of the smaller page that the first look is made at; none where the network looks but once.
        looks: how often the network looks at the page.
        memory: expected peak of the process, bytes.
        seconds: that the network is expected to work; NaN where nothing is known of the device.
        reasons: one line for each choice.
    """

    choice: EngineChoice
    at_once: int
    tiles: tuple[Tile, ...]
    draft: tuple[Tile, ...]
    looks: int
    memory: int
    seconds: float
    reasons: tuple[str, ...]

    @property
    def window(self) -> tuple[int, int]:
        """Height and width of what the network is given at the last look, px."""
        return self.tiles[0].window.shape

    @property
    def computed_megapixels(self) -> float:
        """What the network computes for the page, halos and looks included."""
        return Tiling(self.tiles, self.draft, self.looks).computed_px / 1e6

    def __str__(self) -> str:
        choice = self.choice
        tiles = tiles_text(self.tiles)
        if self.draft:
            often = f"{self.looks - 1} times " if self.looks > 2 else ""
            tiles = f"draft {tiles_text(self.draft)}, then {often}{tiles}"
        tiles = f"{tiles}, {self.computed_megapixels:.1f} megapixels computed"
        runtime = f"{choice.backend} on {choice.device} in {choice.precision}, threads {choice.threads}"
        return f"{runtime}; {tiles}; {bytes_text(self.memory)}{_time(self.seconds)}"


def plan(page: PageSize, card: ModelCard, hardware: Hardware, wishes: Wishes) -> Plan:
    """Choose how to ink a page.

    Args:
        page: its size.
        card: of the model.
        hardware: with its devices, if `wishes` names one that is not the CPU.
        wishes: of the user; they are granted, or refused with an error.

    Raises:
        ArgumentError: a wish cannot be granted, or the page does not fit in the memory; the message says what would do.
    """
    choice, why_choice = choose(card, hardware, wishes)
    at_once, why_at_once, (tiles, memory, why_tiles) = pages_at_once(page, card, hardware, wishes, choice)
    seconds, how_sure = expected_seconds(tiles.computed_px, card, hardware, wishes, choice)
    time = "time" if math.isnan(seconds) else f"time {seconds:.2g} s"
    at_once_text, looks_text = f"pages {at_once} at once: {why_at_once}", _looks_text(card, wishes)
    why = *why_choice, at_once_text, looks_text, *why_tiles, f"{time}: {how_sure}"
    return Plan(choice, at_once, tiles.page, tiles.draft, tiles.looks, memory, seconds, why)


def _looks_text(card: ModelCard, wishes: Wishes) -> str:
    """How often the network looks at a page, and why."""
    if wishes.looks == 1:
        return "looks 1: as asked for"
    if card.draft is None:
        return f"looks 1: the model {card.name} was not trained to look again"
    mends = "the second mends the draft of the first" if wishes.looks == 2 else "each mends the ink of the one before"
    return f"looks {wishes.looks}: {mends}"


def _time(seconds: float) -> str:
    return "" if math.isnan(seconds) else f"; about {seconds:.2g} s"
