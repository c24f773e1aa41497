"""Network, losses, crops and export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from lineart_cli.inference import gaps
from lineart_cli.inference.engines import Engine, EngineChoice, open_engine
from lineart_cli.inking.inker import Inker
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import Draft, ModelCard
from lineart_cli.options import NEUTRAL_FAINT
from lineart_cli.plan import PageSize, Request, plan
from lineart_train.evaluation.metrics import Grey
from lineart_train.export.export import write_onnx
from lineart_train.generator.scenes.curves import ellipse, resample
from lineart_train.generator.sketch.raster import offset_field
from lineart_train.network.losses import field_loss
from lineart_train.network.net import DRAFT, DRAFT_SCALE, REACH, LineartNet, NetConfig, halo
from lineart_train.training.config import TrainConfig, from_dict
from lineart_train.training.pool import turned, unit_offset

Floats = NDArray[np.float32]
TINY = NetConfig(channels=(16, 16), down=(1, 1), up=(1,), head=16)


def ring_field(size: int = 128) -> torch.Tensor:
    ring = ellipse(np.array([size / 2, size / 2], np.float32), np.array([40.0, 30.0]), 0.2)
    return torch.from_numpy(unit_offset(offset_field([ring], size))[None])


def true_fields(lines: list[Floats], size: int = 128) -> torch.Tensor:
    vector = torch.from_numpy(unit_offset(offset_field(lines, size))[None]) / REACH
    return torch.cat([vector, vector.norm(dim=1, keepdim=True).clamp(max=1)], 1)


@pytest.mark.parametrize("config", [TINY, NetConfig(channels=(16, 16, 16, 16), head=16)])
def test_nothing_beyond_the_halo_is_seen(config: NetConfig) -> None:
    torch.manual_seed(0)
    net = LineartNet(config).eval()
    reach, stride = halo(config), config.multiple_of
    start, stop, side = reach + stride, reach + 2 * stride, 2 * reach + 3 * stride
    sketch = torch.rand(1, 2, side, side, requires_grad=True)
    net(sketch, torch.tensor([3.0]))[:, :, start:stop, start:stop].square().sum().backward()
    assert sketch.grad is not None
    seen = np.argwhere((sketch.grad[0] != 0).any(0).numpy())
    assert start - reach <= seen.min() < start - reach + stride, "all that is needed, and no more than it must be"
    assert stop + reach - stride <= seen.max() < stop + reach


def test_black_areas_have_smooth_edges() -> None:
    y, x = np.mgrid[:128, :128].astype(np.float32) - 63.4
    away = np.hypot(y, x)
    outside = np.maximum(away - 30, 0)
    vector = torch.from_numpy(np.stack([-x, -y]) * outside / np.maximum(away, 1) / REACH)[None]
    level = LineartNet(TINY).pen(vector, vector.norm(dim=1, keepdim=True).clamp(max=1), torch.tensor([3.0]))[0, 0]
    outlines, _ = cv2.findContours((level > 0).numpy().astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    assert len(outlines) == 1
    radii = np.hypot(*(outlines[0][:, 0] - 63.4).T)
    assert radii.max() - radii.min() < 1.6
    assert radii.mean() == pytest.approx(30, abs=0.8)


def test_true_fields_are_cut_to_lines_of_the_thickness_asked_for() -> None:
    net = LineartNet(TINY)
    vector = ring_field() / REACH
    fields = torch.cat([vector, vector.norm(dim=1, keepdim=True).clamp(max=1)], 1)
    angle = np.linspace(0, 2 * np.pi, 2000)
    around = float(np.hypot(40 * np.diff(np.cos(angle)), 30 * np.diff(np.sin(angle))).sum())
    for thickness in (1.0, 3.0, 8.0, 12.0):
        ink = (net.pen(fields[:, :2], fields[:, 2:], torch.tensor([thickness])) + 0.5).clamp(0, 1)
        assert float(ink.sum()) / around == pytest.approx(thickness, abs=0.3)


@pytest.mark.parametrize("arms", [(90, 0), (90, 180, 0), (90, 0, 180, 270), (90, 130, 310, 270), (90, 60, 210)])
def test_thin_lines_meet_without_a_gap(arms: tuple[int, ...]) -> None:
    centre = np.array([64.0, 64.0])
    ways = np.stack([np.cos(np.radians(arms)), np.sin(np.radians(arms))], 1)
    lines = [resample(np.stack([centre, centre + 45 * way]).astype(np.float32), 1.0) for way in ways]
    fields = true_fields(lines)
    level = LineartNet(TINY).pen(fields[:, :2], fields[:, 2:], torch.tensor([1.5]))[0, 0]
    pieces, _ = cv2.connectedComponents((level > -0.15).numpy().astype(np.uint8))
    assert pieces == 2, "paper, and one piece of ink"


def test_bare_paper_stays_bare_at_every_thickness_where_the_way_means_nothing() -> None:
    fields = torch.zeros(1, 3, 96, 96)  # a way is learned near lines only
    fields[:, 2] = 0.97  # an unsure "far away"
    level = LineartNet(TINY).pen(fields[:, :2], fields[:, 2:], torch.tensor([16.0]))
    assert float(level.max()) < -2


@pytest.mark.parametrize("gap", [7, 8, 9, 10, 12, 16, 20])
def test_two_lines_side_by_side_stay_two_with_paper_between(gap: int) -> None:
    lines = [resample(np.array([[-10, y], [140, y]], np.float32), 3.0) for y in (50, 50 + gap)]
    fields = true_fields(lines)
    ink = (LineartNet(TINY).pen(fields[:, :2], fields[:, 2:], torch.tensor([3.0])) + 0.5).clamp(0, 1)[
        0, 0, 40 : 60 + gap, 64
    ]
    solid = (ink > 0.5).int()
    assert int((solid.diff() == 1).sum()) == 2
    assert float(ink[10 + 3 : 10 + gap - 2].max()) < 0.1


def test_the_loss_of_the_truth_is_zero_and_grows_with_the_miss() -> None:
    offset = ring_field()
    vector = offset / REACH
    truth = torch.cat([vector, vector.norm(dim=1, keepdim=True).clamp(max=1)], 1)
    assert float(field_loss(truth, offset)["loss"]) < 1e-5
    small, large = (float(field_loss(truth + miss, offset)["loss"]) for miss in (0.05, 0.2))
    assert 0 < small < large


@pytest.mark.parametrize("vector", range(8))
def test_turned_fields_still_point_to_the_line(vector: int) -> None:
    offset = ring_field()[0].numpy()
    mask = (np.hypot(*offset) < 0.8).astype(np.float32)[None]
    picture, field = (each.numpy() for each in turned(torch.from_numpy(mask), torch.from_numpy(offset), vector))
    y, x = np.nonzero(np.hypot(*field) < 6)
    lands = np.round(np.stack([y + field[1, y, x], x + field[0, y, x]])).astype(int)
    inside = (lands >= 0).all(0) & (lands < 128).all(0)
    near = np.pad(picture[0], 1)[1:-1, 1:-1]
    grown = near + sum(np.roll(near, s, a) for a in (0, 1) for s in (-1, 1))
    assert (grown[lands[0, inside], lands[1, inside]] > 0).mean() > 0.99


def test_config_survives_json_and_refuses_impossible_crops() -> None:
    config = TrainConfig(net=TINY, rate=1e-3)
    assert from_dict(config.to_dict()) == config
    with pytest.raises(ValueError, match="multiple of 64"):
        TrainConfig(crop=500)


@pytest.mark.parametrize("tile", [None, 64])
def test_a_page_is_given_the_draft_that_training_gives(
    tmp_path: Path, card: ModelCard, monkeypatch: pytest.MonkeyPatch, tile: int | None
) -> None:
    """The network of training, run on the page with 128 px of paper around, up to multiples of twice its stride."""
    monkeypatch.setattr(gaps, "clear", lambda *_: None)  # random weights see black shapes in paper
    torch.manual_seed(1)
    net = LineartNet(TINY).eval()
    with torch.no_grad():
        net.head.last.weight *= 8  # for ink in random weights
        net.head.last.bias.zero_()  # type: ignore[union-attr]
    write_onnx(net, tmp_path / "network.onnx")
    shape = {"halo_px": halo(TINY), "multiple_of": TINY.multiple_of}
    twice = replace(card, network=tmp_path / "network.onnx", draft=Draft(DRAFT, DRAFT_SCALE), **shape)
    page = (255 * np.random.default_rng(0).random((203, 150)) ** 0.2).astype(np.uint8)
    sketch, draft = given(page, twice, tile)
    with torch.no_grad():
        wanted = net.first(torch.from_numpy(np.pad(sketch, ((128, 133), (128, 138))))[None, None])[0, 0].numpy()
    inside = np.s_[2:-2, 2:-2]  # the level is held, not continued, in the last half pixel of the half-size page
    np.testing.assert_allclose(draft[inside], wanted[128:-133, 128:-138][inside], atol=0.02)
    assert 0.05 < draft.mean() < 0.95


def given(page: Grey, card: ModelCard, tile: int | None) -> tuple[Floats, Floats]:
    """Darkness and draft, (H, W) float32, that the network is given of a page at the second pass."""
    shape = page.shape[0], page.shape[1]
    machine = Hardware("Some CPU", ("avx2",), 2, 2, 64 * 10**9, 32 * 10**9)
    wishes = Request("onnxruntime", tile=tile, max_memory=10**9, passes=2)
    seen = np.zeros((2, *shape), np.float32)

    def prepare(choice: EngineChoice, window: tuple[int, int]) -> Engine:
        return open_engine(card.network, choice, window)

    planned = plan(PageSize(*shape, 300), card, machine, wishes)
    inker = Inker(card, prepare)
    draw = inker._seen(inker._darkener(page, planned, NEUTRAL_FAINT, None), planned, shape)
    draw((slice(0, shape[0]), slice(0, shape[1])), seen)
    return seen[0], seen[1]


def test_export_proves_itself_and_leaves_nothing_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lineart_cli.model.card import load
    from lineart_train.export import export as step
    from lineart_train.training.checkpoint import Progress, save

    config = TrainConfig(net=TINY, crop=64, canvas=64)
    torch.manual_seed(0)
    net = LineartNet(TINY)
    with torch.no_grad():
        for module in net.modules():  # batch norms that folding must get right
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.2)  # type: ignore[union-attr]
                module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    save(tmp_path / "run", config, Progress(3, 0.1, 4), net, net, torch.optim.AdamW(net.parameters()))
    differences = step.export(tmp_path / "run", tmp_path / "tiny", "tiny", "1.0", "A test.", {"sources": []})
    assert set(differences) == {"onnxruntime", "openvino"}
    assert max(differences.values()) <= step.TOLERANCE
    card = load(tmp_path / "tiny")
    assert card.halo_px == halo(TINY)
    monkeypatch.setattr(step, "TOLERANCE", -1.0)
    with pytest.raises(step.ExportError, match="differ"):
        step.export(tmp_path / "run", tmp_path / "bad", "bad", "1.0", "A test.", {})
    assert not (tmp_path / "bad" / "network.onnx").exists()
