"""All pages of a file in one: `--join`."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from batches import HalfInker, Listener, plan
from lineart_cli import pages
from lineart_cli.batch import files, page
from lineart_cli.batch.kept_files import NAME as KEPT
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError
from lineart_cli.events import BatchDone, PageDone, PageFailed, PagePlanned, PageSkipped
from lineart_cli.imaging.tone import Tone
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, InkOptions, Length
from lineart_cli.plan import PageSize, Plan
from lineart_cli.scale import working_scale
from waiting import LATE

SIZES = ((40, 30), (20, 50), (64, 64))


class Pen(HalfInker):
    """Inks what is darker than half, and counts; stops the run, or fails, when it comes to a page of that width."""

    def __init__(self, stopped: threading.Event) -> None:
        super().__init__()
        self.inked = 0
        self.fails_at = self.stops_at = 0
        self._stopped = stopped

    def bands(
        self, grey: np.ndarray, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone
    ) -> Iterator[np.ndarray]:
        self.inked += 1
        if grey.shape[1] == self.fails_at:
            raise RuntimeError("out of ink")
        if grey.shape[1] == self.stops_at:
            self._stopped.set()
        yield from super().bands(grey, size, plan, tool, faint, tone)


class Desk(Listener):
    """Inks `scans` into `out`; `events` are those of the last run."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.scans, self.out = folder / "scans", folder / "ink"
        self.stopped = threading.Event()
        self.pen = Pen(self.stopped)

    def run(self, **options: object) -> BatchDone:
        wanted = InkOptions(**{"format": "tiff", "join": True, "drawing": Length(working_scale.STROKE), **options})
        self.events.clear()
        self.out.mkdir(exist_ok=True)
        found = files.find([str(self.scans)], self.out)
        sources, problems = found.sources, found.problems
        jobs = files.plan(sources, self.out, ".tiff", pages.count_pages, join=wanted.join)
        with OutputFolder(self.out, dry_run=wanted.dry_run) as folder:
            card = catalogue.find(MODEL)
            tools, _ = store.tools(wanted)
            batch = Batch(folder, wanted, tools, card, plan, lambda: self.pen, self, self.stopped)
            return batch.run(jobs, problems)

    def left(self) -> list[str]:
        return sorted(str(path.relative_to(self.out)) for path in self.out.rglob("[!.]*") if KEPT not in path.parts)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A scan of three pages of different sizes, and one of a single page."""
    made = Desk(tmp_path)
    made.scans.mkdir()
    with tifffile.TiffWriter(made.scans / "book.tif") as book:
        for number, size in enumerate(SIZES):
            book.write(sheet(number, size), photometric="minisblack", resolution=(300, 300), resolutionunit="inch")
    tifffile.imwrite(made.scans / "single.tif", sheet(5, (10, 10)), photometric="minisblack")
    return made


def sheet(number: int, size: tuple[int, int]) -> np.ndarray:
    page = np.full(size, 255, np.uint8)
    page[number] = 0
    return page


def test_pages_come_in_their_order_with_their_sizes_and_dpi(desk: Desk) -> None:
    done = desk.run()
    assert (done.inked, done.failed) == (2, 0)
    assert desk.left() == ["book.tiff", "single.tiff"]
    with tifffile.TiffFile(desk.out / "book.tiff") as book:
        for number, (page, size) in enumerate(zip(book.pages, SIZES, strict=True)):
            np.testing.assert_array_equal(page.asarray(), sheet(number, size))
            assert page.resolution == (300, 300)
    assert pages.count_pages(desk.out / "book.tiff") == 3


def test_without_it_each_page_has_a_file(desk: Desk) -> None:
    desk.run(join=False)
    assert desk.left() == ["book-p01.tiff", "book-p02.tiff", "book-p03.tiff", "single.tiff"]


def test_a_finished_file_is_not_inked_again_until_the_source_changes(desk: Desk) -> None:
    desk.run()
    before = (desk.out / "book.tiff").read_bytes()
    desk.pen.inked = 0
    assert desk.run().skipped == 2
    assert desk.pen.inked == 0
    assert len(desk.of(PageSkipped)) == 2
    tifffile.imwrite(desk.scans / "book.tif", np.stack([sheet(7, (40, 30))] * 2), photometric="minisblack")
    assert desk.run().inked == 1
    assert (desk.out / "book.tiff").read_bytes() != before
    assert pages.count_pages(desk.out / "book.tiff") == 2


def test_a_page_that_fails_fails_its_file_and_is_named(desk: Desk) -> None:
    desk.pen.fails_at = SIZES[1][1]
    done = desk.run()
    assert (done.inked, done.failed) == (1, 1)
    assert desk.left() == ["single.tiff"]
    (failed,) = desk.of(PageFailed)
    assert failed.input == str(desk.scans / "book.tif")


def test_a_page_that_cannot_be_read_fails_its_file_and_is_named(desk: Desk) -> None:
    with tifffile.TiffFile(desk.scans / "book.tif", mode="r+") as book:
        book.pages[2].tags["StripOffsets"].overwrite(10**6)
    assert desk.run().failed == 1
    assert desk.left() == ["single.tiff"]
    (failed,) = desk.of(PageFailed)
    assert failed.error.startswith(f"{desk.scans / 'book.tif'} page 3: ")
    assert failed.error.endswith(f"; without this page, {desk.out / 'book.tiff'} is not written")


def test_the_old_file_stays_when_a_page_fails(desk: Desk) -> None:
    desk.run()
    before = (desk.out / "book.tiff").read_bytes()
    desk.pen.fails_at = SIZES[2][1]
    assert desk.run(faint=0.5).failed == 1
    assert (desk.out / "book.tiff").read_bytes() == before


def test_a_run_that_is_stopped_between_pages_leaves_nothing(desk: Desk) -> None:
    desk.pen.stops_at = SIZES[0][1]
    with pytest.raises(KeyboardInterrupt):
        desk.run()
    assert desk.left() == []
    assert not desk.of(PageDone)


def test_a_dry_run_tells_the_plan_of_every_page(desk: Desk) -> None:
    desk.run(dry_run=True)
    assert [(Path(event.input).name, event.page, event.height) for event in desk.of(PagePlanned)] == [
        ("book.tif", 0, 40),
        ("book.tif", 1, 20),
        ("book.tif", 2, 64),
        ("single.tif", 0, 10),
    ]
    assert desk.left() == []


def test_metadata_and_16_bits_go_with_every_page(desk: Desk) -> None:
    class Deep(Pen):
        def bands(self, *arguments: object) -> Iterator[np.ndarray]:
            yield from (band.astype(np.uint16) * 257 for band in super().bands(*arguments))

    with tifffile.TiffWriter(desk.scans / "book.tif") as book:
        for number, size in enumerate(SIZES):
            book.write(sheet(number, size), photometric="minisblack", description=f"page {number}", metadata=None)
    desk.pen = Deep(desk.stopped)
    desk.run(bits=16, keep_metadata=True)
    with tifffile.TiffFile(desk.out / "book.tiff") as found:
        assert [page.description for page in found.pages] == ["page 0", "page 1", "page 2"]
        assert {page.dtype for page in found.pages} == {np.dtype(np.uint16)}


@pytest.mark.parametrize("file_format", ["bmp", "ora", "jpeg"])
def test_what_cannot_hold_several_pages_is_refused(file_format: str) -> None:
    with pytest.raises(
        ArgumentError, match=f"^--join with --format {file_format}: use --format tiff, pdf, png, webp or gif$"
    ):
        InkOptions.parse({"join": True, "format": file_format})


@pytest.mark.parametrize("join", [True, False])
def test_a_file_that_cannot_be_opened_ends_the_run(desk: Desk, monkeypatch: pytest.MonkeyPatch, join: bool) -> None:
    """More ink comes than may wait for the file, from a page that nobody has taken a band of."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    class Strips(Pen):
        def bands(self, *arguments: object) -> Iterator[np.ndarray]:
            for band in super().bands(*arguments):  # type: ignore[arg-type]
                yield from np.split(band, len(band))

    monkeypatch.setattr(page, "AHEAD", 1)
    monkeypatch.setattr(pages, "write_joined" if join else "write_ink", full)
    desk.pen = Strips(desk.stopped)
    running = threading.Thread(target=desk.run, kwargs={"join": join}, daemon=True)
    running.start()
    running.join(LATE)
    assert not running.is_alive()
    assert len(desk.of(PageFailed)) == (1 if join else 4)
    assert desk.left() == (["single.tiff"] if join else [])
