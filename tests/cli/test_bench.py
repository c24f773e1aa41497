"""`lineart bench` as it is typed, with made-up figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import lineart
from lineart_cli.bench import measure, settings
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine import hardware
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, BenchOptions
from lineart_cli.plan import Measured, PageSize, Request, plan

MACHINE = Hardware("Some CPU", ("avx2",), 2, 2, 16 * 10**9, 8 * 10**9)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[BenchOptions]:
    """The options of every bench. None is really run, a quick one finds nothing; what is saved goes to `tmp_path`."""
    seen: list[BenchOptions] = []
    planned = plan(PageSize(300, 200, 300), catalogue.find(MODEL), MACHINE, Request())
    best = Measured(EngineChoice("onnxruntime", "CPU", "f32", 2), 3.5)
    rows = (measure.Row(planned.choice, None, 1, 0.1),)

    def run(
        options: BenchOptions, card: object, machine: Hardware, progress: measure.Progress, saved: Measured | None
    ) -> measure.Report:
        seen.append(options)
        progress("1 of 1: something")
        return measure.Report(
            machine,
            {},
            planned,
            0.06,
            rows,
            saved.choice if saved else planned.choice,
            None if options.quick else best,
            "The end.",
        )

    monkeypatch.setattr(measure, "run", run)
    monkeypatch.setattr(hardware, "detect", lambda: MACHINE)
    monkeypatch.setattr(hardware, "with_devices", lambda machine: machine)
    monkeypatch.setattr(settings, "path", lambda: tmp_path / "bench.json")
    return seen


def test_the_report_is_on_stdout_and_progress_on_stderr(
    asked: list[BenchOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    assert lineart("bench", "--max-memory", "2GB") == 0
    said = capsys.readouterr()
    assert said.out.startswith("CPU       Some CPU; avx2\n")
    assert said.out.endswith("\n\nThe end.\n")
    assert said.err == "1 of 1: something\n"
    assert asked == [BenchOptions(max_memory=2 * 10**9)]
    assert settings.load(MACHINE) is None


def test_json_and_save(asked: list[BenchOptions], capsys: pytest.CaptureFixture[str]) -> None:
    assert lineart("bench", "--json", "--save") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["sentence"] == "The end."
    assert said.err.endswith(f"saved in {settings.path()}\n")
    assert settings.load(MACHINE) == Measured(EngineChoice("onnxruntime", "CPU", "f32", 2), 3.5)


def test_a_bench_that_fails_says_so_and_saves_nothing(
    asked: list[BenchOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    assert lineart("bench", "--save", "--quick") == 1
    assert capsys.readouterr().out.endswith("The end.\n")
    assert settings.load(MACHINE) is None


@pytest.mark.parametrize("amount", ["half", "10"])
def test_bad_memory_is_one_line(asked: list[BenchOptions], capsys: pytest.CaptureFixture[str], amount: str) -> None:
    assert lineart("bench", "--max-memory", amount) == 2
    assert capsys.readouterr().err.startswith(f"lineart: --max-memory {amount}: not an amount of memory; ")
    assert not asked
