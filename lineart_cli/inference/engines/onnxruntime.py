"""ONNX Runtime, the second runtime: where OpenVINO has no build, and for GPUs that are not Intel's."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from lineart_cli.errors import EngineError
from lineart_cli.inference.engines.base import CheckedEngine, EngineChoice, MissingRuntimeError, UnusableError, failure
from lineart_cli.runtimes import load

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.inference.engines.base import Level

_SUFFIX = "ExecutionProvider"
_ARENA = {"arena_extend_strategy": "kSameAsRequested"}  # the default doubles what it takes
_SETTINGS = {
    "CPU": _ARENA,
    "CUDA": {
        **_ARENA,
        "use_tf32": "0",  # the same ink as on a CPU
        "cudnn_conv_algo_search": "HEURISTIC",  # trying all of them takes seconds, and memory for the greediest
        "cudnn_conv_use_max_workspace": "0",
    },
}
"""What execution providers are told; others get nothing, as some take offence at what they do not know."""


class OnnxRuntimeEngine(CheckedEngine):
    """One session, which keeps the memory of its first run for the next."""

    backend = "onnxruntime"

    def __init__(self, network: Path, choice: EngineChoice, shape: tuple[int, int]) -> None:
        """See `open_engine`."""
        super().__init__(shape)
        try:
            onnxruntime = load("onnxruntime")
        except ImportError as error:
            raise MissingRuntimeError("onnxruntime", error) from error
        if choice.precision == "bf16":
            raise EngineError("--precision bf16: ONNX Runtime computes f32 only; use f32, or --backend openvino")
        provider = _provider(onnxruntime.get_available_providers(), choice.device)
        if provider == f"CUDA{_SUFFIX}":
            with redirect_stdout(StringIO()):  # it prints what it does not find; whether that matters is seen below
                onnxruntime.preload_dlls()  # CUDA and cuDNN, where they came with pip
        settings = _SETTINGS.get(provider.removesuffix(_SUFFIX), {})
        options = onnxruntime.SessionOptions()
        options.enable_mem_pattern = False  # the pattern's block would come on top of what the first run has taken
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = choice.threads or 0
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(network), options, providers=[(provider, settings)])
        except Exception as error:  # its exceptions share no other base
            raise failure(error, f"ONNX Runtime cannot prepare {network}: {error}") from error
        if self._session.get_providers()[0] != provider:  # it falls back to the CPU without a word
            name = provider.removesuffix(_SUFFIX)
            raise UnusableError(f"--device {name}: ONNX Runtime cannot load it; install its libraries or use CPU")

    def _infer(self, sketch: npt.NDArray[np.float16], thickness: npt.NDArray[np.float32]) -> Level:
        try:
            (level,) = self._session.run(["level"], {"sketch": sketch.astype(np.float32), "thickness": thickness})
        except Exception as error:  # its exceptions share no other base
            raise failure(error, f"ONNX Runtime failed: {error}; try a smaller --tile") from error
        return cast("npt.NDArray[np.float32]", level)


def _provider(available: list[str], wanted: str) -> str:
    """The execution provider that a device's name stands for."""
    known = {name.removesuffix(_SUFFIX).lower(): name for name in available}
    name = "cpu" if wanted.lower() == "auto" else wanted.lower()
    if name not in known:
        names = ", ".join(sorted(each.removesuffix(_SUFFIX) for each in available))
        raise EngineError(f"--device {wanted}: ONNX Runtime finds no such device; there is {names}")
    return known[name]
