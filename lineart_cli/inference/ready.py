"""Networks that stay ready, for windows of the shapes that were last asked for."""

from __future__ import annotations

import math
from collections.abc import Callable

from lineart_cli.inference.engines import Engine, EngineChoice

Prepare = Callable[[EngineChoice, tuple[int, int]], Engine]


class ReadyNetworks:
    """The networks of one model, each for windows of one shape."""

    def __init__(self, prepare: Prepare, most: int, awake: int, awake_px: float = math.inf) -> None:
        """
        Args:
            prepare: makes a network ready for windows of a height and width.
            most: networks that are ready; one that rests takes some 24 MB.
            awake: networks that keep what a run takes, beside the one that is at work.
            awake_px: of the windows of these, at most.
        """
        self._prepare = prepare
        self._most = most
        self._awake = awake
        self._awake_px = awake_px
        self._ready: dict[tuple[EngineChoice, tuple[int, int]], Engine] = {}

    def open(self, choice: EngineChoice, window: tuple[int, int]) -> Engine:
        """The network for windows of that height and width; raises EngineError, see `engines.open_engine`."""
        key = choice, window
        engine = self._ready.pop(key, None)
        self.rest()  # its memory is free for this one
        while len(self._ready) >= self._most:
            del self._ready[next(iter(self._ready))]
        if engine is None:
            engine = self._prepare(choice, window)
        self._ready[key] = engine
        return engine

    def rest(self) -> None:
        """Give back what runs have taken, but for the last small windows; a runtime that cannot do so is closed."""
        awake = [key for key in self._ready if math.prod(key[1]) <= self._awake_px][-self._awake :]
        for key in self._ready.keys() - set(awake):
            if not self._ready[key].rest():
                del self._ready[key]

    def forget(self) -> None:
        """Let go of all."""
        self._ready.clear()
