"""From a training run to a model that is checked, quantised and scored, in one step."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from lineart_cli.model.card import CARD
from lineart_train.evaluation import held_out
from lineart_train.evaluation.evaluate import Row
from lineart_train.export.export import export
from lineart_train.export.quantise import add_int8
from lineart_train.scale.shipped import add_scale
from lineart_train.training.checkpoint import SCALE

NOTES = "notes.json"
"""What the card's training table says beside what the run itself knows, where a run's folder has it."""


def release(run: Path, target: Path, version: str, description: str, pairs: Path | None = None) -> list[Row]:
    """Export a run, see that the runtimes agree with PyTorch, quantise it, and score it as this machine inks.

    A model that is there stays as it is until all of that is done.

    Args:
        run: folder of the training run; its `SCALE` and `NOTES` are taken in.
        target: folder of the model; one that is there is replaced.
        version: of the model.
        description: one sentence for the card.
        pairs: folder of `held_out.write` to score the model on; None to leave that out.

    Returns:
        The scores of the sketches in order of name, none without `pairs`.

    Raises:
        ArgumentError: as of `held_out.found`.
        ExportError: a runtime disagrees with PyTorch.
        FileNotFoundError: `run` holds no checkpoint.
        ValueError: its notes are no JSON object.
    """
    notes = _notes(run / NOTES)
    if pairs is not None:
        held_out.found(pairs)  # told before all the rest is done
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=target) as name:
        made = Path(name)
        export(run, made, target.name, version, description, notes)
        add_int8(made)
        if (run / SCALE).exists():
            add_scale(run / SCALE, made)
        rows = held_out.score(made, pairs) if pairs else []
        for file in sorted(made.iterdir(), key=lambda each: each.name == CARD):  # which makes them count
            file.replace(target / file.name)
    return rows


def _notes(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"{path} is no JSON object. Write what the card is to say, as name and value.")
    return found
