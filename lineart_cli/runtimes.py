"""OpenVINO and ONNX Runtime, imported where they are needed and nowhere else."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

UNBOUND = {"ENABLE_CPU_PINNING": False}
"""Settings of OpenVINO on a CPU. It would bind its threads to the first cores, which several processes of few threads
would then share, while the others idle."""


def for_inference_alone() -> None:
    """Let OpenVINO leave out what converts models of other frameworks: half of the time that its import takes.

    Call it before the first `load`, and only in a process of lineart's own: others may want to convert models.
    """
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]


def load(name: str) -> Any:
    """Import a runtime, `openvino` or `onnxruntime`; raises ImportError where it is not installed.

    OpenVINO tells its makers of each import, from a forked process, unless its package for that is missing; here it
    always is. In `lineart serve` that process hangs, as it waits for the stdin that the main thread reads.
    """
    if name == "openvino":
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return import_module(name)
