"""`lineart-train drawings`: public drawings become the file that training reads."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from lineart_cli.errors import ArgumentError, LineartError
from lineart_train.app import app
from lineart_train.drawings.collect import Collected, collect
from lineart_train.generator.scenes import drawings as library

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'


def made(given: list[Path], target: Path, **options: Any) -> tuple[list[dict[str, Any]], Collected, list[str]]:
    """The entries of the file, what became of the drawings, and what was told."""
    told: list[str] = []
    result = collect(
        given, target, options.get("credit", ""), options.get("every", 1), lambda _, said: told.append(said)
    )
    with gzip.open(target, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines], result, [said for said in told if said]


def strokes_of(text: str, tmp_path: Path) -> list[dict[str, Any]]:
    (tmp_path / "drawing.svg").write_text(text)
    entries, _, _ = made([tmp_path / "drawing.svg"], tmp_path / "drawings.jsonl.gz")
    return list(entries[0]["strokes"])


def distance(stroke: dict[str, Any], to: Any) -> float:
    """The largest distance of a stroke's points from a shape, as `to` of x and y measures it, in units of 1/100."""
    x, y = np.array(stroke["p"]).T / 10.24
    return float(np.abs(to(x, y)).max())


def test_strokes_stay_as_they_are_drawn(tmp_path: Path) -> None:
    body = '<g transform="translate(10 0)"><path d="M10 20 H60" stroke="#000" stroke-width="2"/></g>'
    line, ring = strokes_of(f'{SVG}{body}<circle cx="50" cy="60" r="20" fill="none" stroke="navy"/></svg>', tmp_path)
    np.testing.assert_allclose(line["p"], [[204.8, 204.8], [716.8, 204.8]], atol=0.1)
    assert (line["w"], line["c"]) == (20.48, False)
    assert ring["c"]
    assert distance(ring, lambda x, y: np.hypot(x - 50, y - 60) - 20) < 0.05
    assert np.ptp(np.array(ring["p"])[:, 0]) == pytest.approx(409.6, abs=1)


def test_hidden_parts_of_strokes_are_left_out(tmp_path: Path) -> None:
    """Also where what hides them has dots and outlines of their own colour; a line that only crosses hides nothing."""
    tint = '<path d="M60 85 H90 V95 H60Z" fill="#543"/>'  # dark, yet no ink beside strokes
    behind = '<path d="M5 50 H95" stroke="#222" stroke-width="2"/>'
    crossing = '<path d="M12 30 V70" stroke="red" stroke-width="2"/>'
    ball = '<circle cx="50" cy="50" r="25" fill="#ffd" stroke="#222" stroke-width="2"/><circle cx="50" cy="50" r="4"/>'
    strokes = strokes_of(f"{SVG}{tint}{behind}{crossing}{ball}</svg>", tmp_path)
    level = [each for each in strokes if distance(each, lambda _, y: y - 50) < 0.1]
    spans = sorted((np.array(each["p"])[:, 0].min() / 10.24, np.array(each["p"])[:, 0].max() / 10.24) for each in level)
    np.testing.assert_allclose(spans, [(5, 25), (75, 95)], atol=1.5)
    assert sorted(each["c"] for each in strokes) == [False, False, False, True, True]  # with the eye as a ring


def test_a_filled_line_is_one_line_and_a_black_area_its_outline(tmp_path: Path) -> None:
    circles = "M10 30a20 20 0 0 0 40 0a20 20 0 0 0-40 0M13 30a17 17 0 0 1 34 0a17 17 0 0 1-34 0"
    ring = f'<path fill-rule="evenodd" d="{circles}"/>'
    bar, area = '<path d="M10 80 L90 78 V81 L10 83Z"/>', '<rect x="60" y="20" width="30" height="20"/>'
    strokes = strokes_of(f"{SVG}{ring}{bar}{area}</svg>", tmp_path)
    assert [each["c"] for each in strokes] == [True, True, False]
    assert distance(strokes[0], lambda x, y: np.hypot(x - 30, y - 30) - 18.5) < 0.3
    edge = distance(strokes[1], lambda x, y: np.minimum.reduce([abs(x - 60), abs(x - 90), abs(y - 20), abs(y - 40)]))
    assert edge < 3  # within its width of the area's edge
    assert distance(strokes[2], lambda x, y: y - (81.5 - (x - 10) / 40)) < 0.3


def test_a_picture_of_lines_is_traced_through_crossings(tmp_path: Path) -> None:
    page = np.full((600, 800), 255, np.uint8)
    cv2.line(page, (100, 100), (700, 500), 40, 9, cv2.LINE_AA)
    cv2.line(page, (700, 120), (100, 480), 40, 9, cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / "cross.jpg"), page)
    (entry,), _, _ = made([tmp_path / "cross.jpg"], tmp_path / "drawings.jsonl.gz")
    assert (entry["w"], entry["h"], len(entry["strokes"])) == (1024, 768, 2)
    for stroke in entry["strokes"]:
        points = np.array(stroke["p"]) * 800 / 1024
        assert np.hypot(*(points[-1] - points[0])) > 680
        slope = np.polyfit(*points.T, 1)
        assert np.abs(np.polyval(slope, points[:, 0]) - points[:, 1]).max() < 2
        assert stroke["w"] * 800 / 1024 == pytest.approx(9, abs=2)


def test_excalidraw_libraries_and_icon_sets_give_a_drawing_each_with_its_credit(tmp_path: Path) -> None:
    box = {"type": "rectangle", "x": 0, "y": 0, "width": 80, "height": 40, "strokeColor": "#1e1e1e", "strokeWidth": 2}
    curve = {"type": "line", "x": 0, "y": 60, "points": [[0, 0], [40, 20], [80, 0]], "strokeSharpness": "round"}
    words = {"type": "text", "x": 0, "y": 0, "width": 9, "height": 9, "text": "no drawing"}
    held = {"type": "excalidrawlib", "libraryItems": [{"elements": [box, curve, words]}, {"elements": [words]}, [box]]}
    (tmp_path / "things.excalidrawlib").write_text(json.dumps(held))
    icons = {"leaf": {"body": '<path d="M2 2L14 14" stroke="currentColor"/>'}}
    info = {"name": "Icons", "author": {"name": "A. Artist"}, "license": {"spdx": "MIT"}}
    (tmp_path / "set.json").write_text(json.dumps({"prefix": "set", "info": info, "icons": icons}))
    given = [tmp_path, tmp_path / "set.json"]
    entries, result, told = made(given, tmp_path / "drawings.jsonl.gz", credit="mine, CC0 1.0")
    assert [(each["id"], each["credit"]) for each in entries] == [
        ("set/leaf", "Icons, A. Artist, MIT"),
        ("things#0", "mine, CC0 1.0"),
        ("things#2", "mine, CC0 1.0"),
    ]
    outline, bent = entries[1]["strokes"]
    assert outline["c"]
    assert len(outline["p"]) == 4
    assert len(bent["p"]) > 6
    assert (result.without_lines, result.unreadable) == (1, 0)
    assert [f"{tmp_path}/things.excalidrawlib (things#1)" in said for said in told] == [True]


def test_the_credit_of_a_drawing_is_that_of_its_metadata(tmp_path: Path) -> None:
    body = '<path d="M5 5L90 60" stroke="#000"/>'
    named = '<d:creator>A.\n Artist</d:creator><c:license r:resource="https://example.org/by"/>'
    spaces = 'xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:c="http://creativecommons.org/ns#" xmlns:r="urn:r"'
    for name, data in (("a", named), ("b", f"{named}<d:rights>CC0 1.0</d:rights>"), ("c", "")):
        (tmp_path / f"{name}.svg").write_text(f"{SVG}<metadata><any {spaces}>{data}</any></metadata>{body}</svg>")
    entries, result, _ = made([tmp_path], tmp_path / "drawings.jsonl.gz", credit="mine")
    assert [each["credit"] for each in entries] == ["A. Artist, https://example.org/by", "CC0 1.0", "mine"]
    assert len(result.credits) == 3


def test_the_same_input_gives_the_same_bytes_and_training_reads_them(tmp_path: Path) -> None:
    (tmp_path / "in" / ".git").mkdir(parents=True)
    for name in ("b", "a", ".git/c"):
        (tmp_path / "in" / f"{name}.svg").write_text(f'{SVG}<path d="M5 5L9{len(name)} 60" stroke="#000"/></svg>')
    first, second = tmp_path / "1.jsonl.gz", tmp_path / "2.jsonl.gz"
    entries, _, _ = made([tmp_path / "in"], first)
    made([tmp_path / "in" / "b.svg", tmp_path / "in" / "a.svg"], second)
    assert first.read_bytes() == second.read_bytes()
    assert [each["id"] for each in entries] == ["a", "b"]
    second.unlink()
    assert len(library.load(tmp_path).drawings) == 2
    assert [each["id"] for each in made([tmp_path / "in"], second, every=2)[0]] == ["a"]


BAD = {
    "empty.svg": "damaged",
    "torn.svg": "damaged",
    "page.svg": "no SVG drawing",
    "nosize.svg": "has no size",
    "nothing.svg": "has no size",
    "entity.svg": "entities",
    "noise.png": "no readable image",
    "other.excalidrawlib": "no Excalidraw library",
}


def test_what_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    texts = {
        "torn.svg": f"{SVG}<path",
        "page.svg": "<html/>",
        "nosize.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    }
    texts["nothing.svg"] = '<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>'
    texts |= {"entity.svg": f'<!DOCTYPE svg [<!ENTITY a "b">]>{SVG}&a;</svg>', "other.excalidrawlib": "[1]"}
    for name in BAD:
        (folder / name).write_text(texts.get(name, "noise" if name.endswith("png") else ""))
    cv2.imwrite(str(folder / "dark.png"), np.zeros((90, 90), np.uint8))
    (folder / "good.svg").write_text(f'{SVG}<path d="M5 5L90 60" stroke="#000"/></svg>')
    entries, result, told = made([folder], tmp_path / "drawings.jsonl.gz")
    assert [each["id"] for each in entries] == ["good"]
    assert (result.without_lines, result.unreadable) == (1, len(BAD))
    for name, reason in {**BAD, "dark.png": "mostly dark"}.items():
        assert any(said.startswith(str(folder / name)) and reason in said for said in told), (name, told)


def test_arguments_that_cannot_be_are_refused_before_work(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    there = tmp_path / "there.jsonl.gz"
    there.write_bytes(b"kept")
    for given, target, reason in (
        (tmp_path / "in", tmp_path / "out.jsonl.gz", "holds no drawings"),
        (tmp_path / "missing", tmp_path / "out.jsonl.gz", "no such file"),
        (tmp_path / "in", there, "is there already"),
        (tmp_path / "in", tmp_path / "out.json", "must end in .jsonl.gz"),
        (tmp_path / "in", tmp_path / "no" / "out.jsonl.gz", "make the folder first"),
    ):
        with pytest.raises(ArgumentError, match=reason):
            made([given], target)
    assert there.read_bytes() == b"kept"
    cv2.imwrite(str(tmp_path / "in" / "blank.png"), np.full((90, 90), 255, np.uint8))
    with pytest.raises(LineartError, match="None of 1 files"):
        made([tmp_path / "in"], tmp_path / "out.jsonl.gz")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in", "there.jsonl.gz"]


def test_the_command_tells_what_it_made(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text(f'{SVG}<path d="M5 5L90 60" stroke="#000"/></svg>')
    (tmp_path / "b.svg").write_text("")
    target = tmp_path / "drawings.jsonl.gz"
    ended = CliRunner().invoke(app, ["drawings", str(tmp_path), "-o", str(target), "--credit", "me, CC0 1.0"])
    assert ended.exit_code == 1
    assert "Wrote 1 drawings of 1 lines" in ended.output
    assert "1 left out" in ended.output
    assert "me, CC0 1.0" in ended.output
