"""Ink of a GPU beside that of the CPU in f32, and its memory there: python tests/benchmarks/gpu.py CUDA."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
from common import arguments, draw_page, keep
from PIL import Image

A4 = (3508, 2480, 300)
MOST_BYTES = 1_000_000_000
LEAST_SAME = 0.999
"""Share of the pixels that may differ by one level of 255 at most."""
_POLL = 0.05


def main() -> None:
    """Ink an A4 page on both; the exit code tells whether the ink is the same and the memory is enough."""
    parser = arguments(__doc__ or "")
    parser.add_argument("device", help="as --device takes it: CUDA, ROCM, CoreML, Dml, GPU ...")
    parser.add_argument("--backend", default="onnxruntime", help="openvino for Intel's")
    options = parser.parse_args()
    page = draw_page(options.folder / "A4-300.png", *A4)
    backend = ("--backend", options.backend)
    exact, _ = _inked(page, options.folder / "exact", "--device", "CPU", *backend)
    ink, memory = _inked(page, options.folder / options.device, "--device", options.device, *backend)
    same = float((np.abs(ink - exact) <= 1).mean())
    print(f"{same:.5%} of the pixels within one level; {memory / 1e6:.0f} MB on the device, 0 if nobody tells")
    keep(options.json, [{"device": options.device, "backend": options.backend, "same": same, "device_memory": memory}])
    sys.exit(same < LEAST_SAME or memory > MOST_BYTES)


def _inked(page: Path, out: Path, *options: str) -> tuple[np.ndarray, int]:
    """The ink, and the most bytes that were in use on NVIDIA's devices meanwhile, beyond those before."""
    before = peak = _used()
    command = [sys.executable, "-m", "lineart_cli", "ink", str(page), "-o", str(out), "--overwrite", "--quiet"]
    process = subprocess.Popen([*command, "--precision", "f32", *options])
    ended = threading.Event()
    while process.poll() is None:
        peak = max(peak, _used())
        ended.wait(_POLL)
    if process.returncode:
        sys.exit(process.returncode)
    with Image.open(out / page.name) as image:
        return np.asarray(image.convert("L"), np.int16), peak - before


def _used() -> int:
    ask = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    return sum(int(line) for line in said.split() if line.isdecimal()) << 20


if __name__ == "__main__":
    main()
