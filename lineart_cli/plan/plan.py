"""The plan itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.inference.tiles import Tile
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import bytes_text
from lineart_cli.plan.choices import choose
from lineart_cli.plan.overlap import pages_at_once
from lineart_cli.plan.request import PageSize, Request
from lineart_cli.plan.tiling import Tiling, tiles_text
from lineart_cli.plan.time_estimate import expected_seconds


@dataclass(frozen=True)
class Plan:
    """How a page will be inked.

    Attributes:
        choice: runtime, device, precision and threads.
        at_once: how many such pages may be in work: one is inked while others are read and written.
        tiles: of the page at the working scale, for the last pass; all windows have one shape.
        draft: tiles of the smaller page of the first pass; none where the network goes over the page once.
        passes: how often the network goes over the page.
        memory: expected peak of the process, bytes.
        seconds: that the network is expected to work; NaN where nothing is known of the device.
        reasons: one line for each choice.
        ready: how many networks, each for windows of one shape, stay ready for the pages to come.
        drops_hatching: whether hatching is left out of the ink.
    """

    choice: EngineChoice
    at_once: int
    tiles: tuple[Tile, ...]
    draft: tuple[Tile, ...]
    passes: int
    memory: int
    seconds: float
    reasons: tuple[str, ...]
    ready: int = 1
    drops_hatching: bool = False

    @property
    def window(self) -> tuple[int, int]:
        """Height and width of what the network is given at the last pass, px."""
        return self.tiles[0].window.shape

    @property
    def computed_megapixels(self) -> float:
        """What the network computes for the page, halos and passes included."""
        return Tiling(self.tiles, self.draft, self.passes).computed_px / 1e6

    def __str__(self) -> str:
        choice = self.choice
        tiles = tiles_text(self.tiles)
        if self.draft:
            often = f"{self.passes - 1} times " if self.passes > 2 else ""
            tiles = f"draft {tiles_text(self.draft)}, then {often}{tiles}"
        tiles = f"{tiles}, {self.computed_megapixels:.1f} megapixels computed"
        runtime = f"{choice.backend} on {choice.device} in {choice.precision}, threads {choice.threads}"
        return f"{runtime}; {tiles}; {bytes_text(self.memory)}{_time(self.seconds)}"


def plan(page: PageSize, card: ModelCard, hardware: Hardware, request: Request) -> Plan:
    """Choose how to ink a page.

    Args:
        page: its size.
        card: of the model.
        hardware: with its devices, if `request` names one that is not the CPU.
        request: of the user; they are granted, or refused with an error.

    Raises:
        ArgumentError: a wish cannot be granted, or the page does not fit in the memory; the message says what would do.
    """
    choice, why_choice = choose(card, hardware, request)
    at_once, why_at_once, fit = pages_at_once(page, card, hardware, request, choice)
    computed_px = fit.tiles.computed_px * (1 + page.separations)
    seconds, how_sure = expected_seconds(computed_px, card, hardware, request, choice)
    time = "time" if math.isnan(seconds) else f"time {seconds:.2g} s"
    at_once_text, passes_text = f"pages {at_once} at once: {why_at_once}", _passes_text(card, request)
    drops_hatching = request.hatching == "drop"
    hatching = ["hatching: left out, as asked for"] if drops_hatching else []
    why = *why_choice, at_once_text, passes_text, *hatching, *fit.reasons, f"{time}: {how_sure}"
    return Plan(
        choice=choice,
        at_once=at_once,
        tiles=fit.tiles.page,
        draft=fit.tiles.draft,
        passes=fit.tiles.passes,
        memory=fit.memory,
        seconds=seconds,
        reasons=why,
        ready=fit.ready,
        drops_hatching=drops_hatching,
    )


def _passes_text(card: ModelCard, request: Request) -> str:
    """How often the network goes over a page, and why."""
    if request.passes == 1:
        return "passes 1: as asked for"
    if card.draft is None:
        return f"passes 1: the model {card.name} was not trained for a second pass"
    mends = "the second mends the draft of the first" if request.passes == 2 else "each mends the ink of the one before"
    return f"passes {request.passes}: {mends}"


def _time(seconds: float) -> str:
    return "" if math.isnan(seconds) else f"; about {seconds:.2g} s"
