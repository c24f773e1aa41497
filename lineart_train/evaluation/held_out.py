"""Sketches with truth that training never draws, and the score of a model on them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import open_inker
from lineart_cli.machine import hardware
from lineart_cli.model import card
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Length
from lineart_cli.plan import Request, plan
from lineart_train.evaluation import metrics
from lineart_train.evaluation.evaluate import PAPER, Row, pictures, read_truth
from lineart_train.evaluation.metrics import skeleton_of
from lineart_train.generator.dataset import Pair, draw
from lineart_train.generator.scenes.drawings import Library
from lineart_train.training import sheet
from lineart_train.training.loop import HELD_OUT_SEED
from lineart_train.training.pool import unit_offset

SKETCHES, TRUTH = "sketches", "truth"
"""Folders of what is written: PNG of the same names."""
STRAY = 6
"""How far, px, a line may stray from its truth."""
DPI = 300.0


def write(folder: Path, count: int, size: int, library: Library | None = None) -> None:
    """Draw pairs that no training run draws, as `lineart ink` and `lineart-train evaluate` take them.

    Args:
        folder: gets `SKETCHES`, dark on white at 300 dpi, and `TRUTH`, see `evaluate`; what is there is replaced.
            Black areas are told by their skeleton, as metrics see ink.
        count: of the pairs.
        size: side of a pair, px.
        library: clean drawings for the scenes.
    """
    for name in (SKETCHES, TRUTH):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for old in (folder / name).glob("*.png"):
            old.unlink()
    for index in range(count):
        pair = draw(HELD_OUT_SEED, index, size, library)
        name = f"{index:04}.png"
        sheet.save(folder / SKETCHES / name, 255 - pair.sketch)
        sheet.save(folder / TRUTH / name, truth_of(pair))


def ink_of(pair: Pair) -> metrics.Grey:
    """The true ink of a pair at 3 px: (S, S) uint8, 0 = black."""
    return sheet.coverage(1.5 - np.hypot(*unit_offset(pair.offset)))


def truth_of(pair: Pair) -> metrics.Grey:
    """The truth of a pair: (S, S) uint8, `STRAY` on the centre lines of its ink and `PAPER` elsewhere."""
    return np.where(skeleton_of(ink_of(pair)), np.uint8(STRAY), np.uint8(PAPER))


def inker_of(described: ModelCard) -> ArrayInker:
    """A model on this machine, planned as `lineart ink` does without any options."""
    machine = hardware.detect()
    return ArrayInker(open_inker(described), lambda page: plan(page, described, machine, Request()))


def score(model: Path, folder: Path, thickness: float = 3.0) -> list[Row]:
    """Ink the sketches of `folder` with a model, as this machine would, and score them.

    Args:
        model: folder of an exported model.
        folder: as `write` leaves it; or any with sketches at 300 dpi and truths of the same names.
        thickness: of the lines, px.

    Returns:
        A row for each sketch, in order of name.

    Raises:
        ArgumentError: as of `found`, or a sketch cannot be read.
        ModelError: the model is missing or damaged.
    """
    inker = inker_of(card.load(model))
    tool, rows = Tool(thickness=Length(thickness)), []
    for name, (sketch, truth) in found(folder).items():
        grey = cv2.imread(str(sketch), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise ArgumentError("--held-out", sketch, "is no picture; write the pairs again")
        ink = 255 - inker.ink(np.asarray(grey, np.uint8), DPI, tool).astype(np.uint8)
        rows.append(Row(name, metrics.figures(ink, read_truth(truth), thickness)))
    return rows


def found(folder: Path) -> dict[str, tuple[Path, Path]]:
    """The sketches and truths of a folder, by name; raises ArgumentError where there are none, or one is alone."""
    sketches, truths = pictures("--held-out", folder / SKETCHES), pictures("--held-out", folder / TRUTH)
    if lonely := sorted(sketches.keys() ^ truths.keys()):
        raise ArgumentError("--held-out", folder, f"has no pair for {lonely[0]}; write the pairs again")
    return {name: (sketches[name], truths[name]) for name in sorted(sketches)}
