"""Paper in shadows, on desks and under scanner lids: what was drawn is dark, and nothing else is."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from lineart_cli.imaging import tone
from lineart_cli.imaging.paper import LEAST_PAPER, PAGE_FLOOR, paper_map
from scans import HEIGHT, WIDTH, added, drawing, found, scanned, turned

SHADOWS = {
    "corner": [(700, 1300), (1500, 400), (1500, 1300)],
    "side": [(1150, 0), (1500, 0), (1500, 1300), (1150, 1300)],
    "strip": [(0, 500), (1500, 650), (1500, 900), (0, 700)],
    "half": [(0, 0), (700, 0), (760, 1300), (0, 1300)],
}


def shade(corners: list[tuple[int, int]], soft: float) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillPoly(mask, [np.array(corners)], 1.0)
    return cv2.GaussianBlur(mask, (0, 0), soft) if soft else mask


@pytest.mark.parametrize("soft", [0, 12, 60])
@pytest.mark.parametrize("depth", [0.33, 0.45, 0.6, 0.8])
@pytest.mark.parametrize("shadow", SHADOWS)
def test_shadows_leave_the_lines_alone(shadow: str, depth: float, soft: float) -> None:
    ink = drawing()
    dark = tone.darkness(scanned(0.95 * (1 - ink) * (1 - (1 - depth) * shade(SHADOWS[shadow], soft))))
    assert found(dark, ink) > 0.99
    assert added(dark, ink) < 0.1


def test_a_part_of_a_page_in_shadow_is_darkened_as_the_whole_is() -> None:
    grey = scanned(turned(0.95 * (1 - drawing()) * (1 - 0.6 * shade(SHADOWS["corner"], 5)), 0.03, 2))
    part = np.s_[517:1203, 411:1500]
    dark = np.empty(grey[part].shape, np.float32)
    tone.apply(grey, tone.measure(grey), 0.35, part, dark)
    np.testing.assert_array_equal(dark, tone.darkness(grey)[part])


@pytest.mark.parametrize("degrees", [0.0, 1.5, -4.0])
@pytest.mark.parametrize("around", [0.03, 0.3, 0.6, 0.8])
def test_what_lies_around_the_sheet_is_blank(around: float, degrees: float) -> None:
    ink = turned(drawing(), 0, degrees)
    dark = tone.darkness(scanned(turned(0.97 * (1 - drawing()), around, degrees)))
    assert found(dark, ink) > 0.99
    assert added(dark, ink) < 0.05


@pytest.mark.parametrize("width", [10, 30, 60])
def test_the_scanner_s_frame_is_blank_however_narrow(width: int) -> None:
    ink = drawing()
    page = 0.97 * (1 - ink)
    for side in (page[:width], page[-width:], page[:, :width], page[:, -width:]):
        side[:] = 0.04
    dark = tone.darkness(scanned(page))
    assert found(dark, ink) == 1
    assert added(dark, ink) < 0.05


def test_lines_go_on_to_the_edge_of_a_sheet_in_uneven_light() -> None:
    ink = drawing()
    page = 0.97 * (1 - ink) * np.linspace(0.88, 1, WIDTH)
    page[:, :140] = page[:, -40:] = page[:150] = page[-40:] = 0.03
    dark = tone.darkness(scanned(page))
    inside = np.zeros(ink.shape, bool)
    inside[150 + 24 : -40 - 24, 140 + 24 : -40 - 24] = True
    assert found(dark[inside], ink[inside]) > 0.99
    assert added(dark, ink) < 0.05


@pytest.mark.parametrize("degrees", [0.0, 0.8])
@pytest.mark.parametrize("gutter", [26, 60, 110])
def test_the_black_between_panels_is_blank_and_their_lines_stay(gutter: int, degrees: float) -> None:
    black = np.ones((HEIGHT, WIDTH), np.float32)
    for top, bottom, edges in ((60, 600, (60, 700, 1440)), (600, 1240, (60, 900, 1440))):
        for left, right in pairwise(edges):
            black[top + gutter // 2 : bottom - gutter // 2, left + gutter // 2 : right - gutter // 2] = 0
    ink, bar = drawing() * (black == 0), np.zeros_like(black)
    bar[1000:1024, 1000:1300] = 1
    ink, bar, black = (turned(each, around, degrees, 1.0) for each, around in ((ink, 0), (bar, 0), (black, 1)))
    dark = tone.darkness(scanned(0.96 * (1 - ink) * (1 - black) * (1 - bar) + 0.02))
    near = cv2.dilate(black, np.ones((49, 49))) > 0.5
    assert found(dark[~near], ink[~near]) > 0.99
    gutters = cv2.morphologyEx(black, cv2.MORPH_OPEN, np.ones((20, 20))) > 0
    assert dark[gutters].max() < 0.05
    assert added(dark, ink + bar) < 0.05
    assert dark[cv2.erode(bar, np.ones((9, 9))) > 0.9].min() > 0.8


@pytest.mark.parametrize("scale", [0.7, 1.4])
@pytest.mark.parametrize("around", [0.0, 0.8])
def test_the_sheet_s_edge_is_blank_whether_the_page_is_enlarged_or_shrunk(around: float, scale: float) -> None:
    ink = turned(drawing(), 0, -2)
    page = turned(0.97 * (1 - drawing()), around, -2)
    inside = turned(np.ones((HEIGHT, WIDTH), np.float32), 0, -2)
    page *= (
        1
        - 0.25 * cv2.GaussianBlur(1 - inside, (0, 0), 12) * inside
        - 0.2 * cv2.GaussianBlur(inside, (0, 0), 9) * (1 - inside)
    )
    size = round(WIDTH * scale), round(HEIGHT * scale)
    grey = cv2.resize(scanned(page), size, interpolation=cv2.INTER_CUBIC)
    dark = tone.darkness(grey)
    ink = cv2.resize(ink, size)
    assert found(dark, ink) > 0.99
    assert added(dark, ink) < 0.06


def punched(*places: tuple[int, int], radius: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """A page with round black spots in those places, and where they are."""
    spots = np.zeros((HEIGHT, WIDTH), np.float32)
    for place in places:
        cv2.circle(spots, place, radius, 1.0, -1, cv2.LINE_AA)
    ink = drawing()
    ink[:, :120] = ink[:110] = 0
    return scanned(0.97 * (1 - ink) * (1 - 0.95 * spots)), spots > 0.05


@pytest.mark.parametrize("places", [((50, 400), (50, 900)), ((300, 55), (660, 52), (1020, 54))])
def test_punch_holes_are_blank(places: tuple[tuple[int, int], ...]) -> None:
    page, spots = punched(*places)
    dark = tone.darkness(page)
    assert dark[cv2.dilate(spots.astype(np.uint8), np.ones((9, 9))) > 0].max() < 0.1
    ink = drawing()
    ink[:, :120] = ink[:110] = 0
    assert found(dark, ink) > 0.99


@pytest.mark.parametrize(
    "places", [((50, 400),), ((50, 400), (50, 480)), ((600, 400), (600, 900)), ((50, 400), (90, 900))]
)
def test_other_black_spots_stay(places: tuple[tuple[int, int], ...]) -> None:
    page, spots = punched(*places)
    assert (tone.darkness(page)[cv2.erode(spots.astype(np.uint8), np.ones((9, 9))) > 0] > 0.7).all()


def test_a_spot_with_a_stroke_on_it_is_drawn() -> None:
    page, spots = punched((50, 400), (50, 900))
    for y in (400, 900):
        cv2.line(page, (50, y), (130, y), 30, 5)
    assert (tone.darkness(page)[cv2.erode(spots.astype(np.uint8), np.ones((9, 9))) > 0] > 0.7).all()


def bound(side: str, hole: tuple[int, int], pitch: int, crossed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A page with the holes of a spiral along a side, their wires, and strokes over some; and where both are."""
    holes, ink = np.zeros((HEIGHT, WIDTH), np.uint8), drawing()
    ink[:, :130] = 0
    for at in range(pitch // 2, HEIGHT, pitch):
        cv2.rectangle(holes, (40, at), (40 + hole[0], at + hole[1]), 1, -1)
        cv2.line(holes, (0, at + hole[1] // 2), (45, at + hole[1] // 3), 1, 4)
    for number in range(crossed):
        cv2.line(ink, (50, number * 5 * pitch), (180, number * 5 * pitch + 2 * pitch), 0.75, 5)
    turns = {"left": 0, "top": -1, "right": 2, "bottom": 1}[side]
    page = scanned(0.97 * (1 - ink) * (1 - 0.93 * holes))
    return np.rot90(page, turns).copy(), np.rot90(holes, turns), np.rot90(ink, turns)


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
@pytest.mark.parametrize(("hole", "pitch", "crossed"), [((50, 50), 100, 0), ((36, 44), 75, 3), ((60, 34), 90, 0)])
def test_the_holes_and_wires_of_a_spiral_are_blank(side: str, hole: tuple[int, int], pitch: int, crossed: int) -> None:
    page, holes, ink = bound(side, hole, pitch, crossed)
    dark = tone.darkness(page)
    assert dark[(holes > 0) & (ink == 0)].max() < 0.1
    away = cv2.dilate(holes, np.ones((49, 49))) == 0
    assert found(dark[away], ink[away]) > 0.99


@pytest.mark.parametrize("kept", [6, 3])
def test_a_few_black_spots_along_a_side_stay(kept: int) -> None:
    page, holes, _ = bound("left", (50, 50), 100)
    last = 100 * kept
    page[last:, :120] = 247
    dark = tone.darkness(page)[:last, 45:85]
    assert dark[cv2.erode(holes, np.ones((11, 11)))[:last, 45:85] > 0].min() > 0.7


def with_stroke(*ends: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A page with a stroke in an empty corner; and where it is."""
    ink, stroke = drawing(), np.zeros((HEIGHT, WIDTH), np.float32)
    ink[:200, -300:] = 0
    cv2.polylines(stroke, [np.array(ends)], False, 0.75, 7, cv2.LINE_AA)
    return scanned(0.97 * (1 - ink) * (1 - stroke)), stroke


@pytest.mark.parametrize("ends", [((1370, 60), (1450, 66)), ((1400, 40), (1450, 95)), ((1440, 40), (1440, 110))])
def test_a_staple_is_blank(ends: tuple[tuple[int, int], ...]) -> None:
    page, stroke = with_stroke(*ends)
    assert tone.darkness(page)[stroke > 0].max() < 0.1
    for turns in (1, 2, 3):
        assert tone.darkness(np.rot90(page, turns).copy())[np.rot90(stroke, turns) > 0].max() < 0.1


@pytest.mark.parametrize(
    "ends",
    [
        ((1250, 60), (1450, 66)),  # too long
        ((1420, 60), (1445, 62)),  # too short
        ((1380, 40), (1410, 70), (1450, 60)),  # bent
        ((1180, 60), (1260, 66)),  # in no corner
    ],
)
def test_other_strokes_in_a_corner_stay(ends: tuple[tuple[int, int], ...]) -> None:
    page, stroke = with_stroke(*ends)
    assert found(tone.darkness(page), stroke) == 1


def test_a_stroke_beside_others_is_no_staple() -> None:
    page, stroke = with_stroke((1370, 60), (1450, 66))
    cv2.line(page, (1380, 95), (1440, 100), 60, 7, cv2.LINE_AA)
    assert found(tone.darkness(page), stroke) == 1


def test_all_that_is_on_a_page_is_no_staple() -> None:
    page = np.full((HEIGHT, WIDTH), 247, np.uint8)
    cv2.line(page, (1370, 60), (1450, 66), 60, 7, cv2.LINE_AA)
    assert tone.darkness(page)[63, 1410] > 0.7


@pytest.mark.parametrize("away", [3, 6, 10, 20])
def test_a_line_all_along_the_page_s_edge_is_drawn_where_there_is_paper_beyond_it(away: int) -> None:
    ink = drawing()
    for at in (away, HEIGHT - 1 - away):
        ink[at : at + 5 if at == away else at - 5 : 1 if at == away else -1] = 0.75
    ink[:, away : away + 5] = 0.75
    ink[:, WIDTH - away - 5 : WIDTH - away] = 0.75
    assert found(tone.darkness(scanned(0.97 * (1 - ink))), ink) > 0.99


def test_lines_that_run_off_the_page_stay() -> None:
    ink = drawing()
    for at in range(100, HEIGHT, 150):
        cv2.line(ink, (0, at), (200, at + 40), 0.75, 5)
        cv2.line(ink, (at, HEIGHT), (at + 40, HEIGHT - 200), 0.75, 30)
    page = scanned(0.97 * (1 - ink))
    dark = tone.darkness(page)
    assert found(dark, ink) == 1
    assert found(dark[:, :8], ink[:, :8]) == found(dark[-8:], ink[-8:]) == 1
    np.testing.assert_allclose(paper_map(page), 0.97, atol=0.03)


@pytest.mark.parametrize("depth", [1.0, 0.4])
def test_black_areas_stay_black(depth: float) -> None:
    light = 0.95 * (1 - (1 - depth) * shade(SHADOWS["half"], 10))
    black = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(black, (350, 400), 180, 1, -1)
    cv2.circle(black, (1100, 1250), 250, 1, -1)  # runs off the page
    dark = tone.darkness(scanned(light * (1 - 0.93 * black)))
    inside = cv2.erode(black, np.ones((31, 31))) > 0
    assert dark[inside].min() > 0.6
    assert dark[cv2.dilate(black, np.ones((31, 31))) == 0].max() < 0.12


def test_grey_areas_of_a_drawing_are_held_up_as_ever() -> None:
    page = np.full((HEIGHT, WIDTH), 0.98, np.float32)
    page[300:700, 400:900] = 0.45
    paper = paper_map(page)[45:80, 60:105]
    assert paper.min() > PAGE_FLOOR * 0.98 > LEAST_PAPER


@pytest.mark.parametrize("tint", [0.25, 0.4, 0.6])
def test_of_toned_paper_dark_lines_come_out_and_chalk_does_not(tint: float) -> None:
    ink = drawing()
    chalk = np.roll(ink, (14, 14), (0, 1)) > 0.3
    page = scanned(np.where(chalk & (ink < 0.05), min(tint + 0.3, 1), tint * (1 - ink)), 0.02)
    dark = tone.darkness(page)
    assert found(dark, ink) > 0.97
    assert added(dark, ink) < 0.15
