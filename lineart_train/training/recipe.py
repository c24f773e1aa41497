"""A recipe that leads from nothing to a model like the shipped one: what `lineart-train reproduce` trains."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

from lineart_train.training import checkpoint, loop
from lineart_train.training.config import TrainConfig, from_dict

PATH = Path(__file__).with_name("recipe.json")


def read() -> tuple[TrainConfig, int]:
    """The recorded settings and the number of steps."""
    recipe = json.loads(PATH.read_text())
    return from_dict(recipe["config"]), int(recipe["steps"])


def reproduce(
    run: Path,
    drawings: Path | None,
    device: str = "cpu",
    tell: loop.Tell = dict,
    steps: int | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> dict[str, float]:
    """Train by the recipe, or go on with it where it stopped; the rate falls over the last of `steps`.

    A run that is not interrupted sees the same crops in the same order on every machine.

    Args:
        run: the run's folder.
        drawings: folder of the clean drawings; without it the model is another one, of procedural scenes only.
        device: "cpu", "cuda", or "auto": CUDA where there is one.
        tell: see `loop.train`.
        steps: fewer than recorded, for a try.
        is_stopped: see `loop.train`.

    Returns:
        The last record.

    Raises:
        ValueError: the run was begun by other settings; and as `loop.train`.
    """
    config, recorded = read()
    if (run / "config.json").exists() and checkpoint.read_config(run) != config:
        raise ValueError(f"{run} is a run of other settings than the recipe's. Name a new folder.")
    return loop.train(config, run, math.inf, drawings, device, tell, steps or recorded, is_stopped=is_stopped)
