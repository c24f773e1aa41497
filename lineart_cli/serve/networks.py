"""Networks that stay ready between requests, for windows of the shapes that were last asked for."""

from __future__ import annotations

import math
from pathlib import Path

from lineart_cli.inference.engines import CompiledNetworks, Engine, EngineChoice, open_engine
from lineart_cli.model.card import ModelCard

_SMALL_PX = 2_500_000
"""Windows of previews have fewer pixels."""
_MOST_AWAKE = 2
"""Small ones that keep what a run takes: some 120 MB in all, for the draft and the last look of a preview."""
_MOST_READY = 6
"""In all; one that rests takes some 20 MB."""

_Key = tuple[EngineChoice, tuple[int, int]]


class ReadyNetworks:
    """The networks of one model, each for windows of one shape."""

    def __init__(self, card: ModelCard, cache: Path | None) -> None:
        """
        Args:
            card: of the model.
            cache: a folder for compiled networks, or None.
        """
        self._card = card
        self._cache = cache
        self.forget()

    def forget(self) -> None:
        """Let go of all."""
        self._compiled = CompiledNetworks(self._cache)
        self._ready: dict[_Key, Engine] = {}

    def open(self, choice: EngineChoice, window: tuple[int, int]) -> Engine:
        """The network for windows of that height and width; raises EngineError, see `open_engine`."""
        key = choice, window
        engine = self._ready.pop(key, None)
        self.rest()  # its memory is free for this one
        if engine is None:
            engine = open_engine(self._card.network_for(choice.precision), choice, window, self._compiled)
        self._ready[key] = engine
        while len(self._ready) > _MOST_READY:
            del self._ready[next(iter(self._ready))]
        return engine

    def rest(self) -> None:
        """Give back what runs have taken, but for the last small windows; a runtime that cannot do so is closed."""
        awake = [key for key in self._ready if math.prod(key[1]) <= _SMALL_PX][-_MOST_AWAKE:]
        for key in self._ready.keys() - set(awake):
            if not self._ready[key].rest():
                del self._ready[key]
