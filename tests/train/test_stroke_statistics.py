"""The figures of overdrawing, on strokes whose figures are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from lineart_train.app import app
from lineart_train.evaluation.strokes.measure import FIGURES, measure
from lineart_train.evaluation.strokes.sources import artists, generator

SCAP = """#200\t100
@1
{
\t#1\t7
\t0 0 0
\t50 0 0
\t100 0 0
}
{
\t#2\t7
\t0 2 0
\t100 2 0
}
{
\t#3\t8
\t0 50 0
\t200 50 0
}
"""


def straight(x0: float, x1: float, y: float) -> np.ndarray:
    return np.array([[x0, y], [x1, y]], np.float32)


def test_two_parallel_strokes_are_a_bundle_of_known_width() -> None:
    found = measure([[straight(0, 300, 0), straight(0, 300, 8)]])
    assert set(found) == set(FIGURES)
    np.testing.assert_allclose(found["width of the bundle"], 8, atol=1e-4)
    np.testing.assert_allclose(found["offset from the bundle's middle"], 4, atol=1e-4)
    np.testing.assert_allclose(found["strokes side by side"], 2)
    assert found["length drawn per length of line"] == pytest.approx([2])
    assert found["strokes of a line"] == pytest.approx([2])
    assert found["angle to the bundle"].max() < 0.1
    assert found["drift along a stroke"].max() < 1e-3


def test_lines_of_different_labels_are_no_bundle() -> None:
    found = measure([[straight(0, 300, 0)], [straight(0, 300, 8)]])
    assert len(found["width of the bundle"]) == 0
    np.testing.assert_allclose(found["strokes side by side"], 1)


def test_a_line_goes_on_beyond_the_stroke_that_stops_early() -> None:
    found = measure([[straight(0, 300, 0), straight(0, 240, 5)]])
    assert sorted(found["line goes on beyond a stroke's end"].round()) == pytest.approx([0, 0, 0, 60], abs=3)


def test_a_shaky_stroke_trembles() -> None:
    x = np.arange(0, 400, 3.0)
    shaky = np.stack([x, 2 * np.sin(x / 3)], 1).astype(np.float32)
    assert measure([[shaky]])["tremor"][0] == pytest.approx(np.sqrt(2), rel=0.25)
    assert measure([[straight(0, 400, 0)]])["tremor"][0] < 1e-3


def test_labelled_strokes_are_read_and_set_on_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.scap").write_text(SCAP)
    lines = artists(tmp_path)
    assert [len(strokes) for strokes in lines] == [2, 1]
    assert np.ptp(np.concatenate([p for strokes in lines for p in strokes])[:, 0]) == pytest.approx(
        3508 - 380, rel=1e-4
    )


def test_a_folder_without_strokes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=str(tmp_path)):
        artists(tmp_path)


def test_the_generator_overdraws_like_a_searching_hand() -> None:
    found = measure(generator(3, 12, 512, None))
    assert 1.3 < found["length drawn per length of line"].mean() < 3.5
    assert 6 < np.median(found["width of the bundle"]) < 30


def test_the_command_prints_and_draws(tmp_path: Path) -> None:
    (tmp_path / "a.scap").write_text(SCAP)
    figure = tmp_path / "habits.png"
    result = CliRunner().invoke(app, ["habits", str(tmp_path), "--figure", str(figure), "--pages", "2"])
    assert result.exit_code == 0, result.output
    assert "width of the bundle" in result.output
    assert figure.read_bytes().startswith(b"\x89PNG")
