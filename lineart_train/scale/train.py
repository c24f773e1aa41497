"""Training of the scale network: canvases of known scale, resampled to be too large or too small by a known factor."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from lineart_cli.imaging.tone import GAIN, INK, LEAST_DRAWN, MAIN_LINE
from lineart_train.generator.dataset import draw
from lineart_train.generator.workers import library, workers
from lineart_train.scale.net import ScaleNet, of_page, scale_loss
from lineart_train.training.steps import descend

Canvas = tuple[NDArray[np.uint8], float]
"""(S, S) darkness, and the octaves at which it is drawn."""
SEED, HELD_OUT_SEED = 2, 1_000_019
SIDE = 384
"""Side of a crop, px."""
DRAWN = (-1.1, 1.5)
"""Octaves at which canvases are drawn."""
SOFT, SOFTEST = 0.6, 4.0
"""Share of the crops that come from fewer pixels, and how many times fewer in each direction, at most."""
OCTAVES = 2.7
"""Crops are this many octaves too large or too small, at most."""
BATCH, RATE = 16, 2e-3


def _canvas(seed: int, size: int, index: int) -> Canvas:
    octaves = float(np.random.default_rng((seed, index, 1)).uniform(*DRAWN))
    return draw(seed, index, size, library(), 2.0**octaves).sketch, octaves


def canvases(seed: int, count: int, size: int, drawings: Path | None) -> list[Canvas]:
    """Draw canvases of known scale, with as many processes as there are spare cores."""
    with workers(drawings) as processes:
        return list(processes.map(partial(_canvas, seed, size), range(count), chunksize=4))


def crop(canvas: Canvas, rng: np.random.Generator, side: int = SIDE) -> tuple[NDArray[np.float32], float]:
    """A random part of a canvas, resampled by a random factor and toned as a page is.

    Returns:
        (side, side) float32 darkness in [0, 1], and the octaves at which it is drawn.
    """
    sketch, octaves = canvas
    least = max(math.log2(side / sketch.shape[0]), -OCTAVES - octaves)
    more = float(rng.uniform(least, OCTAVES - octaves))
    source = min(max(round(side / 2**more), 8), sketch.shape[0])
    y, x = rng.integers(0, sketch.shape[0] - source + 1, 2)
    part = sketch[y : y + source, x : x + source].astype(np.float32) / 255
    way = cv2.INTER_AREA if source > side else cv2.INTER_CUBIC
    dark = cv2.resize(part, (side, side), interpolation=way)
    if rng.random() < SOFT:  # how sharp it is must not tell how large it is
        fewer = round(side / rng.uniform(1.0, SOFTEST))
        small = cv2.resize(dark, (fewer, fewer), interpolation=cv2.INTER_AREA)
        dark = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    dark = np.clip(dark, 0, 1)
    if rng.random() < 0.5:
        dark = dark[:, ::-1]
    drawn = dark[dark > LEAST_DRAWN]
    if drawn.size > 100:
        dark = dark * np.clip(INK / np.percentile(drawn, MAIN_LINE), *GAIN) * rng.uniform(0.9, 1.1)
    return np.clip(np.ascontiguousarray(np.rot90(dark, int(rng.integers(4)))), 0, 1).astype(np.float32), octaves + more


def batch(pool: list[Canvas], rng: np.random.Generator, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random crops: (count, 1, SIDE, SIDE) darkness, and (count,) octaves."""
    cut = [crop(pool[int(rng.integers(len(pool)))], rng) for _ in range(count)]
    return torch.from_numpy(np.stack([dark for dark, _ in cut])[:, None]), torch.tensor([o for _, o in cut]).float()


def train(
    path: Path,
    steps: int,
    count: int = 600,
    size: int = 1152,
    drawings: Path | None = None,
    tell: Callable[[dict[str, float]], object] = dict,
) -> dict[str, float]:
    """Train a scale network from nothing and save its weights; the rate falls to zero over the steps.

    Args:
        path: file to write.
        steps: of `BATCH` crops each.
        count: canvases that are drawn.
        size: their side, px.
        drawings: folder of clean drawings, or None.
        tell: called with step, loss, and the median error in octaves on held-out crops.

    Returns:
        The last that was told.
    """
    torch.manual_seed(SEED)
    pool = canvases(SEED, count, size, drawings)
    rng = np.random.default_rng(SEED)
    seen, wanted = batch(
        canvases(HELD_OUT_SEED, max(count // 8, 2), size, drawings), np.random.default_rng(HELD_OUT_SEED), 128
    )
    model = ScaleNet()
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    record: dict[str, float] = {}
    for step in range(1, steps + 1):
        model.train()
        sketch, octaves = batch(pool, rng, BATCH)
        loss = scale_loss(model(sketch), octaves)
        descend(model, optimizer, loss)
        schedule.step()
        if step % 100 == 0 or step == steps:
            model.eval()
            with torch.no_grad():
                off = (of_page(model(seen)) - wanted).abs()
            nine = float(off.quantile(0.9))
            record = {"step": step, "loss": float(loss.detach()), "off": float(off.median()), "off_90": nine}
            tell(record)
            torch.save(model.state_dict(), path)
    return record
