"""From a training run to a model that is checked, quantised and scored, in one step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lineart_train.evaluation import held_out
from lineart_train.evaluation.evaluate import Row
from lineart_train.export.export import export
from lineart_train.export.quantise import add_int8
from lineart_train.scale.shipped import add_scale

SCALE, NOTES = "scale.pt", "notes.json"
"""Files that a release takes in where a run's folder has them: see `add_scale`, and the card's training table."""


def release(run: Path, target: Path, version: str, description: str, pairs: Path | None = None) -> list[Row]:
    """Export a run, see that the runtimes agree with PyTorch, quantise it, and score it as this machine inks.

    Args:
        run: folder of the training run; its `SCALE` and `NOTES` are taken in.
        target: folder of the model; one that is there is replaced.
        version: of the model.
        description: one sentence for the card.
        pairs: folder of `held_out.write` to score the model on; None to leave that out.

    Returns:
        The scores of the sketches in order of name, none without `pairs`.

    Raises:
        ArgumentError: `pairs` holds no pictures.
        ExportError: a runtime disagrees with PyTorch; nothing is written then.
        FileNotFoundError: `run` holds no checkpoint.
    """
    notes: dict[str, Any] = json.loads((run / NOTES).read_text("utf-8")) if (run / NOTES).exists() else {}
    export(run, target, target.name, version, description, notes)
    add_int8(target)
    if (run / SCALE).exists():
        add_scale(run / SCALE, target)
    return held_out.score(target, pairs) if pairs else []
