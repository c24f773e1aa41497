"""A checkpoint becomes a model folder that proves itself: network, card, test page in and out.

The export fails unless PyTorch, ONNX Runtime and OpenVINO agree on the test page in f32, at both passes. Its
ink in the folder is that of one pass over the page as it is, with an empty draft.
"""

from __future__ import annotations

import copy
import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import avg_pool2d
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lineart_cli.errors import LineartError
from lineart_cli.inference.engines import open_engine
from lineart_cli.inference.engines.base import EngineChoice
from lineart_train.export.footprint import footprint
from lineart_train.generator.dataset import draw
from lineart_train.network.net import (
    DRAFT,
    DRAFT_SCALE,
    REACH,
    Block,
    LineartNet,
    halo,
    kmac_per_px,
    with_draft,
    without_draft,
)
from lineart_train.training import sheet
from lineart_train.training.checkpoint import load_model, read_config, read_progress
from lineart_train.training.loop import HELD_OUT_SEED

OPSET = 17
TEST_SIDE = 512
TEST_THICKNESS = 3.0
DPI = 300
"""At which the network was trained."""
THICKNESS_PX = (1.0, 16.0)
"""Lines that it was trained to draw, px."""
TOLERANCE = 1e-3
"""Largest difference in px of signed distance that the runtimes may show against PyTorch."""


class ExportError(LineartError):
    """The exported network is not the trained one."""


def fold(model: LineartNet) -> LineartNet:
    """A copy in evaluation mode with every batch norm folded into the convolution before it."""
    folded = copy.deepcopy(model).eval()
    for module in list(folded.modules()):
        if isinstance(module, Block):
            for convolution, norm in (("one", "norm_one"), ("two", "norm_two")):
                setattr(module, convolution, fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm)))
                setattr(module, norm, nn.Identity())
        elif isinstance(module, nn.Sequential):
            for index, (first, second) in enumerate(pairwise(list(module))):
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    module[index], module[index + 1] = fuse_conv_bn_eval(first, second), nn.Identity()
    return folded


def write_onnx(model: LineartNet, path: Path, side: int = 256) -> None:
    """Write the folded network as ONNX: `sketch` (1, 2, H, W) and `thickness` (1,) to `level` (1, 1, H, W), float32."""
    torch.onnx.export(
        model,
        (torch.zeros(1, 2, side, side), torch.tensor([TEST_THICKNESS])),
        str(path),
        input_names=["sketch", "thickness"],
        output_names=["level"],
        dynamic_axes={"sketch": {2: "height", 3: "width"}, "level": {2: "height", 3: "width"}},
        opset_version=OPSET,
        dynamo=False,
    )


def disagreement(model: LineartNet, onnx: Path, sketch: NDArray[np.float16]) -> dict[str, float]:
    """Largest difference in px of each runtime from PyTorch within 1 px of the ink's edge, at 3 px, f32 on CPU.

    Args:
        model: in evaluation mode.
        onnx: the same, exported.
        sketch: (1, 1, H, W) darkness; what is compared is the first pass over it, and the second with the draft.
    """
    found = dict.fromkeys(("onnxruntime", "openvino"), 0.0)
    dark = torch.from_numpy(sketch.astype(np.float32))
    for seen in passes(model, dark):
        with torch.no_grad():
            wanted = model(seen.half().float(), torch.tensor([TEST_THICKNESS])).numpy()
        edge = np.abs(wanted) < 1
        for backend in found:
            choice = EngineChoice(backend=backend, device="auto", precision="f32", threads=None)
            engine = open_engine(onnx, choice, (seen.shape[2], seen.shape[3]))
            off = np.abs(engine.run(seen.numpy().astype(np.float16), TEST_THICKNESS) - wanted)[edge]
            found[backend] = max(found[backend], float(off.max(initial=0)))
    return found


@torch.no_grad()
def passes(model: LineartNet, sketch: torch.Tensor) -> list[torch.Tensor]:
    """What the network is given of a sketch, (N, 1, H, W) darkness, at the first pass and at the second."""
    small = avg_pool2d(sketch, round(1 / DRAFT_SCALE))
    return [without_draft(small), with_draft(sketch, model.first(sketch))]


def export(
    run: Path, target: Path, name: str, version: str, description: str, notes: dict[str, Any]
) -> dict[str, float]:
    """Export the averaged weights of a run.

    Args:
        run: folder of a training run (see `checkpoint`).
        target: the model's folder; made, or written over.
        name: of the model; the folder should be called so.
        version: of the model.
        description: one sentence for the card.
        notes: further entries of the card's [training] table: data sources with licences, bench figures.

    Returns:
        Largest difference from PyTorch per runtime, px.

    Raises:
        ExportError: a runtime differs by more than `TOLERANCE`; nothing is left in `target`.
        FileNotFoundError: `run` holds no checkpoint.
    """
    model = load_model(run)
    page = draw(HELD_OUT_SEED, 0, TEST_SIDE)
    sketch = (page.sketch[None, None] / np.float32(255)).astype(np.float16)
    target.mkdir(parents=True, exist_ok=True)
    part, final = target / "network.part.onnx", target / "network.onnx"
    try:
        write_onnx(fold(model), part)
        differences = disagreement(model, part, sketch)
        if max(differences.values()) > TOLERANCE:
            raise ExportError(f"The runtimes differ from PyTorch by {differences} px, allowed are {TOLERANCE}.")
        part.replace(final)
    finally:
        part.unlink(missing_ok=True)
    with torch.no_grad():
        dark = torch.from_numpy(sketch).float()
        level = model(without_draft(dark), torch.tensor([TEST_THICKNESS])).numpy()[0, 0]
    sheet.save(target / "test_input.png", 255 - page.sketch)
    sheet.save(target / "test_output.png", sheet.coverage(level))
    about = {"name": name, "version": version, "description": description, "licence": "MIT"}
    card = {**about, **_tables(run, final, notes)}
    (target / "card.toml").write_text(tomli_w.dumps(card), "utf-8")
    return differences


def _tables(run: Path, network: Path, notes: dict[str, Any]) -> dict[str, Any]:
    """The tables of a model's card: of the network that was exported of a run."""
    config, progress = read_config(run), read_progress(run)
    return {
        "network": {
            "file": network.name,
            "sha256": hashlib.sha256(network.read_bytes()).hexdigest(),
            "opset": OPSET,
            "halo_px": halo(config.net),
            "multiple_of": config.net.multiple_of,
            "dpi": DPI,
            "thickness_px": list(THICKNESS_PX),
            "level_px": REACH,
            "kmac_per_px": round(kmac_per_px(config.net), 1),
        },
        "draft": {"thickness": DRAFT, "scale": DRAFT_SCALE},
        "memory": footprint(network),
        "test": {
            "input": "test_input.png",
            "output": "test_output.png",
            "thickness": TEST_THICKNESS,
            "tolerance": TOLERANCE,
        },
        "training": {
            "steps": progress.step,
            "minutes": round(progress.minutes, 1),
            "config": json.dumps(config.to_dict()),
            **notes,
        },
    }
