"""The 2016 article's network with random weights, as a model folder that `lineart ink` can run: the yardstick."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import tomli_w
import torch
from torch import Tensor, nn

from lineart_cli.model import catalogue
from lineart_cli.model.card import CARD
from lineart_cli.options import MODEL
from lineart_train.experiments.article import MULTIPLE_OF, ArticleNet, kmac_per_px, receptive_field
from lineart_train.export.export import write_onnx

TILE = 1024
MEMORY = [300e6, 260.0]
"""Bytes of the process and for each px of a tile, roughly: enough for a plan, which `--tile` settles anyway."""

PROGRAM = (
    "import sys; from pathlib import Path; from lineart_cli import app; from lineart_cli.model import card, catalogue\n"
    "folder = Path(sys.argv.pop(1)); catalogue.find = lambda name: card.load(folder)\n"
    "app.main()"
)
"""`lineart` with another model: python -c PROGRAM FOLDER ink ..."""


class Leveled(nn.Module):
    """The article's network with our inputs and output."""

    def __init__(self) -> None:
        super().__init__()
        self.net = ArticleNet().eval()

    def forward(self, sketch: Tensor, thickness: Tensor) -> Tensor:
        """Logits cut as if they were distances; what is drawn means nothing."""
        level: Tensor = self.net(sketch) + thickness / 2
        return level


def command(folder: Path) -> list[str]:
    """How to start lineart with the network in `folder`, which is made if it is not there."""
    if not (folder / CARD).exists():
        _write(folder)
    return [sys.executable, "-c", PROGRAM, str(folder)]


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    network = folder / "network.onnx"
    write_onnx(Leveled().eval(), network)  # type: ignore[arg-type]
    ours = catalogue.find(MODEL)
    entries = {
        "file": network.name,
        "sha256": hashlib.sha256(network.read_bytes()).hexdigest(),
        "opset": ours.opset,
        "halo_px": receptive_field(),
        "multiple_of": MULTIPLE_OF,
        "dpi": ours.dpi,
        "thickness_px": list(ours.thickness_px),
        "level_px": ours.level_px,
        "kmac_per_px": round(kmac_per_px(), 1),
    }
    test = {"input": "none", "output": "none", "thickness": 3.0, "tolerance": 1.0}
    memory = {"openvino_f32": MEMORY, "onnxruntime_f32": MEMORY}
    card = {"name": "article", "version": "2016", "description": "Random weights.", "licence": "MIT"}
    (folder / CARD).write_text(tomli_w.dumps({**card, "network": entries, "memory": memory, "test": test}), "utf-8")
