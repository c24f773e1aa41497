"""Edits stay with their page when sketches and ink get other names, and never go into another's."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edited import DETAIL, Desk, ink_and_edit, pixels, save, sketch, stroke
from lineart_cli.events import Notice, PageDone, PageSkipped


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
