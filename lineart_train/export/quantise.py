"""INT8 by static quantisation: what the network's activations span is measured on drawn pages and on bare paper.

What the last convolutions give, and the pen, stay in float: it is cut at a fraction of a pixel. Weights have seven bits
(ONNX Runtime's `reduce_range`): without VNNI, products of eight bits overflow where pairs of them are added in 16 bits.
"""

from __future__ import annotations

import hashlib
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tomli_w
from numpy.typing import NDArray
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

from lineart_cli.inference.engines import Engine, EngineChoice, open_engine
from lineart_cli.inking.cutting import enlarge
from lineart_cli.model.card import CARD
from lineart_train.export.footprint import int8_footprint
from lineart_train.generator.dataset import draw
from lineart_train.network.net import DRAFT, DRAFT_SCALE
from lineart_train.training.loop import HELD_OUT_SEED

SIDE = 512
PAGES = 16
STEP = round(1 / DRAFT_SCALE)
IN_FLOAT = ("/head/shuffle", "/pen/")
"""Beginnings of the names of the layers that are not quantised."""
LAST = "/head/Conv"
"""Beginning of the names of the last convolutions: of whole numbers, but what they give is not rounded to a byte."""


class _Pages(quantization.CalibrationDataReader):  # type: ignore[misc]
    """Drawn pages in all media, none of them seen in training, at both passes, and a page of bare paper."""

    def __init__(self, pages: int, network: Path) -> None:
        self._pages = _drawn(pages, open_engine(network, EngineChoice("onnxruntime"), (SIDE // STEP, SIDE // STEP)))

    def get_next(self) -> dict[str, Any] | None:
        return next(self._pages, None)


def _drawn(pages: int, first: Engine) -> Iterator[dict[str, Any]]:
    small, whole = (SIDE // STEP, SIDE // STEP), (SIDE, SIDE)
    yield _given(np.zeros(whole), np.zeros(whole), DRAFT)
    for index in range(pages):
        sketch = draw(HELD_OUT_SEED, index, SIDE).sketch / 255
        given = _given(sketch.reshape(small[0], STEP, small[1], STEP).mean((1, 3)), np.zeros(small), DRAFT / STEP)
        yield given
        level = first.run(given["sketch"].astype(np.float16), DRAFT / STEP)[0, 0].astype(np.float16)
        yield _given(sketch, np.vstack(list(enlarge([level], small, whole, STEP))) / 255, DRAFT)


def _given(sketch: NDArray[np.floating[Any]], draft: NDArray[np.floating[Any]], thickness: float) -> dict[str, Any]:
    """The network's inputs."""
    return {
        "sketch": np.stack([sketch, draft])[None].astype(np.float32),
        "thickness": np.array([thickness], np.float32),
    }


def add_int8(folder: Path, pages: int = PAGES) -> Path:
    """Give a model its INT8 network, measured and named in its card; `lineart ink` then takes it by default.

    Args:
        folder: of the model; one that has an INT8 network already gets a new one.
        pages: see `quantise`.
    """
    path = folder / CARD
    card = tomllib.loads(path.read_text("utf-8"))
    target = folder / "network.int8.onnx"
    quantise(folder / card["network"]["file"], target, pages)
    card["int8"] = {"file": target.name, "sha256": hashlib.sha256(target.read_bytes()).hexdigest()}
    card["memory"] |= int8_footprint(target)
    path.write_text(tomli_w.dumps(card), "utf-8")
    return target


def quantise(network: Path, target: Path, pages: int = PAGES) -> None:
    """Write an INT8 version of a network, as ONNX with quantise and dequantise nodes that both runtimes understand.

    Args:
        network: exported ONNX file.
        target: file to write.
        pages: how many drawn pages to measure on.
    """
    with tempfile.TemporaryDirectory(prefix="lineart-quantise-") as name:
        prepared = Path(name) / "prepared.onnx"
        quant_pre_process(str(network), str(prepared), skip_symbolic_shape=True)
        nodes = [node.name for node in onnx.load(str(prepared)).graph.node]
        quantization.quantize_static(
            str(prepared),
            str(target),
            _Pages(pages, network),
            quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=[node for node in nodes if node.startswith(IN_FLOAT)],
        )
    quantised = onnx.load(str(target))
    _keep_unrounded(quantised.graph, LAST)
    onnx.save(quantised, str(target))


def _keep_unrounded(graph: onnx.GraphProto, layers: str) -> None:
    """Take out what rounds the results of the layers whose names begin so."""
    made_by = {output: node for node in graph.node for output in node.output}
    restored = {node.input[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    for rounded in [node for node in graph.node if node.op_type == "QuantizeLinear"]:
        layer = made_by.get(rounded.input[0])
        if layer is None or not layer.name.startswith(layers):
            continue
        back = restored[rounded.output[0]]
        for node in graph.node:
            for index, name in enumerate(node.input):
                if name == back.output[0]:
                    node.input[index] = layer.output[0]
        graph.node.remove(rounded)
        graph.node.remove(back)
