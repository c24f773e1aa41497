"""What is mended in the ink of one pass before the next one sees it."""

from __future__ import annotations

import numpy as np
import pytest

from lineart_cli.inference import blots, crumbs, gaps, half_size, meshes, solids
from pictures import darken_of

SHAPE = (501, 407)
NET = slice(60, 300), slice(80, 330)


def net(every: int = 14) -> np.ndarray:
    """Ink of a net of lines 3 px thick, in the middle of the page, and of a single line beside it."""
    rows, columns = np.indices(SHAPE)
    ink = np.zeros(SHAPE, np.uint8)
    ink[NET] = (255 * ((rows % every < 3) | (columns % every < 3)))[NET]
    ink[400:403, 20:380] = 255
    return ink


def strokes_of(ink: np.ndarray) -> np.ndarray:
    return np.asarray(0.8 * (ink > 0), np.float32)


def searched(ink: np.ndarray) -> np.ndarray:
    """Strokes of the ink, and more between its lines."""
    sketch = strokes_of(ink)
    sketch[NET][np.random.default_rng(0).random(sketch[NET].shape) < 0.4] = 0.8
    return sketch


def enlarged(mesh: np.ndarray) -> np.ndarray:
    return mesh.repeat(half_size.STEP, 0).repeat(half_size.STEP, 1)[: SHAPE[0], : SHAPE[1]]


def areas(ink: np.ndarray, sketch: np.ndarray) -> np.ndarray:
    return half_size.found(ink, darken_of(sketch), meshes.meshes)


def test_a_net_with_strokes_beside_its_lines_is_a_mesh() -> None:
    mesh = enlarged(areas(net(), searched(net())))
    assert mesh[NET].mean() > 0.95
    assert not mesh[350:].any()


@pytest.mark.parametrize("rows", [3, 2])
def test_a_mesh_has_twelve_cells_at_least(rows: int) -> None:
    inked = np.zeros((100, 120), np.uint8)
    inked[20 : 24 + 14 * rows, 20:80] = 1
    for row in range(rows):
        for column in range(4):
            inked[24 + 14 * row : 34 + 14 * row, 24 + 14 * column : 34 + 14 * column] = 0
    dark = np.full(inked.shape, 0.8, np.float32)
    assert meshes.meshes(inked, darken_of(dark)).any() == (4 * rows >= 12)


@pytest.mark.parametrize("every", [14, 60])
def test_lines_that_follow_all_that_is_drawn_are_no_mesh(every: int) -> None:
    assert not areas(net(every), strokes_of(net(every))).any()


def test_wide_cells_and_black_shapes_are_no_mesh() -> None:
    assert not areas(net(60), searched(net(60))).any()
    black = np.zeros(SHAPE, np.uint8)
    black[NET] = 255
    assert not areas(black, strokes_of(black)).any()


def test_a_mesh_is_drawn_as_before_and_the_rest_stays() -> None:
    ink, sketch = net(), searched(net())
    before = np.zeros(SHAPE, np.uint8)
    before[170:173, :] = 255
    inside = enlarged(areas(ink, sketch)) > 0
    drawn = ink.copy()
    darken = meshes.redrawn(darken_of(sketch), before, drawn)
    np.testing.assert_array_equal(drawn, np.where(inside, before, ink))
    whole = np.empty(SHAPE, np.float32)
    darken((slice(0, SHAPE[0]), slice(0, SHAPE[1])), whole)
    np.testing.assert_array_equal(whole, np.where(inside, before / np.float32(255), sketch))
    part = slice(61, 260), slice(33, 402)
    out = np.empty([side.stop - side.start for side in part], np.float32)
    darken(part, out)
    np.testing.assert_array_equal(out, whole[part])


def test_without_a_mesh_nothing_changes() -> None:
    ink, darken = net(60), darken_of(strokes_of(net(60)))
    drawn = ink.copy()
    assert meshes.redrawn(darken, np.zeros(SHAPE, np.uint8), drawn) is darken
    np.testing.assert_array_equal(drawn, ink)


def test_meshes_across_bands_are_found_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = areas(net(), searched(net()))
    monkeypatch.setattr(half_size, "_BAND_PX", 1)
    monkeypatch.setattr(half_size, "_AROUND", 140)
    np.testing.assert_array_equal(areas(net(), searched(net())), whole)


def black() -> np.ndarray:
    page = np.zeros(SHAPE, np.uint8)
    page[NET] = 255
    page[400:403, 20:380] = 255
    return page


def test_black_with_paper_between_its_strokes_is_taken_out_of_a_draft() -> None:
    draft = black()
    gaps.clear(darken_of(strokes_of(net())), draft)
    assert (draft[NET] > 0).mean() < 0.01  # but for its corners
    np.testing.assert_array_equal(draft[350:], black()[350:])


@pytest.mark.parametrize("level", [0.8, 0.35])
def test_black_that_is_dark_all_over_stays_in_a_draft(level: float) -> None:
    draft = black()
    gaps.clear(darken_of(np.asarray(level * (draft > 0), np.float32)), draft)
    np.testing.assert_array_equal(draft, black())


DISC = np.add.outer((np.arange(SHAPE[0]) - 200) ** 2, (np.arange(SHAPE[1]) - 200) ** 2)


def test_a_solid_black_that_is_inked_in_part_is_inked_whole() -> None:
    sketch = np.asarray(0.8 * (DISC < 70**2), np.float32)
    sketch[:, ::9] *= 0.4  # paper between strokes
    sketch[400:403, 20:380] = 0.8
    ink = np.asarray(255 * (sketch > 0.1), np.uint8)
    ink[150:240, 200:280] = ink[250:256, 150:156] = 0
    line = ink[390:].copy()
    darken = solids.filled(darken_of(sketch), ink)
    assert (ink[DISC < 66**2] == 255).all()
    assert not ink[:390][DISC[:390] > 74**2].any()
    np.testing.assert_array_equal(ink[390:], line)
    whole = np.empty(SHAPE, np.float32)
    darken((slice(0, SHAPE[0]), slice(0, SHAPE[1])), whole)
    assert (whole[DISC < 66**2] == 1).all()
    np.testing.assert_array_equal(whole[390:], sketch[390:])


@pytest.mark.parametrize("level", [0.5, 0.8])
def test_neither_grey_shapes_nor_thick_lines_are_solid_blacks(level: float) -> None:
    sketch = np.zeros(SHAPE, np.float32)
    sketch[190:210, 20:380] = level  # a thick line, of which a pass has inked a bit as a shape
    ink = np.zeros(SHAPE, np.uint8)
    ink[199:202, 20:380] = ink[190:210, 100:160] = 255
    before, darken = ink.copy(), darken_of(sketch)
    assert solids.filled(darken, ink) is darken
    np.testing.assert_array_equal(ink, before)


def shaded(lines: float) -> np.ndarray:
    """A shaded disc with three lines in it."""
    sketch = np.asarray(0.45 * (DISC < 70**2), np.float32)
    for row in (160, 200, 240):
        sketch[row : row + 6, 140:260] = lines
    return sketch


def test_the_shading_under_a_blot_is_paper_and_its_lines_stay() -> None:
    sketch = shaded(0.9)
    ink = np.asarray(255 * (sketch > 0), np.uint8)
    darken = blots.as_lines(darken_of(sketch), ink)
    out = np.empty(SHAPE, np.float32)
    darken((slice(0, SHAPE[0]), slice(0, SHAPE[1])), out)
    assert (ink[DISC < 66**2] > 0).mean() < 0.02
    assert np.median(out[DISC < 66**2]) < 0.02
    assert np.median(out[160:166, 150:250]) > 0.75


@pytest.mark.parametrize("sketch", [shaded(0.45), np.asarray(1.7 * shaded(0.55), np.float32)])
def test_grey_fills_and_blacks_are_no_blots(sketch: np.ndarray) -> None:
    ink = np.asarray(255 * (sketch > 0), np.uint8)
    before, darken = ink.copy(), darken_of(sketch)
    assert blots.as_lines(darken, ink) is darken
    np.testing.assert_array_equal(ink, before)


def test_a_grainy_fill_is_no_blot() -> None:
    grain = 0.5 + 0.25 * np.random.default_rng(0).choice([-1, 1], SHAPE)
    sketch = np.where(DISC < 70**2, grain, 0).astype(np.float32)
    darken = darken_of(sketch)
    assert blots.as_lines(darken, np.asarray(255 * (DISC < 70**2), np.uint8)) is darken


def test_paper_inside_a_solid_black_stays_paper() -> None:
    sketch = np.asarray(0.8 * (DISC < 70**2), np.float32)
    sketch[170:182, 170:182] = sketch[195:201, 140:260] = 0  # a highlight and a seam
    ink = np.asarray(255 * (sketch > 0), np.uint8)
    ink[205:250, 200:280] = 0
    solids.filled(darken_of(sketch), ink)
    assert (ink[225:245, 205:240] == 255).all()
    assert not ink[173:179, 173:179].any()
    assert not ink[197:199, 145:255].any()


def test_a_line_that_runs_into_a_solid_black_stays_a_line() -> None:
    sketch = np.asarray(0.8 * (DISC < 70**2), np.float32)
    sketch[194:206, 200:390] = 0.8
    ink = np.asarray(255 * (DISC < 70**2), np.uint8)
    ink[198:202, 200:390] = 255
    solids.filled(darken_of(sketch), ink)
    assert (ink[:, 290:380] > 0).sum() == 4 * 90


def test_a_shape_with_a_broad_dark_part_is_no_blot() -> None:
    sketch = np.asarray(0.5 * (DISC < 70**2), np.float32)
    sketch[220:270, 100:300] *= 1.6
    darken = darken_of(sketch)
    assert blots.as_lines(darken, np.asarray(255 * (DISC < 70**2), np.uint8)) is darken


def crumb(level: float, stroke: float, length: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Levels of a line and of a bit of ink 12 px long, and a sketch with strokes under both."""
    sketch, levels = np.zeros(SHAPE, np.float32), np.full(SHAPE, -9, np.float16)
    sketch[100:106, 40:340], levels[101:105, 40:340] = 0.8, 1
    sketch[200:206, 190 - length // 2 : 190 + length // 2], sketch[200:206, 184:196] = stroke, level
    levels[201:205, 184:196] = 1
    return sketch, levels


def sweep(sketch: np.ndarray, levels: np.ndarray) -> np.ndarray:
    left = levels.copy()
    crumbs.sweep(darken_of(sketch), left, lambda each: each > 0, -9)
    return left


def test_a_bit_of_a_pale_stroke_is_a_crumb_and_is_taken_out() -> None:
    sketch, levels = crumb(0.6, 0.5)
    left = sweep(sketch, levels)
    assert (left[150:] == -9).all()
    np.testing.assert_array_equal(left[:150], levels[:150])


@pytest.mark.parametrize(("level", "stroke", "length"), [(0.8, 0.5, 300), (0.6, 0.6, 12), (0.6, 0.2, 300)])
def test_dark_bits_and_those_without_a_stroke_around_them_stay(level: float, stroke: float, length: int) -> None:
    sketch, levels = crumb(level, stroke, length)
    np.testing.assert_array_equal(sweep(sketch, levels), levels)


def test_a_crumb_near_a_line_takes_nothing_of_it_away() -> None:
    sketch, levels = crumb(0.6, 0.5)
    levels[210:216, 40:340], sketch[210:216, 40:340] = 1, 0.8
    left = sweep(sketch, levels)
    assert not (left[196:206] > 0).any()
    np.testing.assert_array_equal(left[210:], levels[210:])


def test_a_page_drawn_in_dots_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    sketch, levels = crumb(0.6, 0.5)
    monkeypatch.setattr(crumbs, "_MOST", 0)
    np.testing.assert_array_equal(sweep(sketch, levels), levels)
