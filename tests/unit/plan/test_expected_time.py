"""How long a page is expected to take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.plan import Measured, Request, plan
from plans import A4, ARM, GB, GPU, LAPTOP, SERVER


@pytest.mark.parametrize(
    ("machine", "wishes", "seconds", "how"),
    [
        (LAPTOP, Request(tile=16384), 1.96, "a guess by the kind of processor"),
        (replace(LAPTOP, share=1.0), Request(tile=16384), 3.93, "a guess by the kind of processor"),
        (SERVER, Request(tile=16384, threads=2), 1.15, "a guess by the kind of processor"),
        (SERVER, Request(tile=16384, threads=2, precision="bf16"), 0.19, "a guess by the kind of processor"),
        (ARM, Request(tile=16384), 4.3, "a guess by the kind of processor"),
        (LAPTOP, Request(tile=16384, measured=Measured(EngineChoice("openvino", "CPU", "f32"), 4.0)), 2.39, "by what"),
    ],
)
def test_the_expected_time(standard: ModelCard, machine: Hardware, wishes: Request, seconds: float, how: str) -> None:
    planned = plan(A4, standard, machine, replace(wishes, max_memory=GB))
    assert planned.seconds == pytest.approx(seconds, rel=0.02)
    assert any(line.startswith(f"time {planned.seconds:.2g} s: {how}") for line in planned.reasons)
    assert str(planned).endswith(f"; about {planned.seconds:.2g} s")


def test_nothing_is_known_of_the_time_on_a_device(standard: ModelCard) -> None:
    planned = plan(A4, standard, GPU, Request(device="GPU"))
    assert "about" not in str(planned)
    assert planned.reasons[-1].startswith("time: unknown on this device")
