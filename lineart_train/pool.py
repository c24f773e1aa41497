"""A pool of drawn canvases, refilled by processes, from which crops are cut: drawing never starves training."""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import connection
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from lineart_train.dataset import Pair, draw
from lineart_train.scenes.drawings import Library, load
from lineart_train.sketch.raster import OFFSET_UNIT

AHEAD = 64
"""Canvases that are drawn ahead: workers that are slow for a while do not hold training up."""

_libraries: list[Library | None] = []


def _start(folder: Path | None) -> None:
    """Each drawing process reads the library once, gives way to training, and ends when training ends."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    os.nice(5)
    _libraries[:] = [load(folder) if folder else None]


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _draw(seed: int, index: int, size: int) -> Pair:
    return draw(seed, index, size, _libraries[0])


class Pool:
    """Canvases of one seed, in order of their index; the oldest is replaced first."""

    def __init__(self, seed: int, size: int, count: int, workers: int, drawings: Path | None, first: int = 0) -> None:
        self._seed, self._size, self._count = seed, size, count
        self.next_index = first
        self._pairs: deque[Pair] = deque(maxlen=count)
        self._coming: deque[Future[Pair]] = deque()
        context = multiprocessing.get_context("spawn")
        self._workers = ProcessPoolExecutor(workers, context, initializer=_start, initargs=(drawings,))

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.shutdown(wait=True, cancel_futures=True)

    def fill(self, tell: Callable[[int, int], object], share: float = 1 / 3) -> None:
        """Draw a share of the pool, a third is enough to start with; `tell(done, wanted)` is called for each canvas."""
        wanted = math.ceil(share * self._count)
        self._order(wanted)
        while self._coming:
            self._pairs.append(self._coming.popleft().result())
            tell(len(self._pairs), wanted)

    def refresh(self, count: int) -> None:
        """Order `count` more canvases and take in those ordered before the last `AHEAD`, waiting if need be.

        So the pool at a step is a function of the seed and the number of canvases ordered, not of the machine.
        """
        self._order(count)
        while len(self._coming) > AHEAD:
            self._pairs.append(self._coming.popleft().result())

    def _order(self, count: int) -> None:
        for _ in range(count):
            self._coming.append(self._workers.submit(_draw, self._seed, self.next_index, self._size))
            self.next_index += 1

    def batch(self, rng: np.random.Generator, count: int, crop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cut `count` random crops, each turned or mirrored at random.

        Returns:
            (count, 1, crop, crop) darkness in [0, 1] and (count, 2, crop, crop) way to the nearest line in px.
        """
        cut = [self._crop(rng, crop) for _ in range(count)]
        return np.stack([s for s, _ in cut]), np.stack([o for _, o in cut])

    def _crop(self, rng: np.random.Generator, crop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pair = self._pairs[int(rng.integers(len(self._pairs)))]
        y, x = rng.integers(0, self._size - crop + 1, 2)
        sketch = pair.sketch[None, y : y + crop, x : x + crop].astype(np.float32) * (rng.uniform(0.85, 1.1) / 255)
        return turned(
            np.minimum(sketch, 1.0), unit_offset(pair.offset[:, y : y + crop, x : x + crop]), int(rng.integers(8))
        )


def unit_offset(stored: NDArray[np.int8]) -> NDArray[np.float32]:
    """Stored offsets as float32 px."""
    return stored.astype(np.float32) * np.float32(OFFSET_UNIT)


def turned(
    sketch: NDArray[np.float32], offset: NDArray[np.float32], way: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One of the eight symmetries of the square, applied to a picture (1, S, S) and its field (2, S, S)."""
    if way & 1:
        sketch, offset = sketch[:, :, ::-1], offset[:, :, ::-1] * np.array([-1, 1], np.float32)[:, None, None]
    if way & 2:
        sketch, offset = sketch[:, ::-1], offset[:, ::-1] * np.array([1, -1], np.float32)[:, None, None]
    if way & 4:
        sketch, offset = sketch.transpose(0, 2, 1), offset[::-1].transpose(0, 2, 1)
    return np.ascontiguousarray(sketch), np.ascontiguousarray(offset)
