"""The scale network beside a model's line network, named in its card."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import tomli_w

from lineart_cli.model.card import CARD
from lineart_train.scale.export import write_onnx


def add_scale(weights: Path, folder: Path) -> Path:
    """Give a model its scale network; `lineart ink` then reads the scale of a drawing with it.

    Args:
        weights: file that `scale.train.train` wrote.
        folder: of the model; one that has a scale network already gets a new one.
    """
    path, target = folder / CARD, folder / "scale.onnx"
    write_onnx(weights, target)
    card = tomllib.loads(path.read_text("utf-8"))
    card["scale"] = {"file": target.name, "sha256": hashlib.sha256(target.read_bytes()).hexdigest()}
    path.write_text(tomli_w.dumps(card), "utf-8")
    return target
