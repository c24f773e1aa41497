"""Pairs that no training draws, and a run that becomes a model scored on them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lineart_cli.errors import ArgumentError
from lineart_cli.model import card
from lineart_train.app import app
from lineart_train.evaluation import held_out
from lineart_train.evaluation.evaluate import evaluate, mean
from lineart_train.network.net import NetConfig
from lineart_train.release import NOTES, release
from lineart_train.training.config import TrainConfig
from lineart_train.training.loop import train


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    said = CliRunner().invoke(app, ["pairs", "--held-out", str(folder), "--count", "2", "--size", "256"])
    assert said.exit_code == 0, said.output
    return folder


def test_held_out_pairs_of_before_are_replaced(tmp_path: Path) -> None:
    for count in ("3", "1"):
        said = CliRunner().invoke(app, ["pairs", "--held-out", str(tmp_path), "--count", count, "--size", "128"])
        assert said.exit_code == 0
    assert [len(list((tmp_path / name).iterdir())) for name in (held_out.SKETCHES, held_out.TRUTH)] == [1, 1]


@pytest.mark.parametrize("name", ["nowhere", "a.jsonl", "."])
def test_a_folder_without_drawings_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.jsonl").touch()
    folder = tmp_path / "empty" if name == "." else tmp_path / name
    (tmp_path / "empty").mkdir()
    said = CliRunner().invoke(app, ["train", str(tmp_path / "run"), "--minutes", "1", "--data", str(folder)])
    assert said.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_the_truth_of_held_out_pairs_scores_full_against_itself(pairs: Path, tmp_path: Path) -> None:
    sketches = sorted((pairs / held_out.SKETCHES).iterdir())
    assert len(sketches) == 2
    for sketch in sketches:
        truth = cv2.imread(str(pairs / held_out.TRUTH / sketch.name), cv2.IMREAD_GRAYSCALE)
        assert set(np.unique(truth)) == {held_out.STRAY, 255}
        cv2.imwrite(str(tmp_path / sketch.name), cv2.erode(truth, np.ones((3, 3))))
    assert mean(evaluate(tmp_path, pairs / held_out.TRUTH))["f1"] > 0.97


def test_a_run_is_released_checked_quantised_and_scored(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    net = NetConfig(channels=(16, 16), down=(1, 1), up=(1,), head=16)
    config = TrainConfig(net=net, canvas=256, crop=128, batch=4, pool=4, workers=1)
    train(config, tmp_path / "run", 10, steps=2)
    rows = release(tmp_path / "run", tmp_path / "mine", "0.0.1", "A try.", pairs)
    described = card.load(tmp_path / "mine")
    assert described.version == "0.0.1"
    assert described.int8 is not None
    assert [row.name for row in rows] == ["0000", "0001"]
    released = {each.name: each.read_bytes() for each in (tmp_path / "mine").iterdir()}
    with pytest.raises(ArgumentError, match="sketches: is not there"):
        release(tmp_path / "run", tmp_path / "mine", "0.0.2", "A try.", tmp_path / "run")
    monkeypatch.setattr("lineart_train.evaluation.held_out.score", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # at the last step, when all else is made
        release(tmp_path / "run", tmp_path / "mine", "0.0.2", "A try.", pairs)
    (tmp_path / "run" / NOTES).write_text("[1]")
    with pytest.raises(ValueError, match=r"notes\.json is no JSON object"):
        release(tmp_path / "run", tmp_path / "mine", "0.0.2", "A try.")
    assert {each.name: each.read_bytes() for each in (tmp_path / "mine").iterdir()} == released


def test_pairs_asks_where_to_write() -> None:
    said = CliRunner().invoke(app, ["pairs"])
    assert said.exit_code == 2
    assert "--held-out" in said.output
