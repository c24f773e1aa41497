"""The network that reads the scale of a drawing: its data, its loss, its export, and a tiny run."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from lineart_train.generator.dataset import draw
from lineart_train.scale.export import write_onnx
from lineart_train.scale.net import STRIDE, ScaleNet, of_page, scale_loss
from lineart_train.scale.train import OCTAVES, crop, train


def test_a_drawing_of_half_the_size_has_the_same_scene_in_half_the_pixels() -> None:
    large, small = (draw(5, 3, side, None, zoom).sketch for side, zoom in ((512, 1.0), (256, 0.5)))
    shrunk = cv2.resize(large, (256, 256), interpolation=cv2.INTER_AREA)
    drawn = [cv2.GaussianBlur((each > 60).astype(np.float32), (0, 0), 3) for each in (shrunk, small)]
    assert np.corrcoef(drawn[0].ravel(), drawn[1].ravel())[0, 1] > 0.5


def test_crops_know_how_much_too_large_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineart_train.scale.train.SOFT", 0.0)  # softened, the finest lines run together
    canvas = np.zeros((512, 512), np.uint8)
    canvas[:, ::32] = 200  # lines 32 px apart
    rng, told = np.random.default_rng(0), 0
    for _ in range(40):
        dark, octaves = crop((canvas, -0.5), rng, 128)
        assert -OCTAVES <= octaves <= OCTAVES
        assert dark.shape == (128, 128)
        assert 0 <= dark.min() <= dark.max() <= 1
        apart = 32 * 2 ** (octaves + 0.5)
        if 4 < apart < 128 / 4:  # else there are too few lines to tell, or they run together
            profile = max(dark.mean(0), dark.mean(1), key=np.std)
            middle = profile[1:-1]
            peaks = (middle > profile[:-2]) & (middle >= profile[2:]) & (middle > profile.mean())
            assert np.count_nonzero(peaks) == pytest.approx(128 / apart, abs=1.5)
            told += 1
    assert told > 8


def test_the_page_has_the_median_of_its_sure_cells() -> None:
    guess = torch.zeros(1, 2, 3, 3)
    guess[0, 0] = torch.tensor([[1.0, 1.1, 0.9], [1.0, 5.0, 5.0], [5.0, 5.0, 5.0]])
    guess[0, 1, 1:, 1:] = 2.0
    guess[0, 1, 2] = 2.0
    assert float(of_page(guess)[0]) == pytest.approx(1.0, abs=0.11)


def test_doubt_is_cheaper_than_a_sure_mistake() -> None:
    sure, doubting = torch.zeros(1, 2, 1, 1), torch.zeros(1, 2, 1, 1)
    sure[:, 1], doubting[:, 1] = -3.0, 1.0
    wrong, right = torch.tensor([2.0]), torch.tensor([0.0])
    assert scale_loss(doubting, wrong) < scale_loss(sure, wrong)
    assert scale_loss(sure, right) < scale_loss(doubting, right)


def test_a_tiny_run_is_saved_and_exported_as_it_is(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    last = train(tmp_path / "scale.pt", 12, 4, 512)
    assert last["step"] == 12
    assert np.isfinite(last["loss"])
    write_onnx(tmp_path / "scale.pt", tmp_path / "scale.onnx")
    model = ScaleNet()
    model.load_state_dict(torch.load(tmp_path / "scale.pt", weights_only=True))
    network = cv2.dnn.readNetFromONNX(str(tmp_path / "scale.onnx"))
    for height, width in ((4 * STRIDE, 9 * STRIDE), (6 * STRIDE, 2 * STRIDE)):
        sketch = np.random.default_rng(0).random((1, 1, height, width), np.float32)
        network.setInput(sketch)
        with torch.no_grad():
            wanted = model.eval()(torch.from_numpy(sketch)).numpy()
        np.testing.assert_allclose(network.forward(), wanted, atol=1e-4)
