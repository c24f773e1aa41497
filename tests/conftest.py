"""A model small enough for every test: a U shape like the real one, with random weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import Draft, ModelCard, load
from lineart_cli.pages import libraries
from lineart_cli.plan import PageSize, Plan, Request, plan

HALO = 64
MULTIPLE_OF = 16
CHANNELS = 16

settings.register_profile("search", deadline=None)
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compiled networks of the tests do not go to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def write_network(path: Path, offset: float = 0.0, output_size: str = "") -> None:
    """Write an ONNX network with the inputs and outputs of a real one.

    Space to depth by 4, two halvings, two doublings with skips, depth to space, plus half the thickness: stride 16, and
    a pixel sees less than HALO px. `offset` is added to the level; `output_size` of "cropped" makes it a row short.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(7)
    nodes, weights = [], []

    def add(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def weight(name: str, array: np.ndarray) -> str:
        weights.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name

    def convolve(x: str, name: str, kernel: int = 3, kind: str = "Conv", inputs: int = CHANNELS) -> str:
        spread = np.sqrt(2 / (inputs * kernel * kernel))
        w = weight(f"{name}.w", rng.normal(0, spread, (CHANNELS, inputs, kernel, kernel)))
        b = weight(f"{name}.b", rng.normal(0, 0.1, CHANNELS))
        strides = [1, 1] if kernel == 3 else [2, 2]
        y = add(kind, [x, w, b], f"{name}.y", pads=[kernel // 3] * 4, strides=strides, kernel_shape=[kernel] * 2)
        return add("Relu", [y], f"{name}.out")

    fine = convolve(add("SpaceToDepth", ["sketch"], "cells", blocksize=4), "stem", inputs=2 * 16)
    middle = convolve(convolve(fine, "down1", 2), "body1")
    coarse = convolve(convolve(middle, "down2", 2), "body2")
    middle = convolve(add("Add", [middle, convolve(coarse, "up2", 2, "ConvTranspose")], "skip2"), "body3")
    fine = convolve(add("Add", [fine, convolve(middle, "up1", 2, "ConvTranspose")], "skip1"), "body4")
    drawn = add("DepthToSpace", [fine], "drawn", blocksize=4)
    half = add("Mul", ["thickness", weight("half", np.array([0.5]))], "half_thickness")
    level = add("Sub", [add("Sub", [half, weight("shift", np.array([1.5 - offset]))], "bias"), drawn], "full")
    if output_size == "cropped":
        ends = [numpy_helper.from_array(np.array([n]), name) for name, n in (("from", 0), ("to", -1), ("axis", 2))]
        weights.extend(ends)
        add("Slice", [level, "from", "to", "axis"], "level")
    else:
        add("Identity", [level], "level")
    page: list[int | str] = [1, 2, "height", "width"]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("sketch", TensorProto.FLOAT, page),
            helper.make_tensor_value_info("thickness", TensorProto.FLOAT, [1]),
        ],
        [helper.make_tensor_value_info("level", TensorProto.FLOAT, [1, 1, "h", "w"])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


CARD = """
name = "tiny"
version = "1.2.3"
description = "Random weights."
licence = "MIT"
[network]
file = "network.onnx"
sha256 = "{sha256}"
opset = 17
halo_px = {halo}
multiple_of = {multiple_of}
dpi = 300
thickness_px = [1.0, 16]
level_px = 16.0
kmac_per_px = 1.2
[memory]
openvino_f32 = [110000000, 60.0]
onnxruntime_f32 = [70000000, 90.0]
[test]
input = "test_input.png"
output = "test_output.png"
thickness = 3.0
tolerance = 0.001
[training]
minutes = 0.0
"""


@pytest.fixture(scope="session", autouse=True)
def _quiet_libraries() -> None:
    """As the commands do."""
    libraries.quieten()


@pytest.fixture(scope="session")
def make_network() -> Callable[..., None]:
    """`write_network`, for tests that need one with a fault."""
    return write_network


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with one in it, `tiny`."""
    home = tmp_path_factory.mktemp("models")
    folder = home / "tiny"
    folder.mkdir()
    write_network(folder / "network.onnx")
    sha256 = hashlib.sha256((folder / "network.onnx").read_bytes()).hexdigest()
    (folder / "card.toml").write_text(CARD.format(sha256=sha256, halo=HALO, multiple_of=MULTIPLE_OF))
    return home


@pytest.fixture(scope="session")
def card(models: Path) -> ModelCard:
    """The card of `tiny`."""
    return load(models / "tiny")


@pytest.fixture(scope="session")
def twice(card: ModelCard) -> ModelCard:
    """The card of `tiny` if it looked twice; its draft is so thick that there is ink of random weights."""
    return replace(card, draft=Draft(6.0, 0.5))


@pytest.fixture(scope="session")
def network(models: Path) -> Path:
    """The ONNX file of `tiny`."""
    return models / "tiny" / "network.onnx"


@pytest.fixture(scope="session")
def decide(card: ModelCard) -> Callable[..., Callable[[PageSize], Plan]]:
    """Makes the plans for `tiny`, with the given wishes, on a machine with memory enough."""
    machine = Hardware("Some CPU", ("avx2", "bf16"), 2, 2, 64 * 10**9, 32 * 10**9)
    return lambda **wishes: lambda page: plan(page, card, machine, Request(**{"max_memory": 10**9, **wishes}))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Files that tests compare with can be written anew: look at what changed before you keep it."""
    parser.addoption("--update", action="store_true", help="write golden files and the reference anew")
