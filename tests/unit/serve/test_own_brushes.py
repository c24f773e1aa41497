"""Brushes are shown with samples, and strokes become brushes of one's own."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lineart_cli.brushes import store
from serving import Caller


def test_brushes_have_samples_and_tell_whose_they_are(caller: Caller, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "brushes")
    told = caller.ask(2, "brushes", width=80, height=20)["brushes"]
    assert [each["name"] for each in told] == list(store.names())
    sample = Image.open(io.BytesIO(base64.b64decode(told[0]["sample"])))
    assert sample.size == (80, 20)
    assert np.asarray(sample)[..., -1].max() > 100
    assert caller.ask(3, "brushes", width=1)["kind"] == "argument"


def test_a_stroke_becomes_a_brush_of_one_s_own(caller: Caller, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "brushes")
    stroke = np.full((120, 600), 255, np.uint8)
    for x in range(40, 560):
        half = 1 + 14 * (x - 40) / 520
        stroke[int(60 - half) : int(60 + half), x] = 0
    Image.fromarray(stroke).save(tmp_path / "stroke.png")
    asked = {"picture": str(tmp_path / "stroke.png"), "name": "mine"}
    assert not caller.ask(2, "learn", **asked)["replaced"]
    assert caller.ask(3, "learn", **asked)["replaced"]
    (mine,) = [each for each in caller.ask(4, "brushes")["brushes"] if each["own"]]
    assert mine["name"] == "mine"
    assert "lineart's own" in caller.ask(5, "learn", **{**asked, "name": "ink_pen"})["error"]
    assert "letters" in caller.ask(6, "learn", **{**asked, "name": "../x"})["error"]
    for number, (name, other) in enumerate({"Mine": "mine", "INK_pen": "ink_pen"}.items(), 8):
        told = caller.ask(number, "learn", **{**asked, "name": name})["error"]
        assert told.startswith(f"name {name}: only its case tells it from the brush {other}, which is one file")
    Image.new("L", (200, 100), 255).save(tmp_path / "stroke.png")
    assert caller.ask(7, "learn", **{**asked, "name": "none"})["kind"] == "argument"
    assert not (tmp_path / "brushes/none.json").exists()


def test_a_brush_that_cannot_be_kept_says_what_helps(caller: Caller, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "file/brushes")
    (tmp_path / "file").touch()
    stroke = np.full((120, 600), 255, np.uint8)
    stroke[50:70, 40:560] = 0
    Image.fromarray(stroke).save(tmp_path / "stroke.png")
    told = caller.ask(2, "learn", picture=str(tmp_path / "stroke.png"), name="mine")
    assert "cannot be written (Not a directory); take away the file that is in place of its folder" in told["error"]
