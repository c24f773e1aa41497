from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from lineart_cli.inference.engines import EngineChoice, open_engine
from lineart_cli.model import card
from lineart_train.export.quantise import add_int8

SHAPE = (256, 256)


@pytest.fixture(scope="module")
def model(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tests' model with an INT8 network."""
    folder = tmp_path_factory.mktemp("int8") / "tiny"
    shutil.copytree(models / "tiny", folder)
    add_int8(folder, pages=2)
    return folder


def test_the_card_tells_of_the_network_and_its_memory(model: Path, models: Path) -> None:
    before, after = card.load(models / "tiny"), card.load(model)
    assert before.int8 is None
    assert after.int8 is not None
    assert after.network_for("int8") == model / "network.int8.onnx"
    assert after.network_for("f32") == model / "network.onnx"
    assert {"openvino_int8", "onnxruntime_int8"} <= set(after.memory)
    assert after.memory["openvino_f32"] == before.memory["openvino_f32"]
    assert after.training == before.training


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_it_draws_as_the_network_in_float_does(model: Path, backend: str) -> None:
    exported = card.load(model)
    sketch = np.random.default_rng(0).random((1, 2, *SHAPE)).astype(np.float16)
    exact, rough = (
        open_engine(exported.network_for(precision), EngineChoice(backend, "CPU", precision), SHAPE)
        .run(sketch, 3)
        .copy()
        for precision in ("f32", "int8")
    )
    assert np.abs(rough - exact).max() > 0
    assert np.corrcoef(rough.ravel(), exact.ravel())[0, 1] > 0.99


def test_weights_have_seven_bits(model: Path) -> None:
    """Without VNNI, products of eight bits overflow."""
    initializers = onnx.load(model / "network.int8.onnx").graph.initializer
    weights = [onnx.numpy_helper.to_array(each) for each in initializers if each.data_type == onnx.TensorProto.INT8]
    assert any(each.ndim == 4 for each in weights)
    assert all(np.abs(each.astype(int)).max() <= 64 for each in weights)
