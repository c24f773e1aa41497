"""Files of options: what they may say, on which line they are wrong, and what comes first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lineart_cli.config import ConfigFile, chosen_for, find, load
from lineart_cli.config.lines import key_lines
from lineart_cli.errors import ArgumentError, ExitCode, LineartError
from lineart_cli.options import ConfigOptions, InkOptions, Length


@pytest.fixture
def write(tmp_path: Path) -> Path:
    """Where a file of options is written."""
    return tmp_path / "lineart.toml"


def loaded(path: Path, text: str) -> ConfigFile:
    path.write_text(text, "utf-8")
    return load(path)


def options_of(path: Path, preset: str | None = None, **typed: str | bool) -> InkOptions:
    chosen = chosen_for(typed, [path.parent], ConfigOptions(preset=preset))
    with chosen.located():
        return InkOptions.parse(chosen.given)


def test_keys_are_found_on_their_lines_whatever_they_span() -> None:
    text = 'a = """\nb = 1\n"""\n\n[presets.x] # [y]\nc = [\n 1,\n 2]\n'
    text += '[presets."y z"]\nd.e = 1\npresets = {f = 1}\n[[q]]\n'
    assert key_lines(text) == {
        ("a",): 1,
        ("presets",): 5,
        ("presets", "x"): 5,
        ("presets", "x", "c"): 6,
        ("presets", "y z"): 9,
        ("presets", "y z", "d"): 10,
        ("presets", "y z", "d", "e"): 10,
        ("presets", "y z", "presets"): 11,
        ("presets", "y z", "presets", "f"): 11,
        ("q",): 12,
    }


def test_the_command_line_beats_the_preset_and_that_the_rest_of_the_file(write: Path) -> None:
    write.write_text("thickness = 5\nfaint = 0.2\ntransparent = true\n[presets.comic]\nfaint = 0.5\nbits = 16\n")
    assert options_of(write) == InkOptions(thickness=(Length(5),), faint=0.2, transparent=True)
    comic = options_of(write, "comic", thickness="7", transparent=False)
    assert comic == InkOptions(thickness=(Length(7),), faint=0.5, bits=16)


def test_values_are_texts_numbers_switches_and_lists_of_them(write: Path) -> None:
    file = loaded(write, 'drop-colour = ["red", "blue"]\ndrawing = "12px"\nthickness = [2, "0.3mm"]\nlooks = 2\n')
    options = InkOptions.parse({name: value.given for name, value in file.values.items()})
    assert options.drop_colour == ("red", "blue")
    assert options.thickness == (Length(2), Length(0.3, "mm"))
    assert options.passes == 2


def test_a_brush_is_looked_for_beside_the_file_first(write: Path) -> None:
    write.with_name("mine.png").write_bytes(b"")
    file = loaded(write, 'brush = ["mine.png", "charcoal"]\n')
    assert file.values["brush"].given == f"{write.with_name('mine.png')},charcoal"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\nthickness = 'wide'\n", " line 2: thickness wide: not a length"),
        ("[presets.a]\n\n\nfaint = 3\n", " line 4: faint 3: not a number from 0.02 to 0.9"),
        ("thicknes = 3\n", " line 1: thicknes is no option; there is thickness"),
        ("transparent = 1\n", " line 1: transparent 1: write true or false"),
        ("faint = true\n", " line 1: faint true: write a number, or text in quotes"),
        ("drawing = 2026-11-28\n", " line 1: drawing 2026-11-28: write a number, or text in quotes"),
        ("overwrite = true\n", " line 1: overwrite is for the command line only"),
        ("log-file = 'x'\n", " line 1: log-file is for the command line only"),
        ("[ink]\nfaint = 1\n", " line 1: [ink] is no table of lineart's"),
        ("[preset.comic]\nfaint = 1\n", " line 1: [preset] is no table of lineart's"),
        ("presets = 3\n", " line 1: presets is no table; write [presets.NAME]"),
        ("[presets]\na = 3\n", " line 2: presets.a is no table"),
        ("drop-colour = 'red'\ndrop_colour = 'blue'\n", " line 2: drop_colour is given on line 1 already"),
        ("faint = 0.3\nfaint = 0.2\n", ": is not TOML (Cannot overwrite a value (at line 2, column 12))"),
        (f"faint = {'9' * 5000}\n", ": is not TOML (Exceeds the limit"),
        (f"faint = {'[' * 5000}\n", ": is not TOML ("),
        ("#" * 70_000, ": has more than 65536 bytes"),
        ("faint = 0.3 # \udcff", ": is no text in UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(write: Path, text: str, says: str) -> None:
    write.write_text(text, "utf-8", "surrogateescape")
    with pytest.raises(LineartError) as caught:
        load(write)
    assert str(caught.value).startswith(f"{write}{says}")
    assert caught.value.exit_code == ExitCode.BAD_ARGUMENTS


def test_options_that_exclude_each_other_are_told_with_the_line_of_the_one_in_the_file(write: Path) -> None:
    write.write_text("\ntransparent = true\n")
    with pytest.raises(LineartError, match=r"lineart.toml line 2: transparent with --format jpeg: use png"):
        options_of(write, format="jpeg")


def test_an_option_that_does_not_go_with_one_in_the_file_names_its_line(write: Path) -> None:
    write.write_text('thickness = 3\ndrop-colour = "blue"\n')
    with pytest.raises(ArgumentError, match=r"--keep-colour blue with --drop-colour blue: .*line 2 of .*lineart.toml"):
        options_of(write, keep_colour="blue")


def test_none_takes_back_what_a_file_says(write: Path) -> None:
    write.write_text('drop-colour = "blue"\ndpi = 150\nlayer = "x"\n[presets.plain]\nlayer = "none"\n')
    assert options_of(write, drop_colour="none", dpi="none", layer="none") == InkOptions()
    assert options_of(write, "plain").layer is None
    with pytest.raises(ArgumentError, match=r"--thickness none"):
        options_of(write, thickness="none")


def test_an_unknown_preset_gets_the_list_nearest_first(write: Path) -> None:
    write.write_text("[presets.film]\n[presets.comic]\n")
    with pytest.raises(ArgumentError, match=r"--preset comics: not in .*lineart.toml; there is comic, film"):
        options_of(write, "comics")
    write.unlink()
    with pytest.raises(ArgumentError, match=r"--preset comics: no lineart\.toml in the input's folder or above"):
        options_of(write, "comics")


def test_the_nearest_file_above_holds_and_inputs_may_not_differ_in_it(write: Path, tmp_path: Path) -> None:
    write.write_text("faint = 0.2\n")
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "lineart.toml").write_text("faint = 0.3\n")
    assert find(tmp_path / "a" / "b") == tmp_path / "a" / "lineart.toml"
    with pytest.raises(ArgumentError, match=r"^--config missing: .*lineart.toml holds for .*; name one of them"):
        chosen_for({}, [tmp_path, tmp_path / "a"], ConfigOptions())
    assert chosen_for({}, [tmp_path, tmp_path / "a"], ConfigOptions(config="none")).given == {}
    named = chosen_for({}, [tmp_path / "a"], ConfigOptions(config=str(write)))
    assert named.given == {"faint": "0.2"}
    with pytest.raises(ArgumentError, match="no such file"):
        chosen_for({}, [tmp_path], ConfigOptions(config=str(tmp_path / "none.toml")))


def test_a_file_in_a_folder_that_is_closed_to_us_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", denied)
    with pytest.raises(ArgumentError, match="no such file"):
        chosen_for({}, [tmp_path], ConfigOptions(config=str(tmp_path / "locked" / "a.toml")))
    assert chosen_for({}, [tmp_path], ConfigOptions()).file is None
