"""`lineart ink --keep-edits` as artists run it: beside a painting program, and with the model that is shipped."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

Start = Callable[..., subprocess.Popen[str]]


def told(process: subprocess.Popen[str], name: str) -> dict[str, Any]:
    """The next event that tells of a page of that name."""
    assert process.stdout
    for line in process.stdout:
        if line.startswith("{"):
            event: dict[str, Any] = json.loads(line)
            if event["event"] in {"page_done", "page_skipped"} and Path(event["output"]).stem == name:
                return event
    raise AssertionError("it has ended")


def test_while_the_folder_is_watched_edits_stay(folder: Path, start: Start) -> None:
    process = start("scans", "-o", "ink", "--watch", "--keep-edits", "--json")
    first = told(process, "a")
    assert first["edits"] == 0
    told(process, "c")
    with Image.open(folder / "ink/a.png") as image:
        image.paste(0, (100, 100, 140, 104))
        edited = image.copy()
    time.sleep(0.1)
    edited.save(folder / "ink/a.png")
    Image.new("L", (300, 300), 250).save(folder / "scans/a.png", dpi=(300, 300))
    event = told(process, "a")
    assert event["event"] == "page_done"
    assert event["edits"] == 1
    assert np.array_equal(np.asarray(Image.open(folder / "ink/a.png")), np.asarray(edited))


def draw_on(ink: Path, top: int) -> np.ndarray:
    """Draws a stroke on ink, and saves it; its pixels."""
    with Image.open(ink) as image:
        image.paste(0, (100, top, 140, top + 4))
        edited = image.copy()
    edited.save(ink)
    return np.asarray(edited)


def test_ink_that_is_saved_while_its_page_is_inked_is_inked_once_more(folder: Path, start: Start) -> None:
    process = start("scans", "-o", "ink", "--watch", "--keep-edits", "--json", waits=(0, 0, 0, "go", 0))
    told(process, "c")
    draw_on(folder / "ink/a.png", 100)
    Image.new("L", (300, 300), 250).save(folder / "scans/a.png", dpi=(300, 300))
    assert process.stdout
    assert next(line for line in process.stdout if line == "inking\n")
    edited = draw_on(folder / "ink/a.png", 200)
    (folder / "go").touch()
    kept = told(process, "a")
    assert (kept["event"], "once more when it has come to rest" in kept["note"]) == ("page_skipped", True)
    done = told(process, "a")
    assert (done["event"], done["edits"]) == ("page_done", 2)
    assert np.array_equal(np.asarray(Image.open(folder / "ink/a.png")), edited)


def sketch(top: int) -> np.ndarray:
    """A strip whose strokes are the same but for one near its upper end."""
    random = np.random.default_rng(0)
    page = (235 + random.normal(0, 3, (4200, 240))).clip(0, 255).astype(np.uint8)
    for y in range(300, 4200, 90):
        cv2.line(page, (30, y), (200, y + int(random.integers(-40, 40))), 90, 5, cv2.LINE_AA)
    cv2.line(page, (30, top), (210, top + 20), 60, 6, cv2.LINE_AA)
    return page


@pytest.mark.slow
def test_far_from_a_stroke_that_was_changed_the_ink_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    scan, out = tmp_path / "a.png", tmp_path / "ink"
    inks = []
    for top in (100, 200):
        Image.fromarray(sketch(top)).save(scan, dpi=(300, 300))
        command = [sys.executable, "-m", "lineart_cli", "ink", str(scan), "-o", str(out), "--threads", "1", "--quiet"]
        subprocess.run(command, check=True)
        inks.append(np.asarray(Image.open(out / "a.png")))
    before, after = inks
    assert not np.array_equal(before[:300], after[:300])
    assert (before[3000:] < 128).mean() > 0.01
    assert np.array_equal(before[3000:], after[3000:])
