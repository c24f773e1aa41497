"""The command that scores a folder: pairs by stem, faults told, table, JSON, contact sheets, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lineart_cli.errors import ArgumentError
from lineart_train.app import app
from lineart_train.evaluation import evaluate as step
from lineart_train.evaluation.metrics import FIGURES, Grey

HEIGHT, WIDTH = 120, 300


def page(paper: int, line: int, thick: int = 1) -> Grey:
    picture = np.full((HEIGHT, WIDTH), paper, np.uint8)
    picture[60 - thick // 2 : 61 + thick // 2, 30:270] = line
    return picture


def write(path: Path, picture: Grey) -> None:
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), picture)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One drawing, `good`, inked as it should be."""
    write(tmp_path / "truth" / "good.png", page(255, 8))
    write(tmp_path / "inked" / "good.png", page(255, 0, 3))
    write(tmp_path / "sketches" / "good.png", page(240, 90, 5))
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", str(folder / "inked"), str(folder / "truth"), *arguments])


def test_a_good_drawing_ends_with_0(folder: Path) -> None:
    done = run(folder, "--json", str(folder / "new" / "figures.json"))
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["drawing", *FIGURES]
    assert lines[1].split()[0] == "good"
    assert lines[-1].startswith("mean of 1")
    said = json.loads((folder / "new" / "figures.json").read_text("utf-8"))
    assert said["problems"] == {}
    assert said["thickness"] == 3.0
    assert said["mean"] == said["drawings"]["good"]
    assert tuple(said["mean"]) == FIGURES
    assert said["mean"]["score"] > 97


def test_the_thickness_that_was_asked_for_counts(folder: Path) -> None:
    inked, truth = folder / "inked", folder / "truth"
    fine, thick = (step.evaluate(inked, truth, thickness=px)[0].figures for px in (3.0, 9.0))
    assert fine["width"] == thick["width"]
    assert thick["score"] < 0.85 * fine["score"]


def test_faulty_drawings_score_0_tell_why_and_end_with_1(folder: Path) -> None:
    for name in ("absent", "broken", "small"):
        write(folder / "truth" / f"{name}.png", page(255, 8))
    write(folder / "inked" / "small.tif", page(255, 0, 3)[:100])
    (folder / "inked" / "broken.png").write_bytes(b"no picture")
    write(folder / "inked" / "nobody-asked.png", page(255, 0, 3))
    done = run(folder, "--json", str(folder / "figures.json"))
    assert done.exit_code == 1
    said = json.loads((folder / "figures.json").read_text("utf-8"))
    assert list(said["drawings"]) == ["absent", "broken", "good", "small"]
    assert set(said["problems"]) == {"absent", "broken", "small"}
    assert all(said["drawings"][name] == dict.fromkeys(FIGURES, 0.0) for name in said["problems"])
    assert said["mean"]["score"] == pytest.approx(said["drawings"]["good"]["score"] / 4)
    assert "absent: missing" in done.stderr
    assert "no readable image" in said["problems"]["broken"]
    assert "small: the ink is 300 x 100 px, the truth 300 x 120 px" in done.stderr


def test_contact_sheets_lie_side_by_side(folder: Path) -> None:
    sketches, sheets = folder / "sketches", folder / "sheets"
    done = run(folder, "--sketches", str(sketches), "--sheet", str(sheets), "--scale", "0.5")
    assert done.exit_code == 0, done.output
    picture = cv2.imread(str(sheets / "good.png"))
    assert picture is not None
    assert picture.shape == (HEIGHT // 2, 4 * WIDTH // 2 + 3 * 8, 3)
    assert tuple(picture[5, 5]) == (240, 240, 240)  # the sketch comes first


def test_an_unreadable_sketch_costs_the_sheet_and_not_the_score(folder: Path) -> None:
    (folder / "sketches" / "good.png").write_bytes(b"")
    (row,) = step.evaluate(folder / "inked", folder / "truth", folder / "sketches", sheets=folder / "sheets")
    assert row.figures["score"] > 97
    assert row.problem.startswith("no contact sheet")


def test_errors_have_their_colours() -> None:
    ink, tolerance = np.full((HEIGHT, WIDTH), 255, np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    tolerance[30, 30:270] = tolerance[90, 30:270] = 8
    ink[30, 30:270] = ink[60, 30:270] = 0
    picture = step.errors(ink, tolerance)
    assert tuple(picture[30, 150]) == step.BLACK
    assert tuple(picture[60, 150]) == step.RED
    assert tuple(picture[90, 150]) == step.BLUE
    assert tuple(picture[45, 150]) == (255, 255, 255)
    assert np.count_nonzero((picture != 255).any(2)) < 3 * 240 + 1
    assert tuple(step.errors(ink, tolerance, 3)[61, 150]) == step.RED


def test_wrong_arguments_end_with_2(folder: Path) -> None:
    (folder / "empty").mkdir()
    runner = CliRunner()
    for inked, truth, says in (("inked", "empty", "holds no pictures"), ("nowhere", "truth", "does not exist")):
        done = runner.invoke(app, ["evaluate", str(folder / inked), str(folder / truth)])
        assert done.exit_code == 2
        assert says in " ".join(done.stderr.replace("│", " ").split())
    assert run(folder, "--thickness", "0").exit_code == 2


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    write(folder / "inked" / "good.tif", page(255, 0, 3))
    with pytest.raises(ArgumentError, match=r"both good\.png and good\.tif"):
        step.evaluate(folder / "inked", folder / "truth")
