"""A checkpoint is a folder: config.json, state.json, model.pt, average.pt, optimizer.pt; each written whole or not.

Split and with moments in bfloat16, so that each file of the shipped size stays below 16 MB.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from lineart_cli.replacing import replacing
from lineart_train.network.net import LineartNet
from lineart_train.training.config import TrainConfig, from_dict

SCALE = "scale.pt"
"""Weights of the network that reads the scale of a drawing, where a run's folder has them."""


@dataclass
class Progress:
    """How far a run has come: steps made, minutes trained, index of the next canvas."""

    step: int = 0
    minutes: float = 0.0
    next_index: int = 0


def save(
    folder: Path,
    config: TrainConfig,
    progress: Progress,
    model: LineartNet,
    average: LineartNet,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write a checkpoint over the one that may be there; state.json comes last and makes it count."""
    folder.mkdir(parents=True, exist_ok=True)
    state = optimizer.state_dict()
    state["state"] = {
        number: {name: value.to(torch.bfloat16) if value.dim() else value for name, value in moments.items()}
        for number, moments in state["state"].items()
    }
    for name, content in (("model", model.state_dict()), ("average", average.state_dict()), ("optimizer", state)):
        _write_weights(folder / f"{name}.pt", content)
    write_json(folder / "config.json", config.to_dict())
    write_json(folder / "state.json", asdict(progress))


def _write_weights(path: Path, content: dict[str, Any]) -> None:
    """Write what torch saves whole or not at all."""
    with replacing(path) as part:
        torch.save(content, part)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all."""
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=1))


def read_config(folder: Path) -> TrainConfig:
    """The config of a checkpoint.

    Raises:
        FileNotFoundError: there is no checkpoint; the message names the folder.
    """
    path = folder / "config.json"
    if not path.exists():
        raise FileNotFoundError(
            f"{folder} holds no checkpoint (config.json is missing). Name the folder of a training run."
        )
    try:
        return from_dict(_read_json(path))
    except (TypeError, AttributeError) as fault:
        raise ValueError(
            f"{path} has settings that are none. Copy the run's folder again, or begin a new run."
        ) from fault


def read_progress(folder: Path) -> Progress:
    """How far the run of this checkpoint had come."""
    return Progress(**_read_json(folder / "state.json"))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
        if isinstance(found, dict):
            return found
    except ValueError:
        pass
    raise ValueError(f"{path} is damaged. Copy the run's folder again, or begin a new run.")


def _read_weights(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    try:
        return dict(torch.load(path, map_location=device, weights_only=True))
    except (EOFError, RuntimeError, UnpicklingError) as fault:
        raise ValueError(f"{path} is damaged. Copy the run's folder again, or begin a new run.") from fault


def load_model(folder: Path, which: str = "average") -> LineartNet:
    """The network of a checkpoint in evaluation mode: "average" (to ship) or "model" (to train on)."""
    model = LineartNet(read_config(folder).net)
    model.load_state_dict(_read_weights(folder / f"{which}.pt"))
    return model.eval()


def average(folders: Sequence[Path], target: Path) -> None:
    """Write a checkpoint with the mean of the averaged weights of others, to export or to begin with.

    States of one line of training share a valley, and their mean lies deeper in it (Wortsman et al., ICML 2022).

    Args:
        folders: checkpoints with one shape of network, oldest first; settings and progress are those of the last.
        target: gets config.json, state.json, the last one's `SCALE`, and the mean for model.pt and average.pt; training
            that goes on from there begins with new moments of the optimizer.

    Raises:
        FileNotFoundError: a folder holds no checkpoint; the message names it.
        ValueError: a network has another shape, or `target` holds a checkpoint; the message names the folder.
    """
    if (target / "state.json").exists():
        raise ValueError(f"{target} holds a run already, which would be lost. Name a new folder first.")
    config = read_config(folders[-1])
    for folder in folders:
        if read_config(folder).net != config.net:
            raise ValueError(f"{folder} has another shape of network than {folders[-1]}. Average runs of one shape.")
    states = [load_model(folder).state_dict() for folder in folders]
    mean = {
        name: torch.stack([state[name] for state in states]).mean(0) if value.is_floating_point() else value
        for name, value in states[-1].items()
    }
    target.mkdir(parents=True, exist_ok=True)
    for name in ("model", "average"):
        _write_weights(target / f"{name}.pt", mean)
    (target / "optimizer.pt").unlink(missing_ok=True)
    carry_scale(folders[-1], target)
    write_json(target / "config.json", config.to_dict())
    write_json(target / "state.json", asdict(read_progress(folders[-1])))


STEM = "body.stem.0.weight"


def start_from(folder: Path, model: LineartNet, average: LineartNet) -> None:
    """Load the averaged weights of another run into both networks; shapes must agree.

    Only the inputs may be more than that run had: the weights of those that are new begin at zero.
    """
    weights = load_model(folder).state_dict()
    known, wanted = weights[STEM], model.state_dict()[STEM]
    if known.shape[1] < wanted.shape[1]:
        weights[STEM] = torch.zeros_like(wanted, device=known.device)
        weights[STEM][:, : known.shape[1]] = known
    model.load_state_dict(weights)
    average.load_state_dict(weights)


def carry_scale(folder: Path, run: Path) -> None:
    """Copy the network that reads the scale to a run that begins with the weights of another, which may have none."""
    if (folder / SCALE).exists():
        with replacing(run / SCALE) as part:
            shutil.copyfile(folder / SCALE, part)


def restore(folder: Path, model: LineartNet, average: LineartNet, optimizer: torch.optim.Optimizer) -> None:
    """Load weights, average and, if there are any, optimizer moments in place; shapes must agree exactly."""
    device = next(model.parameters()).device
    model.load_state_dict(_read_weights(folder / "model.pt", device))
    average.load_state_dict(_read_weights(folder / "average.pt", device))
    if (folder / "optimizer.pt").exists():
        optimizer.load_state_dict(_read_weights(folder / "optimizer.pt", device))
