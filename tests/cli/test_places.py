"""Where ink goes and what it is called: `--beside` and `--name`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
from PIL import Image

from folders import visible
from processes import done

Start = Callable[..., "Popen[str]"]


def test_ink_beside_its_input_is_no_input_and_each_folder_has_its_manifest(folder: Path, start: Start) -> None:
    (folder / "scans/deep").mkdir()
    (folder / "scans/c.png").rename(folder / "scans/deep/c.png")
    code, _, err = done(start("scans", "--beside"))
    assert code == 0
    assert err.startswith("3 inked, 0 skipped, 0 failed; in 2 folders, after ")
    assert visible(folder) == [f"scans/{each}.png" for each in ("a", "a_ink", "b", "b_ink", "deep/c", "deep/c_ink")]
    manifest = json.loads((folder / "scans/deep/.lineart.json").read_text())
    assert manifest["pages"]["c_ink.png"]["input"] == "c.png"
    assert done(start("scans", "--beside"))[2].startswith("0 inked, 3 skipped, 0 failed; in 2 folders")
    assert done(start("scans/deep/c.png", "--beside", "-t", "5"))[2].startswith(
        "1 inked, 0 skipped, 0 failed; in scans/deep"
    )
    assert not list(folder.rglob(".lineart"))


def test_ink_is_no_sketch_whatever_names_it(folder: Path, start: Start) -> None:
    done(start("scans/a.png", "scans/b.png", "--beside"))
    done(start("scans/c.png", "-o", "scans/ink/deep"))
    named = [f"scans/{each}.png" for each in ("a", "a_ink", "b", "b_ink")]
    left_out = "lineart: 2 files are lineart's own ink, and left out, such as scans/a_ink.png; name them alone"
    code, _, err = done(start(*named, "--beside"))
    assert (code, err.splitlines()[1][:19]) == (0, "0 inked, 2 skipped,")
    assert err.startswith(left_out)
    code, _, err = done(start("scans", "-o", "out", "--json"))
    assert (code, visible(folder / "out")) == (0, ["a.png", "b.png", "c.png"])
    assert "3 files are lineart's own ink" in err
    code, _, err = done(start("scans/ink", "-o", "again"))
    told = "lineart: PATH scans/ink: only lineart's own ink is there, such as scans/ink/deep/c.png; give the folder of"
    assert (code, err.startswith(told)) == (2, True)
    assert done(start("scans/ink/deep/c.png", "-o", "again"))[0] == 0
    shutil.copy(folder / "scans/a.png", folder / "scans/b_ink.png")
    for place in (("--beside",), ("-o", "out")):
        code, _, err = done(start("scans", *place))
        assert code == 0
        assert "scans/b_ink.png has changed since lineart wrote it: if it is a sketch now, it is not inked" in err
    assert visible(folder / "again") == ["c.png"]


def test_a_link_to_ink_is_ink(folder: Path, start: Start) -> None:
    done(start("scans/a.png", "-o", "ink/deep"))
    (folder / "scans/link.png").symlink_to(folder / "ink/deep/a.png")
    (folder / "scans/links").symlink_to(folder / "ink/deep")
    code, _, err = done(start("scans", "-o", "out"))
    assert (code, visible(folder / "out")) == (0, ["a.png", "b.png", "c.png"])
    assert "2 files are lineart's own ink, and left out, such as scans/link.png" in err
    (folder / "ink/deep/a.png").write_bytes((folder / "scans/b.png").read_bytes())
    assert "scans/link.png has changed since lineart wrote it" in done(start("scans", "-o", "out"))[2]
    assert done(start("scans/link.png", "-o", "again"))[0] == 0


def test_a_name_is_made_of_the_input_s_and_a_clash_is_told_before_work(folder: Path, start: Start) -> None:
    assert done(start("scans", "-o", "out", "--name", "{folder}-{stem}{n:03}"))[0] == 0
    assert visible(folder / "out") == [f"scans-{each}001.png" for each in "abc"]
    code, _, err = done(start("scans", "-o", "again", "--name", "page{n}"))
    assert code == 2
    assert err == (
        "lineart: --name again/page1.png: both scans/a.png and scans/b.png would be written there; "
        "put {stem} into --name\n"
    )
    code, _, err = done(start("scans", "--beside", "--name", "{stem}"))
    assert (code, err) == (
        2,
        "lineart: --name scans/a.png: would be written over the input scans/a.png; give another --name\n",
    )
    assert not (folder / "again").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--beside", "-o", "out"], "--beside with --output out: the ink goes to one of both"),
        (["--beside", "--name", "../{stem}"], "--name ../{stem}: not a file's name"),
        (["-o", "out", "--name", "{stem.__class__}"], "--name {stem.__class__}: {stem.__class__} is no field"),
        (["-o", "out", "--name", "{n:999}"], "--name {n:999}: {n:999} is no field"),
        (["-o", "out", "--name", "{stem"], "--name {stem: expected '}' before end of string"),
    ],
)
def test_what_is_wrong_is_told_before_work(folder: Path, start: Start, words: list[str], says: str) -> None:
    code, _, err = done(start("scans", *words))
    assert code == 2
    assert err.startswith(f"lineart: {says}")
    assert visible(folder) == [f"scans/{each}.png" for each in "abc"]


def test_a_folder_that_takes_no_ink_fails_its_pages_alone(folder: Path, start: Start) -> None:
    (folder / "scans/deep").mkdir()
    Image.new("L", (30, 30), 255).save(folder / "scans/deep/d.png")
    (folder / "scans/deep/.lineart").write_text("in the way")
    code, _, err = done(start("scans/deep/d.png", *(f"scans/{each}.png" for each in "abc"), "--beside"))
    assert code == 1
    assert "lineart: scans/deep/d_ink.png: cannot be written; scans/deep/.lineart is not the folder that" in err
    assert "3 inked, 0 skipped, 1 failed; in 2 folders" in err
