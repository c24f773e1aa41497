from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lineart_cli.bench import settings
from lineart_cli.errors import ArgumentError
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine.hardware import Hardware
from lineart_cli.plan import Measured

MACHINE = Hardware("Some CPU", ("avx2",), 2, 2, 8 * 10**9, 10**9)
CHOICE = Measured(EngineChoice("onnxruntime", "CUDA", "f32", 2), 7.5)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config/lineart/bench.json"
    monkeypatch.setattr(settings, "path", lambda: path)
    return path


def test_a_choice_is_kept(file: Path) -> None:
    assert settings.load(MACHINE) is None
    assert settings.save(CHOICE, MACHINE) == file
    assert settings.load(MACHINE) == CHOICE
    assert settings.load(replace(MACHINE, memory_free=1)) == CHOICE


@pytest.mark.parametrize("change", [{"cpu": "New CPU"}, {"share": 1.0}, {"runtimes": ("onnxruntime",)}])
def test_another_machine_forgets_it(change: dict[str, object]) -> None:
    settings.save(CHOICE, MACHINE)
    assert settings.load(replace(MACHINE, **change)) is None  # type: ignore[arg-type]


def test_another_version_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.save(CHOICE, MACHINE)
    monkeypatch.setattr(settings, "__version__", "99")
    assert settings.load(MACHINE) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "{}", "\xff"])
def test_a_damaged_file_is_no_choice(file: Path, content: str) -> None:
    settings.save(CHOICE, MACHINE)
    file.write_bytes(content.encode("latin-1"))
    assert settings.load(MACHINE) is None


def test_a_file_with_something_missing_is_no_choice(file: Path) -> None:
    settings.save(CHOICE, MACHINE)
    for key in (entries := json.loads(file.read_text())):
        file.write_text(json.dumps({name: value for name, value in entries.items() if name != key}))
        assert settings.load(MACHINE) is None


def test_a_place_that_cannot_be_written_is_one_line(file: Path) -> None:
    file.parent.parent.mkdir()
    file.parent.write_text("a file, not a folder")
    with pytest.raises(ArgumentError, match=r"--save onnxruntime: .*bench\.json cannot be written"):
        settings.save(CHOICE, MACHINE)


def test_it_lies_in_the_user_s_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import platformdirs

    monkeypatch.undo()
    assert settings.path() == Path(platformdirs.user_config_dir("lineart", appauthor=False)) / "bench.json"
