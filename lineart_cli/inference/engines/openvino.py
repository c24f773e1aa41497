"""OpenVINO, the runtime that lineart takes first: fast and small on CPUs, and it knows Intel's GPUs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lineart_cli.errors import EngineError
from lineart_cli.inference.engines.base import CheckedEngine, EngineChoice, MissingRuntimeError, failure
from lineart_cli.model.ready import ready
from lineart_cli.runtimes import UNBOUND, load

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.inference.engines.base import Level
    from lineart_cli.model.compiled import CompiledNetworks

_ELEMENT_TYPES = {"auto": "f32", "f32": "f32", "bf16": "bf16", "int8": "f32"}


class OpenVinoEngine(CheckedEngine):
    """One compiled network with one request: the activations exist once."""

    backend = "openvino"

    def __init__(
        self, network: Path, choice: EngineChoice, shape: tuple[int, int], compiled: CompiledNetworks | None
    ) -> None:
        """See `open_engine`."""
        super().__init__(shape)
        try:
            openvino = load("openvino")
        except ImportError as error:
            raise MissingRuntimeError("openvino", error) from error
        core = openvino.Core()
        device = _device(core, choice.device)
        capabilities = core.get_property(device, "OPTIMIZATION_CAPABILITIES")
        precision = _ELEMENT_TYPES[choice.precision]
        if precision == "bf16":
            _require_bf16(device, capabilities)
        # Without the precision hint, OpenVINO takes bf16 where the CPU has it: other ink on other machines.
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        if device == "CPU":
            settings |= UNBOUND
            if choice.threads is not None:
                settings["INFERENCE_NUM_THREADS"] = choice.threads
        try:
            if compiled is None or "EXPORT_IMPORT" not in capabilities:
                model = core.compile_model(_model(core, network, self._sketch_shape), device, settings)
            else:
                read = partial(_model, core, network, self._sketch_shape)
                model = ready(core, network, device, settings, read, compiled, shape)
            self._model, self._request = model, model.create_infer_request()
        except (RuntimeError, MemoryError) as error:
            message = f"--device {device}: OpenVINO cannot prepare {network}: {_last_line(error)}"
            raise failure(error, message) from error

    def rest(self) -> bool:
        """See `Engine.rest`."""
        self._model.release_memory()
        return True

    def _infer(self, sketch: npt.NDArray[np.float16], thickness: npt.NDArray[np.float32]) -> Level:
        inputs = {"sketch": sketch, "thickness": thickness}
        try:
            results = self._request.infer(inputs, share_inputs=True, share_outputs=True)
        except (RuntimeError, MemoryError) as error:
            raise failure(error, f"OpenVINO failed: {_last_line(error)}; try a smaller --tile") from error
        return cast("npt.NDArray[np.float16]", results["level"])


def _model(core: Any, network: Path, shape: tuple[int, ...]) -> Any:
    """The network for sketches of that shape, float16 in and out."""
    from openvino import Type, preprocess

    model = core.read_model(network)
    model.reshape({"sketch": list(shape), "thickness": [1]})
    steps = preprocess.PrePostProcessor(model)
    steps.input("sketch").tensor().set_element_type(Type.f16)
    steps.output("level").tensor().set_element_type(Type.f16)
    return steps.build()


def _device(core: Any, wanted: str) -> str:
    """The device's own spelling; `GPU` stands for the first of several."""
    if wanted.lower() in {"auto", "cpu"}:
        return "CPU"
    available: list[str] = core.available_devices  # which looks for all of them
    known = {name.lower(): name for name in sorted(available, reverse=True)}
    known |= {name.lower().partition(".")[0]: name for name in sorted(available, reverse=True)}
    if wanted.lower() not in known:
        raise EngineError(f"--device {wanted}: OpenVINO finds no such device; there is {', '.join(sorted(available))}")
    return known[wanted.lower()]


def _require_bf16(device: str, capabilities: list[str]) -> None:
    if "BF16" not in capabilities:
        able = ", ".join(name for name in capabilities if name in {"FP32", "FP16", "INT8"})
        raise EngineError(f"--precision bf16: {device} computes {able} only; use --precision f32")


def _last_line(error: Exception) -> str:
    """The last line that says something: the earlier ones name places in OpenVINO's own source."""
    return next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)
