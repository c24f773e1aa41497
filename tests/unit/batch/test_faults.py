"""Pages, models and disks that fail: what is told of it, and that all other pages are inked."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from PIL import Image
from tifffile import TiffFile

from batches import Listener
from lineart_cli import pages
from lineart_cli.batch import files, manifest
from lineart_cli.batch.manifest import NAME
from lineart_cli.errors import EngineError, ModelError, PageError
from lineart_cli.events import PageDone, PageFailed
from lineart_cli.inference.engines.base import UnusableError
from lineart_cli.options import InkOptions, Length, Several
from scanned import STROKE, FakeInker, ink, left_over, page, run


def _raise(error: BaseException) -> Callable[[np.ndarray], np.ndarray]:
    def fault(_: np.ndarray) -> np.ndarray:
        raise error

    return fault


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "says"),
        [
            (
                _raise(EngineError("no device NPU; use --device CPU")),
                "cannot be inked; no device NPU; use --device CPU",
            ),
            (
                _raise(RuntimeError("boom\nsecond line")),
                "unexpected RuntimeError: boom second line; run again with --verbose",
            ),
            (_raise(MemoryError()), "does not fit in memory; use a smaller --tile"),
            (lambda ink: ink[:-1], r"the model gave \(9, 20\) uint8 instead of \(10, 20\) uint8"),
            (lambda ink: ink * np.float32("nan"), "the model gave .* float32"),
        ],
    )
    def test_one_bad_page_never_stops_the_rest(
        self, scans: Path, out: Path, fault: Callable[[np.ndarray], np.ndarray], says: str
    ) -> None:
        page(scans / "b.png", corner=7)
        done, recorder = ink(scans, out, FakeInker(level7=fault))
        assert (done.inked, done.failed) == (2, 1)
        assert left_over(out) == ["a.png", "deep/c.png"]
        (message,) = recorder.errors()
        assert message.startswith(f"{scans / 'b.png'}: ")
        assert "\n" not in message
        assert re.search(says, message)

    def test_bad_files_are_reported_and_all_others_inked(self, scans: Path, out: Path) -> None:
        (scans / "empty.png").touch()
        (scans / "words.png").write_text("words")
        (scans / "cut.png").write_bytes((scans / "a.png").read_bytes()[:60])
        os.symlink(scans / "nowhere.png", scans / "gone.png")
        done, recorder = ink(scans, out)
        assert (done.inked, done.failed) == (3, 4)
        assert left_over(out) == ["a.png", "b.png", "deep/c.png"]
        for name in ("empty", "words", "cut", "gone"):
            assert sum(message.startswith(f"{scans / name}.png: ") for message in recorder.errors()) == 1

    def test_a_page_that_vanishes_while_others_are_inked(self, scans: Path, out: Path) -> None:
        def vanish(result: np.ndarray) -> np.ndarray:
            (scans / "b.png").unlink()
            return result

        page(scans / "a.png", corner=7)
        done, recorder = ink(scans, out, FakeInker(level7=vanish), InkOptions(jobs=1))
        assert (done.inked, done.failed) == (2, 1)
        assert "is not there (any more)" in recorder.errors()[0]

    def test_a_thickness_that_no_page_px_has_names_what_would_do(self, tmp_path: Path, out: Path) -> None:
        page(tmp_path / "scans/a.png", dpi=50)
        done, recorder = ink(tmp_path / "scans", out, options=InkOptions(thickness=Several((Length(0.1, "mm"),))))
        assert done.failed == 1
        assert (
            "--thickness 0.1mm is 0.197 px on this page of 50 dpi; give 0.5px to 1000px, or set --dpi"
            in (recorder.errors()[0])
        )

    def test_a_full_disk_leaves_no_partial_file(self, scans: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        png = pages.OUTPUT_FORMATS["png"]

        def full(file: BinaryIO, page: pages.InkedPage, look: pages.Look) -> None:
            bands = list(page.bands)
            png.write(file, replace(page, bands=bands), look)
            if bands[0][0, 0]:
                raise OSError(28, "No space left on device")

        page(scans / "b.png", corner=7)
        monkeypatch.setitem(pages.OUTPUT_FORMATS, "png", replace(png, write=full))
        done, recorder = ink(scans, out)
        assert (done.inked, done.failed) == (2, 1)
        assert left_over(out) == ["a.png", "deep/c.png"]
        assert "No space left on device" in recorder.errors()[0]

    def test_an_output_folder_that_goes_away_stops_nothing(self, scans: Path, out: Path) -> None:
        def vanish(result: np.ndarray) -> np.ndarray:
            shutil.rmtree(out)
            return result

        page(scans / "b.png", corner=7)
        done, _ = ink(scans, out, FakeInker(level7=vanish), InkOptions(jobs=1))
        assert done.inked + done.failed == 3
        assert list(manifest.parse((out / NAME).read_text()).pages) == left_over(out)

    def test_a_page_that_is_saved_while_it_is_read_fails(
        self, scans: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = pages.read_strips

        def saved(path: Path, *arguments: object) -> Iterator[np.ndarray]:
            yield from read(path, *arguments)  # type: ignore[arg-type]
            if path.name == "b.png":
                page(path, corner=9)

        monkeypatch.setattr(pages, "read_strips", saved)
        done, recorder = ink(scans, out)
        assert (done.inked, done.failed) == (2, 1)
        assert recorder.errors() == [f"{scans / 'b.png'}: was changed while it was read; run again"]

    def test_a_page_that_is_not_read_in_time_fails(
        self, scans: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read, released = pages.read_strips, threading.Event()

        def slow(path: Path, *arguments: object) -> Iterator[np.ndarray]:
            if path.name == "b.png":
                released.wait(60)
            yield from read(path, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(pages, "read_strips", slow)
        done, recorder = ink(scans, out, options=InkOptions(page_timeout=2))
        released.set()
        assert (done.inked, done.failed) == (2, 1)
        assert "is not read after 2 s; save it anew" in recorder.errors()[0]

    def test_after_a_fault_the_engine_is_opened_anew(self, scans: Path, out: Path) -> None:
        opened = []

        def open_inker() -> FakeInker:
            opened.append(1)
            return FakeInker(level7=_raise(RuntimeError("boom")))

        page(scans / "a.png", corner=7)
        jobs = files.plan(files.find([str(scans)], out).sources, out, ".png")
        done = run(jobs, [], out, InkOptions(drawing=STROKE), open_inker, Listener())
        assert (done.inked, done.failed, len(opened)) == (2, 1, 2)

    @pytest.mark.parametrize("error", [ModelError("no model 'standard'"), UnusableError("--device CUDA: not here")])
    def test_where_no_page_can_be_inked_the_run_ends_at_once(self, scans: Path, out: Path, error: Exception) -> None:
        asked = []

        def none() -> FakeInker:
            asked.append(1)
            raise error

        sources = files.find([str(scans)], out).sources
        recorder = Listener()
        with pytest.raises(type(error)):
            run(files.plan(sources, out, ".png"), [], out, InkOptions(), none, recorder)
        assert not recorder.of(PageDone)
        assert len(asked) == 1

    def test_problems_from_the_search_are_reported_and_counted(self, scans: Path, out: Path) -> None:
        recorder = Listener()
        problem = PageError("none.png", "no such file", "check the spelling")
        done = run([], [problem], out, InkOptions(), FakeInker, recorder)
        assert done.failed == 1
        assert recorder.events[0] == PageFailed("none.png", "none.png: no such file; check the spelling")

    def test_a_bad_page_of_a_file_fails_alone(self, tmp_path: Path, out: Path) -> None:
        path = page(tmp_path / "scans/a.tif")
        image = Image.open(path)
        image.save(path, save_all=True, append_images=[image, image], dpi=(300, 300))
        with TiffFile(path) as tiff:
            at = tiff.pages[1].tags["PhotometricInterpretation"].valueoffset
        with path.open("r+b") as file:
            file.seek(at)
            file.write(b"\x77\x77")
        recorder = Listener()
        jobs = files.plan(files.find([str(path)], out).sources, out, ".png", pages.count_pages)
        done = run(jobs, [], out, InkOptions(), FakeInker, recorder)
        assert (done.inked, done.failed) == (2, 1)
        assert left_over(out) == ["a-p01.png", "a-p03.png"]
        assert recorder.errors()[0].startswith(f"{path} page 2: has colours of the kind 30583; ")
