"""The settings of a training run: frozen, with units, ranges and starting points; saved beside every checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lineart_train.network.net import NetConfig

_RENAMED = {"slack": "tolerance", "calm": "sigma", "least": "floor"}
"""Keys of `NetConfig` in checkpoints of before 0.6."""
_RANGES = {
    "seed": (0, 2**63 - 1),
    "canvas": (1, 16_384),
    "crop": (1, 16_384),
    "batch": (4, 4096),
    "pool": (1, 1_000_000),
    "fresh": (-1, 4096),
    "workers": (0, 1024),
    "blank": (0, 1),
    "torn": (0, 1),
    "third": (0, 1),
    "freeze": (0, 1),
    "rate": (1e-9, 1),
    "decay": (0, 0.1),
    "warm": (0, 1_000_000),
    "cool": (0, 1),
    "average": (0, 0.999999),
}
"""Least and most of each plain setting, see `TrainConfig`."""


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
    third: share of the second passes, 0 to 1, that are given the ink of another second pass, as the third pass is. Each
        costs a run of the network without its gradient.
    freeze: 1 keeps batch norm's statistics as they are, which small batches disturb; for runs that begin with trained
        weights.
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
    third: float = 0.0
    freeze: int = 0
    rate: float = 2e-3
    decay: float = 0.01
    warm: int = 200
    cool: float = 0.35
    average: float = 0.999
    net: NetConfig = field(default_factory=NetConfig)

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            if not low <= (value := getattr(self, name)) <= high:
                raise ValueError(f"{name} {value} must be from {low:g} to {high:g}.")
        step = 2 * self.net.multiple_of
        if self.crop % step or self.crop > self.canvas:
            raise ValueError(f"crop {self.crop} must be a multiple of {step} and at most canvas {self.canvas}.")
        if self.batch % 4:
            raise ValueError(f"batch {self.batch} must be a multiple of 4: four first passes make one picture.")
        if self.fresh > self.batch:
            raise ValueError(f"fresh {self.fresh} must be at most batch {self.batch}.")

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


def with_settings(config: TrainConfig, settings: Iterable[str]) -> TrainConfig:
    """A config with some settings that are given as NAME=VALUE.

    Raises:
        ValueError: there is no such setting, or a value is none of it.
    """
    values: dict[str, int | float] = {}
    for each in settings:
        name, _, text = each.partition("=")
        if name not in _RANGES:
            raise ValueError(f"{each}: write NAME=VALUE with one of {', '.join(_RANGES)}.")
        kind = type(getattr(TrainConfig, name))
        try:
            values[name] = kind(text)
        except ValueError as fault:
            raise ValueError(f"{each}: write a {'whole ' if kind is int else ''}number.") from fault
    return replace(config, **values)  # type: ignore[arg-type]
