"""The variants that the shipped network is compared with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lineart_train.experiments import article, losses
from lineart_train.experiments.compare import Budget, compare
from lineart_train.experiments.cost import cost
from lineart_train.experiments.variants import VARIANTS, Fields, Scale
from lineart_train.network.net import NetConfig

TINY = Budget(steps=3, batch=2, crop=64, canvas=128, canvases=4)


def offset_of_a_line(size: int = 32) -> torch.Tensor:
    """The way to a vertical line in the middle."""
    way = torch.zeros(1, 2, size, size)
    way[0, 0] = size // 2 - torch.arange(size)
    return way


def test_the_article_has_its_figures() -> None:
    network = article.ArticleNet()
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]
    kernels = [layer.kernel_size[0] for layer in layers]
    assert [kernels.count(k) for k in (5, 4, 3)] == [1, 3, 19]
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(44.8e6, rel=0.01)
    assert article.kmac_per_px() == pytest.approx(938, abs=1)
    assert network.eval()(torch.zeros(1, 1, 64, 48)).shape == (1, 1, 64, 48)


def test_the_articles_frame_is_what_its_gradient_reaches() -> None:
    torch.manual_seed(0)
    network = article.ArticleNet(slim=48).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            torch.nn.init.constant_(module.weight, 0.1)
    page = torch.ones(1, 1, 320, 320, requires_grad=True)
    network(page)[0, 0, 160, 160].backward()
    assert page.grad is not None
    rows = np.flatnonzero(page.grad[0, 0].abs().sum(1).numpy())
    reach = max(160 - rows.min(), rows.max() - 160)
    assert article.receptive_field() - 8 <= reach <= article.receptive_field()


@pytest.mark.parametrize("name", [name for name in VARIANTS if name not in {"article", "wide"}])
def test_every_variant_is_built_and_inks(name: str) -> None:
    model = VARIANTS[name].build().eval()
    size = 2 * model.multiple_of
    raw = model(torch.rand(1, 1, size, size))
    assert VARIANTS[name].loss(raw, torch.zeros(1, 2, size, size)).isfinite()
    ink = model.ink(raw)
    assert ink.shape == (1, 1, size, size)
    assert ink.min() >= 0
    assert ink.max() <= 1
    assert model.kmac_per_px > 0


def test_no_norm_means_no_norm() -> None:
    model = VARIANTS["no-norm"].build()
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules())
    assert any(isinstance(m, Scale) for m in model.modules())


@pytest.mark.parametrize("loss", [losses.squared, losses.mapped, losses.overlap])
def test_pixel_losses_prefer_the_true_line(loss: object) -> None:
    offset = offset_of_a_line()
    right = 20 * (losses.drawn(offset) - 0.5)
    shifted = torch.roll(right, 6, 3)
    assert loss(right, offset) < loss(torch.zeros_like(right), offset) < loss(20 * torch.ones_like(right), offset)  # type: ignore[operator]
    assert loss(right, offset) < loss(shifted, offset)  # type: ignore[operator]


def test_the_loss_map_weighs_rare_values_more() -> None:
    offset = offset_of_a_line()
    miss = torch.full((1, 1, 32, 32), -20.0)
    extra = miss.clone()
    extra[:, :, :, 2:5] = 20
    lost = losses.mapped(miss, offset) / losses.squared(miss, offset)
    added = losses.mapped(torch.maximum(extra, 20 * (losses.drawn(offset) - 0.5)), offset) / losses.squared(
        torch.maximum(extra, 20 * (losses.drawn(offset) - 0.5)), offset
    )
    assert lost > added


@pytest.mark.parametrize("loss", [losses.plain_fields, losses.squared_fields])
def test_field_losses_vanish_on_the_true_fields(loss: object) -> None:
    offset = offset_of_a_line(16)
    way = offset / 12
    fields = torch.cat([way, way.norm(dim=1, keepdim=True)], 1)
    assert loss(fields, offset) == pytest.approx(0, abs=1e-6)  # type: ignore[operator]
    assert loss(fields + 0.1, offset) > 0.01  # type: ignore[operator]


def test_a_lesson_is_learned_when_the_fields_agree() -> None:
    seen = torch.rand(1, 3, 16, 16)
    assert losses.distillation(seen, seen) == 0
    assert losses.distillation(seen + 0.2, seen) > losses.distillation(seen + 0.1, seen) > 0


def test_a_comparison_leaves_figures_and_does_not_run_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = NetConfig(channels=(16, 32), down=(1, 1), up=(1,), head=16)
    base = VARIANTS["shipped"]
    monkeypatch.setitem(VARIANTS, "shipped", replace(base, build=lambda: Fields(small)))
    truth = np.full((128, 128), 255, np.uint8)
    truth[64, 10:118] = 8
    sketch = np.where(truth < 255, 0, 255).astype(np.uint8)
    Image.fromarray(sketch).save(tmp_path / "a.png", dpi=(300, 300))
    Image.fromarray(truth).save(tmp_path / "a_truth.png")
    said: list[str] = []
    pages = [(tmp_path / "a.png", tmp_path / "a_truth.png")]
    names = ["shipped", "pixels-critic", "distilled"]
    first = compare(names, TINY, pages, tmp_path / "out", None, said.append)
    assert [each.name for each in first] == names
    assert all(each.steps == 3 and np.isfinite(each.loss) for each in first)
    assert set(first[0].figures) >= {"score", "f1", "ends"}
    said.clear()
    assert compare(names, TINY, pages, tmp_path / "out", None, said.append) == first
    assert said == []


def test_a_larger_network_costs_more() -> None:
    small, large = (cost(VARIANTS[name].build(), page=(700, 700)) for name in ("half", "wide"))
    assert small.seconds > 0
    assert 50 < small.peak_mib < large.peak_mib
