"""A tiny training run: it learns, it resumes, it leaves a record."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

import lineart_train
from lineart_cli.machine import process
from lineart_train import app
from lineart_train.generator.dataset import draw
from lineart_train.network.net import LineartNet, NetConfig, with_draft
from lineart_train.training import checkpoint, loop, recipe
from lineart_train.training.checkpoint import (
    Progress,
    average,
    load_model,
    read_config,
    read_progress,
    save,
    start_from,
)
from lineart_train.training.config import TrainConfig, from_dict
from lineart_train.training.pool import Pool

SHIPPED = Path(lineart_train.__file__).parent / "checkpoints" / "standard"

TINY = TrainConfig(
    canvas=128, crop=96, batch=4, pool=24, fresh=0.0, warm=5, average=0.9,
    net=NetConfig(channels=(16, 32), down=(1, 1), up=(1,), head=16),
)  # fmt: skip


def test_a_tiny_run_learns_resumes_and_keeps_a_record(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    run = tmp_path / "run"
    first = loop.train(TINY, run, 30.0, steps=120)
    assert read_config(run) == TINY
    held_out = [draw(loop.HELD_OUT_SEED, i, TINY.crop) for i in range(12)]
    torch.manual_seed(0)
    untrained = loop.look(LineartNet(TINY.net), held_out, tmp_path / "untrained.png", "cpu")
    assert first["held_out"] < 0.8 * untrained["held_out"]
    assert first["held_out_first"] < 0.9 * untrained["held_out_first"]
    steps = read_progress(run).step
    second = loop.train(TINY, run, 30.0, steps=130)
    assert read_progress(run).step == steps + 10
    assert second["step"] == 130
    records = [json.loads(line) for line in (run / "record.jsonl").read_text().splitlines()]
    assert [r["step"] for r in records] == sorted(r["step"] for r in records)
    assert (run / "sheet.png").exists()
    weights = load_model(run).state_dict().values()
    assert all(bool(torch.isfinite(w).all()) for w in weights if w.is_floating_point())


def test_the_recipe_can_be_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, steps = recipe.read()
    assert config.net == load_model(SHIPPED).config
    assert steps > 8000
    monkeypatch.setattr(recipe, "read", lambda: (replace(TINY, pool=6), steps))
    said: list[dict[str, float]] = []
    last = recipe.reproduce(tmp_path / "run", None, tell=said.append, steps=12)
    assert last["step"] == 12
    assert last["rate"] < 0.5 * TINY.rate
    assert [each["done"] for each in said if "done" in each] == sorted(each["done"] for each in said if "done" in each)


def test_the_pool_is_a_function_of_seed_and_number() -> None:
    batches = []
    for _ in range(2):
        with Pool(3, 96, 12, 2, None) as pool:
            pool.fill(lambda done, wanted: None)
            for _ in range(70):
                pool.refresh(1)
            batches.append(pool.batch(np.random.default_rng(0), 4, 64))
            assert pool.next_index == 4 + 70
    assert all(torch.equal(a, b) for a, b in zip(*batches, strict=True))


def test_a_pool_that_waits_for_nobody_takes_what_is_ready() -> None:
    with Pool(3, 96, 12, 2, None) as pool:
        pool.fill(lambda done, wanted: None)
        pool.refresh_ready()
        while len(pool) < 12:
            pool.refresh_ready()
        assert pool.next_index >= 12


@pytest.mark.long
def test_a_short_run_of_the_recipe_beats_an_untrained_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, _ = recipe.read()
    monkeypatch.setattr(recipe, "read", lambda: (replace(config, pool=300, fresh=0.2, workers=1), 0))
    monkeypatch.setattr(loop, "EVALUATE_EVERY", 0.5)
    last = recipe.reproduce(tmp_path / "run", None, steps=150)
    records = [json.loads(line) for line in (tmp_path / "run" / "record.jsonl").read_text().splitlines()]
    assert records[-1]["loss"] < 0.8 * records[0]["loss"]
    held_out = [draw(loop.HELD_OUT_SEED, i, config.crop) for i in range(12)]
    torch.manual_seed(0)
    untrained = loop.look(LineartNet(config.net), held_out, tmp_path / "untrained.png", "cpu")
    assert last["held_out"] < 0.8 * untrained["held_out"]


def test_a_new_run_can_begin_with_the_weights_of_another(tmp_path: Path) -> None:
    one, other = LineartNet(TINY.net), LineartNet(TINY.net)
    save(tmp_path, TINY, Progress(), one, one, torch.optim.AdamW(one.parameters()))
    start_from(tmp_path, other, other)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_a_run_that_begins_with_another_has_its_scale_network(tmp_path: Path) -> None:
    one = LineartNet(TINY.net)
    save(tmp_path / "one", TINY, Progress(), one, one, torch.optim.AdamW(one.parameters()))
    tiny = replace(TINY, pool=3, workers=1)
    loop.train(tiny, tmp_path / "without", 30.0, steps=1, start=tmp_path / "one")
    assert not (tmp_path / "without" / checkpoint.SCALE).exists()
    (tmp_path / "one" / checkpoint.SCALE).write_bytes(b"weights")
    loop.train(tiny, tmp_path / "two", 30.0, steps=1, start=tmp_path / "one")
    average([tmp_path / "without", tmp_path / "two"], tmp_path / "mean")
    for name in ("two", "mean"):
        assert (tmp_path / name / checkpoint.SCALE).read_bytes() == b"weights"


def test_frozen_norms_keep_their_statistics_and_all_else_learns(tmp_path: Path) -> None:
    one = LineartNet(TINY.net)
    save(tmp_path / "one", TINY, Progress(), one, one, torch.optim.AdamW(one.parameters()))
    for freeze in (0, 1):
        config = replace(TINY, pool=3, workers=1, freeze=freeze, third=0.5)
        loop.train(config, tmp_path / str(freeze), 30.0, steps=2, start=tmp_path / "one")
        before, after = one.state_dict(), load_model(tmp_path / str(freeze), "model").state_dict()
        same = {name.rsplit(".")[-1] for name in after if torch.equal(before[name], after[name])}
        assert ("running_mean" in same) == bool(freeze)
        assert "weight" not in same


def test_states_of_one_shape_are_averaged_and_others_named(tmp_path: Path) -> None:
    nets = [LineartNet(TINY.net) for _ in range(2)]
    for number, net in enumerate(nets):
        save(tmp_path / str(number), TINY, Progress(step=number), net, net, torch.optim.AdamW(net.parameters()))
    average([tmp_path / "0", tmp_path / "1"], tmp_path / "mean")
    weights = [net.state_dict()["head.last.weight"] for net in (*nets, load_model(tmp_path / "mean"))]
    torch.testing.assert_close((weights[0] + weights[1]) / 2, weights[2])
    assert read_progress(tmp_path / "mean").step == 1
    with pytest.raises(ValueError, match="holds a run already"):
        average([tmp_path / "0", tmp_path / "1"], tmp_path / "0")
    with pytest.raises(ValueError, match=f"{SHIPPED} has another shape"):
        average([SHIPPED, tmp_path / "0"], tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_the_shipped_checkpoint_can_be_trained_on() -> None:
    model = load_model(SHIPPED)
    assert sum(weight.numel() for weight in model.parameters()) > 1_000_000


def test_the_rate_rises_stays_and_falls() -> None:
    config = TrainConfig(warm=10, cool=0.5, rate=1.0)
    assert loop.learning_rate(config, 0, 0.0) == pytest.approx(0.1)
    assert loop.learning_rate(config, 100, 0.4) == 1.0
    assert loop.learning_rate(config, 100, 0.75) == pytest.approx(0.5)
    assert loop.learning_rate(config, 100, 1.0) == pytest.approx(0.01)


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"loss": torch.tensor(torch.nan), "offset": torch.tensor(0.0), "distance": torch.tensor(0.0)}
    monkeypatch.setattr(loop, "_step", lambda *given: nothing)
    with pytest.raises(ValueError, match="lower rate"):
        loop.train(replace(TINY, pool=6), tmp_path, 30.0, steps=12)
    assert not (tmp_path / "model.pt").exists()


def test_a_run_that_has_begun_takes_no_other_start(tmp_path: Path) -> None:
    net = LineartNet(TINY.net)
    save(tmp_path, TINY, Progress(), net, net, torch.optim.AdamW(net.parameters()))
    with pytest.raises(ValueError, match="has begun already, and is gone on with"):
        loop.train(TINY, tmp_path, 1.0, start=SHIPPED)


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--device gpu: PyTorch has no such device here"):
        loop.train(TINY, tmp_path / "run", 1.0, device="gpu")


@pytest.mark.parametrize("name", ["config.json", "state.json", "model.pt", "average.pt", "optimizer.pt"])
@pytest.mark.parametrize("left", [0, 20, 0.9])
def test_a_damaged_file_of_a_checkpoint_is_named(tmp_path: Path, name: str, left: float) -> None:
    net = LineartNet(TINY.net)
    save(tmp_path, TINY, Progress(), net, net, torch.optim.AdamW(net.parameters()))
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: left if isinstance(left, int) else int(left * len(whole))])

    def read() -> None:
        checkpoint.read_config(tmp_path)
        loop.train(TINY, tmp_path, 1.0)

    with pytest.raises(ValueError, match=f"{name} is damaged"):
        read()


def test_weights_of_fewer_inputs_begin_a_run_that_sees_the_same(tmp_path: Path) -> None:
    old = LineartNet(replace(TINY.net, inputs=1))
    save(tmp_path, replace(TINY, net=old.config), Progress(), old, old, torch.optim.AdamW(old.parameters()))
    new, average = LineartNet(TINY.net), LineartNet(TINY.net)
    start_from(tmp_path, new, average)
    sketch = torch.rand(1, 1, 64, 64)
    torch.testing.assert_close(
        new.eval().fields(with_draft(sketch, torch.rand_like(sketch))), old.eval().fields(sketch)
    )


def test_first_and_second_pass_of_the_shipped_network_agree_on_a_line() -> None:
    net = load_model(SHIPPED)
    sketch = torch.zeros(1, 1, 256, 256)
    sketch[:, :, 126:131] = 0.8
    with torch.no_grad():
        draft = net.first(sketch)
        level = net(with_draft(sketch, draft), torch.tensor([3.0]))
    for ink in (draft, (level + 0.5).clamp(0, 1)):
        assert float(ink[0, 0, 128, 60:200].min()) > 0.9
        assert float(ink[0, 0, :120].max()) == float(ink[0, 0, 137:].max()) == 0.0


def test_a_batch_that_makes_no_whole_pictures_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        TrainConfig(batch=6)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("rate", "rate: write a number."),
        ("rate=fast", "rate=fast: write a number."),
        ("rate=nan", "rate nan must be from 1e-09 to 1."),
        ("rate=0", "rate 0.0 must be from"),
        ("pool=1e3", "pool=1e3: write a whole number."),
        ("seed=-1", "seed -1 must be from 0 to"),
        ("blank=1.5", "blank 1.5 must be from 0 to 1."),
        ("average=1", "average 1.0 must be from"),
        ("crop=0", "crop 0 must be from"),
        ("fresh=9", "fresh 9.0 must be at most batch 8."),
        ("net=3", "net=3: write NAME=VALUE with one of seed, canvas, crop,"),
        ("speed=3", "speed=3: write NAME=VALUE with one of"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told(
    given: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr("sys.argv", ["lineart-train", "train", str(tmp_path / "run"), "--set", given])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 2
    assert f"Invalid value for --set: {says}" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


def test_settings_of_a_checkpoint_that_are_none_are_told(tmp_path: Path) -> None:
    for wrong in ({"speed": 3}, {"rate": "fast"}, {"net": []}):
        (tmp_path / "config.json").write_text(json.dumps(wrong))
        with pytest.raises(ValueError, match=r"config\.json has settings that are none"):
            read_config(tmp_path)


def end_of_training(run: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit code of `lineart-train train` in a run that has its settings."""
    monkeypatch.setattr("sys.argv", ["lineart-train", "train", str(run), "--minutes", "30"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return ended.value.code


def test_ctrl_c_leaves_a_checkpoint_of_the_last_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.write_json(tmp_path / "config.json", replace(TINY, pool=6, workers=1).to_dict())
    follow, steps = loop.follow, []

    def interrupted(*given: object) -> None:
        steps.append(len(steps))
        if len(steps) == 3:
            signal.raise_signal(signal.SIGINT)  # in the middle of a step
        follow(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "follow", interrupted)
    assert end_of_training(tmp_path, monkeypatch) == 130
    assert read_progress(tmp_path).step == len(steps) == 3
    assert json.loads((tmp_path / "record.jsonl").read_text())["step"] == 3
    load_model(tmp_path)
    steps[:] = []
    assert end_of_training(tmp_path, monkeypatch) == 130
    assert read_progress(tmp_path).step == 6


def test_ctrl_c_before_the_first_step_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.write_json(tmp_path / "config.json", replace(TINY, pool=6, workers=1).to_dict())
    take = Pool._take

    def interrupted(pool: Pool) -> None:
        signal.raise_signal(signal.SIGINT)
        take(pool)

    monkeypatch.setattr(Pool, "_take", interrupted)
    assert end_of_training(tmp_path, monkeypatch) == 130
    assert not (tmp_path / "state.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="another process gets no Ctrl-C alone")
def test_processes_that_draw_go_on_at_ctrl_c() -> None:
    with Pool(3, 96, 6, 1, None) as pool:
        pool.fill(lambda done, wanted: None)
        for number in pool._workers._processes:
            os.kill(number, signal.SIGINT)
        pool.fill(lambda done, wanted: None, share=1)
        assert len(pool) == 6


def test_a_checkpoint_of_before_the_settings_were_renamed_is_read() -> None:
    data = TINY.to_dict()
    names = {"tolerance": "slack", "sigma": "calm", "floor": "least"}
    data["net"] = {names.get(name, name): value for name, value in data["net"].items()}
    assert from_dict(data) == TINY


def test_the_mean_of_checkpoints_can_be_trained_on(tmp_path: Path) -> None:
    for name in ("a", "b"):
        torch.manual_seed(ord(name))
        net = LineartNet(TINY.net)
        checkpoint.save(tmp_path / name, TINY, Progress(3, 0.1, 4), net, net, torch.optim.AdamW(net.parameters()))
    checkpoint.average([tmp_path / "a", tmp_path / "b"], tmp_path / "mean")
    model, average = LineartNet(TINY.net), LineartNet(TINY.net)
    checkpoint.restore(tmp_path / "mean", model, average, torch.optim.AdamW(model.parameters()))
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, average.state_dict()[name])
    halves = [load_model(tmp_path / name).state_dict()["head.last.weight"] for name in ("a", "b")]
    torch.testing.assert_close(model.state_dict()["head.last.weight"], (halves[0] + halves[1]) / 2)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["export", "none", "model"], 1, "none holds no checkpoint"),
        (["train", "run", "--start", "none", "--minutes", "0.01"], 1, "none holds no checkpoint"),
        (["stroke-statistics", "."], 1, ". holds no labelled strokes"),
        (["drawings", "none", "-o", "x.png"], 2, "--output x.png: must end in .jsonl.gz"),
        (["drawings", "none", "-o", "x.jsonl.gz"], 2, "none: no such file"),
    ],
)
def test_a_wrong_path_is_told_in_one_line_and_nothing_else(
    arguments: list[str],
    code: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["lineart-train", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lineart-train: ")
    assert says in line


def test_drawing_gives_way_where_there_is_no_nice(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    asked = []
    monkeypatch.delattr(os, "nice", raising=False)
    monkeypatch.setattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 16384, raising=False)
    monkeypatch.setattr(psutil.Process, "nice", lambda _, value: asked.append(value))
    process.give_way()
    assert asked == [16384]
