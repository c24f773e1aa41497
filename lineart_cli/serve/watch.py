"""How far the network is with a page, told after every tile; and where the page is given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lineart_cli.inference.engines import Engine

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lineart_cli.inference.engines.base import Level

_TELLING = 0.02  # share of the page from which its own pace tells more than the plan


class CancelledError(Exception):
    """The caller wants no ink of this page any more."""


class Watch:
    """Of one request."""

    def __init__(self, tell: Callable[[float, float | None], None]) -> None:
        """
        Args:
            tell: called with the share of the network's work that is done, and the seconds left, as far as known.
        """
        self._tell = tell
        self._cancelled = threading.Event()
        self._px, self._done, self._start = 1.0, 0.0, 0.0

    def cancel(self) -> None:
        """Give the page up; may be called from any thread."""
        self._cancelled.set()

    def check(self) -> None:
        """Raises CancelledError if the page was given up."""
        if self._cancelled.is_set():
            raise CancelledError

    def begin(self, megapixels: float, seconds: float) -> None:
        """The network begins on so many megapixels, which are expected to take it so many seconds, or NaN."""
        self.check()
        self._px, self._done, self._start = megapixels * 1e6, 0.0, time.monotonic()
        self._tell(0.0, seconds if seconds > 0 else None)

    def ran(self, px: int) -> None:
        """The network is through with a tile of so many px."""
        self._done += px
        share = min(self._done / self._px, 1.0)
        if share >= _TELLING:
            self._tell(share, (time.monotonic() - self._start) * (1 - share) / share)


class WatchedEngine:
    """A network that tells the watch of whichever request runs it."""

    def __init__(self, engine: Engine, current: Callable[[], Watch]) -> None:
        self._engine = engine
        self._current = current

    def run(self, sketch: npt.NDArray[np.float16], thickness: float) -> Level:
        """See `Engine.run`; raises CancelledError too."""
        watch = self._current()
        watch.check()
        level = self._engine.run(sketch, thickness)
        watch.ran(sketch.shape[2] * sketch.shape[3])
        return level

    def rest(self) -> bool:
        """See `Engine.rest`."""
        return self._engine.rest()
