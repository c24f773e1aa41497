"""The rules of ruled and squared paper are blank, strokes on them stay, and what an artist drew in rows is no rule."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lineart_cli.imaging import tone
from scans import HEIGHT, WIDTH, added, drawing, found, scanned, turned

PITCH = 58


def ruled(dark: float, across: bool, down: bool, degrees: float = 0.0, bent: float = 0.0) -> np.ndarray:
    """The share of the light that rules leave, (HEIGHT, WIDTH), on paper that lies askew or is bent."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    turn = np.radians(degrees)
    along, off = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    off += bent * (x / WIDTH - 0.5) ** 2
    lines = np.zeros_like(x)
    for way in [each for each, is_there in ((off, across), (along, down)) if is_there]:
        lines = np.maximum(lines, np.clip(2 - np.abs((way + PITCH / 2) % PITCH - PITCH / 2), 0, 1))
    return 1 - dark * cv2.GaussianBlur(lines, (0, 0), 0.8)


@pytest.mark.parametrize(("across", "down"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("dark", [0.12, 0.3, 0.5])
@pytest.mark.parametrize(("degrees", "bent"), [(0.0, 0.0), (1.1, 0.0), (-0.6, 30.0)])
def test_rules_are_blank_and_strokes_on_them_stay(
    across: bool, down: bool, dark: float, degrees: float, bent: float
) -> None:
    ink = drawing()
    page = scanned(0.95 * (1 - ink) * ruled(dark, across, down, degrees, bent))
    seen = tone.darkness(page)
    assert found(seen, ink) > 0.99
    assert added(seen, ink) < 0.08


@pytest.mark.parametrize("broad", [1, 2, 3, 5])
def test_rules_without_soft_edges_are_blank_too(broad: int) -> None:
    ink, lines = drawing(), np.zeros((HEIGHT, WIDTH), np.float32)
    for place in range(30, HEIGHT, PITCH):
        lines[place : place + broad] = 1
    for place in range(20, WIDTH, PITCH):
        lines[:, place : place + broad] = 1
    seen = tone.darkness(np.rint(255 * (1 - ink) * (1 - 0.5 * lines)).astype(np.uint8))
    assert found(seen, ink) > 0.99
    assert added(seen, ink) < 0.08


def test_paper_seen_at_a_slant_is_blank_too() -> None:
    corners = np.array([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], np.float32)
    there = corners + np.array([(0, 0), (-30, 15), (-80, -20), (60, -10)], np.float32)
    way = cv2.getPerspectiveTransform(corners + np.float32([(-90, -90), (90, -90), (90, 90), (-90, 90)]), there)
    page = cv2.warpPerspective(ruled(0.3, across=True, down=True), way, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    inside = np.s_[120:-120, 120:-120]
    ink = drawing()
    seen = tone.darkness(scanned(0.95 * (1 - ink) * page)[inside].copy())
    assert found(seen, ink[inside]) > 0.98
    assert added(seen, ink[inside]) < 0.15


def rows(*places: int, dark: float = 0.5, first: int = 0, last: int = WIDTH) -> np.ndarray:
    """Level lines there, the share of the light that they take."""
    lines = np.zeros((HEIGHT, WIDTH), np.float32)
    for place in places:
        cv2.line(lines, (first, place), (last, place), dark, 3, cv2.LINE_AA)
    return lines


@pytest.mark.parametrize(
    "lines",
    [
        rows(300, 330, 360, 390, 420),  # a staff
        rows(100, 180, 300, 345, 470, 520, 655, 700, 850, 1010, 1090, 1200),  # boards of unequal height
        rows(*range(100, 1200, 40), first=500, last=900),  # a ladder
        turned(rows(*range(0, 1300, 12), dark=0.4, first=300, last=800), 0, 30),  # hatching
    ],
)
def test_what_is_drawn_in_rows_is_no_rule(lines: np.ndarray) -> None:
    seen = tone.darkness(scanned(0.95 * (1 - lines)))
    assert found(np.maximum(seen, 0), np.where(lines > 0.3, 1, 0)) > 0.98


@pytest.mark.parametrize("dark", [0.4, 0.75])
@pytest.mark.parametrize("bricks", [False, True])
def test_boards_and_bricks_by_hand_all_over_a_page_are_drawn(dark: float, bricks: bool) -> None:
    by_hand, lines = np.random.default_rng(2), np.zeros((HEIGHT, WIDTH), np.float32)
    for row, place in enumerate(range(50, HEIGHT, 60)):
        x = np.arange(0, WIDTH + 100, 100)
        course = np.stack([x, place + by_hand.normal(0, 1.2, x.size)], 1)
        cv2.polylines(lines, [np.rint(16 * course).astype(int)], False, dark, 4, cv2.LINE_AA, 4)
        for joint in range(60 * (row % 2), WIDTH, 120) if bricks else ():
            cv2.line(lines, (joint, place), (joint + round(by_hand.normal(0, 2)), place + 60), dark, 4, cv2.LINE_AA)
    assert found(tone.darkness(scanned(0.95 * (1 - lines))), np.where(lines > 0.9 * dark, 1, 0)) > 0.98


def test_lines_as_even_as_rules_and_as_dark_as_strokes_are_drawn() -> None:
    lines = rows(*range(50, HEIGHT, 60), dark=0.8)
    assert found(tone.darkness(scanned(0.95 * (1 - lines) * (1 - drawing()))), lines) > 0.98


def test_a_part_of_a_ruled_page_is_darkened_as_the_whole_is() -> None:
    page = scanned(0.95 * (1 - drawing()) * ruled(0.3, across=True, down=True, degrees=0.5))
    measured, whole = tone.measure(page), tone.darkness(page)
    part = np.s_[517:903, 211:1300]
    dark = np.empty(page[part].shape, np.float32)
    tone.apply(page, measured, 0.35, part, dark)
    np.testing.assert_array_equal(dark, whole[part])


def test_strokes_that_are_added_leave_most_of_the_rules_as_they_are() -> None:
    page = 0.95 * (1 - drawing()) * ruled(0.3, across=True, down=True, degrees=0.5)
    stroke = np.zeros_like(page)
    cv2.ellipse(stroke, (700, 600), (90, 150), 20, 0, 360, 0.75, 5, cv2.LINE_AA)
    before, after = (tone.measure(scanned(each)) for each in (page, page * (1 - stroke)))
    for one, other in zip(before.ruled, after.ruled, strict=True):
        assert one is not None
        assert other is not None
        assert (one.curves == other.curves).all(1).mean() > 0.7
        assert (one.dark == other.dark).mean() > 0.9
