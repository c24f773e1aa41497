"""Sketch, ink, edit, ink again: in every format that is written, the edits stay."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage
from tifffile import imwrite

from batches import Listener, plan
from lineart_cli import pages, report
from lineart_cli.batch import files, manifest
from lineart_cli.batch.kept_files import NAME as KEPT
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError
from lineart_cli.events import Event, Notice, PageDone, PageFailed, PagePlanned, PageSkipped
from lineart_cli.imaging.tone import Tone
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, NEUTRAL_FAINT, Colour, InkOptions, Length, ReadOptions, ReportOptions
from lineart_cli.plan import PageSize, Plan
from lineart_cli.scale import working_scale

SHAPE = (420, 300)
FIRST, MOVED, FAR = ((40, 60), (240, 80)), ((40, 160), (240, 175)), ((40, 380), (240, 390))
DETAIL = ((40, 260), (240, 275))
"""Strokes: one that stays, one that the sketch moves by 20 px, one far below, and one that the artist adds."""


def stroke(page: np.ndarray, ends: tuple[tuple[int, int], tuple[int, int]], value: object, down: int = 0) -> None:
    (x0, y0), (x1, y1) = ends
    cv2.line(page, (x0, y0 + down), (x1, y1 + down), value, 3, cv2.LINE_AA)  # type: ignore[call-overload]


def sketch(down: int = 0) -> np.ndarray:
    page = np.full(SHAPE, 255, np.uint8)
    stroke(page, FIRST, 0)
    stroke(page, MOVED, 0, down)
    stroke(page, FAR, 0)
    return page


class Pen:
    """Inks just what is drawn, and a stroke more where only dark lines are wanted."""

    def bands(
        self, grey: np.ndarray, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone
    ) -> Iterator[np.ndarray]:
        ink = (255 - grey).astype(np.uint8)
        if faint > NEUTRAL_FAINT:
            stroke(ink, MOVED, 255, 6)
        yield ink[:100]
        yield ink[100:]


class FinePen(Pen):
    def bands(self, grey: np.ndarray, *arguments: object) -> Iterator[np.ndarray]:  # type: ignore[override]
        yield (255 - grey).astype(np.uint16) * 257


class Desk(Listener):
    """A sketch, a folder of ink, and all that a run of `lineart ink` tells."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.scan, self.out = root / "a.png", root / "ink"

    def draw(self, page: np.ndarray) -> None:
        Image.fromarray(page).save(self.scan, dpi=(300, 300))

    def ink(self, **given: object) -> Event:
        """Inks the sketch and returns the last event that tells of a page."""
        options = replace(InkOptions(drawing=Length(working_scale.STROKE)), **given)  # type: ignore[arg-type]
        self.out.mkdir(exist_ok=True)
        found = files.find([str(self.scan)], self.out)
        sources, problems = found.sources, found.problems
        jobs = files.plan(sources, self.out, pages.OUTPUT_FORMATS[options.format].suffix)
        tools, _ = store.tools(options)
        pen = FinePen() if options.bits == 16 else Pen()
        self.events = []
        with OutputFolder(self.out, overwrite=options.overwrite, dry_run=options.dry_run) as folder:
            batch = Batch(folder, options, tools, catalogue.find(MODEL), plan, lambda: pen, self, threading.Event())
            batch.run(jobs, problems)
        return next(each for each in reversed(self.events) if isinstance(each, PageDone | PageSkipped | PagePlanned))

    @property
    def output(self) -> Path:
        (path,) = (each for each in self.out.iterdir() if not each.name.startswith("."))
        return path

    @property
    def record(self) -> manifest.Entry:
        return manifest.parse((self.out / manifest.NAME).read_text()).pages[self.output.name]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.draw(sketch())
    return desk


def pixels(path: Path) -> np.ndarray:
    return pages.read_raster(path, ReadOptions(), path.parent).pixels


def test_a_dry_run_tells_edits_that_were_merged_before(desk: Desk) -> None:
    ink_and_edit(desk)
    desk.draw(sketch(20))
    assert isinstance(desk.ink(keep_edits=True), PageDone)
    for given in ({"dry_run": True}, {}):
        told = desk.ink(keep_edits=True, **given)
        assert isinstance(told, PageSkipped)
        assert (told.note, told.edits) == ("", 1)


@pytest.fixture
def book(tmp_path: Path) -> Desk:
    """Pages p2, p3 and p4, of different sketches; p3 has edits."""
    desk = Desk(tmp_path)
    folder = desk.scan = tmp_path / "scans"
    folder.mkdir()
    for number in (2, 3, 4):
        Image.fromarray(sketch(10 * number)).save(folder / f"p{number}.png", dpi=(300, 300))
    desk.ink()
    edited = pixels(desk.out / "p3.png").copy()
    stroke(edited, DETAIL, 0)
    save(desk.out / "p3.png", edited)
    return desk


def renumber(desk: Desk, by: int) -> None:
    """Renames sketches and their ink."""
    for folder in (desk.scan, desk.out):
        for number in sorted((2, 3, 4), key=lambda each: -each * by):
            (folder / f"p{number}.png").rename(folder / f"p{number + by}.png")


@pytest.mark.parametrize("by", [1, -1, 5])
@pytest.mark.parametrize("keep_edits", [False, True])
def test_ink_may_be_renamed_as_its_sketches_are(book: Desk, by: int, keep_edits: bool) -> None:
    renumber(book, by)
    for given in ({"dry_run": True}, {}):
        book.ink(keep_edits=keep_edits, **given)
        notes = {Path(each.output).name: each.note for each in book.events if isinstance(each, PageSkipped)}
        edited = "has edits, which stay" if keep_edits else "was changed after lineart inked it"
        assert [notes[f"p{number + by}.png"][: len(edited)] for number in (2, 3, 4)] == ["", edited, ""]
    for number in (2, 3, 4):  # all of them are drawn on
        page = sketch(10 * number)
        stroke(page, ((200, 100), (280, 140)), 0)
        Image.fromarray(page).save(book.scan / f"p{number + by}.png", dpi=(300, 300))
    book.ink(keep_edits=True)
    for number in (2, 3, 4):
        wanted = sketch(10 * number)
        stroke(wanted, ((200, 100), (280, 140)), 0)
        if number == 3:
            stroke(wanted, DETAIL, 0)
        np.testing.assert_array_equal(pixels(book.out / f"p{number + by}.png")[..., 0], wanted)


def test_sketches_alone_that_are_renamed_get_no_edits_of_others(book: Desk) -> None:
    before = (book.out / "p3.png").read_bytes()
    for number in (4, 3, 2):
        (book.scan / f"p{number}.png").rename(book.scan / f"p{number + 1}.png")
    book.ink(keep_edits=True)
    notes = {Path(each.output).name: each.note for each in book.events if isinstance(each, PageSkipped)}
    assert notes["p3.png"].startswith("is edited ink of the sketch that is p4.png now, and is kept")
    assert (book.out / "p3.png").read_bytes() == before
    np.testing.assert_array_equal(pixels(book.out / "p5.png")[..., 0], sketch(40))


def ink_and_edit(desk: Desk) -> None:
    """Inks a sketch, and adds a stroke to its ink."""
    desk.draw(sketch())
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    save(desk.output, edited)


def save(path: Path, page: np.ndarray) -> None:
    """As a painting program saves it."""
    if path.suffix == ".png" and page.dtype == np.uint16:
        order = [2, 1, 0, 3][: page.shape[2]] if page.shape[2] > 2 else [0]
        assert cv2.imwrite(str(path), page[..., order])
    elif path.suffix == ".tiff":
        extra = ["unassalpha"] if page.shape[2] in {2, 4} else []
        imwrite(path, page if page.shape[2] > 1 else page[..., 0], extrasamples=extra)
    else:
        modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
        Image.frombytes(modes[page.shape[2]], page.shape[1::-1], page.tobytes()).save(path, lossless=True)


def plain_ink(desk: Desk, **given: object) -> np.ndarray:
    """What lineart makes of the sketch as it is now, in another folder."""
    other = Desk(desk.scan.parent / "plain")
    other.scan.parent.mkdir()
    other.draw(np.asarray(Image.open(desk.scan)))
    other.ink(**given)
    return pixels(other.output)


LOOKS = [
    {"format": "png"},
    {"format": "png", "bits": 16},
    {"format": "png", "ink_colour": Colour(0, 0, 128)},
    {"format": "png", "ink_colour": Colour(200, 90, 40)},
    {"format": "png", "transparent": True},
    {"format": "tiff"},
    {"format": "tiff", "bits": 16, "transparent": True},
    {"format": "webp"},
    {"format": "bmp"},
]


@pytest.mark.parametrize("given", LOOKS, ids=str)
def test_edits_stay_and_all_else_is_the_new_ink_bit_for_bit(desk: Desk, given: dict[str, object]) -> None:
    desk.ink(**given)
    edited = pixels(desk.output).copy()
    full = np.iinfo(edited.dtype).max
    black = [0] * edited.shape[2] if not given.get("transparent") else [0] * (edited.shape[2] - 1) + [full]
    opaque = np.ascontiguousarray(edited)
    stroke(opaque, DETAIL, [int(each) for each in black])
    save(desk.output, opaque)
    desk.draw(sketch(down=20))
    done = desk.ink(keep_edits=True, **given)
    assert isinstance(done, PageDone)
    assert (done.edits, done.conflicts) == (1, ())
    merged, plain = pixels(desk.output), plain_ink(desk, **given)
    assert merged.dtype == plain.dtype
    assert np.array_equal(merged[240:300], opaque[240:300])
    assert np.array_equal(merged[:230], plain[:230])
    assert np.array_equal(merged[330:], plain[330:])
    assert desk.record.edits == 1
    assert isinstance(desk.ink(keep_edits=True, **given), PageSkipped)


def test_a_stroke_in_colour_makes_the_file_coloured_and_stays(desk: Desk) -> None:
    desk.ink()
    edited = np.repeat(pixels(desk.output), 3, 2)
    stroke(edited, DETAIL, (200, 30, 60))
    save(desk.output, edited)
    desk.draw(sketch(down=20))
    desk.ink(keep_edits=True)
    merged, plain = pixels(desk.output), plain_ink(desk)
    assert np.array_equal(merged[240:300], edited[240:300])
    assert np.array_equal(merged[:230], np.repeat(plain, 3, 2)[:230])


def test_a_file_that_was_only_saved_again_has_no_edits(desk: Desk) -> None:
    desk.ink()
    page = np.repeat(pixels(desk.output), 4, 2)
    page[..., 3] = 255
    save(desk.output, page)
    desk.draw(sketch(down=20))
    done = desk.ink(keep_edits=True)
    assert isinstance(done, PageDone)
    assert done.edits == 0
    assert np.array_equal(pixels(desk.output)[..., :1], plain_ink(desk))


def test_an_edit_that_is_undone_is_none_any_more(desk: Desk) -> None:
    desk.ink()
    before = pixels(desk.output)
    edited = before.copy()
    stroke(edited, DETAIL, 0)
    save(desk.output, edited)
    desk.draw(sketch(down=20))
    desk.ink(keep_edits=True)
    assert desk.record.edits == 1
    undone = pixels(desk.output).copy()
    undone[240:300] = before[240:300]
    save(desk.output, undone)
    desk.draw(sketch(down=-20))
    done = desk.ink(keep_edits=True)
    assert isinstance(done, PageDone)
    assert done.edits == 0
    assert np.array_equal(pixels(desk.output), plain_ink(desk))


def test_what_both_have_changed_is_the_artists_and_is_told(desk: Desk) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, MOVED, 255)
    edited[..., 0][edited[..., 0] > 0] = 255
    stroke(edited, FIRST, 0)
    stroke(edited, FAR, 0)
    stroke(edited, MOVED, 0, 3)
    save(desk.output, edited)
    desk.draw(sketch(down=6))
    done = desk.ink(keep_edits=True)
    assert isinstance(done, PageDone)
    (box,) = done.conflicts
    assert box.left <= 40
    assert box.left + box.width >= 240
    assert 140 <= box.top <= 165
    assert np.array_equal(pixels(desk.output)[130:230], edited[130:230])
    (notice,) = (each.text for each in desk.events if isinstance(each, Notice))
    assert "the sketch has changed there too" in notice
    assert f"{box.width} x {box.height} at {box.left},{box.top}" in notice
    assert desk.record.conflicts == [list(box)]
    assert json.loads(json.dumps(done.conflicts)) == [list(box)]


def test_other_ink_of_the_same_sketch_is_not_said_to_be_the_sketch_s(desk: Desk) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, MOVED, 255)
    edited[..., 0][edited[..., 0] > 0] = 255
    stroke(edited, MOVED, 0, 3)
    save(desk.output, edited)
    done = desk.ink(keep_edits=True, faint=0.5)
    assert isinstance(done, PageDone)
    assert done.conflicts
    (notice,) = (each.text for each in desk.events if isinstance(each, Notice))
    assert "as edited, though the new ink differs there (" in notice


def test_the_report_shows_the_ink_alone_as_edited_and_now_with_the_conflicts_framed(desk: Desk) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    stroke(edited, MOVED, 255)
    stroke(edited, MOVED, 0, 3)
    save(desk.output, edited)
    desk.draw(sketch(down=6))
    desk.ink(keep_edits=True)
    wanted = ReportOptions(output=str(desk.scan.with_name("report.html")))
    target = report.write(desk.out, report.known_rows(desk.out), wanted, lambda: None)
    text = target.read_text("utf-8")
    pictures = re.findall(r'<img src="data:image/webp;base64,([^"]+)" alt="(\w+)[^"]* of a.png"', text)
    alone, before, now = (np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data, _ in pictures[-3:])
    assert [word for _, word in pictures[-3:]] == ["Ink", "As", "Now"]
    close = {"atol": 60}
    assert np.allclose(alone[200:330], 255, **close)
    assert np.allclose(before[..., 0], edited[..., 0], **close)
    red = (now[..., 0].astype(int) - now[..., 1]) > 60
    left, top, width, height = desk.record.conflicts[0]
    assert red.any()
    assert not red[top : top + height, left : left + width].any()
    assert np.flatnonzero(red.any(1)).min() == pytest.approx(top, abs=6)
    assert "2 places of the ink are as edited by hand." in text
    assert f"{width} x {height} px at {left},{top}" in text


def test_without_the_option_the_page_is_kept_even_after_a_merge(desk: Desk) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    save(desk.output, edited)
    desk.draw(sketch(down=20))
    desk.ink(keep_edits=True)
    merged = desk.output.read_bytes()
    desk.draw(sketch(down=-20))
    kept = desk.ink()
    assert isinstance(kept, PageSkipped)
    assert "--keep-edits" in kept.note
    assert desk.output.read_bytes() == merged


def test_a_copy_of_the_sketch_beside_it_does_not_keep_edits_from_it(desk: Desk) -> None:
    ink_and_edit(desk)
    shutil.copy(desk.scan, desk.scan.with_name("a_backup.png"))
    more = sketch()
    stroke(more, FIRST, 0, 20)
    desk.draw(more)
    done = desk.ink(keep_edits=True)
    assert isinstance(done, PageDone)
    assert done.edits == 1


def test_ink_that_was_only_saved_again_is_finished_once_that_is_known(desk: Desk) -> None:
    desk.ink()
    save(desk.output, np.repeat(pixels(desk.output), 3, 2))
    assert "was changed" in desk.ink().note
    found = desk.ink(keep_edits=True)
    assert isinstance(found, PageSkipped)
    assert (found.note, found.edits) == ("", 0)
    assert desk.ink().note == ""


def to_two_pages(path: Path) -> None:
    imwrite(path, np.stack([pixels(path)[..., 0]] * 2), photometric="minisblack")


def to_photoshop(path: Path) -> None:
    imwrite(
        path,
        pixels(path)[..., 0],
        photometric="minisblack",
        extratags=[(37724, 7, 36, b"Adobe Photoshop Document Data Block\0", True)],
    )


@pytest.mark.parametrize(("change", "says"), [(to_two_pages, "2 pages"), (to_photoshop, "Photoshop's layers")])
def test_pages_and_layers_that_somebody_added_are_not_lost(
    desk: Desk, change: Callable[[Path], None], says: str
) -> None:
    desk.ink(format="tiff")
    change(desk.output)
    before = desk.output.read_bytes()
    desk.draw(sketch(down=20))
    kept = desk.ink(format="tiff", keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert says in kept.note
    assert desk.output.read_bytes() == before


@pytest.mark.parametrize("given", [{"format": "jpeg"}, {"format": "gif"}], ids=str)
def test_what_cannot_keep_edits_is_not_said_to(desk: Desk, given: dict[str, object]) -> None:
    desk.ink(**given)
    desk.output.write_bytes(desk.output.read_bytes() + b" ")
    desk.draw(sketch(down=20))
    kept = desk.ink(**given)
    assert isinstance(kept, PageSkipped)
    assert "--keep-edits" not in kept.note
    assert "--overwrite" in kept.note


def lose_prints(desk: Desk) -> None:
    for file in (desk.out / KEPT).iterdir():
        file.unlink()


def damage_prints(desk: Desk) -> None:
    for file in (desk.out / KEPT).iterdir():
        file.write_bytes(file.read_bytes()[:-3])


def crop(desk: Desk) -> None:
    save(desk.output, pixels(desk.output)[10:].copy())


@pytest.mark.parametrize(
    ("change", "says"),
    [(lose_prints, "no fingerprints"), (damage_prints, "no fingerprints"), (crop, "300 x 410 px instead of 300 x 420")],
)
def test_what_cannot_be_merged_is_kept_as_a_whole_and_told(
    desk: Desk, change: Callable[[Desk], None], says: str
) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    save(desk.output, edited)
    change(desk)
    before = desk.output.read_bytes()
    desk.draw(sketch(down=20))
    kept = desk.ink(keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert "kept as a whole" in kept.note
    assert says in kept.note
    assert desk.output.read_bytes() == before


def test_edits_that_stay_behind_under_another_name_are_told(desk: Desk) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    first = desk.output
    desk.ink(keep_edits=True, format="webp")
    assert not any(isinstance(each, Notice) for each in desk.events)
    stroke(edited, DETAIL, 0)
    save(first, edited)
    desk.ink(keep_edits=True, format="bmp")
    (notice,) = (each.text for each in desk.events if isinstance(each, Notice))
    assert notice.startswith(f"{first} has edits, and stays as it is")
    desk.ink(keep_edits=True, format="bmp")
    assert not any(isinstance(each, Notice) for each in desk.events)


def test_a_damaged_output_is_kept_as_such(desk: Desk) -> None:
    desk.ink()
    edited = np.random.default_rng(0).integers(0, 255, pixels(desk.output).shape, np.uint8)
    save(desk.output, edited)
    desk.output.write_bytes(desk.output.read_bytes()[:30_000])
    before = desk.output.read_bytes()
    desk.draw(sketch(down=20))
    kept = desk.ink(keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert "kept as a whole: it is cut off or damaged" in kept.note
    assert "--keep-edits" not in kept.note
    assert desk.output.read_bytes() == before


def test_a_dry_run_tells_how_many_edits_there_are_and_writes_nothing(desk: Desk) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    edited[375:385, 100:140] = 255
    save(desk.output, edited)
    same = desk.ink(dry_run=True)
    assert isinstance(same, PageSkipped)
    assert same.edits == 2
    desk.draw(sketch(down=20))
    before = {path: path.stat().st_mtime_ns for path in desk.out.rglob("*")}
    planned = desk.ink(dry_run=True, keep_edits=True)
    assert isinstance(planned, PagePlanned)
    assert planned.edits == 2
    assert {path: path.stat().st_mtime_ns for path in desk.out.rglob("*")} == before


def test_only_the_fingerprints_that_are_needed_are_kept(desk: Desk) -> None:
    desk.ink()
    (first,) = (desk.out / KEPT).iterdir()
    desk.draw(sketch(down=20))
    desk.ink()
    (second,) = (desk.out / KEPT).iterdir()
    assert first.name != second.name == desk.record.prints


def test_what_is_kept_goes_nowhere_else_and_takes_nothing_else_away(desk: Desk, tmp_path: Path) -> None:
    desk.ink()
    kept = desk.out / KEPT
    (kept / "mine.txt").write_text("mine")
    desk.draw(sketch(down=20))
    desk.ink()
    assert (kept / "mine.txt").read_text() == "mine"
    elsewhere = tmp_path / "elsewhere"
    kept.rename(elsewhere)
    kept.symlink_to(elsewhere)
    before = sorted(elsewhere.iterdir())
    desk.draw(sketch(down=-20))
    desk.ink()
    (failed,) = (each for each in desk.events if isinstance(each, PageFailed))
    assert "is a link" in failed.error
    assert sorted(elsewhere.iterdir()) == before


def test_an_artist_who_saves_while_the_page_is_inked_loses_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    save(desk.output, edited)
    desk.draw(sketch(down=20))
    inked = Pen.bands

    def bands(self: Pen, *arguments: object) -> Iterator[np.ndarray]:
        stroke(edited, FIRST, 0, 30)
        save(desk.output, edited)
        yield from inked(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Pen, "bands", bands)
    kept = desk.ink(keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert "run again" in kept.note
    assert np.array_equal(pixels(desk.output), edited)


@pytest.mark.parametrize(
    "given", [{"overwrite": True}, {"format": "jpeg"}, {"format": "svg"}, {"join": True, "format": "tiff"}], ids=str
)
def test_wishes_that_do_not_go_with_edits_are_refused(given: dict[str, str | bool | None]) -> None:
    with pytest.raises(ArgumentError, match="--keep-edits"):
        InkOptions.parse({**given, "keep_edits": True})


def edit_ora(path: Path, x: int, y: int) -> tuple[dict[str, bytes], np.ndarray]:
    """Puts a flat colour under the ink, draws into the ink, and trims its layer, as Krita does.

    Returns:
        All members; and the opacity of the ink.
    """
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    part = path.with_suffix(".layer.png")
    part.write_bytes(members["data/ink.png"])
    ink = pixels(part).copy()
    stroke(ink, DETAIL, (0, 0, 0, 255))
    save(part, np.ascontiguousarray(ink[y:, x:]))
    members["data/ink.png"] = part.read_bytes()
    Image.new("RGBA", SHAPE[::-1], (250, 220, 180, 255)).save(part)
    members["data/flat.png"] = part.read_bytes()
    under = (0.5 * 255 + 0.5 * np.array([250, 220, 180])) * (1 - ink[..., 3:] / 255)
    save(part, np.ascontiguousarray(under.astype(np.uint8)))
    members["mergedimage.png"] = part.read_bytes()
    part.unlink()
    stack = members["stack.xml"].decode()
    old = '<layer name="ink" src="data/ink.png" x="0" y="0" visibility="visible" />'
    assert old in stack
    trimmed = old.replace('x="0" y="0"', f'x="{x}" y="{y}"')
    flat = '<layer name="flat" src="data/flat.png" x="0" y="0" visibility="visible" opacity="0.5" />'
    members["stack.xml"] = stack.replace(old, trimmed + flat).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return members, ink[..., 3]


def check_merged_image(desk: Desk, ink: np.ndarray) -> None:
    """Whether the merged picture is ink over a flat colour at half its opacity over an old sketch under no ink."""
    merged = pages.read_sketch(desk.output, ReadOptions()).astype(float)
    flat = np.array([252.5, 237.5, 217.5])
    is_bare = sketch() == 255
    off = np.abs(merged - flat * (1 - ink[..., None] / 255))
    assert off[is_bare].max() <= 2


@pytest.mark.parametrize("corner", [(0, 0), (30, 40)])
def test_of_openraster_only_the_layer_of_ink_is_changed(desk: Desk, corner: tuple[int, int]) -> None:
    desk.ink(format="ora")
    members, edited = edit_ora(desk.output, *corner)
    desk.draw(sketch(down=20))
    done = desk.ink(format="ora", keep_edits=True)
    assert isinstance(done, PageDone)
    assert (done.edits, done.conflicts) == (1, ())
    with zipfile.ZipFile(desk.output) as archive:
        after = {name: archive.read(name) for name in archive.namelist()}
    assert list(after) == list(members)
    changed = {name for name in after if after[name] != members[name]}
    assert changed - {"stack.xml"} == {"data/ink.png", "mergedimage.png", "Thumbnails/thumbnail.png"}
    assert ("stack.xml" in changed) == (corner != (0, 0))
    ink = pages.read_ink_layer(desk.output, "ora", desk.out).pixels
    wanted = 255 - sketch(down=20)
    wanted[230:330] = edited[230:330]
    assert np.array_equal(ink[..., 3], wanted)
    check_merged_image(desk, wanted)
    assert isinstance(desk.ink(format="ora", keep_edits=True), PageSkipped)


def test_of_photoshop_only_the_layer_of_ink_is_changed(desk: Desk) -> None:
    desk.ink(format="psd")
    image = PSDImage.open(desk.output)
    sketch_layer, ink_layer = image
    ink = np.array(ink_layer.topil())
    stroke(ink, DETAIL, (0, 0, 0, 255))
    record = ink_layer._record
    record.left, record.top = 30, 40
    for info, data in zip(record.channel_info, ink_layer._channels, strict=True):
        plane = np.ascontiguousarray(ink[40:, 30:, info.id])
        info.length = 2 + data.set_data(plane.tobytes(), plane.shape[1], plane.shape[0], 8)
    flat = image.create_pixel_layer(Image.new("RGB", SHAPE[::-1], (250, 220, 180)), name="flat", opacity=128)
    image.remove(flat)
    image.insert(1, flat)
    under = (0.5 * 255 + 0.5 * np.array([250, 220, 180])) * (1 - ink[..., 3:] / 255)
    planes = [under[..., each].astype(np.uint8).tobytes() for each in range(3)]
    image._record.image_data.set_data(planes, image._record.header)
    image.save(desk.output)
    before = PSDImage.open(desk.output)
    assert [layer.name for layer in before] == [sketch_layer.name, "flat", "ink"]
    desk.draw(sketch(down=20))
    done = desk.ink(format="psd", keep_edits=True)
    assert isinstance(done, PageDone)
    assert (done.edits, done.conflicts) == (1, ())
    after = PSDImage.open(desk.output)
    assert [layer.name for layer in after] == [layer.name for layer in before]
    for layer, same in zip(before, after, strict=True):
        planes = [(each.compression, each.data) for each in layer._channels]
        assert (planes == [(each.compression, each.data) for each in same._channels]) == (layer.name != "ink")
    wanted = 255 - sketch(down=20)
    wanted[230:330] = ink[230:330, :, 3]
    assert np.array_equal(pages.read_ink_layer(desk.output, "psd", desk.out).pixels[..., 3], wanted)
    check_merged_image(desk, wanted)


def test_a_file_without_its_layer_of_ink_is_kept_as_a_whole(desk: Desk) -> None:
    desk.ink(format="ora")
    with zipfile.ZipFile(desk.output) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(desk.output, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data.replace(b'name="ink"', b'name="line"') if name == "stack.xml" else data)
    before = desk.output.read_bytes()
    desk.draw(sketch(down=20))
    kept = desk.ink(format="ora", keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert "has no layer 'ink'" in kept.note
    assert desk.output.read_bytes() == before


def test_edits_of_one_page_never_go_into_another(desk: Desk) -> None:
    ink_and_edit(desk)
    before, first = desk.output.read_bytes(), desk.scan
    desk.scan = first.parent / "other" / first.name
    desk.scan.parent.mkdir()
    desk.draw(255 - sketch()[::-1])
    for given in ({"keep_edits": True}, {"dry_run": True, "keep_edits": True}):
        told = desk.ink(**given)
        assert isinstance(told, PageSkipped)
        assert "is edited ink of ../a.png, and is kept" in told.note
    assert desk.output.read_bytes() == before
    first.rename(first.parent / "gone.png")
    assert isinstance(desk.ink(keep_edits=True), PageDone)


def test_ink_of_another_page_that_is_replaced_is_told(desk: Desk) -> None:
    desk.draw(sketch())
    desk.ink()
    first, notice = desk.scan, "takes the place of the ink of ../a.png, which is still there"
    desk.scan = first.parent / "other" / first.name
    desk.scan.parent.mkdir()
    desk.draw(sketch(20))
    desk.ink(dry_run=True)
    assert [notice in each.text for each in desk.events if isinstance(each, Notice)] == [True]
    assert isinstance(desk.ink(), PageDone)
    assert [notice in each.text for each in desk.events if isinstance(each, Notice)] == [True]
    desk.draw(sketch(30))
    assert isinstance(desk.ink(), PageDone)
    assert not any(isinstance(each, Notice) for each in desk.events)


def test_edits_do_not_go_into_the_page_that_got_the_name_of_theirs(desk: Desk) -> None:
    """A page was put into the book before this one."""
    ink_and_edit(desk)
    before = desk.output.read_bytes()
    desk.scan.rename(desk.scan.with_name("b.png"))
    desk.draw(sketch()[::-1])
    told = desk.ink(keep_edits=True)
    assert isinstance(told, PageSkipped)
    assert told.note.startswith("is edited ink of the sketch that is b.png now, and is kept")
    assert desk.output.read_bytes() == before
    shutil.copy(desk.scan.with_name("b.png"), desk.scan.with_name("c.png"))
    assert isinstance(desk.ink(keep_edits=True), PageDone)  # pages that are alike
