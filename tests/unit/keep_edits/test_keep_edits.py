"""Sketch, ink, edit, ink again: in every format that is written, the edits stay."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edited import DETAIL, FAR, FIRST, MOVED, Desk, Pen, ink_and_edit, pixels, plain_ink, save, sketch, stroke
from lineart_cli import report
from lineart_cli.batch.kept_files import NAME as KEPT
from lineart_cli.edits.levels import at_bits
from lineart_cli.errors import ArgumentError
from lineart_cli.events import Notice, PageDone, PageFailed, PagePlanned, PageSkipped
from lineart_cli.options import Colour, InkOptions, ReportOptions


def test_a_dry_run_tells_edits_that_were_merged_before(desk: Desk) -> None:
    ink_and_edit(desk)
    desk.draw(sketch(20))
    assert isinstance(desk.ink(keep_edits=True), PageDone)
    for given in ({"dry_run": True}, {}):
        told = desk.ink(keep_edits=True, **given)
        assert isinstance(told, PageSkipped)
        assert (told.note, told.edits) == ("", 1)


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


@pytest.mark.parametrize("given", [{}, {"transparent": True}, {"ink_colour": Colour(200, 90, 40)}], ids=str)
def test_16_bits_that_were_saved_with_8_have_no_edits(desk: Desk, given: dict[str, object]) -> None:
    desk.ink(bits=16, **given)
    save(desk.output, at_bits(pixels(desk.output), 8))
    desk.draw(sketch(down=20))
    done = desk.ink(bits=16, keep_edits=True, **given)
    assert isinstance(done, PageDone)
    assert done.edits == 0
    assert np.array_equal(pixels(desk.output), plain_ink(desk, bits=16, **given))


def test_coloured_ink_that_was_laid_on_white_has_no_edits(desk: Desk) -> None:
    given: dict[str, object] = {"ink_colour": Colour(90, 120, 200), "transparent": True}
    desk.ink(**given)
    with Image.open(desk.output) as ink:
        flat = Image.alpha_composite(Image.new("RGBA", ink.size, "white"), ink.convert("RGBA")).convert("RGB")
    flat.save(desk.output)
    desk.draw(sketch(down=20))
    done = desk.ink(keep_edits=True, **given)
    assert isinstance(done, PageDone)
    assert done.edits == 0
    assert np.array_equal(pixels(desk.output), plain_ink(desk, **given))


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


@pytest.mark.parametrize("is_half_saved", [False, True])
@pytest.mark.parametrize(("is_watched", "says"), [(False, "run again"), (True, "once more when it has come to rest")])
def test_an_artist_who_saves_while_the_page_is_inked_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_watched: bool, says: str, is_half_saved: bool
) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    save(desk.output, edited)
    if is_half_saved:
        desk.output.write_bytes(desk.output.read_bytes()[:-30])
    desk.draw(sketch(down=20))
    inked = Pen.bands

    def bands(self: Pen, *arguments: object) -> Iterator[np.ndarray]:
        stroke(edited, FIRST, 0, 30)
        save(desk.output, edited)
        yield from inked(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Pen, "bands", bands)
    kept = desk.ink(keep_edits=True, watch=is_watched)
    assert isinstance(kept, PageSkipped)
    assert says in kept.note
    assert np.array_equal(pixels(desk.output), edited)


@pytest.mark.parametrize(
    "given", [{"overwrite": True}, {"format": "jpeg"}, {"format": "svg"}, {"join": True, "format": "tiff"}], ids=str
)
def test_wishes_that_do_not_go_with_edits_are_refused(given: dict[str, str | bool | None]) -> None:
    with pytest.raises(ArgumentError, match="--keep-edits"):
        InkOptions.parse({**given, "keep_edits": True})
