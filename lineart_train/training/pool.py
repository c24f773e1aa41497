"""A pool of drawn canvases, refilled by processes, from which crops are cut: drawing never starves training.

The canvases lie on the device that trains, in bytes, so that a crop is cut and turned there.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lineart_train.generator import workers as drawing
from lineart_train.generator.dataset import Pair, draw
from lineart_train.generator.sketch.raster import OFFSET_UNIT

AHEAD = 64
"""Canvases that are drawn ahead: workers that are slow for a while do not hold training up."""
DARKNESS = (0.85, 1.1)
"""Range of the gain of a crop: tone does not always find the same main line."""


def _draw(seed: int, index: int, size: int) -> Pair:
    return draw(seed, index, size, drawing.library())


class Pool:
    """Canvases of one seed, in order of their index; the oldest is replaced first."""

    def __init__(
        self, seed: int, size: int, count: int, workers: int, drawings: Path | None, first: int = 0, device: str = "cpu"
    ) -> None:
        """
        Args:
            seed: of the series of canvases.
            size: side of a canvas, px.
            count: canvases that are kept.
            workers: drawing processes; 0 for one per core that training leaves free.
            drawings: folder of clean drawings, or None.
            first: index of the first canvas.
            device: where the canvases lie and crops are cut.
        """
        self._seed, self._size = seed, size
        self.next_index = first
        self._device = torch.device(device)
        self._sketches = torch.empty((count, 1, size, size), dtype=torch.uint8, device=self._device)
        self._offsets = torch.empty((count, 2, size, size), dtype=torch.int8, device=self._device)
        self._taken, self._owed = 0, 0.0
        self._coming: deque[Future[Pair]] = deque()
        self._workers = drawing.workers(drawings, workers)

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.shutdown(wait=True, cancel_futures=True)

    def __len__(self) -> int:
        return min(self._taken, len(self._sketches))

    def fill(self, tell: Callable[[int, int], object], share: float = 1 / 3) -> None:
        """Draw a share of the pool, a third is enough to start with; `tell(done, wanted)` is called for each canvas."""
        wanted = math.ceil(share * len(self._sketches))
        self._order(wanted)
        while self._coming:
            self._take()
            tell(len(self), wanted)

    def refresh(self, count: float) -> None:
        """Order `count` more canvases and take in those ordered before the last `AHEAD`, waiting if need be.

        Parts of a canvas are owed until they are a whole one. So the pool at a step is a function of the seed and the
        number of canvases ordered, not of the machine.
        """
        self._owed += count
        self._order(int(self._owed))
        self._owed -= int(self._owed)
        while len(self._coming) > AHEAD:
            self._take()

    def refresh_ready(self) -> None:
        """Take in the canvases that are ready, and order as many: the workers never rest, and nobody waits for them."""
        while self._coming and self._coming[0].done():
            self._take()
        self._order(AHEAD - len(self._coming))

    def _order(self, count: int) -> None:
        for _ in range(count):
            self._coming.append(self._workers.submit(_draw, self._seed, self.next_index, self._size))
            self.next_index += 1

    def _take(self) -> None:
        pair = self._coming.popleft().result()
        at = self._taken % len(self._sketches)
        self._sketches[at, 0] = torch.from_numpy(pair.sketch).to(self._device)
        self._offsets[at] = torch.from_numpy(pair.offset).to(self._device)
        self._taken += 1

    def batch(self, rng: np.random.Generator, count: int, crop: int) -> tuple[Tensor, Tensor]:
        """Cut `count` random crops, each turned or mirrored at random.

        Returns:
            (count, 1, crop, crop) darkness in [0, 1] and (count, 2, crop, crop) way to the nearest line in px.
        """
        cut = [self._crop(rng, crop) for _ in range(count)]
        gain = torch.from_numpy(rng.uniform(*DARKNESS, (count, 1, 1, 1)).astype(np.float32) / 255).to(self._device)
        sketch = (torch.stack([s for s, _ in cut]) * gain).clamp(max=1.0)
        return sketch, torch.stack([o for _, o in cut]) * OFFSET_UNIT

    def _crop(self, rng: np.random.Generator, crop: int) -> tuple[Tensor, Tensor]:
        number = int(rng.integers(len(self)))
        y, x = (int(at) for at in rng.integers(0, self._size - crop + 1, 2))
        part = (number, slice(None), slice(y, y + crop), slice(x, x + crop))
        return turned(self._sketches[part], self._offsets[part], int(rng.integers(8)))


def unit_offset(stored: NDArray[np.int8]) -> NDArray[np.float32]:
    """Stored offsets as float32 px."""
    return stored.astype(np.float32) * np.float32(OFFSET_UNIT)


def turned(sketch: Tensor, offset: Tensor, way: int) -> tuple[Tensor, Tensor]:
    """One of the eight symmetries of the square, applied to a picture (1, S, S) and its field (2, S, S)."""
    if way & 1:
        sketch, offset = sketch.flip(2), offset.flip(2) * offset.new_tensor([-1, 1])[:, None, None]
    if way & 2:
        sketch, offset = sketch.flip(1), offset.flip(1) * offset.new_tensor([1, -1])[:, None, None]
    if way & 4:
        sketch, offset = sketch.transpose(1, 2), offset.flip(0).transpose(1, 2)
    return sketch, offset
