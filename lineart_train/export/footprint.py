"""How much memory a network takes in each runtime, for its card: a process of its own for every figure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from lineart_cli.errors import EngineError
from lineart_cli.inference.engines import CHANNELS, EngineChoice, open_engine
from lineart_cli.machine.process import give_back_memory, peak_memory

SIDES = (512, 1024, 1536, 2048)
"""Of the square tiles that are measured, px: the smallest and the largest that a plan is likely to choose."""


def footprint(onnx: Path) -> dict[str, list[float]]:
    """Bytes that a process takes to run a network, and bytes more for each px of a tile, by runtime and precision.

    Returns:
        [base, per px] under keys such as `openvino_f32`: the line through the peaks at `SIDES`, which takes in the
        interpreter, NumPy, the runtime, the weights, the tile that goes in and the one that comes out. A precision that
        this machine lacks is left out.
    """
    return _lines(onnx, [("openvino", "f32"), ("openvino", "bf16"), ("onnxruntime", "f32")])


def int8_footprint(onnx: Path) -> dict[str, list[float]]:
    """The same of a quantised network."""
    return _lines(onnx, [("openvino", "int8"), ("onnxruntime", "int8")])


def _lines(onnx: Path, ways: list[tuple[str, str]]) -> dict[str, list[float]]:
    peaks = {
        f"{backend}_{precision}": [_peak(onnx, backend, precision, side) for side in SIDES]
        for backend, precision in ways
    }
    px = np.square(SIDES)
    lines = {name: np.polyfit(px, found, 1) for name, found in peaks.items() if all(found)}
    return {name: [round(float(base)), round(float(per_px), 1)] for name, (per_px, base) in lines.items()}


def _peak(onnx: Path, backend: str, precision: str, side: int) -> int:
    """Peak of a process that runs two blank tiles, bytes; 0 where this machine lacks the precision."""
    command = [sys.executable, "-m", "lineart_train.export.footprint", str(onnx), backend, precision, str(side)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def _run(onnx: str, backend: str, precision: str, side: str) -> int:
    give_back_memory()
    shape = (int(side), int(side))
    try:
        engine = open_engine(Path(onnx), EngineChoice(backend, "CPU", precision), shape)
    except EngineError:
        return 0
    sketch = np.full((1, CHANNELS, *shape), 0.5, np.float16)
    for _ in range(2):
        engine.run(sketch, 3.0)
    return peak_memory(os.getpid())


if __name__ == "__main__":
    sys.stdout.write(str(_run(*sys.argv[1:])))
