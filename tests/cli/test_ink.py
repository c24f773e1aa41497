"""`lineart ink` as it is typed, with a fake in place of the network."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from folders import visible
from lineart_cli import pages
from lineart_cli.options import FORMATS, FORMATS_OF_CURVES, InkOptions, ReadOptions
from shell import Shell


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
