"""The settings of a training run: frozen, with units, ranges and starting points; saved beside every checkpoint."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from lineart_train.network.net import NetConfig

_RENAMED = {"slack": "tolerance", "calm": "sigma", "least": "floor"}
"""Keys of `NetConfig` in checkpoints of before 0.6."""


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    seed: of the data, the crops and the first weights, >= 0.
    canvas: side of a drawn canvas, px, >= crop. Start at 768.
    crop: side of a training crop, px, a multiple of the network's stride. Larger shows more context. Start at 512.
    batch: crops a step, >= 1. Start at 8.
    pool: canvases kept in memory, 2.3 bytes x canvas^2 each, >= 1. Small pools are learned by heart. Start at 1000.
    fresh: canvases drawn anew per step, 0 (never) to batch. Costs processor time. Start at 0.5. Below 0: as many as the
        workers manage, for GPUs; then the data of a run depend on the machine.
    workers: drawing processes, >= 1; 0 for one per core that training leaves free.
    blank: share of the second passes, 0 to 1, that are given an empty draft. Start at 0.15.
    torn: share of the other second passes whose draft has holes, 0 to 1: a draft is not to be trusted blindly.
    rate: peak learning rate of AdamW. 5e-4 is sure, 3e-3 the most that held with batch norm. Start at 2e-3.
    decay: weight decay of AdamW, 0 to 0.1.
    warm: steps over which the rate rises.
    cool: last share of the run over which the rate falls to zero, 0 (goes on later) to 1. Start at 0.35.
    average: decay of the running average of the weights per step, 0.99 (quick) to 0.9999 (long runs).
    net: shape of the network.
    """

    seed: int = 1
    canvas: int = 768
    crop: int = 512
    batch: int = 8
    pool: int = 1000
    fresh: float = 0.5
    workers: int = 0
    blank: float = 0.15
    torn: float = 0.25
    rate: float = 2e-3
    decay: float = 0.01
    warm: int = 200
    cool: float = 0.35
    average: float = 0.999
    net: NetConfig = field(default_factory=NetConfig)

    def __post_init__(self) -> None:
        step = 2 * self.net.multiple_of
        if self.crop % step or self.crop > self.canvas:
            raise ValueError(f"crop {self.crop} must be a multiple of {step} and at most canvas {self.canvas}.")
        if self.batch < 1 or self.batch % 4:
            raise ValueError(f"batch {self.batch} must be a multiple of 4: four first passes make one picture.")
        if self.pool < 1 or self.workers < 0:
            raise ValueError("pool must be at least 1, and workers at least 0.")

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON and TOML."""
        return asdict(self)


def from_dict(data: dict[str, Any]) -> TrainConfig:
    """The inverse of `TrainConfig.to_dict`, with the names that keys once had; unknown keys raise TypeError."""
    shape: dict[str, Any] = {
        _RENAMED.get(key, key): tuple(value) if isinstance(value, list) else value
        for key, value in data.get("net", {}).items()
    }
    return TrainConfig(**{**data, "net": NetConfig(**shape)})


def keys() -> list[str]:
    """Names of the plain settings, for the command line."""
    return [f.name for f in fields(TrainConfig) if f.name != "net"]
