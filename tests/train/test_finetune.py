"""Styles that are trained from a picture, or learned from inked pages."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

from lineart_cli.brushes import store
from lineart_cli.brushes.fitting import measure
from lineart_cli.brushes.style import CAPS, EVEN, Style, load, save
from lineart_cli.errors import ArgumentError, ExitCode
from lineart_train.brushes import engine, shipped
from lineart_train.brushes.engine import Brush
from lineart_train.finetune import command, finetune, pages, sources

SOFT = Brush(width=((0.0, 0.3), (1.0, 1.0)), opacity=((0.0, 0.3), (1.0, 0.9)), hardness=0.5, grain=0.6)


@pytest.fixture(scope="module")
def strip() -> measure.Strip:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "LENGTH", 400)
        return shipped.strip(SOFT, 16.0)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(finetune, "TRIES_IN_ALL", 12)
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "brushes")


def trained(strip: measure.Strip, state: Path, minutes: float = 5.0) -> tuple[Style, list[Style], list[float]]:
    kept: list[Style] = []
    done: list[float] = []
    style = finetune.finetune(strip, "mine", minutes, state, kept.append, lambda share, _: done.append(share))
    return style, kept, done


def test_moving_nowhere_changes_nothing(strip: measure.Strip) -> None:
    style = measure.measure(strip, "")
    same = finetune.moved(style, np.zeros(finetune.MOVES))
    np.testing.assert_allclose(same.cover, style.cover, atol=1e-3)
    assert (same.width, same.grain) == (style.width, style.grain)


@pytest.mark.parametrize("move", range(finetune.MOVES))
def test_every_move_can_change_a_style(strip: measure.Strip, move: int) -> None:
    start = replace(measure.measure(strip, ""), caps=tuple(np.linspace(0, 1, len(CAPS))))
    place = 0.2 * np.eye(finetune.MOVES)[move]
    there, back = finetune.moved(start, place), finetune.moved(start, -place)
    assert there not in (start, back)
    assert (
        min(np.min(getattr(there, each)) for each in ("width", "cover", "grain", "bands", "edge_jitter", "caps")) >= 0
    )


def test_a_brush_without_grain_can_be_given_some_and_lose_it_again(strip: measure.Strip) -> None:
    smooth = replace(measure.measure(strip, ""), grain=0.0, edge_jitter=0.0)
    for part in (finetune.GRAIN, finetune.EDGE_JITTER):
        rough = finetune.moved(smooth, 0.5 * np.eye(finetune.MOVES)[part])
        assert max(rough.grain, rough.edge_jitter) > 0
        even = finetune.moved(rough, -0.9 * np.eye(finetune.MOVES)[part])
        assert (even.grain, even.edge_jitter) == (0, 0)


def test_ends_count_where_they_were_seen(strip: measure.Strip) -> None:
    blunt = measure.measure(strip, "")
    fading = replace(blunt, caps=tuple(np.linspace(0, 1, len(CAPS))))
    thickness = 2 * measure.half_width(strip)
    room = np.zeros((len(strip.ink), len(strip.ink) // 2), np.float32)
    ended = measure.draw(replace(strip, tip=room), fading, thickness)
    length = strip.ink.shape[1]
    whole = measure.Strip(ended[:, :length], strip.pressure, ended[:, length:])
    near, far = (finetune.Seen(whole).difference(style) for style in (fading, blunt))
    assert near < far


def test_training_brings_the_strokes_nearer(
    strip: measure.Strip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetune, "TRIES_IN_ALL", 40)
    kept: list[Style] = []
    told: list[tuple[float, float]] = []
    style = finetune.finetune(strip, "mine", 5, tmp_path / "state", kept.append, lambda *each: told.append(each))
    assert told[-1][1] < 0.97 * told[0][1]
    assert told[-1][0] == 1
    assert kept[-1] == style
    assert finetune.is_done(tmp_path / "state")
    again = finetune.finetune(strip, "mine", 5, tmp_path / "state", kept.append, lambda *each: told.append(each))
    assert again == kept[-1] == style  # what was found is not searched for again, nor lost


@pytest.mark.parametrize("content", ["", "[]", '{"stroke": "a", "place": [0], "steps": 3}', "{"])
def test_a_state_that_is_damaged_is_none(strip: measure.Strip, tmp_path: Path, content: str) -> None:
    (tmp_path / "state").write_text(content)
    assert not finetune.is_done(tmp_path / "state")
    finetune.finetune(strip, "mine", 0.0001, tmp_path / "state", lambda _: None, lambda *_: None)


def test_it_goes_on_where_it_was_stopped(strip: measure.Strip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finetune, "TRIES_IN_ALL", 60)

    def stop(share: float, _: float) -> None:
        if share > 0.8:
            raise KeyboardInterrupt

    kept: list[Style] = []
    with pytest.raises(KeyboardInterrupt):
        finetune.finetune(strip, "mine", 5.0, tmp_path / "state", kept.append, stop)
    assert kept
    assert (tmp_path / "state").exists()
    assert not finetune.is_done(tmp_path / "state")
    _, again, done = trained(strip, tmp_path / "state")
    assert again[0] != measure.measure(strip, "mine")
    assert len(done) < 40
    assert finetune.is_done(tmp_path / "state")


def picture(path: Path, thickness: float = 16.0) -> Path:
    x = np.linspace(30, 570, 300)
    points = np.stack([x, np.full(300, 50.0)], 1).astype(np.float32)
    ink = engine.draw(SOFT, points, np.linspace(0, 1, 300), thickness, (100, 600), ends=(False, False))
    Image.fromarray((255 * (1 - ink)).astype(np.uint8)).save(path)
    return path


def test_the_command_leaves_a_brush_that_is_found_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.finetune_style(picture(tmp_path / "mine.png"), None, None, 1.0)
    name, style, _ = store.find("mine")
    assert (name, style) == ("mine", load(tmp_path / "brushes/mine.json"))
    assert 0.2 < style.width[0] < 0.6
    with Image.open(tmp_path / "brushes/mine.png") as preview:
        assert preview.width > 300
    assert "--brush mine" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("source", "name", "said"),
    [
        (None, None, "PICTURE or --from-lineart: give one of both"),
        ("gone.png", None, "PICTURE .*gone.png: no such file"),
        (".", None, "is a folder; .* write --from-lineart"),
        ("mine.png", "charcoal", "one of lineart's own"),
        ("mine.png", "../mine", "write up to 60 letters"),
        ("mine.png", "mine ", "write up to 60 letters"),
        ("mine.png", 61 * "a", "write up to 60 letters"),
        ("dot.png", None, "PICTURE .*dot.png: holds no stroke from left to right"),
        ("text.png", None, "PICTURE .*text.png: holds no readable image"),
    ],
)
def test_bad_arguments_say_what_to_do(tmp_path: Path, source: str | None, name: str | None, said: str) -> None:
    picture(tmp_path / "mine.png")
    (tmp_path / "text.png").write_text("no picture")
    Image.new("L", (90, 90), 255).save(tmp_path / "dot.png")
    with Image.open(tmp_path / "dot.png") as dot:
        dot.paste(0, (30, 30, 60, 60))
        dot.save(tmp_path / "dot.png")
    with pytest.raises(ArgumentError, match=said):
        command.finetune_style(tmp_path / source if source else None, name, None, 1.0)
    assert not (tmp_path / "brushes").exists()


def test_a_brush_made_from_something_else_is_not_replaced(tmp_path: Path) -> None:
    command.finetune_style(picture(tmp_path / "mine.png"), None, None, 1.0)
    before = (tmp_path / "brushes/mine.json").read_bytes()
    other = picture(tmp_path / "other (2).png")
    with pytest.raises(ArgumentError, match=r"--name mine: is trained from mine\.png; give another name"):
        command.finetune_style(other, "mine", None, 1.0)
    with pytest.raises(ArgumentError, match=r"--name MINE: only its case tells it from the brush mine, which is"):
        command.finetune_style(other, "MINE", None, 1.0)
    assert (tmp_path / "brushes/mine.json").read_bytes() == before
    command.finetune_style(other, None, None, 1.0)
    assert store.find("other_2_")[1].about == "trained from other (2).png"


def test_a_brush_made_from_another_picture_of_the_same_name_is_not_replaced(tmp_path: Path) -> None:
    for name in ("one", "two", "copy"):
        (tmp_path / name).mkdir()
    first, other = picture(tmp_path / "one/mine.png"), picture(tmp_path / "two/mine.png", thickness=24.0)
    command.finetune_style(first, None, None, 1.0)
    before = (tmp_path / "brushes/mine.json").read_bytes()
    with pytest.raises(ArgumentError, match=r"--name mine: is trained from another mine\.png; give another name, or"):
        command.finetune_style(other, None, None, 1.0)
    assert (tmp_path / "brushes/mine.json").read_bytes() == before
    command.finetune_style(picture(tmp_path / "copy/mine.png"), None, None, 1.0)
    assert (tmp_path / "brushes/mine.json").read_bytes() == before
    state = json.loads((tmp_path / "brushes/.mine.progress").read_text("utf-8"))
    del state["source"]  # as brushes of before have it
    (tmp_path / "brushes/.mine.progress").write_text(json.dumps(state), "utf-8")
    command.finetune_style(first, None, None, 1.0)
    assert (tmp_path / "brushes/mine.json").read_bytes() == before
    picture(first, thickness=24.0)  # cropped, or drawn anew
    command.finetune_style(first, None, None, 1.0)
    assert (tmp_path / "brushes/mine.json").read_bytes() != before


def test_a_brush_that_was_measured_from_the_stroke_is_fitted(tmp_path: Path) -> None:
    source = picture(tmp_path / "mine.png")
    (tmp_path / "brushes").mkdir()
    save(tmp_path / "brushes/mine.json", measure.measure(store.stroke(source)[0], "from mine.png"))
    command.finetune_style(source, None, None, 1.0)
    assert store.find("mine")[1].about == "trained from mine.png"


def test_ctrl_c_keeps_the_best_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = finetune._save

    def stopped(path: Path, progress: dict[str, object]) -> None:
        saved(path, progress)
        raise KeyboardInterrupt

    monkeypatch.setattr(finetune, "_save", stopped)
    monkeypatch.setattr(finetune, "TRIES_IN_ALL", 60)
    with pytest.raises(typer.Exit) as caught:
        command.finetune_style(picture(tmp_path / "mine.png"), None, None, 1.0)
    assert caught.value.exit_code == ExitCode.INTERRUPTED
    assert store.find("mine")[1].about == "trained from mine.png"
    assert (tmp_path / "brushes/mine.png").exists()
    assert "called again, it goes on" in "".join(capsys.readouterr())


def test_pages_of_any_resolution_are_learned_from_and_bad_ones_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "inked"
    (folder / "more").mkdir(parents=True)
    for number, ink in enumerate(inked(Brush(), 8.0)):
        page = Image.fromarray((255 * (1 - ink)).astype(np.uint8))
        page.resize((1200, 1200)).save(folder / "more" / f"{number}.png", dpi=(600, 600))
    Image.new("L", (600, 600), 0).save(folder / "black.png", dpi=(300, 300))
    (folder / "damaged.png").write_bytes((folder / "more/0.png").read_bytes()[:2000])
    told: list[str] = []
    hand = sources.from_lineart(folder, told.append)
    assert 2 * measure.half_width(hand.strip) == pytest.approx(8, abs=1.0)
    assert "damaged.png" in told[0]
    assert "left out" in told[0]
    assert "learned from 3 of 4 pages" in told[1]
    assert hand.strip.ink.shape == sources.from_lineart(folder, told.append).strip.ink.shape
    alone = sources.from_lineart(folder / "more/0.png", told.append)
    assert 2 * measure.half_width(alone.strip) == pytest.approx(8, abs=1.0)


def test_a_folder_without_pages_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"--from-lineart .*: holds no pages"):
        sources.from_lineart(tmp_path, print)
    Image.new("L", (300, 300), 0).save(tmp_path / "black.png")
    with pytest.raises(ArgumentError, match=r"--from-lineart .*less than 400 px of clear lines"):
        sources.from_lineart(tmp_path, print)


def inked(brush: Brush, thickness: float) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    sheets = []
    for _ in range(2):
        page = np.zeros((600, 600), np.float32)
        for row in range(5):
            x = np.linspace(60, 540, 300)
            y = 80 + 110 * row + 25 * np.sin(x / 90 + rng.uniform(0, 6))
            press = 0.75 + 0.25 * np.sin(x / 70 + row)
            engine.lay(page, engine.draw(brush, np.stack([x, y], 1), press, thickness, page.shape))
        sheets.append(page)
    return sheets


def test_pages_show_width_and_taper() -> None:
    brush = Brush(width=((0.0, 0.1), (1.0, 1.0)), taper=6.0)
    hand = pages.learn(inked(brush, 10.0))
    assert 2 * measure.half_width(hand.strip) == pytest.approx(10, abs=1.2)
    assert 3 < hand.taper < 9
    assert hand.angle_width == EVEN.angle_width
    blunt = pages.learn(inked(Brush(), 8.0))
    assert blunt.taper < 1.5
    style = measure.measure(blunt.strip, "")
    assert min(style.width[8:]) > 0.85


def test_pages_without_lines_say_so() -> None:
    with pytest.raises(ValueError, match="less than 400 px"):
        pages.learn([np.zeros((300, 300), np.float32)])


def test_it_needs_nothing_but_what_its_extra_brings() -> None:
    absent = ["torch", "onnx", "onnxruntime", "matplotlib", "tomli_w"]
    code = f"import sys; sys.modules.update(dict.fromkeys({absent})); import lineart_train.finetune.sources"
    subprocess.run([sys.executable, "-c", f"{code}, lineart_train.finetune.finetune"], check=True)
