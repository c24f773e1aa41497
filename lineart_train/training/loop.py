"""The training loop: a number of minutes, from and to a checkpoint, on CPU (bf16 autocast, channels_last) or CUDA."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lineart_train.generator.dataset import Pair, draw
from lineart_train.network.losses import field_loss
from lineart_train.network.net import LineartNet, with_draft, without_draft
from lineart_train.network.passes import first_pass, halved, second_pass
from lineart_train.training import checkpoint, sheet
from lineart_train.training.checkpoint import Progress
from lineart_train.training.config import TrainConfig
from lineart_train.training.pool import Pool, unit_offset
from lineart_train.training.steps import descend, follow, freeze_norms

Tell = Callable[[dict[str, float]], object]
HELD_OUT_SEED = 1_000_003
"""Seed of the pages that no training run draws."""
EVALUATE_EVERY = 4.0
"""Minutes between checkpoints, held-out losses and contact sheets."""


def train(
    config: TrainConfig,
    run: Path,
    minutes: float,
    drawings: Path | None = None,
    device: str = "cpu",
    tell: Tell = dict,
    steps: int | None = None,
    start: Path | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> dict[str, float]:
    """Train until `minutes` of training time are reached, and leave a checkpoint in `run`.

    A checkpoint that is there is gone on from; its minutes count. The run record is `run`/record.jsonl: one JSON object
    every `EVALUATE_EVERY` minutes with step, minutes, rate, losses on training crops and on held-out pages.

    Args:
        config: settings of the run; must agree with those of a checkpoint that is gone on from.
        run: the run's folder.
        minutes: training time in all, without drawing the first pool.
        drawings: folder of clean drawings (see `scenes.drawings`); without it scenes are procedural.
        device: "cpu", "cuda", or "auto" for CUDA where there is one.
        tell: called with a record every few seconds, for a progress display.
        steps: stop at this many steps in all, if the minutes have not run out before.
        start: checkpoint of another run, whose averaged weights and scale network a new run begins with; its net must
            be `config.net`.
        is_stopped: asked after each step, and each canvas of the first pool; ends the run as its minutes do.

    Returns:
        The last record.

    Raises:
        KeyboardInterrupt: it was stopped before the first step; a checkpoint that is there stays.
        ValueError: `start` is given for a run that has begun, the device is not there, or the loss is not finite; the
            last checkpoint stays.
    """
    device = available(device)
    run.mkdir(parents=True, exist_ok=True)
    nets, progress = _begun(config, run, device, start)
    held_out = [draw(HELD_OUT_SEED, i, config.crop) for i in range(12)]
    record: dict[str, float] = {}
    with Pool(config.seed, config.canvas, config.pool, config.workers, drawings, progress.next_index, device) as pool:
        pool.fill(partial(_drawn, tell, is_stopped))
        rng, means = np.random.default_rng((config.seed, progress.step)), _Means()
        before, started, looked = progress.minutes, time.monotonic(), time.monotonic()
        done = _share(progress, minutes, steps)
        is_last = done >= 1
        while not is_last:
            rate = learning_rate(config, progress.step, done)
            losses = _step(nets, pool, config, rng, progress.step, rate)
            means.add(losses)
            _refresh(pool, config.fresh)
            progress.step += 1
            progress.minutes = before + (time.monotonic() - started) / 60
            progress.next_index = pool.next_index
            done = _share(progress, minutes, steps)
            is_last = done >= 1 or is_stopped()
            if progress.step % 10 == 0 or is_last:
                seen_loss = _finite({"loss": float(losses["loss"].detach())})
                tell({**record, "step": progress.step, "done": done, **seen_loss})
            if time.monotonic() - looked > 60 * EVALUATE_EVERY or is_last:
                looked = time.monotonic()
                record = {"step": progress.step, "minutes": progress.minutes, "rate": rate, **means.take()}
                record = _finite(record | look(nets.average, held_out, run / "sheet.png", device))
                checkpoint.save(run, config, progress, nets.model, nets.average, nets.optimizer)
                with (run / "record.jsonl").open("a") as lines:
                    lines.write(json.dumps(record) + "\n")
    return record


def _drawn(tell: Tell, is_stopped: Callable[[], bool], done: int, wanted: int) -> None:
    if is_stopped():
        raise KeyboardInterrupt
    tell({"drawn": done, "wanted": wanted})


@dataclass(frozen=True)
class _Nets:
    """The network that learns, the one whose weights are the average of its, and what moves its weights."""

    model: LineartNet
    average: LineartNet
    optimizer: torch.optim.Optimizer


class _Means:
    """Losses since they were taken last, on average."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._count = 0

    def add(self, losses: dict[str, Tensor]) -> None:
        self._count += 1
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value.detach()

    def take(self) -> dict[str, float]:
        means = {name: float(value) / self._count for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        return means


def _begun(config: TrainConfig, run: Path, device: str, start: Path | None) -> tuple[_Nets, Progress]:
    """Networks, optimizer and progress: of the run's checkpoint, or of a new run."""
    torch.manual_seed(config.seed)
    model = LineartNet(config.net).to(device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(model).requires_grad_(False).eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=config.decay, betas=(0.9, 0.99))
    progress = Progress()
    if (run / "state.json").exists():
        if start is not None:
            raise ValueError(f"--start {start}: {run} has begun already, and is gone on with. Leave --start out.")
        checkpoint.restore(run, model, average, optimizer)
        progress = checkpoint.read_progress(run)
    elif start is not None:
        checkpoint.start_from(start, model, average)
        checkpoint.carry_scale(start, run)
    return _Nets(model, average, optimizer), progress


def _share(progress: Progress, minutes: float, steps: int | None) -> float:
    """How much of the run is done, by its minutes or its steps, whichever ends first; 1 or more at the end."""
    return max(progress.minutes / minutes, progress.step / steps if steps else 0.0)


def learning_rate(config: TrainConfig, step: int, done: float) -> float:
    """Rises over `warm` steps, stays, and falls linearly over the last `cool` share of the run; `done` in [0, 1]."""
    up = min(1.0, (step + 1) / max(config.warm, 1))
    down = 1.0 if config.cool <= 0 else min(1.0, max(1.0 - done, 0.0) / config.cool)
    return config.rate * up * max(down, 0.01)


def _finite(record: dict[str, float]) -> dict[str, float]:
    """The record as it is. Raises ValueError if a loss in it is not finite."""
    if not all(math.isfinite(value) for value in record.values()):
        raise ValueError("The loss is no longer finite. Train again from the checkpoint with a lower rate.")
    return record


def available(device: str) -> str:
    """The device that "auto" stands for; any other name as it is. Raises ValueError where there is no such device."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as fault:
        raise ValueError(f"--device {device}: PyTorch has no such device here. Give cpu, cuda or auto.") from fault
    return device


def _step(
    nets: _Nets, pool: Pool, config: TrainConfig, rng: np.random.Generator, step: int, rate: float
) -> dict[str, Tensor]:
    """Take one step down the losses of a batch, seen at both passes; the averaged weights follow."""
    sketch, offset = pool.batch(rng, config.batch, config.crop)
    seen, wanted = first_pass(sketch, offset)
    again = second_pass(nets.average, sketch, rng, config.blank, config.torn, config.third)
    given = torch.cat([again, seen]).contiguous(memory_format=torch.channels_last)
    nets.model.train()
    if config.freeze:
        freeze_norms(nets.model)
    with torch.autocast(given.device.type, torch.bfloat16):
        fields = nets.model.fields(given)
    losses = field_loss(fields.float(), torch.cat([offset, wanted]))
    for group in nets.optimizer.param_groups:
        group["lr"] = rate
    descend(nets.model, nets.optimizer, losses["loss"])
    follow(nets.average, nets.model, min(config.average, (1 + step) / (10 + step)))
    return losses


def _refresh(pool: Pool, fresh: float) -> None:
    if fresh < 0:
        pool.refresh_ready()
    else:
        pool.refresh(fresh)


@torch.no_grad()
def look(model: LineartNet, pairs: list[Pair], path: Path, device: str) -> dict[str, float]:
    """Mean loss on held-out pairs at both passes; writes a contact sheet (sketch, draft, ink, truth) of eight."""
    model.eval()
    first, second, rows = 0.0, 0.0, []
    thickness = torch.tensor([3.0], device=device)
    for number, pair in enumerate(pairs):
        sketch = torch.from_numpy(pair.sketch[None, None].astype(np.float32) / 255).to(device)
        offset = torch.from_numpy(unit_offset(pair.offset)[None]).to(device)
        coarse = functional.avg_pool2d(sketch, 2)
        seen = model.fields(without_draft(coarse))
        first += float(field_loss(seen, halved(offset))["loss"])
        draft = model.first(sketch)
        fields = model.fields(with_draft(sketch, draft))
        second += float(field_loss(fields, offset)["loss"])
        if number < 8:
            truth: Tensor = 1.5 - torch.linalg.vector_norm(offset, dim=1)
            levels = draft[0] - 0.5, model.pen(fields[:, :2], fields[:, 2:], thickness)[0], truth
            rows.append([255 - pair.sketch, *(sheet.coverage(each[0].cpu().numpy()) for each in levels)])
    sheet.write(path, rows)
    return {"held_out_first": first / len(pairs), "held_out": second / len(pairs)}
