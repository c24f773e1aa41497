"""The rough side: strokes, their centre line, pixels and media."""

from __future__ import annotations

import numpy as np
import pytest

from lineart_train.generator.dataset import draw
from lineart_train.generator.scenes.curves import Points, ellipse, resample
from lineart_train.generator.sketch.fill import fills, insides, lay_fill
from lineart_train.generator.sketch.hand import Hand, Stroke, overdraw, sketch
from lineart_train.generator.sketch.junctions import join
from lineart_train.generator.sketch.media import develop
from lineart_train.generator.sketch.raster import OFFSET_UNIT, lay, offset_field
from lineart_train.generator.sketch.spacing import clearance, separate
from lineart_train.generator.sketch.under import underdrawing

LOOSE = Hand(passes=4.0, spread=6.0, piece=250.0, overshoot=10.0, width=4.0, opacity=0.7, taper=0.0)


def line(x0: float, y0: float, x1: float, y1: float) -> Points:
    return resample(np.array([[x0, y0], [x1, y1]], np.float32), 3.0)


def distance(points: Points, to: Points) -> Points:
    return np.asarray(np.hypot(*(points[:, None] - to[None]).transpose(2, 0, 1)).min(1))


def test_the_course_lies_nearer_to_the_strokes_than_the_hidden_curve() -> None:
    centre_line_off, curve_off = [], []
    for seed in range(20):
        curve = line(0, 0, 900, 200)
        strokes, centre_lines = overdraw(curve, LOOSE, 8.0, np.random.default_rng(seed))
        drawn = np.concatenate([s.points[8:-8] for s in strokes])
        centre_line_off.append(np.median(distance(drawn, np.concatenate(centre_lines))))
        curve_off.append(np.median(distance(drawn, curve)))
    assert np.mean(centre_line_off) < 0.85 * np.mean(curve_off)


def test_the_course_is_smooth_where_strokes_end() -> None:
    for seed in range(10):
        _, centre_lines = overdraw(line(0, 0, 900, 0), LOOSE, 8.0, np.random.default_rng(seed))
        for centre_line in centre_lines:
            steps = np.diff(centre_line, axis=0)
            assert np.hypot(*steps.T).max() < 8.0


def test_a_closed_curve_stays_closed() -> None:
    ring = ellipse(np.array([200.0, 200.0], np.float32), np.array([120.0, 80.0]), 0.0)
    _, centre_lines = overdraw(ring, LOOSE, 4.0, np.random.default_rng(1))
    assert len(centre_lines) == 1
    np.testing.assert_allclose(centre_lines[0][0], centre_lines[0][-1], atol=1e-3)


def test_lines_that_melt_into_one_are_left_out_and_crossings_stay() -> None:
    long, beside, across = line(0, 0, 600, 0), line(100, 4, 400, 4), line(300, -200, 300, 200)
    kept = separate([long, beside, across], 9.0)
    assert len(kept) == 2
    assert sum(len(k) for k in kept) == len(long) + len(across)


def test_clearance_is_the_distance_to_the_neighbour() -> None:
    near = clearance([line(0, 0, 300, 0), line(0, 20, 300, 20)])
    assert near == [pytest.approx(20, abs=3)] * 2
    assert clearance([line(0, 0, 300, 0)]) == [200.0]


def test_small_gaps_are_closed_and_large_ones_are_not() -> None:
    wall, short, far = line(0, 0, 300, 0), line(100, 6, 100, 90), line(200, 40, 200, 90)
    closed = join([wall, short, far], 9.0)
    assert distance(closed[1], wall).min() < 2
    assert distance(closed[2], wall).min() > 30


def test_what_overshoots_a_line_is_cut_at_it() -> None:
    wall, over, cross = line(0, 0, 300, 0), line(100, -12, 100, 90), line(200, -45, 200, 45)
    _, cut, kept = join([wall, over, cross], 15.0)
    assert cut[:, 1].min() == pytest.approx(0, abs=3)
    assert np.array_equal(kept, cross)


def test_corners_are_led_on_to_a_point() -> None:
    across, down = join([line(0, 0, 292, 0), line(300, 8, 300, 200)], 15.0)
    assert across[-1] == pytest.approx([300, 0], abs=0.1)
    assert down[0] == pytest.approx([300, 0], abs=0.1)


def test_a_line_that_melts_into_another_leads_into_it() -> None:
    long, merging = line(0, 0, 600, 0), resample(np.array([[0, 200], [200, 5], [500, 5]], np.float32), 3.0)
    kept = separate([long, merging], 12.0)
    assert distance(kept[1], long).min() < 1
    assert kept[1][:, 0].max() < 260


def test_black_areas_are_chosen_among_closed_courses_and_blackened() -> None:
    ring = ellipse(np.array([60.0, 60.0], np.float32), np.array([20.0, 15.0]), 0.0)
    rng = np.random.default_rng(0)
    masks = fills(insides([ring, line(0, 0, 120, 120)], 128), rng)
    assert len(masks) == 1
    assert masks[0].sum() == pytest.approx(np.pi * 20 * 15, rel=0.1)
    for _ in range(6):
        ink = np.zeros((128, 128), np.float32)
        lay_fill(ink, masks[0], 4.0, rng)
        assert ink[masks[0]].mean() > 0.6
        assert ink[~masks[0]].mean() < 0.02


def test_offsets_point_to_the_line_with_subpixel_accuracy() -> None:
    field = offset_field([line(20, 30.3, 100, 30.3)], 128).astype(np.float32) * OFFSET_UNIT
    inner = field[:, 20:41, 30:90]
    rows = np.arange(20, 41, dtype=np.float32)[:, None]
    np.testing.assert_allclose(inner[1], np.broadcast_to(30.3 - rows, inner[1].shape), atol=0.1)
    assert np.abs(inner[0]).max() < 0.15
    beyond = field[:, 30, 108]
    assert np.hypot(*beyond) == pytest.approx(8.0, abs=0.8)


def test_no_course_means_far_from_everything() -> None:
    assert (offset_field([], 64) == 127).all()


def test_a_stroke_covers_its_width_and_darkens_where_strokes_overlap() -> None:
    ink = np.zeros((64, 128), np.float32)
    points = line(10, 32, 118, 32)
    stroke = Stroke(points, np.full(len(points), 6.0, np.float32), 0.5)
    lay(ink, stroke)
    assert ink[:, 64].sum() == pytest.approx(0.5 * 6, abs=0.6)
    once = float(ink[32, 64])
    lay(ink, stroke)
    assert once == pytest.approx(0.5, abs=0.01)
    assert ink[32, 64] == pytest.approx(0.75, abs=0.01)


def test_underdrawing_stays_faint() -> None:
    curves = [line(50, 50, 400, 300)]
    layers = [underdrawing(curves, 512, 5.0, np.random.default_rng(seed)) for seed in range(20)]
    assert max(float(layer.max()) for layer in layers) <= 0.33 + 1e-6
    assert sum(layer.any() for layer in layers) > 5


@pytest.mark.parametrize("seed", range(8))
def test_media_keep_paper_light_and_lines_dark(seed: int) -> None:
    ink = np.zeros((256, 256), np.float32)
    ink[100:106] = 0.8
    dark = develop(ink, np.zeros_like(ink), np.random.default_rng(seed))
    assert dark.dtype == np.uint8
    assert dark[150:].mean() < 0.35 * dark[101:105].mean()  # shadows may lie on it
    assert dark[101:105].mean() > 80


def test_sketching_gives_strokes_and_courses_for_a_scene() -> None:
    curves = [line(50, 50, 450, 60), line(60, 200, 440, 400)]
    strokes, centre_lines = sketch(curves, LOOSE, np.random.default_rng(0))
    assert len(strokes) >= 2
    assert len(centre_lines) >= 2


def test_a_pair_is_a_function_of_seed_and_index() -> None:
    one, same, other = draw(5, 7, 256), draw(5, 7, 256), draw(5, 8, 256)
    assert np.array_equal(one.sketch, same.sketch)
    assert np.array_equal(one.offset, same.offset)
    assert not np.array_equal(one.sketch, other.sketch)
    assert one.sketch.shape == (256, 256)
    assert one.offset.shape == (2, 256, 256)
