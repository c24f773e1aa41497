from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pytest
from PIL import Image
from tifffile import TiffFile

from batches import Listener, plan
from lineart_cli import pages
from lineart_cli.batch import context, files, manifest
from lineart_cli.batch.kept_files import NAME as KEPT
from lineart_cli.batch.manifest import NAME
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError, EngineError, ModelError, PageError
from lineart_cli.events import BatchDone, Notice, PageDone, PageFailed, PagePlanned, PageSkipped, PageStarted
from lineart_cli.imaging.tone import Tone
from lineart_cli.inference.engines.base import UnusableError
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, InkOptions, Length, ReadOptions, Several
from lineart_cli.plan import PageSize, Plan
from lineart_cli.scale import working_scale
from waiting import LATE

STROKE = Length(working_scale.STROKE)
"""Said of all drawings here, so that pages are worked on as they are."""


class FakeInker:
    """Inks everything darker than half; pages with a corner of level 1..9 do what `faults` says."""

    def __init__(self, **faults: Callable[[np.ndarray], np.ndarray]) -> None:
        self.calls: list[tuple[tuple[int, ...], float, float, float]] = []
        self._faults = faults

    def bands(
        self, grey: np.ndarray, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone
    ) -> Iterator[np.ndarray]:
        assert grey.dtype == np.uint8
        self.calls.append((size.shape, size.dpi, tool.thickness.page_px(size.dpi), faint))
        ink = cv2.resize(np.where(grey < 128, 255, 0).astype(np.uint8), size.shape[::-1])
        fault = self._faults.get(f"level{grey[0, 0]}")
        yield fault(ink[:5]) if fault else ink[:5]
        yield ink[5:]


def page(path: Path, corner: int = 255, dpi: int | None = 300, size: tuple[int, int] = (20, 10)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", size, 255)
    image.paste(0, (5, 5, 9, 9))
    image.putpixel((0, 0), corner)
    image.save(path, **({"dpi": (dpi, dpi)} if dpi else {}))
    return path


def ink(
    scans: Path, out: Path, inker: FakeInker | None = None, options: InkOptions | None = None
) -> tuple[BatchDone, Listener]:
    options = replace(options or InkOptions(), drawing=STROKE)
    found = files.find([str(scans)], out)
    sources, problems = found.sources, found.problems
    recorder = Listener()
    jobs = files.plan(sources, out, pages.OUTPUT_FORMATS[options.format].suffix, pages.count_pages)
    inker = inker or FakeInker()
    planned = lambda size: replace(plan(size), at_once=options.jobs or 3)  # noqa: E731
    return run(jobs, problems, out, options, lambda: inker, recorder, planned), recorder


def run(
    jobs: Sequence[files.Job],
    problems: Sequence[PageError],
    out: Path,
    options: InkOptions,
    open_inker: Callable[[], FakeInker],
    recorder: Listener,
    decide: Callable[[PageSize], Plan] = plan,
) -> BatchDone:
    if not options.dry_run:
        out.mkdir(parents=True, exist_ok=True)
    with OutputFolder(out, overwrite=options.overwrite, dry_run=options.dry_run) as folder:
        card = catalogue.find(MODEL)
        tools, _ = store.tools(options)
        return Batch(folder, options, tools, card, decide, open_inker, recorder, threading.Event()).run(jobs, problems)


def left_over(folder: Path) -> list[str]:
    """All files but the manifest and the fingerprints."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    return sorted(str(path) for path in files if path.parts[0] != KEPT)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    page(tmp_path / "scans/a.png")
    page(tmp_path / "scans/b.png")
    page(tmp_path / "scans/deep/c.png")
    return tmp_path / "scans"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "ink"


class TestRun:
    def test_ends_are_told_in_the_order_of_the_pages(
        self, scans: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first page is written when the others have failed and been inked."""
        inked = threading.Event()
        write = pages.write_ink

        def late(path: Path, page: pages.InkedPage, *arguments: object) -> None:
            assert inked.wait(LATE)
            write(path, page, *arguments)  # type: ignore[arg-type]

        class Telling(FakeInker):
            def bands(self, *arguments: object) -> Iterator[np.ndarray]:
                yield from super().bands(*arguments)  # type: ignore[arg-type]
                if len(self.calls) == 2:
                    inked.set()

        (scans / "b.png").write_text("words")
        monkeypatch.setattr(pages, "write_ink", late)
        _, recorder = ink(scans, out, Telling(), InkOptions(jobs=3))
        ends = [event for event in recorder.events if isinstance(event, PageDone | PageFailed)]
        assert [(type(event), Path(event.input).stem) for event in ends] == [
            (PageDone, "a"),
            (PageFailed, "b"),
            (PageDone, "c"),
        ]

    def test_no_more_pages_are_in_memory_than_the_plan_allows(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From before a page is read until it is written; the plan allows three."""
        lock, now, most = threading.Lock(), 0, 0
        read, write = context.read, pages.write_ink

        def count(step: int) -> None:
            nonlocal now, most
            with lock:
                now += step
                most = max(most, now)

        def reading(*arguments: object) -> object:
            count(1)
            return read(*arguments)  # type: ignore[arg-type]

        def writing(path: Path, page: pages.InkedPage, *arguments: object) -> None:
            write(path, page, *arguments)  # type: ignore[arg-type]
            count(-1)

        for number in range(12):
            page(tmp_path / f"scans/{number}.png")
        monkeypatch.setattr(context, "read", reading)
        monkeypatch.setattr(pages, "write_ink", writing)
        assert ink(tmp_path / "scans", out)[0].inked == 12
        assert 1 <= most <= 3
        assert now == 0

    def test_the_tree_is_mirrored_and_pages_are_inked(self, scans: Path, out: Path) -> None:
        done, recorder = ink(scans, out)
        assert (done.inked, done.skipped, done.failed, done.output) == (3, 0, 0, str(out))
        assert left_over(out) == ["a.png", "b.png", "deep/c.png"]
        with Image.open(out / "deep/c.png") as image:
            assert image.getpixel((6, 6)) == 0
            assert image.getpixel((0, 9)) == 255
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert len(recorder.of(PageStarted)) == 3
        assert recorder.events[-1] == done

    def test_the_inker_gets_page_pixels_and_the_page_s_dpi(self, tmp_path: Path, out: Path) -> None:
        page(tmp_path / "scans/a.png", dpi=600)
        inker = FakeInker()
        ink(tmp_path / "scans", out, inker, InkOptions(thickness=Several((Length(0.254, "mm"),)), faint=0.2))
        assert inker.calls == [((10, 20), 600, pytest.approx(6), 0.2)]

    def test_dpi_option_is_used_and_written(self, scans: Path, out: Path) -> None:
        inker = FakeInker()
        ink(scans, out, inker, InkOptions(dpi=150.0))
        assert {call[1] for call in inker.calls} == {150}
        assert pages.read_header(out / "a.png", ReadOptions()).dpi == (150, 150)

    def test_no_dpi_in_none_out(self, tmp_path: Path, out: Path) -> None:
        page(tmp_path / "scans/a.png", dpi=None)
        ink(tmp_path / "scans", out)
        assert pages.read_header(out / "a.png", ReadOptions()).dpi is None

    def test_finished_pages_are_skipped_and_the_model_is_not_even_opened(self, scans: Path, out: Path) -> None:
        ink(scans, out)

        def never() -> FakeInker:
            raise AssertionError

        sources = files.find([str(scans)], out).sources
        recorder = Listener()
        done = run(files.plan(sources, out, ".png"), [], out, InkOptions(drawing=STROKE), never, recorder)
        assert (done.inked, done.skipped, done.failed) == (0, 3, 0)
        assert len(recorder.of(PageSkipped)) == 3

    def test_outputs_that_were_cut_off_are_inked_again(self, scans: Path, out: Path) -> None:
        ink(scans, out)
        whole = (out / "a.png").read_bytes()
        (out / "a.png").write_bytes(whole[:60])
        (out / "b.png").write_bytes(b"")
        done, _ = ink(scans, out)
        assert (done.inked, done.skipped) == (2, 1)
        assert (out / "a.png").read_bytes() == whole

    def test_overwrite_inks_all(self, scans: Path, out: Path) -> None:
        ink(scans, out)
        assert ink(scans, out, options=InkOptions(overwrite=True))[0].inked == 3

    def test_dry_run_opens_and_writes_nothing(self, scans: Path, out: Path) -> None:
        inker = FakeInker()
        _, recorder = ink(scans, out, inker, InkOptions(dry_run=True))
        assert not inker.calls
        assert not out.exists()
        first = recorder.of(PagePlanned)[0]
        planned = plan(PageSize(10, 20, 300))
        assert first == PagePlanned(
            *(str(scans / "a.png"), str(out / "a.png"), 20, 10, 300.0, "file"),
            *(3.0, 3.0, "openvino", "CPU", "f32", 2, 3, 1),
            *(planned.window, round(planned.computed_megapixels, 2), 123, 1.5, str(planned), ("because",)),
            scale_why="strokes are 7 px wide, as asked for",
        )

    def test_verbose_tells_the_plan_of_a_page_before_it_is_inked(self, scans: Path, out: Path) -> None:
        _, recorder = ink(scans, out, options=InkOptions(verbose=True, jobs=1))
        kinds = [type(event) for event in recorder.events]
        assert kinds == [PageStarted, PagePlanned, PageDone] * 3 + [BatchDone]

    def test_a_page_without_a_plan_fails_before_it_is_inked(self, scans: Path, out: Path) -> None:
        def refuse(page: PageSize) -> Plan:
            raise ArgumentError("--max-memory", "1MB", "needs more")

        recorder = Listener()
        jobs = files.plan(files.find([str(scans / "a.png")], out).sources, out, ".png")
        done = run(jobs, [], out, InkOptions(), FakeInker, recorder, refuse)
        assert (done.inked, done.failed) == (0, 1)
        assert recorder.errors() == [f"{scans / 'a.png'}: cannot be inked; --max-memory 1MB: needs more"]

    def test_more_jobs_give_the_same_pages(self, tmp_path: Path, out: Path) -> None:
        for number in range(12):
            page(tmp_path / f"scans/{number}.png")
        done, _ = ink(tmp_path / "scans", out, options=InkOptions(jobs=4))
        assert done.inked == 12
        assert len(left_over(out)) == 12

    def test_the_inker_is_never_entered_twice_at_once(self, tmp_path: Path, out: Path) -> None:
        inside = threading.Semaphore(1)

        class Alone(FakeInker):
            def bands(self, *args: object) -> Iterator[np.ndarray]:
                assert inside.acquire(blocking=False)
                try:
                    yield from super().bands(*args)  # type: ignore[arg-type]
                finally:
                    inside.release()

        for number in range(12):
            page(tmp_path / f"scans/{number}.png")
        assert ink(tmp_path / "scans", out, Alone(), InkOptions(jobs=4))[0].inked == 12


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


class TestNotices:
    """What is told of a page's ink."""

    @staticmethod
    def told(path: Path, out: Path, **options: object) -> tuple[list[str], np.ndarray]:
        done, recorder = ink(path, out, options=InkOptions(overwrite=True, **options))
        assert (done.inked, done.failed) == (1, 0)
        notices = [event.text for event in recorder.events if isinstance(event, Notice)]
        return notices, np.asarray(Image.open(out / f"{path.stem}.png"))

    @staticmethod
    def lines(width: int = 400, height: int = 300) -> np.ndarray:
        mask = np.zeros((height, width), np.uint8)
        for at in range(30, height, 40):
            cv2.line(mask, (20, at), (width - 20, at + 9), 255, 4)
        return mask

    def test_a_page_that_comes_out_blank(self, tmp_path: Path, out: Path) -> None:
        Image.new("L", (200, 100), 250).save(tmp_path / "a.png")
        (notice,), ink = self.told(tmp_path / "a.png", out)
        assert notice.startswith(f"{tmp_path / 'a.png'}: comes out blank; --faint")
        assert ink.min() == 255

    def test_a_page_that_comes_out_mostly_black(self, tmp_path: Path, out: Path) -> None:
        page = np.full((100, 200), 255, np.uint8)
        page[:70] = 0
        Image.fromarray(page).save(tmp_path / "a.png")
        (notice,), _ = self.told(tmp_path / "a.png", out)
        assert "comes out mostly black; --invert yes" in notice

    @pytest.mark.parametrize("value", [250, 0])
    def test_lines_that_are_too_thick_for_the_page(self, tmp_path: Path, out: Path, value: int) -> None:
        Image.new("L", (200, 100), value).save(tmp_path / "a.png")
        (notice,), _ = self.told(tmp_path / "a.png", out, thickness=Several((Length(60.0),)), invert="no")
        assert "lines of 60 px are too thick for a page of 200 x 100 px; give less --thickness" in notice

    def test_an_ordinary_page_is_not_spoken_of(self, tmp_path: Path, out: Path) -> None:
        Image.fromarray(255 - self.lines()).save(tmp_path / "a.png")
        assert self.told(tmp_path / "a.png", out)[0] == []

    @pytest.mark.parametrize("mode", ["L", "LA", "RGBA"])
    def test_light_lines_are_inked_dark_and_that_is_told(self, tmp_path: Path, out: Path, mode: str) -> None:
        lines = self.lines()
        light = Image.fromarray(lines)
        if mode != "L":
            light = Image.new("L", light.size, 255).convert(mode)
            light.putalpha(Image.fromarray(lines))
        light.save(tmp_path / "a.png", dpi=(300, 300))
        (notice,), ink = self.told(tmp_path / "a.png", out)
        assert "has light lines on dark" in notice
        assert "--invert no" in notice
        np.testing.assert_array_equal(ink == 0, lines > 127)

    def test_the_user_has_the_last_word(self, tmp_path: Path, out: Path) -> None:
        Image.fromarray(self.lines()).save(tmp_path / "a.png", dpi=(300, 300))
        notices, ink = self.told(tmp_path / "a.png", out, invert="no")
        assert ["mostly black" in each for each in notices] == [True]
        np.testing.assert_array_equal(ink == 255, self.lines() > 127)
        notices, ink = self.told(tmp_path / "a.png", out, invert="yes")
        assert notices == []
        np.testing.assert_array_equal(ink == 0, self.lines() > 127)


def test_unequal_pixels_are_worked_on_square_and_written_as_they_came(tmp_path: Path, out: Path) -> None:
    fax = Image.new("L", (204, 98), 255)
    fax.paste(0, (80, 40, 120, 60))
    (tmp_path / "scans").mkdir()
    fax.save(tmp_path / "scans/fax.tif", dpi=(204, 98))
    inker = FakeInker()
    done, recorder = ink(tmp_path / "scans", out, inker)
    assert done.inked == 1
    assert [(shape, dpi) for shape, dpi, *_ in inker.calls] == [((204, 204), 204)]
    (told,) = [each for each in recorder.events if isinstance(each, PageDone)]
    assert (told.width, told.height, told.dpi) == (204, 98, 204)
    with Image.open(out / "fax.png") as written:
        assert written.size == (204, 98)
        assert [round(each) for each in written.info["dpi"]] == [204, 98]
        assert np.asarray(written)[41:59, 81:119].max() == 0
