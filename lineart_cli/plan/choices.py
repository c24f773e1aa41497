"""Runtime, device, precision and threads: what the user wishes, or else what is best."""

from __future__ import annotations

import math

from lineart_cli.errors import ArgumentError
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine.hardware import Device, Hardware
from lineart_cli.model.card import RUNTIMES, ModelCard
from lineart_cli.plan.request import Request

_EXTRAS = {"cuda": "cuda", "tensorrt": "cuda", "dml": "directml"}
"""The extra that brings ONNX Runtime for a device; only one package of ONNX Runtime may be installed."""


def choose(card: ModelCard, hardware: Hardware, request: Request) -> tuple[EngineChoice, tuple[str, ...]]:
    """The choice, and a line for each part of it that says why.

    Raises:
        ArgumentError: a wish cannot be granted.
    """
    backend, why_backend = _backend(hardware, request)
    device, why_device = _device(hardware, request, backend)
    precision, why_precision = _precision(card, hardware, request, backend, device)
    threads, why_threads = _threads(hardware, request, backend)
    return EngineChoice(backend, device, precision, threads), (
        f"backend {backend}: {why_backend}",
        f"device {device}: {why_device}",
        f"precision {precision}: {why_precision}",
        f"threads {threads}: {why_threads}",
    )


def _backend(hardware: Hardware, request: Request) -> tuple[str, str]:
    if request.backend != "auto":
        if request.backend not in hardware.runtimes:
            raise ArgumentError("--backend", request.backend, f"is not installed; run pip install {request.backend}")
        return request.backend, "as asked for"
    if not hardware.runtimes:
        raise ArgumentError("--backend", "auto", f"no runtime is installed; run pip install {RUNTIMES[0]}")
    if not _is_cpu(request.device):
        able = [name for name in hardware.runtimes if _find(hardware, request.device, name)]
        if able:
            return able[0], f"the one that knows the device {request.device}"
    measured = request.measured and request.measured.choice
    if measured and measured.backend in hardware.runtimes and request.precision != "bf16":
        return measured.backend, "the fastest here, says lineart bench"
    first = hardware.runtimes[0]
    return first, "the first choice on a CPU" if first == RUNTIMES[0] else f"{RUNTIMES[0]} is not installed"


def _device(hardware: Hardware, request: Request, backend: str) -> tuple[str, str]:
    measured = request.measured and request.measured.choice
    if measured and request.device == "auto" and measured.backend == backend and request.precision in {"auto", "f32"}:
        found = _find(hardware, measured.device, backend)
        if found and found.name != "CPU":
            return found.name, "the fastest here, says lineart bench"
    if _is_cpu(request.device):
        return "CPU", "as asked for" if request.device != "auto" else "the same ink on every machine"
    found = _find(hardware, request.device, backend)
    if found is None:
        runtimes = hardware.runtimes if request.backend == "auto" else (backend,)
        names = [each.name for each in hardware.devices if each.runtime in runtimes]
        advice = f"not found by {' or '.join(runtimes)}; there is {', '.join(dict.fromkeys(['CPU', *names]))}"
        if extra := _EXTRAS.get(request.device.lower()):
            advice += f"; if the machine has one, run pip uninstall onnxruntime, and pip install 'lineart[{extra}]'"
        raise ArgumentError("--device", request.device, advice)
    return found.name, f"as asked for: {found.full_name}"


def _is_cpu(device: str) -> bool:
    return device.lower() in {"auto", "cpu"}


def _find(hardware: Hardware, name: str, backend: str) -> Device | None:
    """The device of that name; `GPU` stands for the first of several."""
    devices = sorted((each for each in hardware.devices if each.runtime == backend), key=lambda each: each.name)
    matches = [each for each in devices if name.lower() in {each.name.lower(), each.name.lower().partition(".")[0]}]
    return matches[0] if matches else None


def _precision(card: ModelCard, hardware: Hardware, request: Request, backend: str, device: str) -> tuple[str, str]:
    if request.precision == "auto":
        if card.int8 and device == "CPU" and "avx2" in (hardware.instructions or ()):
            return "int8", "as good as f32 in lineart's own tests, and faster on this kind of CPU"
        return "f32", "the same ink on every machine"
    if request.precision == "int8" and not card.int8:
        raise ArgumentError("--precision", "int8", f"the model {card.name} has no such network; use --precision f32")
    if request.precision == "int8" and device != "CPU":
        raise ArgumentError("--precision", "int8", f"is for the CPU, not for {device}; use --precision f32")
    if request.precision == "bf16":
        if backend != "openvino":
            raise ArgumentError("--precision", "bf16", f"{backend} computes f32 only; use f32, or --backend openvino")
        found = _find(hardware, device, backend)
        able = hardware.has_bf16 if device == "CPU" else found is not None and "BF16" in found.capabilities
        if able is False:
            name = hardware.cpu if device == "CPU" else device
            raise ArgumentError("--precision", "bf16", f"{name} does not compute it natively; use --precision f32")
    return request.precision, "as asked for"


def _threads(hardware: Hardware, request: Request, backend: str) -> tuple[int, str]:
    if request.threads is not None:
        return request.threads, "as asked for"
    measured = request.measured and request.measured.choice
    if measured and measured.threads and measured.backend == backend:
        return measured.threads, "the fastest here, says lineart bench"
    ours = max(1, math.floor(min(hardware.cores, hardware.share)))
    if hardware.share < hardware.cores:
        return ours, f"{hardware.share:g} of {hardware.cores} cores are ours"
    return ours, "one for each physical core"
