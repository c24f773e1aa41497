"""`lineart ink` as it is typed, with a fake in place of the network."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from batches import HalfInker
from command import lineart as called
from folders import visible
from lineart_cli import app, pages, planning
from lineart_cli.bench import settings
from lineart_cli.brushes import store
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine import hardware
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model import catalogue
from lineart_cli.model.card import ModelCard
from lineart_cli.options import FORMATS, FORMATS_OF_CURVES, MODEL, InkOptions, ReadOptions, bytes_text
from lineart_cli.plan import Measured, PageSize, Plan, Request, plan


class Shell:
    """Types commands into `lineart`; `out` and `err` are what the last one said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""
        self.machine = Hardware("Some CPU", ("avx2", "bf16"), 4, 4, 16 * 10**9, 8 * 10**9)
        self.opened: list[Plan] = []
        self._deciding = planning.decide
        self._decide: Callable[[PageSize], Plan] = lambda _: pytest.fail("nothing was decided")
        monkeypatch.setattr(planning, "decide", self._remember)
        monkeypatch.setattr(app, "_open_inker", self._open)
        monkeypatch.setattr(hardware, "detect", lambda: self.machine)
        monkeypatch.setattr(settings, "path", lambda: Path("config/bench.json"))

    def _open(self, card: ModelCard, bits: int, *_: object) -> HalfInker:
        self.opened.append(self._decide(PageSize(3000, 2000, 300)))
        return HalfInker(bits)

    def _remember(self, card: ModelCard, options: InkOptions, pages: int) -> Callable[[PageSize], Plan]:
        self._decide = self._deciding(card, options, pages)
        return self._decide

    def __call__(self, *arguments: str) -> int:
        code = called(*arguments)
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def lineart(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    """The command, in a folder with scans/{a.png, deep/b.png} at 300 dpi."""
    monkeypatch.chdir(tmp_path)
    for name in ("scans/a.png", "scans/deep/b.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.linear_gradient("L").save(path, dpi=(300, 300))
    return Shell(monkeypatch, capsys)


def test_a_folder_is_inked_and_summed_up(lineart: Shell) -> None:
    assert lineart("ink", "scans", "-o", "ink") == 0
    assert visible(Path("ink")) == ["a.png", "deep/b.png"]
    assert lineart.out == ""
    assert re.fullmatch(r"2 inked, 0 skipped, 0 failed; in ink, after \d+\.\d s\n", lineart.err)


def test_a_second_run_skips_and_a_third_overwrites(lineart: Shell) -> None:
    lineart("ink", "scans", "-o", "ink")
    assert lineart("ink", "scans", "-o", "ink") == 0
    assert lineart.err.startswith("0 inked, 2 skipped, 0 failed")
    assert lineart("ink", "scans", "-o", "ink", "--overwrite") == 0
    assert lineart.err.startswith("2 inked, 0 skipped, 0 failed")


def test_ink_that_was_edited_is_kept_whatever_is_asked_for_and_told(lineart: Shell) -> None:
    lineart("ink", "scans", "-o", "ink")
    Image.new("L", (9, 9)).save("ink/a.png")
    edited = Path("ink/a.png").read_bytes()
    for more in ([], ["-t", "5"]):
        assert lineart("ink", "scans", "-o", "ink", *more) == 0
        assert lineart.err.startswith(
            "ink/a.png: was changed after lineart inked it, and is kept; --keep-edits inks it"
        )
        assert Path("ink/a.png").read_bytes() == edited
    assert lineart("ink", "scans", "-o", "ink", "--overwrite") == 0
    assert Path("ink/a.png").read_bytes() != edited


def test_without_the_manifest_what_is_the_same_is_finished_and_what_is_not_is_kept(lineart: Shell) -> None:
    lineart("ink", "scans", "-o", "ink")
    manifest = Path("ink/.lineart.json").read_bytes()
    Path("ink/.lineart.json").write_bytes(b"{")
    assert lineart("ink", "scans", "-o", "ink", "--json") == 0
    rows = [json.loads(line) for line in lineart.out.splitlines()]
    assert rows[0]["text"].startswith("ink/.lineart.json: is no manifest of lineart (")
    assert [row["note"] for row in rows[1:]] == ["was there without a record, and is just what is inked now"] * 2
    assert Path("ink/.lineart.json").read_bytes() == manifest
    Path("ink/.lineart.json").unlink()
    Image.new("L", (9, 9)).save("ink/a.png")
    lineart("ink", "scans", "-o", "ink")
    assert "ink/a.png: is not lineart's as far as is known, and is kept; --overwrite replaces it\n" in lineart.err
    with Image.open("ink/a.png") as kept:
        assert kept.size == (9, 9)


def test_a_changed_sketch_and_a_changed_setting_are_inked_again(lineart: Shell) -> None:
    lineart("ink", "scans", "-o", "ink")
    ImageOps.flip(Image.open("scans/a.png")).save("scans/a.png", dpi=(300, 300))
    assert lineart("ink", "scans", "-o", "ink") == 0
    assert lineart.err.startswith("1 inked, 1 skipped, 0 failed")
    assert lineart("ink", "scans", "-o", "ink", "--faint", "0.2", "--dry-run") == 0
    assert lineart.out.count("px at 300 dpi; lines") == 2
    assert lineart("ink", "scans", "-o", "ink", "--faint", "0.2", "--threads", "3") == 0
    assert lineart.err.startswith("2 inked, 0 skipped, 0 failed")
    assert lineart("ink", "scans", "-o", "ink", "--faint", "0.2", "--backend", "onnxruntime", "--jobs", "2") == 0
    assert lineart.err.startswith("0 inked, 2 skipped, 0 failed")


def test_the_manifest_does_not_depend_on_jobs(lineart: Shell) -> None:
    for number in range(9):
        Image.new("L", (20, 20), number).save(f"scans/{number}.png", dpi=(300, 300))
    Path("scans/bad.png").write_text("no image")
    assert lineart("ink", "scans", "-o", "one") == 1
    assert lineart("ink", "scans", "-o", "four", "--jobs", "4") == 1
    assert Path("one/.lineart.json").read_bytes() == Path("four/.lineart.json").read_bytes()
    assert list(json.loads(Path("one/.lineart.json").read_text())["failures"]) == ["bad.png"]


def test_a_log_has_every_event_with_its_time_and_the_traceback_of_errors(lineart: Shell) -> None:
    Path("scans/bad.png").write_text("no image")
    for _ in range(2):
        assert lineart("ink", "scans", "-o", "ink", "--log-file", "run.log") == 1
        assert "Traceback" not in lineart.err
    log = Path("run.log").read_text()
    events = re.findall(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} (\{.*\})$", log, re.MULTILINE)
    assert [json.loads(each)["event"] for each in events].count("page_started") == 6
    assert [json.loads(each)["event"] for each in events].count("batch_done") == 2
    assert log.count("lineart_cli.errors.PageError: scans/bad.png: ") == 2


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("-", "is no file; give the name of one, or --json for standard output"),
        ("ink/run.log", "is in the folder for the ink; write it elsewhere"),
        ("scans/a.png", "is one of the inputs; give another name"),
        ("none/run.log", "cannot be written (No such file or directory); give another name"),
    ],
)
def test_a_log_gets_in_nobody_s_way(lineart: Shell, name: str, says: str) -> None:
    before = Path("scans/a.png").read_bytes()
    assert lineart("ink", "scans", "-o", "ink", "--log-file", name) == 2
    assert lineart.err == f"lineart: --log-file {name}: {says}\n"
    assert Path("scans/a.png").read_bytes() == before
    assert not Path("ink").exists()
    assert not Path("-").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_to_itself_fails_alone_in_one_line(lineart: Shell) -> None:
    os.symlink("loop.png", "scans/loop.png")
    assert lineart("ink", "scans", "-o", "ink", "--log-file", "run.log") == 1
    assert visible(Path("ink")) == ["a.png", "deep/b.png"]
    assert "lineart: scans/loop.png: cannot be opened (" in lineart.err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_odd_names_are_inked_or_fail_alone_in_one_line(lineart: Shell) -> None:
    names = ["new\nline", "\x1b[31mred\x7f", "图 صورة ✏️", "-t", "a" * 251, os.fsdecode(b"\xff\xfe")]
    for name in names:
        shutil.copy("scans/a.png", f"scans/{name}.png")
    Path("scans/bad\n\x1b[2J.png").write_text("no image")
    assert lineart("ink", "scans", "-o", "ink", "--verbose") == 1
    assert visible(Path("ink")) == sorted(["a.png", "deep/b.png", *(f"{name}.png" for name in names)])
    assert "lineart: scans/bad\\n\\x1b[2J.png: " in lineart.err
    assert not set(lineart.err) & {"\x1b", "\x7f"}
    assert lineart("ink", "scans", "-o", "ink", "--json") == 1
    rows = [json.loads(line) for line in lineart.out.splitlines()]
    assert {row["event"] for row in rows} == {"page_skipped", "page_failed"}
    assert lineart.out.isascii()
    assert lineart.out.replace("\n", "").isprintable()


def test_symlink_loops_end_and_links_out_of_the_output_folder_are_refused(lineart: Shell) -> None:
    Path("scans/deep/again").symlink_to(Path("scans").resolve())
    Path("ink").mkdir()
    Path("elsewhere").mkdir()
    Path("ink/deep").symlink_to(Path("elsewhere").resolve())
    assert lineart("ink", "scans", "-o", "ink", "--overwrite") == 1
    assert "lineart: ink/deep/b.png: a link leads out of the folder, to " in lineart.err
    assert visible(Path("elsewhere")) == []
    assert visible(Path("ink")) == ["a.png"]


def test_watching_a_dry_run_is_refused(lineart: Shell) -> None:
    assert lineart("ink", "scans", "-o", "ink", "--watch", "--dry-run") == 2
    assert lineart.err.startswith("lineart: --watch with --dry-run: ")


def test_quiet_says_nothing_but_errors(lineart: Shell) -> None:
    Path("scans/bad.png").write_text("no image")
    assert lineart("ink", "scans", "-o", "ink", "--quiet") == 1
    assert lineart.out == ""
    assert lineart.err.startswith("lineart: scans/bad.png: ")
    assert lineart.err.count("\n") == 1


def test_json_is_one_line_a_page_on_stdout(lineart: Shell) -> None:
    Path("scans/bad.png").write_text("no image")
    assert lineart("ink", "scans", "-o", "ink", "--json") == 1
    rows = [json.loads(line) for line in lineart.out.splitlines()]
    assert [(row["event"], row["input"]) for row in rows] == [
        ("page_done", "scans/a.png"),
        ("page_failed", "scans/bad.png"),
        ("page_done", "scans/deep/b.png"),
    ]
    assert (rows[0]["output"], rows[0]["width"], rows[0]["dpi"], rows[0]["thickness"]) == ("ink/a.png", 256, 300, 3)


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


def test_format_and_transparency_reach_the_file(lineart: Shell) -> None:
    assert lineart("ink", "scans/*.png", "-o", "ink", "--format", "webp", "--transparent") == 0
    with Image.open("ink/a.webp") as image:
        assert image.mode == "RGBA"
        assert image.getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize("file_format", sorted({*FORMATS} - {*FORMATS_OF_CURVES}))
def test_every_format_can_be_written_and_is_finished_then(lineart: Shell, file_format: str) -> None:
    for done in ("2 inked, 0 skipped", "0 inked, 2 skipped"):
        assert lineart("ink", "scans", "-o", "ink", "--format", file_format) == 0
        assert lineart.err.startswith(done)
    path = next(Path("ink").glob("a.*"))
    header = pages.read_header(path, ReadOptions())
    assert (header.width, header.height) == (256, 256)
    assert header.dpi == (None if file_format == "gif" else (300, 300))


@pytest.mark.parametrize("file_format", ["ora", "psd"])
def test_layers_are_the_sketch_and_the_ink_in_its_colour(lineart: Shell, file_format: str) -> None:
    assert lineart("ink", "scans/a.png", "-o", "ink", "--format", file_format, "--ink-colour", "#06c") == 0
    (path,) = Path("ink").glob("a.*")
    with Image.open("scans/a.png") as scan:
        below = np.asarray(scan)
    sketch = np.atleast_3d(pages.read_sketch(path, ReadOptions(layer="sketch")))
    np.testing.assert_array_equal(sketch[..., 0], below)
    ink = pages.read_sketch(path, ReadOptions(layer="ink"))
    assert (ink[below < 120] == (0, 102, 204)).all()
    assert (ink[below > 135] == 255).all()


def test_bits_and_colour_reach_the_file(lineart: Shell) -> None:
    assert lineart("ink", "scans/a.png", "-o", "ink", "--bits", "16", "--ink-colour", "navy", "--transparent") == 0
    pixels = imagecodecs.png_decode(Path("ink/a.png").read_bytes())
    assert pixels.dtype == np.uint16
    assert pixels.shape == (256, 256, 4)
    assert pixels[0, 0].tolist() == [0, 0, 128 * 257, 65535]


def test_metadata_leaks_only_where_it_is_wanted(lineart: Shell) -> None:
    texts = PngInfo()
    texts.add_text("Author", "A. N. Artist")
    Image.new("L", (64, 64), 255).save("scans/a.png", dpi=(300, 300), pnginfo=texts)
    assert lineart("ink", "scans/a.png", "-o", "ink") == 0
    assert b"Artist" not in Path("ink/a.png").read_bytes()
    assert lineart("ink", "scans/a.png", "-o", "ink", "--keep-metadata") == 0
    with Image.open("ink/a.png") as image:
        assert image.info["Author"] == "A. N. Artist"


def test_the_pages_of_a_file_are_joined_on_request(lineart: Shell) -> None:
    tifffile.imwrite("scans/book.tif", np.full((3, 40, 30), 255, np.uint8), photometric="minisblack")
    assert lineart("ink", "scans", "-o", "ink", "--format", "tiff", "--join") == 0
    assert visible(Path("ink")) == ["a.tiff", "book.tiff", "deep/b.tiff"]
    assert pages.count_pages(Path("ink/book.tiff")) == 3


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


def test_a_missing_path_beside_good_ones_fails_alone(lineart: Shell) -> None:
    assert lineart("ink", "gone.png", "scans/a.png", "-o", "ink") == 1
    assert visible(Path("ink")) == ["a.png"]
    assert "lineart: gone.png: no such file or folder; " in lineart.err
    assert "1 inked, 0 skipped, 1 failed" in lineart.err


def test_without_a_command_the_help_is_shown(lineart: Shell) -> None:
    assert lineart() == 2
    assert "Commands" in lineart.out
    assert lineart.err == "lineart: No command; see lineart --help\n"


def test_an_unknown_command_names_the_nearest(lineart: Shell) -> None:
    assert lineart("inc") == 2
    assert "'inc'" in lineart.err
    assert "ink" in lineart.err


def test_a_wrong_option_names_the_help_of_its_command(lineart: Shell) -> None:
    assert lineart("ink", "scans", "--crop", "1,2,3,4") == 2
    assert lineart.err == "lineart: No such option: --crop; see lineart ink --help\n"


def test_version(lineart: Shell) -> None:
    assert lineart("--version") == 0
    assert re.fullmatch(r"lineart \d+\.\d+\.\d+\n", lineart.out)


def test_help_documents_every_option_and_every_exit_code(lineart: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from lineart_cli.errors import ExitCode
    from lineart_cli.options import BenchOptions, ReportOptions, specs

    monkeypatch.setenv("COLUMNS", "200")
    assert lineart("bench", "--help") == 0
    for spec in specs(BenchOptions).values():
        assert all(flag in lineart.out for flag in spec.flags)
    assert lineart("report", "--help") == 0
    for spec in specs(ReportOptions).values():
        assert all(flag in lineart.out for flag in spec.flags)
    assert lineart("ink", "--help") == 0
    for spec in specs(InkOptions).values():
        assert all(flag in lineart.out for flag in spec.flags)
    text = " ".join(lineart.out.split())
    for code in ExitCode:
        assert f"{code.value} {code.meaning}" in text


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
