"""What a run inks, skips and tells, in which order, and how many pages it holds at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batches import Listener, plan
from lineart_cli import pages
from lineart_cli.batch import context, files
from lineart_cli.errors import ArgumentError
from lineart_cli.events import BatchDone, PageDone, PageFailed, PagePlanned, PageSkipped, PageStarted
from lineart_cli.options import InkOptions, Length, ReadOptions, Several
from lineart_cli.plan import PageSize, Plan
from scanned import STROKE, FakeInker, ink, left_over, page, run
from waiting import LATE


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
