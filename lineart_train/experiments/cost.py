"""What a variant costs to run: one A4 page at 300 dpi in OpenVINO, f32, in one piece, with random weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from lineart_cli.machine.process import peak_memory
from lineart_train.experiments.variants import Model

A4_PX = (3508, 2480)
MARGIN = 64
"""Paper around the page, px, as `lineart ink` adds it."""
REPEATS = 3


@dataclass(frozen=True)
class Cost:
    """Seconds for the page (the fastest of `REPEATS`), and MiB that the process took at most, runtime included."""

    seconds: float
    peak_mib: float


def cost(model: Model, isa: str | None = None, page: tuple[int, int] = A4_PX) -> Cost:
    """Measure a model in a process of its own.

    Args:
        model: its weights do not matter; batch norm is folded by the runtime.
        isa: most that the runtime may use of the processor, such as "AVX2"; None for all of it.
        page: height and width, px.
    """
    shape = [-(-(side + 2 * MARGIN) // model.multiple_of) * model.multiple_of for side in page]
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder) / "network.onnx"
        small = torch.zeros(1, 1, 4 * model.multiple_of, 4 * model.multiple_of)
        axes = {"sketch": {2: "height", 3: "width"}, "raw": {2: "height", 3: "width"}}
        torch.onnx.export(
            model.eval(), (small,), str(network), input_names=["sketch"], output_names=["raw"], dynamic_axes=axes,
            opset_version=17, dynamo=False,
        )  # fmt: skip
        limits = {"ONEDNN_MAX_CPU_ISA": isa} if isa else {}
        command = [sys.executable, "-m", __name__, str(network), *map(str, shape)]
        done = subprocess.run(command, env=os.environ | limits, capture_output=True, text=True, check=True)  # noqa: S603
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _main(network: str, height: str, width: str) -> None:
    import openvino

    model = openvino.Core().read_model(network)
    model.reshape([1, 1, int(height), int(width)])
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.compile_model(model, "CPU", settings).create_infer_request()
    page = np.random.default_rng(0).random((1, 1, int(height), int(width)), np.float32)
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < 60:
        started = time.perf_counter()
        request.infer([page], share_inputs=True, share_outputs=True)
        times.append(time.perf_counter() - started)
    print(json.dumps({"seconds": round(min(times), 3), "peak_mib": round(peak_memory(os.getpid()) / 2**20, 1)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
