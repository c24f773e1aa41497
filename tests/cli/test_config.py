"""Files of options as they are used: with `ink`, and shown by `lineart config show`."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from command import lineart

Run = tuple[int, str, str]


@pytest.fixture(autouse=True)
def _scans(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("scans")
    Image.new("L", (64, 64), 255).save("scans/a.png", dpi=(300, 300))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Run:
    return lineart(*words), *capsys.readouterr()


def test_ink_takes_the_file_above_its_input_and_tells(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lineart.toml").write_text("thickness = 9\ntransparent = true\n[presets.thin]\nthickness = 2\n")
    ink = ("ink", "scans/a.png", "-o", "out", "--dry-run")
    code, out, err = run(capsys, *ink)
    assert (code, err) == (0, f"lineart: options of {Path.cwd() / 'lineart.toml'}\n")
    assert "lines 9 px" in out
    assert "lines 2 px" in run(capsys, *ink, "--preset", "thin")[1]
    assert "lines 4 px" in run(capsys, *ink, "--preset", "thin", "-t", "4")[1]
    code, _, err = run(capsys, *ink, "--format", "jpeg")
    assert code == 2
    assert "lineart.toml line 2: transparent with --format jpeg: " in err
    assert run(capsys, *ink, "--format", "jpeg", "--no-transparent")[0] == 0
    assert run(capsys, *ink, "--config", "none")[2] == ""


def test_a_file_in_a_folder_below_is_passed_over_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("scans/lineart.toml").write_text("thickness = 9\n")
    ink = ("ink", ".", "-o", "out", "--dry-run")
    code, out, err = run(capsys, *ink)
    assert (code, "lines 3 px" in out) == (0, True)
    assert err.startswith(f"lineart: {Path.cwd() / 'scans/lineart.toml'} is passed over: only lineart.toml in a folder")
    assert run(capsys, *ink, "--config", "none")[2] == ""


def test_the_place_of_the_ink_may_be_in_the_file_and_the_command_line_beats_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("lineart.toml").write_text("beside = true\n")
    _, out, _ = run(capsys, "ink", "scans", "--dry-run")
    assert out.startswith("scans/a.png -> scans/a_ink.png: ")
    _, out, _ = run(capsys, "ink", "scans", "-o", "out", "--dry-run")
    assert out.startswith("scans/a.png -> out/a.png: ")


def test_a_brush_that_is_none_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("scans/lineart.toml").write_text("\nbrush = 'broom'\n")
    code, _, err = run(capsys, "ink", "scans", "-o", "out")
    assert code == 2
    assert "scans/lineart.toml line 2: brush broom: unknown; choose from" in err
    assert not Path("out").exists()
    shown = run(capsys, "config", "show", "scans")
    assert (shown[0], shown[1], "line 2: brush broom: unknown" in shown[2]) == (2, "", True)


def test_what_is_asked_for_and_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    told = "lineart: --config none.toml: no such file; check the spelling, or write none to read no file\n"
    assert run(capsys, "config", "show", "--config", "none.toml") == (2, "", told)
    told = "lineart: --config scans: is a folder; name a file in it, such as scans/lineart.toml\n"
    assert run(capsys, "config", "show", "--config", "scans") == (2, "", told)
    assert run(capsys, "config", "show", "--config", "none")[1].startswith("# no file, as asked\n")
    Path("scans/lineart.toml").touch()
    Path("b.png").touch()
    code, _, err = run(capsys, "ink", "b.png", "scans", "-o", "out")
    there = Path.cwd() / "scans/lineart.toml"
    assert (code, err) == (
        2,
        f"lineart: --config missing: no lineart.toml holds for ., and {there} for scans; "
        "name one of them, or none, or ink in two runs\n",
    )


def test_show_prints_what_holds_and_whence_in_a_form_that_can_be_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lineart.toml").write_text('faint = 0.2\n[presets.comic]\nbrush = "charcoal"\njoin = true\nformat = "tiff"\n')
    code, out, _ = run(capsys, "config", "show", "scans/a.png", "--preset", "comic")
    assert code == 0
    said = {line.split(" =")[0]: line.partition("  # ")[2] for line in out.splitlines() if " = " in line}
    assert (said["faint"], said["brush"], said["passes"]) == ("line 1", "line 3, preset comic", "default")
    Path("again.toml").write_text(out)
    code, again, _ = run(capsys, "config", "show", "--config", "again.toml")
    assert code == 0
    assert tomllib.loads(again) == tomllib.loads(out)
    assert tomllib.loads(out)["brush"] == "charcoal"
