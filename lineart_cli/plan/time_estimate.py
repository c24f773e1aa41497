"""How long a page will take: by what was measured on this machine, or else by the kind of its processor."""

from __future__ import annotations

import math

from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.plan.request import Request

_MACS = {"avx512": 60e9, "avx2": 35e9, "neon": 15e9}
"""Multiply-adds in f32 that a core does in a second, by its best instruction set; see tests/benchmarks/speed.py."""
_MACS_OF_OTHERS = 8e9
_FASTER = {"bf16": 2.0, "int8": 1.5}
"""How much faster than f32 a precision is, where the processor has it."""
_FASTER_ON_AMX = 6.0


def expected_seconds(
    computed_px: float, card: ModelCard, hardware: Hardware, request: Request, choice: EngineChoice
) -> tuple[float, str]:
    """Seconds for so many px of tiles, without start, reading and writing; and how sure that is."""
    measured = request.measured
    if measured and (measured.choice.backend, measured.choice.device) == (choice.backend, choice.device):
        speed = measured.speed * _factor(choice.precision, hardware) / _factor(measured.choice.precision, hardware)
        speed *= (choice.threads or 1) / (measured.choice.threads or choice.threads or 1)
        return computed_px / 1e6 / speed, "by what lineart bench measured here"
    if choice.device != "CPU":
        return math.nan, "unknown on this device before lineart bench --save"
    core = next((macs for name, macs in _MACS.items() if name in (hardware.instructions or ())), _MACS_OF_OTHERS)
    threads = min(choice.threads or hardware.cores, max(1.0, hardware.share))
    seconds = computed_px * card.kmac_per_px * 1e3 / (core * threads * _factor(choice.precision, hardware))
    return (
        seconds,
        "a guess by the kind of processor, right within a factor of two or three; lineart bench --save knows",
    )


def _factor(precision: str, hardware: Hardware) -> float:
    if precision == "bf16" and "amx" in (hardware.instructions or ()):
        return _FASTER_ON_AMX
    return _FASTER.get(precision, 1.0)
