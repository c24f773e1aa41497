"""Which backend, device, precision and threads are chosen for a machine, and which wishes are refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lineart_cli.errors import ArgumentError
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.plan import Measured, Request, plan
from plans import ARM, BARE, CGROUP, GPU, LAPTOP, MB, QUANTISED, SERVER, SMALL


@pytest.mark.parametrize(
    ("machine", "wishes", "choice"),
    [
        (LAPTOP, Request(), EngineChoice("openvino", "CPU", "f32", 2)),
        (SERVER, Request(), EngineChoice("openvino", "CPU", "f32", 64)),
        (SERVER, Request(precision="bf16", threads=8), EngineChoice("openvino", "CPU", "bf16", 8)),
        (SERVER, Request(backend="onnxruntime"), EngineChoice("onnxruntime", "CPU", "f32", 64)),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("onnxruntime"), 5.0)),
            EngineChoice("onnxruntime", "CPU", "f32", 64),
        ),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("onnxruntime"), 5.0), precision="bf16"),
            EngineChoice("openvino", "CPU", "bf16", 64),
        ),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("onnxruntime"), 5.0), backend="openvino"),
            EngineChoice("openvino", "CPU", "f32", 64),
        ),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("openvino", "CPU", "f32", 32), 5.0)),
            EngineChoice("openvino", "CPU", "f32", 32),
        ),
        (
            SERVER,
            Request(measured=Measured(EngineChoice("openvino", "CPU", "f32", 32), 5.0), threads=8),
            EngineChoice("openvino", "CPU", "f32", 8),
        ),
        (
            GPU,
            Request(measured=Measured(EngineChoice("onnxruntime", "CUDA", "f32", 64), 90.0)),
            EngineChoice("onnxruntime", "CUDA", "f32", 64),
        ),
        (
            GPU,
            Request(measured=Measured(EngineChoice("onnxruntime", "CUDA", "f32", 64), 90.0), device="cpu"),
            EngineChoice("onnxruntime", "CPU", "f32", 64),
        ),
        (  # the driver is gone
            SERVER,
            Request(measured=Measured(EngineChoice("onnxruntime", "CUDA", "f32", 64), 90.0)),
            EngineChoice("onnxruntime", "CPU", "f32", 64),
        ),
        (CGROUP, Request(), EngineChoice("openvino", "CPU", "f32", 1)),
        (replace(CGROUP, share=0.5), Request(), EngineChoice("openvino", "CPU", "f32", 1)),
        (ARM, Request(), EngineChoice("onnxruntime", "CPU", "f32", 4)),
        (ARM, Request(measured=Measured(EngineChoice("openvino"), 5.0)), EngineChoice("onnxruntime", "CPU", "f32", 4)),
        (replace(ARM, runtimes=("openvino",)), Request(precision="bf16"), EngineChoice("openvino", "CPU", "bf16", 4)),
        (GPU, Request(), EngineChoice("openvino", "CPU", "f32", 64)),
        (GPU, Request(device="gpu"), EngineChoice("openvino", "GPU.0", "f32", 64)),
        (GPU, Request(device="GPU.1", precision="bf16"), EngineChoice("openvino", "GPU.1", "bf16", 64)),
        (GPU, Request(device="cuda"), EngineChoice("onnxruntime", "CUDA", "f32", 64)),
    ],
)
def test_what_is_chosen(standard: ModelCard, machine: Hardware, wishes: Request, choice: EngineChoice) -> None:
    planned = plan(SMALL, standard, machine, wishes)
    assert planned.choice == choice
    for name in ("backend", "device", "precision", "threads"):
        assert any(line.startswith(f"{name} {getattr(choice, name)}: ") for line in planned.reasons)


@pytest.mark.parametrize(
    ("machine", "wishes", "says"),
    [
        (BARE, Request(), "--backend auto: no runtime is installed; run pip install openvino"),
        (ARM, Request(backend="openvino"), "--backend openvino: is not installed; run pip install openvino"),
        (LAPTOP, Request(precision="bf16"), "--precision bf16: Laptop does not compute it natively"),
        (SERVER, Request(precision="bf16", backend="onnxruntime"), "use f32, or --backend openvino"),
        (GPU, Request(precision="bf16", device="GPU.0"), "--precision bf16: GPU.0 does not compute it natively"),
        (LAPTOP, Request(device="GPU"), "--device GPU: not found by openvino or onnxruntime; there is CPU"),
        (
            LAPTOP,
            Request(device="cuda"),
            "there is CPU; if the machine has one, run pip uninstall onnxruntime, and pip install 'lineart[cuda]'",
        ),
        (GPU, Request(device="NPU"), "there is CPU, GPU.1, GPU.0, CUDA"),
        (GPU, Request(device="GPU", backend="onnxruntime"), "not found by onnxruntime; there is CPU, CUDA"),
        (SERVER, Request(max_memory=10 * MB), "--max-memory 10MB: a page of 600 x 600 px needs 200MB"),
        (replace(LAPTOP, memory_free=200 * MB), Request(), "--max-memory 120MB, the default with 200MB free: "),
    ],
)
def test_what_is_refused(standard: ModelCard, machine: Hardware, wishes: Request, says: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(says)):
        plan(SMALL, standard, machine, wishes)


@pytest.mark.parametrize(
    ("machine", "wishes", "precision"),
    [
        (LAPTOP, Request(), "int8"),
        (SERVER, Request(backend="onnxruntime"), "int8"),
        (SERVER, Request(precision="f32"), "f32"),
        (ARM, Request(), "f32"),
        (ARM, Request(precision="int8"), "int8"),
        (GPU, Request(device="GPU"), "f32"),
    ],
)
def test_int8_is_taken_where_there_is_such_a_network_and_it_is_fast(
    standard: ModelCard, machine: Hardware, wishes: Request, precision: str
) -> None:
    made = plan(SMALL, replace(standard, int8=QUANTISED), machine, wishes)
    why = "as asked for"
    if wishes.precision == "auto":
        own = "as good as f32 in lineart's own tests, and faster on this kind of CPU"
        why = own if precision == "int8" else "the same ink on every machine"
    assert made.choice.precision == precision
    assert f"precision {precision}: {why}" in made.reasons


@pytest.mark.parametrize(
    ("quantised", "wishes", "says"),
    [
        (None, Request(precision="int8"), "--precision int8: the model tiny has no such network; use --precision f32"),
        (QUANTISED, Request(precision="int8", device="GPU"), "--precision int8: is for the CPU, not for GPU.0; use"),
    ],
)
def test_int8_is_refused_where_it_cannot_be(
    standard: ModelCard, quantised: tuple[Path, str] | None, wishes: Request, says: str
) -> None:
    with pytest.raises(ArgumentError, match=re.escape(says)):
        plan(SMALL, replace(standard, int8=quantised), GPU, wishes)
