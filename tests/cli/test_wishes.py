"""What is asked of `lineart ink`: it reaches the plan, or is refused in one line."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from folders import visible
from lineart_cli.bench import settings
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine import hardware
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, bytes_text
from lineart_cli.plan import Measured, PageSize, Plan, Request, plan
from shell import Shell


def planned_page(machine: Hardware, scale: float = 1, pages: int = 1) -> Plan:
    """The plan for a page of the tests with the shipped model."""
    return plan(PageSize(256, 256, 300, scale=scale), catalogue.find(MODEL), machine, Request(pages=pages))


def test_dry_run_lists_and_writes_nothing(lineart: Shell) -> None:
    assert lineart("ink", "scans", "-o", "ink", "--dry-run", "-t", "0.5mm", "--dpi", "600", "--drawing", "14px") == 0
    page = planned_page(lineart.machine, 2, pages=2)
    memory, seconds = bytes_text(page.memory), page.seconds
    figures = f"{page.computed_megapixels:.1f} megapixels computed; {memory}; about {seconds:.2g} s"
    tiles = f"draft 1 x 192 x 192 px, then 2 times 1 x 256 x 256 px, {figures}"
    planned = f"  openvino on CPU in {page.choice.precision}, threads 4; {tiles}"
    assert lineart.out.splitlines() == [
        "scans/a.png -> ink/a.png: 256 x 256 px at 600 dpi; lines 11.811 px",
        planned,
        "    scale 2: strokes are 14 px wide, as asked for",
        "    backend openvino: the first choice on a CPU",
        "    device CPU: the same ink on every machine",
        f"    {page.reasons[2]}",
        "    threads 4: one for each physical core",
        "    pages 2 at once: one is inked while another is read and written",
        "    passes 3: each mends the ink of the one before",
        "    draft 1 x 192 x 192 px: the page at 1/2 of its size",
        "    tiles 1 x 256 x 256 px: the whole page fits",
        "    networks 4 stay ready: pages to come find theirs made",
        f"    memory {memory}: 1GB allowed, 8GB are free",
        f"    time {seconds:.2g} s: a guess by the kind of processor, right within a factor of two or three; "
        "lineart bench --save knows",
        "scans/deep/b.png -> ink/deep/b.png: 256 x 256 px at 600 dpi; lines 11.811 px",
        planned,
        "    scale 2: strokes are 14 px wide, as asked for",
    ]
    assert not Path("ink").exists()
    assert not lineart.opened
    assert lineart("ink", "scans/a.png", "-o", "ink", "--dry-run", "--json", "--drawing", "7px") == 0
    row = json.loads(lineart.out)
    assert (row["scale"], row["scale_why"]) == (1, "strokes are 7 px wide, as asked for")
    assert (row["event"], row["backend"], row["tiles"], row["window"]) == ("page_planned", "openvino", 1, [384, 384])
    assert row["reasons"][0].startswith("backend openvino: ")


def test_hatching_is_kept_or_dropped_as_asked_for(lineart: Shell) -> None:
    told = "    hatching: left out, as asked for"
    assert lineart("ink", "scans/a.png", "-o", "ink", "--dry-run", "--hatching", "drop") == 0
    assert told in lineart.out.splitlines()
    assert lineart("ink", "scans/a.png", "-o", "ink", "--dry-run") == 0
    assert told not in lineart.out.splitlines()
    assert lineart("ink", "scans/a.png", "-o", "ink", "--hatching", "drop") == 0
    assert lineart.opened[-1].drops_hatching
    assert lineart("ink", "scans/a.png", "-o", "ink", "--hatching", "keep") == 0
    assert not lineart.opened[-1].drops_hatching
    assert lineart("ink", "scans/a.png", "-o", "ink", "--hatching", "leave") == 2
    assert lineart.err == "lineart: --hatching leave: unknown; choose from keep, drop\n"


def test_verbose_tells_the_plan_beside_the_results(lineart: Shell) -> None:
    assert lineart("ink", "scans/a.png", "-o", "ink", "--verbose", "--drawing", "7px") == 0
    assert lineart.out == ""
    memory = bytes_text(planned_page(lineart.machine).memory)
    assert f"    memory {memory}: 1GB allowed, 8GB are free\n" in lineart.err
    assert "1 inked, 0 skipped, 0 failed" in lineart.err


def test_every_wish_reaches_the_plan(lineart: Shell) -> None:
    assert (
        lineart("ink", "scans/a.png", "-o", "ink", "--precision", "f32", "--backend", "onnxruntime", "--threads", "3")
        == 0
    )
    assert lineart.opened[0].choice == EngineChoice("onnxruntime", "CPU", "f32", 3)
    assert lineart("ink", "scans/deep", "-o", "ink", "--precision", "bf16", "--device", "cpu") == 0
    assert lineart.opened[1].choice == EngineChoice("openvino", "CPU", "bf16", 4)
    windows = []
    for wish in (["--tile", "512"], ["--max-memory", "0.3GiB"], ["--max-memory", "2GB"]):
        assert lineart("ink", "scans/a.png", "-o", "ink", "--overwrite", *wish) == 0
        plan = lineart.opened[-1]
        windows.append(plan.window[0] * plan.window[1])
    assert windows == sorted(windows)
    assert len(set(windows)) == 3


def test_each_page_that_does_not_fit_is_refused_with_its_own_need(lineart: Shell) -> None:
    Image.new("L", (2480, 3508), 255).save("scans/a.png", dpi=(300, 300))
    assert lineart("ink", "scans", "-o", "ink", "--max-memory", "10MB", "-q") == 1
    large, small = lineart.err.splitlines()
    needs = []
    for line, name, size in ((large, "a.png", "2480 x 3508"), (small, "deep/b.png", "256 x 256")):
        found = re.fullmatch(
            rf"lineart: scans/{name}: cannot be inked; --max-memory 10MB: "
            rf"a page of {size} px needs (\d+)MB; give --max-memory (\d+)MB",
            line,
        )
        assert found
        assert found[1] == found[2]
        needs.append(int(found[1]))
    assert needs[0] > needs[1]
    assert lineart("ink", "scans", "-o", "ink", "--max-memory", f"{needs[0]}MB", "-q") == 0


def test_what_bench_saved_is_used_until_the_machine_changes_and_wishes_come_first(lineart: Shell) -> None:
    settings.save(Measured(EngineChoice("onnxruntime", "CPU", "f32", 4), 5.0), lineart.machine)
    assert lineart("ink", "scans/a.png", "-o", "ink", "--verbose") == 0
    assert lineart.opened[-1].choice.backend == "onnxruntime"
    assert "backend onnxruntime: the fastest here, says lineart bench\n" in lineart.err
    assert lineart("ink", "scans/a.png", "-o", "ink", "--overwrite", "--backend", "openvino") == 0
    assert lineart.opened[-1].choice.backend == "openvino"
    lineart.machine = replace(lineart.machine, cores=8)
    assert lineart("ink", "scans/a.png", "-o", "ink", "--overwrite") == 0
    assert lineart.opened[-1].choice.backend == "openvino"


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (["--tile", "7"], "--tile 7: write auto, or a whole number from 64 to 16384"),
        (["--tile", "100000"], "--tile 100000: write auto, or a whole number from 64 to 16384"),
        (
            ["--max-memory", "much"],
            "--max-memory much: not an amount of memory; write for example 500MB, 1GB or 0.5GiB",
        ),
        (["--precision", "bf16"], "--precision bf16: Old CPU does not compute it natively; use --precision f32"),
        (
            ["--precision", "bf16", "--backend", "onnxruntime"],
            "--precision bf16: onnxruntime computes f32 only; use f32, or --backend openvino",
        ),
        (["--device", "GPU"], "--device GPU: not found by openvino or onnxruntime; there is CPU"),
        (["--threads", "0"], "--threads 0: write auto, or a whole number from 1 to 1024"),
    ],
)
def test_wishes_that_cannot_be_granted(
    lineart: Shell, monkeypatch: pytest.MonkeyPatch, wish: list[str], says: str
) -> None:
    lineart.machine = Hardware("Old CPU", ("avx2",), 2, 2, 4 * 10**9, 10**9)
    monkeypatch.setattr(hardware, "with_devices", lambda machine: machine)
    assert lineart("ink", "scans", "-o", "ink", *wish) == 2
    assert lineart.err.startswith(f"lineart: {says}")
    assert lineart.err.count("\n") == 1
    assert not Path("ink").exists()


def test_a_page_too_large_for_the_memory_fails_alone_and_says_what_would_do(lineart: Shell) -> None:
    Image.new("L", (30_000, 9_000), 255).save("scans/large.png", dpi=(600, 600))
    wishes = ("--drawing", "14px", "--max-memory")
    assert lineart("ink", "scans", "-o", "ink", *wishes, "400MB") == 1
    assert visible(Path("ink")) == ["a.png", "deep/b.png"]
    said = re.search(r"scans/large.png: cannot be inked; --max-memory 400MB: .* give --max-memory (\S+)\n", lineart.err)
    assert said
    assert lineart("ink", "scans/large.png", "-o", "ink", *wishes, said[1], "--dry-run") == 0


@pytest.mark.parametrize("thickness", ["0", "-1", "3pt", "1e9", "wide", "nan"])
def test_a_bad_thickness_is_one_line_and_nothing_is_done(lineart: Shell, thickness: str) -> None:
    assert lineart("ink", "scans", "-o", "ink", "--thickness", thickness) == 2
    assert lineart.err.startswith(f"lineart: --thickness {thickness}: ")
    assert lineart.err.count("\n") == 1
    assert not Path("ink").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["scans", "-o", "ink", "--brush", "technical-pen"],
            "--brush technical-pen: unknown; choose from technical_pen",
        ),
        (["scans", "-o", "ink", "--format", "jpeg", "--transparent"], "--transparent with --format jpeg: use png"),
        (["scans", "-o", "ink", "--bits", "16", "--format", "psd"], "--bits 16 with --format psd: use png or tiff"),
        (["scans", "-o", "ink", "--bits", "12"], "--bits 12: unknown; choose from "),
        (["scans", "-o", "ink", "--join", "--format", "bmp"], "--join with --format bmp: use --format tiff"),
        (
            ["scans", "-o", "ink", "--ink-colour", "ink"],
            "--ink-colour ink: not a colour; write a CSS name such",
        ),
        (["scans", "-o", "ink", "--ink-colour", "#12345678"], "--ink-colour #12345678: not a colour; write a CSS name"),
        (["scans", "-o", "scans"], "--output scans/a.png: would be written over the input scans/a.png"),
        (
            ["scans/*.png", "scans/deep/../a.png", "copy/a.png", "-o", "ink"],
            "--output ink/a.png: both scans/a.png and copy",
        ),
        (["scans", "-o", "scans/a.png"], "--output scans/a.png: is a file; give a folder"),
        (["nowhere", "*.tif", "-o", "ink"], "PATH nowhere, *.tif: nowhere: no such file or folder; check"),
        (["gone.png", "-o", "ink"], "PATH gone.png: no such file or folder; check"),
        (["empty", "-o", "ink"], "PATH empty: no images there"),
        (["scans", "-o", "ink", "--looks", "1", "--passes", "3"], "--passes with --looks: which is its former name"),
        (["scans", "-o", "ink", "--passes", "2", "--looks", "2"], "--passes with --looks: which is its former name"),
        (["scans"], "--output missing: name a folder for the ink, or give --beside"),
        (["-o", "ink"], "Missing argument 'PATH'"),
        (["scans", "-o", "ink", "--thicknes", "3"], "No such option: --thicknes"),
    ],
)
def test_bad_arguments_are_one_line_and_nothing_is_done(lineart: Shell, arguments: list[str], says: str) -> None:
    Path("empty").mkdir()
    Path("copy").mkdir()
    Image.new("L", (4, 4)).save("copy/a.png")
    before = visible(Path("."))
    assert lineart("ink", *arguments) == 2
    assert lineart.err.startswith(f"lineart: {says}")
    assert lineart.err.count("\n") == 1
    assert visible(Path(".")) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--strokes", "centre"], "--strokes centre has no part in png, whose ink is pixels; it is for svg, svgz, pdf"),
        (["--tolerance", "2px", "--format", "tiff"], "--tolerance 2px has no part in tiff, whose ink is pixels"),
    ],
)
def test_what_has_no_part_in_a_format_is_told_once(lineart: Shell, arguments: list[str], says: str) -> None:
    assert lineart("ink", "scans", "-o", "ink", *arguments) == 0
    assert lineart.err.count(says) == 1


@pytest.mark.parametrize(("option", "length", "px"), [("--tolerance", "5mm", "236"), ("--drawing", "99mm", "4677")])
def test_a_length_in_mm_is_in_its_range_on_the_page(lineart: Shell, option: str, length: str, px: str) -> None:
    assert lineart("ink", "scans/a.png", "-o", "ink", "--format", "svg", option, length, "--dpi", "1200") == 1
    assert f"{option} {length} is {px} px on this page of 1200 dpi; give " in lineart.err


def test_of_several_pictures_of_a_page_the_one_that_is_meant_is_told(lineart: Shell) -> None:
    Image.new("L", (40, 40), 255).save("blank.png")
    assert lineart("ink", "blank.png", "-o", "ink", "--thickness", "2,4") == 0
    assert [f"blank.png as blank-{name}.png: comes out blank" in lineart.err for name in ("2px", "4px")] == [True, True]


def test_a_page_of_a_few_px_is_told_to_be_one(lineart: Shell) -> None:
    for side in (2, 3):
        Image.new("L", (side, side), 0).save(f"black{side}.png")
    assert lineart("ink", "black2.png", "black3.png", "-o", "ink") == 0
    assert lineart.err.count("has so few px that no lines can be told on it") == 2
