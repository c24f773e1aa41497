from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineart_cli.bench import measure, sample, table
from lineart_cli.errors import ArgumentError
from lineart_cli.machine.hardware import Device, Hardware
from lineart_cli.machine.process import peak_memory
from lineart_cli.model.card import RUNTIMES, Footprint, ModelCard
from lineart_cli.options import BenchOptions
from lineart_cli.plan import PageSize

GB = 10**9
MACHINE = Hardware("Some CPU", ("avx2", "bf16"), 2, 2, 16 * GB, 8 * GB)

Figures = Callable[[measure.Row], dict[str, object]]


def even(row: measure.Row) -> dict[str, object]:
    return {"seconds": 2.0, "page_seconds": 1.5, "speed": 5.0, "memory": 300_000_000, "difference": 0}


def measured(
    monkeypatch: pytest.MonkeyPatch,
    card: ModelCard,
    figures: Figures = even,
    machine: Hardware = MACHINE,
    options: BenchOptions | None = None,
) -> measure.Report:
    """A bench in which the commands are not run, but take what `figures` says; so their page may be small."""
    monkeypatch.setattr(sample, "page", lambda height, width: np.zeros((2, 2), np.uint8))
    monkeypatch.setattr(measure._Work, "_measured", lambda self, variant, *_: replace(variant, **figures(variant)))
    return measure.run(options or BenchOptions(), card, machine, lambda line: None)


def variants(report: measure.Report) -> list[tuple[str, str, int | None, int | None]]:
    return [(row.choice.backend, row.choice.precision, row.choice.threads, row.tile) for row in report.rows]


@pytest.mark.parametrize(("cores", "fewer"), [(1, ()), (2, (1,)), (8, (4, 1))])
def test_every_runtime_precision_tile_and_number_of_threads_is_measured(
    monkeypatch: pytest.MonkeyPatch, card: ModelCard, cores: int, fewer: tuple[int, ...]
) -> None:
    card = replace(card, halo_px=384, multiple_of=32)
    cuts = [*((cores, tile) for tile in (None, 1024, 2048)), *((threads, None) for threads in fewer)]
    assert variants(measured(monkeypatch, card, machine=replace(MACHINE, cores=cores, share=cores))) == [
        *(("openvino", precision, *cut) for precision in ("f32", "bf16") for cut in cuts),
        *(("onnxruntime", "f32", *cut) for cut in cuts),
    ]


@pytest.mark.parametrize("instructions", [("avx2",), None])
def test_bf16_is_measured_only_where_it_is_known_to_be_native(
    monkeypatch: pytest.MonkeyPatch, card: ModelCard, instructions: tuple[str, ...] | None
) -> None:
    report = measured(monkeypatch, card, machine=replace(MACHINE, instructions=instructions))
    assert {variant[1] for variant in variants(report)} == {"f32"}


def test_tiles_that_do_not_fit_are_left_out(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    card = replace(card, memory={f"{name}_f32": Footprint(10**8, 250.0) for name in RUNTIMES})
    report = measured(monkeypatch, card, options=BenchOptions(max_memory=600_000_000))
    assert {variant[3] for variant in variants(report)} == {None, 1024}
    with pytest.raises(ArgumentError, match="--max-memory 50MB: a page of 2480 x 3508 px needs"):
        measured(monkeypatch, card, options=BenchOptions(max_memory=50_000_000))


def test_a_device_that_is_listed_but_does_not_start_is_told_and_not_measured(
    monkeypatch: pytest.MonkeyPatch, card: ModelCard
) -> None:
    devices = (Device("onnxruntime", "CPU", "CPUExecutionProvider"), Device("onnxruntime", "CUDA", "CUDA..."))
    report = measured(monkeypatch, card, machine=replace(MACHINE, devices=devices))
    assert list(report.failures) == ["CUDA"]
    assert {row.choice.device for row in report.rows} == {"CPU"}
    assert any(
        line.startswith("device    onnxruntime CUDA: ") and "--device CUDA" in line for line in table.text(report)
    )


@pytest.mark.parametrize(("seconds", "best"), [(1.45, "openvino"), (1.0, "onnxruntime"), (9.0, "openvino")])
def test_another_runtime_must_be_clearly_faster(
    monkeypatch: pytest.MonkeyPatch, card: ModelCard, seconds: float, best: str
) -> None:
    def figures(row: measure.Row) -> dict[str, object]:
        other = row.choice.backend == "onnxruntime"
        bf16 = row.choice.precision == "bf16"
        return {**even(row), "page_seconds": seconds if other else 0.1 if bf16 else 1.5}

    report = measured(monkeypatch, card, figures)
    assert report.best is not None
    assert (report.best.choice.backend, report.best.choice.precision) == (best, "f32")


def test_fewer_threads_or_another_device_may_be_best(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    first = replace(measure.Row(measure.EngineChoice("openvino", "CPU", "int8", 8), None, 0, 9.0), page_seconds=1.5)
    rows = [
        first,
        replace(first, choice=measure.EngineChoice("openvino", "CPU", "int8", 4), page_seconds=1.0),
        replace(first, choice=measure.EngineChoice("onnxruntime", "CPU", "f32", 8), page_seconds=0.1),
        replace(first, choice=measure.EngineChoice("onnxruntime", "CUDA", "f32", 8), page_seconds=0.2),
        replace(first, tile=1024, page_seconds=0.1),
    ]
    assert measure._best(rows[:3], "int8") == rows[1]
    assert measure._best(rows, "int8") == rows[3]


def test_the_report_ends_with_one_plain_sentence(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    report = measured(monkeypatch, card)
    lines = list(table.text(report))
    assert lines[-1] == "An A4 page at 300 dpi takes 2.0 s and 300 MB on this machine."
    assert f"An A4 page would be inked so: {report.plan}" in lines
    assert all(f"  {reason}" in lines for reason in report.plan.reasons)
    assert sum(line.startswith(("openvino ", "onnxruntime ")) for line in lines) == len(report.rows)


def test_a_folder_takes_one_start_and_a_hundred_pages(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    report = measured(monkeypatch, card)
    row = replace(report.rows[0], seconds=2.0, page_seconds=1.25)
    assert report.folder_seconds(row) == pytest.approx(0.75 + 125, abs=0.1)
    assert report.folder_seconds(replace(row, error="no luck")) is None
    quarter = replace(report, megapixels=report.megapixels / 4)
    assert quarter.folder_seconds(row) == pytest.approx(0.75 + 500, abs=0.1)
    lines = list(table.text(replace(report, rows=(row,))))
    assert sum("0:02:06" in line for line in lines) == 1


def test_the_row_that_ink_takes_is_marked(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    report = measured(monkeypatch, card)
    assert report.used == report.plan.choice
    (marked,) = (line for line in table.text(report) if line.endswith("<- lineart ink"))
    assert marked.split()[:3] == [report.used.backend, report.used.device, report.used.precision]
    saved = next(row.choice for row in report.rows if row.choice.backend == "onnxruntime")
    (marked,) = (line for line in table.text(replace(report, used=saved)) if line.endswith("<- lineart ink"))
    assert marked.startswith("onnxruntime")


def test_without_figures_there_is_nothing_best(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    report = measured(monkeypatch, card, lambda row: {"error": "lineart: no luck"})
    assert report.best is None
    assert report.sentence.startswith("Nothing could be measured")
    assert sum("lineart: no luck" in line for line in table.text(report)) == len(report.rows)


def test_a_quick_bench_measures_quarters_and_one_whole_page(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    report = measured(monkeypatch, card, options=BenchOptions(quick=True))
    assert report.megapixels == pytest.approx(8.7 / 4, abs=0.01)
    assert variants(report) == [("openvino", "f32", 2, None), ("onnxruntime", "f32", 2, None)]
    assert report.sentence == "An A4 page at 300 dpi takes 2.0 s and 300 MB on this machine."


def test_a_quick_bench_on_a_slow_machine_reckons(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    slow = {"seconds": 10.0, "page_seconds": 9.0, "speed": 1.0}
    report = measured(monkeypatch, card, lambda row: {**even(row), **slow}, options=BenchOptions(quick=True))
    words = report.sentence.split()
    assert words[7] == "about"
    assert 25 < float(words[8]) < 60
    assert report.sentence.endswith("on this machine, reckoned from a quarter of one.")


def test_a_quick_bench_stops_in_time(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    monkeypatch.setattr(measure, "QUICK_SECONDS", 0.0)
    report = measured(monkeypatch, card, options=BenchOptions(quick=True))
    assert {row.error for row in report.rows} == {"left out for lack of time"}


def test_json_is_flat_and_whole(monkeypatch: pytest.MonkeyPatch, card: ModelCard) -> None:
    report = measured(monkeypatch, card)
    entries = json.loads(json.dumps(report.to_json()))
    assert entries["hardware"]["cpu"] == "Some CPU"
    assert entries["plan"]["backend"] == "openvino"
    assert entries["plan"]["reasons"] == list(report.plan.reasons)
    assert entries["rows"][0]["backend"] == "openvino"
    assert entries["rows"][0]["memory"] == 300_000_000
    assert entries["sentence"] == report.sentence


class TestWork:
    """Commands that are really run, in place of `lineart ink`."""

    def row(self, folder: Path, program: str, patience: float = 300) -> measure.Row:
        work = measure._Work(folder, PageSize(60, 40, 300), BenchOptions(), 0.0)
        (folder / "ink").mkdir(exist_ok=True)
        Image.new("L", (40, 60), 200).save(folder / "ink/page.png")
        work._exact = np.full((60, 40), 203, np.uint8)
        return work._measured(
            measure.Row(measure.EngineChoice(), None, 0, 0.0), [sys.executable, "-c", program], patience
        )

    def test_time_memory_and_difference(self, tmp_path: Path) -> None:
        program = (
            "import time; kept = bytearray(200_000_000); time.sleep(0.3)\n"
            "print('a warning'); print('{\"seconds\": 0.25}')"
        )
        row = self.row(tmp_path, program)
        assert row.error == ""
        assert row.seconds > 0.3
        assert (row.page_seconds, row.speed, row.difference) == (0.25, round(2400 / 1e6 / 0.25, 3), 3)
        assert 200_000_000 < row.memory < 260_000_000

    def test_the_error_of_a_command_is_its_row_s(self, tmp_path: Path) -> None:
        program = "import sys; print('noise'); sys.exit('lineart: --device X: no such device')"
        assert self.row(tmp_path, program).error == "lineart: --device X: no such device"
        assert self.row(tmp_path, "import os; os.abort()").error == "failed"

    def test_a_command_that_hangs_is_stopped(self, tmp_path: Path) -> None:
        assert self.row(tmp_path, "import time; time.sleep(60)", 0.5).error == "took longer than 0 s"


def test_a_process_that_is_gone_has_no_memory() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert peak_memory(process.pid) == 0


def test_the_sample_is_the_same_every_time_and_has_strokes_on_paper() -> None:
    page = sample.page(877, 620)
    np.testing.assert_array_equal(page, sample.page(877, 620))
    assert page.shape == (877, 620)
    assert page.dtype == np.uint8
    assert 240 < np.median(page) < 248
    assert 0.005 < np.mean(page < 160) < 0.1


@pytest.mark.slow
def test_a_quick_bench_does_what_it_says() -> None:
    command = [sys.executable, "-m", "lineart_cli", "bench", "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    entries = json.loads(done.stdout)
    measured = [row for row in entries["rows"] if not row["error"]]
    assert measured
    for row in measured:
        assert row["memory"] == pytest.approx(row["expected_memory"], rel=0.25)
        assert row["difference"] <= 1 or row["precision"] != "f32"
    assert entries["sentence"].startswith("An A4 page at 300 dpi takes ")
    assert "1 of " in done.stderr
