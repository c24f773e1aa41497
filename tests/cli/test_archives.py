"""Archives of sketches, and the archives of ink that are made of them."""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from zipfile import ZipFile, ZipInfo

import py7zr
import pytest
from PIL import Image

from lineart_cli.pages import signed
from processes import done

Start = Callable[..., "Popen[str]"]
Content = dict[str, bytes]


def sketch(grey: int = 255) -> bytes:
    file = io.BytesIO()
    Image.new("L", (60, 40), grey).save(file, "PNG", dpi=(300, 300))
    return file.getvalue()


def comic() -> Content:
    """Pages that are not in the order of their names, with others between them."""
    return {
        "ComicInfo.xml": b"<ComicInfo/>",
        "2/b.png": sketch(250),
        "1/a.png": sketch(251),
        "__MACOSX/._a.png": b"no picture",
        "notes.txt": b"by me",
    }


def write_zip(path: Path, content: Content) -> None:
    with ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(ZipInfo(name, (2001, 2, 3, 4, 5, 6)), data)


def write_7z(path: Path, content: Content) -> None:
    with py7zr.SevenZipFile(path, "w", filters=[{"id": py7zr.FILTER_COPY}]) as archive:
        for name, data in content.items():
            archive.writestr(data, name)


def write_rar(path: Path, content: Content, method: int = 0x30, *, later_part: bool = False) -> None:
    """RAR of version 3 whose members are stored, or said to be compressed."""

    def block(kind: int, flags: int, fields: bytes, data: bytes = b"") -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data

    blocks = [b"Rar!\x1a\x07\x00", block(0x73, 0x11 if later_part else 0, bytes(6))]
    for name, data in content.items():
        fields = struct.pack(
            "<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x2A434545, 20, method, len(name), 0o100644
        )
        blocks.append(block(0x74, 0x8000, fields + name.encode(), data))
    path.write_bytes(b"".join([*blocks, block(0x7B, 0x4000, b"")]))


def read(path: Path) -> Content:
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def names(path: Path) -> list[str]:
    return [name for name in read(path) if not name.startswith(".lineart")]


@pytest.mark.parametrize(
    ("name", "write", "output"),
    [
        ("c.cbz", write_zip, "c.cbz"),
        ("c.zip", write_zip, "c.zip"),
        ("c.cb7", write_7z, "c.cbz"),
        ("c.cbr", write_rar, "c.cbz"),
    ],
)
def test_pages_become_ink_in_their_order_and_all_else_stays(
    folder: Path, start: Start, name: str, write: Callable[[Path, Content], None], output: str
) -> None:
    write(folder / name, comic())
    code, out, err = done(start(name, "-o", "out", "--json"))
    assert (code, err.startswith("2 inked, 0 skipped, 0 failed; in out, after ")) == (0, True)
    rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert [row["input"] for row in rows if row["event"] == "page_done"] == [f"{name}/2/b.png", f"{name}/1/a.png"]
    assert rows[0]["output"] == f"out/{output}/2/b.png"
    inked, before = read(folder / "out" / output), comic()
    assert names(folder / "out" / output) == list(before)
    for member in before:
        assert (inked[member] == before[member]) == (not member.endswith(".png") or "_" in member)
    assert [path.name for path in (folder / "out").iterdir()] == [output]


def test_finished_pages_are_skipped_changed_ones_inked_and_edited_ones_kept(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", comic())
    words, output = ("c.cbz", "-o", "out"), folder / "out/c.cbz"
    done(start(*words))
    first = output.read_bytes()
    assert done(start(*words))[2].startswith("0 inked, 2 skipped, 0 failed")
    assert output.read_bytes() == first
    content, inked = comic() | {"3.png": sketch(9)}, read(output)
    write_zip(folder / "c.cbz", content)
    write_zip(output, inked | {"1/a.png": sketch(0), "cover.jpg": b"mine", ".lineart": b"in the way"})
    code, _, err = done(start(*words))
    assert code == 0
    assert "out/c.cbz/1/a.png: was changed after lineart inked it, and is kept; " in err
    assert "1 inked, 2 skipped, 0 failed" in err
    after = read(output)
    assert names(output) == [*content, "cover.jpg"]
    assert (after["1/a.png"], after["2/b.png"], after["cover.jpg"]) == (sketch(0), inked["2/b.png"], b"mine")


def test_other_members_that_were_edited_stay_and_the_rest_follows_the_sketches(folder: Path, start: Start) -> None:
    others = {"ComicInfo.xml": b"<a/>", "notes.txt": b"one", "old.txt": b"old", "bad.png": b"no picture"}
    write_zip(folder / "c.cbz", comic() | others)
    words, output = ("c.cbz", "-o", "out"), folder / "out/c.cbz"
    assert done(start(*words))[0] == 1
    write_zip(output, read(output) | {"notes.txt": b"mine"})
    changed = comic() | {"ComicInfo.xml": b"<b/>", "notes.txt": b"two", "bad.png": sketch(9)}
    write_zip(folder / "c.cbz", changed)
    code, _, err = done(start(*words))
    assert (code, "1 inked, 2 skipped, 0 failed" in err) == (0, True)
    assert "lineart: out/c.cbz/notes.txt was edited, and is kept; --overwrite replaces it" in err
    assert names(output) == list(changed)
    assert (read(output)["notes.txt"], read(output)["ComicInfo.xml"]) == (b"mine", b"<b/>")
    assert done(start(*words, "--overwrite"))[0] == 0
    assert read(output)["notes.txt"] == b"two"


def test_ink_that_is_inked_again_has_a_manifest_of_its_own(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", comic())
    done(start("c.cbz", "-o", "one"))
    for counts in ("2 inked, 0 skipped, 0 failed", "0 inked, 2 skipped, 0 failed"):
        code, _, err = done(start("one/c.cbz", "-o", "two"))
        assert (code, err[: len(counts)]) == (0, counts)
    assert names(folder / "two/c.cbz") == list(comic())


def test_a_page_that_fails_stays_a_sketch_and_one_that_is_gone_is_gone(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", comic() | {"bad.jpg": b"no picture"})
    code, _, err = done(start("c.cbz", "-o", "out"))
    assert (code, "lineart: c.cbz/bad.jpg: holds no readable image" in err) == (1, True)
    assert read(folder / "out/c.cbz")["bad.jpg"] == b"no picture"
    assert str(folder).encode() not in read(folder / "out/c.cbz")[".lineart.json"]
    content = comic()
    del content["1/a.png"]
    write_zip(folder / "c.cbz", content)
    done(start("c.cbz", "-o", "out"))
    assert "1/a.png" not in read(folder / "out/c.cbz")


@pytest.mark.parametrize(("name", "write"), [("c.cbz", write_zip), ("c.cb7", write_7z), ("c.cbr", write_rar)])
def test_a_damaged_member_is_named_and_the_other_pages_go_on(
    folder: Path, start: Start, name: str, write: Callable[[Path, Content], None]
) -> None:
    good = {"notes.txt": b"by me", "1.png": sketch(251), "2.png": sketch(250)}
    bad = sketch(9) + bytes(8000) + b"the end"
    write(folder / name, {**good, "3.png": bad})
    packed = (folder / name).read_bytes()
    (folder / name).write_bytes(packed.replace(b"the end", b"the bad"))
    for counts in ("2 inked, 0 skipped, 1 failed", "0 inked, 2 skipped, 1 failed"):
        code, _, err = done(start(name, "-o", "out"))
        assert (code, counts in err) == (1, True)
        assert f"lineart: {name}/3.png: is damaged (" in err
        assert "what can be read of it stays; pack it again from the original" in err
    inked = read(folder / "out/c.cbz")
    assert names(folder / "out/c.cbz") == [*good, "3.png"]
    assert (inked["notes.txt"], inked["3.png"][:4096]) == (b"by me", bad[:4096])
    write(folder / name, {**good, "3.png": sketch(9)})
    code, _, err = done(start(name, "-o", "out", "--overwrite"))
    assert (code, "3 inked, 0 skipped, 0 failed" in err) == (0, True)
    (folder / name).write_bytes(packed.replace(b"the end", b"the bad"))
    assert "its ink of an earlier run stays" in done(start(name, "-o", "out"))[2]


def test_an_archive_of_which_nothing_can_be_read_fails_each_time(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", {"1.png": sketch(251)})
    whole = (folder / "c.cbz").read_bytes()
    (folder / "c.cbz").write_bytes(b"?" + whole[1:])
    for _ in range(2):
        code, _, err = done(start("c.cbz", "-o", "out"))
        assert (code, "0 inked, 0 skipped, 1 failed" in err) == (1, True)
        assert not (folder / "out/c.cbz").exists()
    (folder / "c.cbz").write_bytes(whole)
    assert done(start("c.cbz", "-o", "out"))[0] == 0
    assert names(folder / "out/c.cbz") == ["1.png"]


def test_a_record_that_is_no_manifest_makes_no_ink_of_an_archive(folder: Path, start: Start) -> None:
    write_zip(folder / "scans/c.cbz", comic() | {".lineart.json": b"not json"})
    code, _, err = done(start("scans/c.cbz", "scans/a.png", "-o", "out"))
    assert (code, "3 inked, 0 skipped, 0 failed" in err) == (0, True)


def test_ink_with_a_damaged_member_is_kept(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", comic())
    done(start("c.cbz", "-o", "out"))
    write_zip(folder / "out/c.cbz", read(folder / "out/c.cbz") | {"mine.txt": b"drawn for days"})
    packed = (folder / "out/c.cbz").read_bytes().replace(b"drawn for days", b"dr?wn for days")
    (folder / "out/c.cbz").write_bytes(packed)
    code, _, err = done(start("c.cbz", "-o", "out"))
    assert (code, "lineart: out/c.cbz: its mine.txt is damaged (Bad CRC-32" in err) == (1, True)
    assert (folder / "out/c.cbz").read_bytes() == packed


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_run_that_was_killed_goes_on_inside(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", comic())
    process = start("c.cbz", "-o", "out", "--jobs", "1", waits=(0, 60))
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["inking\n"] * 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "out/c.cbz").exists()
    assert done(start("c.cbz", "-o", "out"))[2].startswith("1 inked, 1 skipped, 0 failed")
    assert names(folder / "out/c.cbz") == list(comic())
    assert [path.name for path in (folder / "out").iterdir()] == ["c.cbz"]


def test_folders_and_ink_beside_know_comics(folder: Path, start: Start) -> None:
    for name in ("c.cbz", "d.zip"):
        write_zip(folder / "scans" / name, comic())
    code, _, err = done(start("scans", "--beside"))
    assert (code, err.startswith("5 inked, 0 skipped, 0 failed; in scans")) == (0, True)
    assert "passed over 1 .zip (name an archive itself to ink what is in it)" in err
    assert names(folder / "scans/c_ink.cbz") == list(comic())
    assert done(start("scans", "--beside"))[2].startswith("0 inked, 5 skipped, 0 failed")
    write_zip(folder / "scans/c_ink.cbz", {"x.png": sketch()})
    code, _, err = done(start("scans/c.cbz", "--beside"))
    assert "scans/c_ink.cbz: is not lineart's as far as is known, and is kept; --overwrite replaces it" in err
    assert names(folder / "scans/c_ink.cbz") == ["x.png"]
    assert done(start("scans/c.cbz", "--beside", "--overwrite"))[2].startswith("2 inked")


def test_pages_of_an_archive_are_not_joined(folder: Path, start: Start) -> None:
    write_zip(folder / "scans/c.cbz", comic())
    code, _, err = done(start("scans", "-o", "out", "--join", "--format", "tiff"))
    assert (code, err.startswith("lineart: --join with scans/c.cbz: the pages of an archive stay files")) == (2, True)
    assert not (folder / "out").exists()


def test_a_comic_that_is_watched_is_inked_again_where_it_has_changed(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", comic())
    process = start("c.cbz", "-o", "out", "--watch", "--json")
    assert process.stdout is not None
    assert {json.loads(line)["event"] for line in inked(process, 2)} >= {"page_done"}
    while not (folder / "out/c.cbz").exists():
        time.sleep(0.02)
    write_zip(folder / "new.cbz", comic() | {"1/a.png": sketch(9)})
    (folder / "new.cbz").replace(folder / "c.cbz")
    again = [json.loads(line) for line in inked(process, 1)]
    assert [row["input"] for row in again if row["event"] == "page_done"] == ["c.cbz/1/a.png"]
    process.send_signal(signal.SIGINT)
    assert done(process)[0] == 0
    assert names(folder / "out/c.cbz") == list(comic())


def inked(process: Popen[str], count: int) -> list[str]:
    """What is told until so many pages more are done."""
    told: list[str] = []
    while sum('"page_done"' in line for line in told) < count:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line
        told += [line] if line.startswith("{") else []
    return told


def test_a_compressed_rar_without_a_program_that_reads_it_is_told(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rar(folder / "c.cbr", comic(), method=0x33)
    monkeypatch.setenv("PATH", str(folder))
    code, _, err = done(start("c.cbr", "-o", "out"))
    told = "c.cbr: is a compressed RAR, which needs a program that is missing; install unrar, unar, 7z or bsdtar"
    assert (code, told in err) == (1, True)


def test_a_later_part_of_a_rar_is_told(folder: Path, start: Start) -> None:
    write_rar(folder / "c.part2.rar", comic(), later_part=True)
    code, _, err = done(start("c.part2.rar", "-o", "out"))
    told = "c.part2.rar: is a later part of a RAR in several files; give its first part"
    assert (code, told in err) == (1, True)


def test_a_name_is_that_of_the_archive_and_its_pages_keep_theirs(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", comic())
    assert done(start("c.cbz", "-o", "out", "--name", "{stem}-{n:03}"))[0] == 0
    assert names(folder / "out/c-001.cbz") == list(comic())


def test_archives_that_clash_are_told_before_work_and_a_dry_run_writes_nothing(folder: Path, start: Start) -> None:
    for name in ("c.cbz", "scans/c.cbz"):
        write_zip(folder / name, comic())
    code, _, err = done(start("c.cbz", "scans/c.cbz", "-o", "out"))
    assert (code, "both c.cbz and scans/c.cbz would be written there" in err) == (2, True)
    code, out, _ = done(start("c.cbz", "-o", "out", "--dry-run"))
    assert code == 0
    assert "c.cbz/2/b.png -> out/c.cbz/2/b.png: 60 x 40 px at 300 dpi" in out
    assert not (folder / "out").exists()


def test_an_archive_that_may_do_harm_fails_alone_and_leaves_nothing(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", {"../a.png": sketch()})
    before = sorted(folder.rglob("*"))
    code, _, err = done(start("c.cbz", "scans/a.png", "-o", "out"))
    assert code == 1
    assert "lineart: c.cbz: has a name inside that leads out of it, ../a.png; it may be meant to do harm" in err
    assert "1 inked, 0 skipped, 1 failed" in err
    assert {*folder.rglob("*")} - {*before} == {folder / "out", *(folder / "out").rglob("*")}
    assert [path.name for path in (folder / "out").glob("[!.]*")] == ["a.png"]
    assert not (folder / "out/.lineart-archives").exists()


def test_of_an_archive_that_is_cut_off_the_whole_pages_are_inked_and_no_ink_is_lost(folder: Path, start: Start) -> None:
    write_zip(folder / "c.cbz", comic())
    content = (folder / "c.cbz").read_bytes()
    with ZipFile(folder / "c.cbz") as archive:
        cut = archive.getinfo("1/a.png").header_offset
    (folder / "c.cbz").write_bytes(content[:cut])
    told = "lineart: c.cbz: is cut off or damaged (its table of contents cannot be read); what is whole in it is inked"
    for inked in ("1 inked, 0 skipped, 1 failed", "0 inked, 1 skipped, 1 failed"):
        code, _, err = done(start("c.cbz", "-o", "out"))
        assert (code, told in err, inked in err) == (1, True, True)
    assert names(folder / "out/c.cbz") == ["ComicInfo.xml", "2/b.png"]
    (folder / "c.cbz").write_bytes(content)
    assert done(start("c.cbz", "-o", "out"))[2].startswith("1 inked, 1 skipped, 0 failed")
    whole = read(folder / "out/c.cbz")
    (folder / "c.cbz").write_bytes(content[:cut])
    assert done(start("c.cbz", "-o", "out"))[0] == 1
    again = read(folder / "out/c.cbz")
    assert {name: again[name] for name in comic()} == {name: whole[name] for name in comic()}
    (folder / "c.cbz").write_bytes(content)
    assert done(start("c.cbz", "-o", "out"))[2].startswith("0 inked, 2 skipped, 0 failed")
    assert read(folder / "out/c.cbz") == whole


def test_a_rar_is_read_up_to_a_damaged_head(folder: Path, start: Start) -> None:
    write_rar(folder / "c.cbr", comic())
    content = bytearray((folder / "c.cbr").read_bytes())
    content[content.index(b"1/a.png") - 20] ^= 255
    (folder / "c.cbr").write_bytes(content)
    code, _, err = done(start("c.cbr", "-o", "out"))
    assert (code, "1 inked, 0 skipped, 1 failed" in err) == (1, True)
    assert "c.cbr: is cut off or damaged (" in err
    assert names(folder / "out/c.cbz") == ["ComicInfo.xml", "2/b.png"]


def test_archives_inside_are_copied_and_told(folder: Path, start: Start) -> None:
    write_zip(folder / "inner.cbz", comic())
    inner = (folder / "inner.cbz").read_bytes()
    write_zip(folder / "c.cbz", comic() | {"one.cbz": inner, "two.zip": inner, ".hidden.cbz": inner})
    code, _, err = done(start("c.cbz", "-o", "out"))
    told = (
        "c.cbz/one.cbz stays as it is, and so do 1 more: not looked into, as an archive in an archive; unpack it to ink"
    )
    assert (code, told in err, "2 inked" in err) == (0, True, True)
    assert read(folder / "out/c.cbz")["one.cbz"] == inner


def test_sheets_in_archives_are_no_sketches(folder: Path, start: Start) -> None:
    for maker in (signed.TRY, signed.BRUSHES):
        signed.save(Image.new("L", (90, 90)), folder / f"{maker}.png", "--output", maker)
    sheets = {f"{maker}.png": (folder / f"{maker}.png").read_bytes() for maker in (signed.TRY, signed.BRUSHES)}
    write_zip(folder / "c.cbz", sheets | {"p.png": sketch()})
    code, _, err = done(start("c.cbz", "-o", "out"))
    assert (code, err.splitlines()[-1][:8]) == (0, "1 inked,")
    told = "c.cbz/lineart try.png stays as it is, and so do 1 more: a sheet of lineart try or brushes, and no sketch"
    assert told in err
    assert read(folder / "out/c.cbz").items() >= sheets.items()
    write_zip(folder / "s.cbz", sheets)
    assert "2 inked, 0 skipped, 0 failed" in done(start("s.cbz", "-o", "out"))[2]


@pytest.mark.parametrize("root", ["", "project/"])
def test_of_a_packed_folder_with_ink_beside_its_sketches_these_are_inked(folder: Path, start: Start, root: str) -> None:
    assert done(start("scans", "--beside"))[0] == 0
    packed = {f"{root}{path.name}": path.read_bytes() for path in sorted((folder / "scans").glob("*.*[gn]"))}
    write_zip(folder / "p.zip", packed)
    for place in (["-o", "out"], ["--beside"]):
        code, _, err = done(start("p.zip", *place))
        assert (code, "3 inked, 0 skipped, 0 failed" in err) == (0, True)
        assert f"p.zip/{root}a_ink.png stays as it is, and so do 2 more: lineart's own ink" in err
        out = read(folder / ("out/p.zip" if "-o" in place else "p_ink.zip"))
        assert out[f"{root}a.png"] != packed[f"{root}a.png"]
        assert out[f"{root}a_ink.png"] == packed[f"{root}a_ink.png"]
        assert done(start("p.zip", *place))[2].splitlines()[-1].startswith("0 inked, 3 skipped, 0 failed")
