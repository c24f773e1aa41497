"""What plans are made for: machines, pages and a quantised network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lineart_cli.machine.hardware import Device, Hardware
from lineart_cli.plan import PageSize

MB, GB = 10**6, 10**9

LAPTOP = Hardware("Laptop", ("avx2",), 2, 2, 4 * GB, 600 * MB)
SERVER = Hardware("Server", ("amx", "avx2", "avx512", "bf16", "vnni"), 64, 64, 256 * GB, 200 * GB)
CGROUP = Hardware("Server", SERVER.instructions, 64, 1.5, GB, 900 * MB)
ARM = Hardware("Board", None, 4, 4, 8 * GB, 4 * GB, ("onnxruntime",))
BARE = replace(LAPTOP, runtimes=())
GPU = replace(
    SERVER,
    devices=(
        Device("openvino", "CPU", "Server"),
        Device("openvino", "GPU.1", "Arc", ("FP32", "BF16")),
        Device("openvino", "GPU.0", "Iris", ("FP32", "FP16"), GB),
        Device("onnxruntime", "CPU", "CPUExecutionProvider"),
        Device("onnxruntime", "CUDA", "CUDAExecutionProvider"),
    ),
)

A0 = PageSize(28087, 19866, 600, scale=2.0)
A4 = PageSize(3508, 2480, 300)
A4_600 = PageSize(7016, 4960, 600, scale=2.0)
A6 = PageSize(1754, 1240, 300)
SMALL = PageSize(600, 600, 300)

QUANTISED = (Path("network.int8.onnx"), "0" * 64)
