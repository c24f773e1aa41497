"""Every shipped model proves itself: its test page comes out as it did when it was exported, in both runtimes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineart_cli.inference.engines import EngineChoice, open_engine
from lineart_cli.inking.cutting import coverage
from lineart_cli.model import catalogue

MODELS = sorted(card.parent.name for card in (Path(__file__).parents[2] / "models").glob("*/card.toml"))
MOST_BYTES = 30_000_000


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("name", MODELS)
def test_the_test_page_comes_out_as_exported(name: str, backend: str) -> None:
    card = catalogue.find(name)
    dark = 1 - np.array(Image.open(card.test.input), np.float32) / 255
    wanted = np.array(Image.open(card.test.output), np.int16)
    engine = open_engine(card.network, EngineChoice(backend, "auto", "f32", None), dark.shape)
    sketch = np.stack([dark, np.zeros_like(dark)])[None].astype(np.float16)
    level = engine.run(sketch, card.test.thickness)[0, 0]
    off = np.abs(255 - coverage(level, 1).astype(np.int16) - wanted)
    levels, counts = np.unique(off, return_counts=True)
    assert (off <= 1).mean() > 0.9999, dict(zip(levels.tolist(), counts.tolist(), strict=True))
    assert 0.005 < (wanted < 128).mean() < 0.5


def test_there_is_a_standard_model_and_the_models_stay_small() -> None:
    assert "standard" in MODELS
    files = [path for path in (Path(__file__).parents[2] / "models").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_every_card_names_its_sources() -> None:
    for name in MODELS:
        training = catalogue.find(name).training
        assert training["sources"]
        assert training["steps"] > 0
