"""First and second passes as training shows them."""

import numpy as np
import pytest
import torch

from lineart_train.generator.scenes.curves import ellipse
from lineart_train.generator.sketch.raster import OFFSET_UNIT, offset_field
from lineart_train.network.net import REACH, LineartNet, NetConfig
from lineart_train.network.passes import first_pass, halved, second_pass

SIDE = 256


def field(*centre_lines) -> torch.Tensor:
    return torch.from_numpy(offset_field(list(centre_lines), SIDE)[None] * np.float32(OFFSET_UNIT))


def rings(scale: float, shift: float):
    return [ellipse(np.array([90.0, 90.0]), np.array([r, 0.8 * r]), 0.3) * scale + shift for r in (12, 30, 47, 80)]


def test_targets_at_half_scale_are_those_of_a_drawing_half_as_large():
    found = halved(field(*rings(1.0, 0.0)))[0].numpy()
    wanted = (offset_field(rings(0.5, -0.25), SIDE // 2) * np.float32(OFFSET_UNIT)).astype(np.float32)
    far, true = np.hypot(*found), np.hypot(*wanted)
    near = true < REACH - 1
    assert np.quantile(np.abs(far - true)[near], 0.99) < 0.5
    assert (far[true > REACH + 1] > REACH - 0.5).all()


def test_first_passes_are_four_to_a_picture_without_a_draft():
    sketch = torch.rand(8, 1, 64, 64)
    seen, wanted = first_pass(sketch, torch.zeros(8, 2, 64, 64))
    assert seen.shape == (2, 2, 64, 64)
    assert wanted.shape == (2, 2, 64, 64)
    torch.testing.assert_close(seen[1, 0, :32, 32:], torch.nn.functional.avg_pool2d(sketch[5, 0][None], 2)[0])
    assert not seen[:, 1].any()


@pytest.mark.parametrize(("blank", "torn", "empty"), [(1.0, 0.0, 1.0), (0.0, 1.0, 0.0)])
def test_second_passes_have_the_draft_unless_it_is_left_out(blank, torn, empty):
    torch.manual_seed(0)
    network = LineartNet(NetConfig(channels=(16, 16), down=(1, 1), up=(1,), head=16)).eval()
    sketch = torch.rand(4, 1, 64, 64)
    draft = network.first(sketch).detach()
    seen = second_pass(network, sketch, np.random.default_rng(0), blank, torn)
    assert torch.equal(seen[:, :1], sketch)
    share = 1 - float(seen[:, 1].sum() / draft.sum())
    assert share == pytest.approx(empty, abs=0.5)
    assert ((seen[:, 1:] - draft).abs() < 0.05).logical_or(seen[:, 1:] == 0).all()


def test_a_third_pass_sees_the_ink_of_a_second():
    torch.manual_seed(0)
    network = LineartNet(NetConfig(channels=(16, 16), down=(1, 1), up=(1,), head=16)).eval()
    sketch = torch.rand(4, 1, 64, 64)
    second, third = (second_pass(network, sketch, np.random.default_rng(0), 0.0, 0.0, share) for share in (0.0, 1.0))
    level = network(second, torch.tensor([3.0])).detach()
    torch.testing.assert_close(third[:, 1:], (level + 0.5).clamp(0, 1), atol=0.1, rtol=0)
