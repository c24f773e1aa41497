"""Cards with the memory of real networks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineart_cli.model.card import Draft, Footprint, ModelCard
from plans import QUANTISED


@pytest.fixture
def standard(card: ModelCard) -> ModelCard:
    """A card with the figures of a real network."""
    memory = {
        "openvino_f32": Footprint(124_800_000, 35.9),
        "openvino_bf16": Footprint(122_000_000, 31.8),
        "onnxruntime_f32": Footprint(66_900_000, 67.3),
    }
    return replace(card, halo_px=384, multiple_of=32, kmac_per_px=14.4, memory=memory)


@pytest.fixture
def measuring(standard: ModelCard) -> ModelCard:
    """The same of a network of two passes."""
    return replace(standard, draft=Draft(3.0, 0.5))


@pytest.fixture
def shipped(measuring: ModelCard) -> ModelCard:
    """The same with the memory of the standard model 0.5.0, by which `tests/benchmarks/memory.py` was run."""
    memory = {
        "openvino_f32": Footprint(125_437_476, 37.8),
        "openvino_bf16": Footprint(122_531_316, 33.8),
        "onnxruntime_f32": Footprint(68_990_881, 72.2),
        "openvino_int8": Footprint(124_601_177, 37.8),
        "onnxruntime_int8": Footprint(66_900_397, 57.8),
    }
    return replace(measuring, memory=memory, int8=QUANTISED)
