"""Brushes of `lineart ink`, and the scale at which it sees a page."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from batches import HalfInker
from lineart_cli.brushes import store
from shell import Shell


def test_several_brushes_and_thicknesses_give_a_picture_each(lineart: Shell) -> None:
    assert lineart("ink", "scans/a.png", "-o", "ink", "--brush", "charcoal,ink_pen", "--thickness", "2,0.5mm") == 0
    assert sorted(path.name for path in Path("ink").glob("a*")) == [
        "a-charcoal-0.5mm.png",
        "a-charcoal-2px.png",
        "a-ink_pen-0.5mm.png",
        "a-ink_pen-2px.png",
    ]
    assert lineart("ink", "scans/a.png", "-o", "ink", "--brush", "charcoal,ink_pen", "--thickness", "2,0.5mm") == 0
    assert "0 inked, 4 skipped" in lineart.err


def test_brushes_are_listed_and_drawn(lineart: Shell) -> None:
    assert lineart("brushes", "--sheet", "brushes.png") == 0
    for name in ("technical_pen", "charcoal", "calligraphy"):
        assert name in lineart.out
    assert "█" in lineart.out
    with Image.open("brushes.png") as sheet:
        assert sheet.height > 1000
    assert lineart("brushes", "--sheet", "nowhere/brushes.png") == 2
    assert lineart.err.startswith("lineart: --sheet nowhere/brushes.png: cannot be written")
    assert lineart("brushes", "--sheet", "scans/a.jpg") == 2
    assert not Path("scans/a.jpg").exists()
    assert lineart("brushes", "--sheet", "brushes.png") == 0  # its own, made anew
    before = Path("scans/a.png").read_bytes()
    assert lineart("brushes", "--sheet", "scans/a.png") == 2
    assert "is there already, and is no sheet of lineart brushes" in lineart.err
    assert Path("scans/a.png").read_bytes() == before


def test_a_bad_brush_of_the_user_does_not_hide_the_others(lineart: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own").mkdir()
    Path("own/old[b].json").write_text('{"format": 0}')
    monkeypatch.setattr(store, "folder", lambda: Path("own"))
    assert lineart("brushes") == 1
    assert "charcoal" in lineart.out
    assert lineart.err.startswith("lineart: own/old[b].json: was made for another version of lineart; make it again")
    assert lineart("ink", "scans", "-o", "ink", "--brush", "old[b]") == 2
    assert lineart.err.startswith("lineart: --brush old[b]: own/old[b].json: was made for another version of lineart")


def test_what_had_to_be_guessed_of_a_brush_is_told_in_a_dry_run_too(lineart: Shell) -> None:
    x, y = np.meshgrid(np.arange(300), np.arange(60))
    stroke = (np.abs(y - 30) < 1 + x / 30) & (x > 10) & (x < 290)
    Image.fromarray(255 * stroke.astype(np.uint8)).save("night.png")
    for more in ([], ["--dry-run"]):
        assert lineart("ink", "scans/a.png", "-o", "ink", "--brush", "night.png", *more) == 0
        assert "--brush night.png: white on black, taken as black on white" in lineart.err


def strokes(path: str, width: int) -> None:
    """A page of circles drawn in strokes so wide."""
    page = np.full((900, 900), 255, np.uint8)
    for number in range(1, 8):
        cv2.circle(page, (450, 450), 55 * number, 40, width, cv2.LINE_AA)
    Image.fromarray(page).save(path)


@pytest.fixture
def by_strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scale by the width of strokes, as for models without a network that reads it."""
    monkeypatch.setattr("lineart_cli.model.card.ModelCard.scale_network", None)


@pytest.mark.usefixtures("by_strokes")
def test_a_page_keeps_the_scale_of_its_last_ink_until_its_strokes_are_quite_others(lineart: Shell) -> None:
    def inked(width: int, *more: str) -> tuple[float, str]:
        strokes("scans/a.png", width)
        assert lineart("ink", "scans/a.png", "-o", "ink", "-t", "6", "--json", "-v", *more) == 0
        planned, done = (json.loads(line) for line in lineart.out.splitlines())
        known = json.loads(Path("ink/.lineart.json").read_text())["pages"]["a.png"]
        assert planned["scale"] == done["scale"] == known["scale"]
        return planned["scale"], planned["scale_why"]

    assert inked(6)[0] == 1
    scale, why = inked(9)
    assert scale == 1
    assert why.startswith("kept from the last ink; now 1.5, strokes are 11 px wide, measured")
    assert inked(9, "--overwrite")[0] == 1.5
    assert inked(6)[0] == 1.5
    assert inked(28)[0] == 4
    assert inked(27, "--faint", "0.3")[0] == 4  # with other settings it is measured anew
    assert lineart("ink", "scans/a.png", "-o", "other", "-t", "6", "--json", "-v") == 0
    assert json.loads(lineart.out.splitlines()[0])["scale"] == 4
    assert lineart("ink", "scans/a.png", "-o", "thin", "-t", "3", "--json", "-v") == 0
    planned = json.loads(lineart.out.splitlines()[0])
    assert planned["scale"] == 3
    assert planned["scale_why"].endswith("; 4 would be too coarse for lines 3 px thick")


def test_a_manifest_without_scales_is_read(lineart: Shell) -> None:
    assert lineart("ink", "scans", "-o", "ink") == 0
    path = Path("ink/.lineart.json")
    known = json.loads(path.read_text())
    for entry in known["pages"].values():
        del entry["scale"]
    path.write_text(json.dumps(known))
    assert lineart("ink", "scans", "-o", "ink") == 0
    assert lineart.err.startswith("0 inked, 2 skipped, 0 failed")


def test_drawing_moves_the_scale_by_steps(lineart: Shell) -> None:
    strokes("scans/a.png", 6)
    found = {}
    for drawing in ("very-fine", "fine", "auto", "loose", "very-loose", "20px"):
        assert lineart("ink", "scans/a.png", "-o", "ink", "-t", "6", "--dry-run", "--json", "--drawing", drawing) == 0
        found[drawing] = json.loads(lineart.out)["scale"]
    assert found == {"very-fine": 0.75, "fine": 1, "auto": 1.5, "loose": 2, "very-loose": 3, "20px": 3}


@pytest.mark.usefixtures("by_strokes")
def test_a_long_strip_and_tags_that_are_wrong_need_no_options(lineart: Shell) -> None:
    strokes("scans/a.png", 6)
    with Image.open("scans/a.png") as image:
        page = np.asarray(image)
    Image.fromarray(np.vstack([page[:, :800]] * 15)).save("scans/strip.png")
    Image.fromarray(page).save("scans/fax.png", dpi=(2400, 1200))
    assert lineart("ink", "scans/*.png", "-o", "ink", "--json", "-v") == 0
    rows = [json.loads(line) for line in lineart.out.splitlines()]
    found = {row["input"]: row["scale"] for row in rows if row["event"] == "page_done"}
    assert found["scans/fax.png"] == found["scans/a.png"] == 1
    assert found["scans/strip.png"] in {1, 1.5}


def test_a_sheet_is_tried(lineart: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    strokes("scans/a.png", 7)
    monkeypatch.setattr("lineart_cli.trial.grid.open_inker", lambda *_, **__: HalfInker(8))
    assert lineart("try", "scans/a.png", "--crop", "100,100,300,200") == 0
    assert lineart.err == "a-try.png\n"
    with Image.open("a-try.png") as image:
        assert image.size == (20 + 4 * 500, 20 + 3 * (320 + 20 + 52))
    Path("scans/lineart.toml").write_text("thickness = 2\nfaint = 0.3\nkeep-edits = true\n")
    assert lineart("try", "scans/a.png", "--crop", "100,100,300,200") == 0
    told, without = lineart.err.splitlines()[:2]
    assert told == f"lineart: options of {Path('scans/lineart.toml').resolve()}"
    assert (
        without
        == f"lineart: --faint, --keep-edits of {Path('scans/lineart.toml').resolve()} have no part in lineart try"
    )
    Path("scans/lineart.toml").unlink()
    assert lineart("try", "scans/a.png", "--jobs", "2") == 2
    assert lineart("try", "scans/a.png", "-o", "sheet.png", "--crop", "800,0,300,200") == 2
    assert lineart.err == "lineart: --crop 800,0,300,200: reaches beyond the page of 900 x 900 px\n"
    assert lineart("try", "scans/nothing.png") == 2
    assert lineart.err.startswith("lineart: PAGE scans/nothing.png: no such file or folder; check the spelling")
    assert lineart("try", "scans") == 2
    assert lineart.err == "lineart: PAGE scans: is a folder; give one of its pages\n"
    assert lineart("try", "scans/a.png", "--drawing", "fine") == 2
    assert not Path("sheet.png").exists()
