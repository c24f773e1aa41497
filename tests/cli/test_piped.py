"""`lineart ink -`: a picture in, its ink out, and nothing else on standard output."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from command import lineart
from lineart_cli import app
from lineart_cli.machine import standard_streams
from lineart_cli.plan import PageSize

Pipe = Callable[..., tuple[int, bytes, str]]


class Flat:
    """Inks everything."""

    def bands(self, grey: np.ndarray, size: PageSize, *_: object) -> Iterator[np.ndarray]:
        yield np.full(size.shape, 255, np.uint8)


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Pipe:
    """Pipes bytes through `lineart ink -` with more words; gives its code, output and messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(app, "_open_inker", lambda *_: Flat())

    def run(content: bytes, *words: str) -> tuple[int, bytes, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        code = lineart("ink", *(words or ["-"]))
        out, err = capsysbinary.readouterr()
        assert list(tmp_path.iterdir()) == []
        return code, out, err.decode()

    return run


def png() -> bytes:
    file = io.BytesIO()
    sketch = Image.new("L", (80, 60), 255)
    sketch.paste(0, (20, 20, 40, 23))
    sketch.save(file, "PNG", dpi=(300, 300))
    return file.getvalue()


def test_ink_alone_goes_out_and_messages_do_not(pipe: Pipe) -> None:
    code, out, err = pipe(png(), "-", "--drawing", "6px", "--format", "webp", "--json")
    assert code == 0
    with Image.open(io.BytesIO(out)) as ink:
        assert (ink.format, ink.size) == ("WEBP", (80, 60))
    rows = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert [(row["input"], row["output"]) for row in rows if row["event"] == "page_done"] == [("-", "-")]
    assert "; in -, after " in err


def test_what_is_no_picture_gives_nothing_and_says_so(pipe: Pipe) -> None:
    code, out, err = pipe(b"no picture")
    assert (code, out) == (1, b"")
    assert err.startswith("lineart: -: holds no readable image")
    for archive in (b"PK\5\6" + bytes(18), b"Rar!\x1a\7\1\0", b"7z\xbc\xaf\x27\x1c"):
        code, out, err = pipe(archive)
        assert (code, out) == (1, b"")
        assert err.startswith(
            "lineart: -: is an archive, and no picture; lineart ink takes it as a file that is called so, such as"
        )


def test_an_output_that_is_closed_or_full_is_a_failure(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.open(os.devnull, os.O_RDONLY), "w") as nowhere, monkeypatch.context() as closed:
        closed.setattr(sys, "stdout", nowhere)
        code, _, err = pipe(png())
    assert (code, err) == (2, "lineart: PATH -: its ink goes to standard output, which is closed; write > ink.png\n")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    monkeypatch.setattr(standard_streams, "silence", lambda _: None)
    code, out, err = pipe(png(), "-", "--drawing", "6px")
    assert (code, out) == (1, b"")
    assert "its ink cannot be written to standard output (No space left on device)" in err
    assert "0 inked, 0 skipped, 1 failed" in err
    code, _, err = pipe(png(), "-", "--drawing", "6px", "--json")
    assert "page_done" not in err
    assert '"event": "page_failed", "input": "-"' in err


def test_a_dry_run_tells_and_gives_nothing(pipe: Pipe) -> None:
    code, out, err = pipe(png(), "-", "--dry-run")
    assert (code, out) == (0, b"")
    assert err.startswith("- -> -: 80 x 60 px at 300 dpi")


def test_a_file_that_says_watch_is_for_runs_that_can_go_on(
    pipe: Pipe, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = tmp_path_factory.mktemp("options") / "lineart.toml"
    config.write_text("watch = true\n")
    for words in (("-",), ("-", "--dry-run")):
        code, _, err = pipe(png(), *words, "--config", str(config))
        assert code == 0, err
    assert "leave out other inputs" in pipe(png(), "-", "--watch")[2]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-", "a.png", "-o", "out"], "PATH -: inks one picture to standard output; leave out other inputs"),
        (["-", "--beside"], "PATH -: inks one picture to standard output"),
        (["-", "-t", "2,4"], "--thickness, --brush several: standard output takes one picture"),
        (["-"], "PATH -: has 3 pages, and standard output takes one picture"),
        (["-", "--max-megapixels", "1"], "PATH -: is larger than a page may be; raise --max-megapixels"),
    ],
)
def test_what_is_no_single_picture_is_refused_before_work(pipe: Pipe, words: list[str], says: str) -> None:
    file = io.BytesIO()
    size = (3000, 1000) if "--max-megapixels" in words else (40, 30)
    tifffile.imwrite(file, np.full((3, *size), 255, np.uint8), photometric="minisblack")
    code, out, err = pipe(file.getvalue(), *words)
    assert (code, out) == (2, b"")
    assert err.startswith(f"lineart: {says}")
