"""The brush engine, what is measured from it, and how fidelity judges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lineart_cli.brushes import store
from lineart_cli.brushes.fitting import measure
from lineart_cli.brushes.style import load
from lineart_train.brushes import engine, evaluate, mypaint, shipped
from lineart_train.brushes.engine import Brush
from lineart_train.brushes.presets import PRESETS
from lineart_train.evaluation.fidelity import FIGURES, cut, fidelity
from lineart_train.generator.scenes.curves import ellipse, resample

LEVEL = resample(np.array([[-50, 40], [450, 40]], np.float32), 1.0)
SHAPE = (80, 400)


def drawn(brush: Brush, pressure: float = 1.0, thickness: float = 10, seed: int = 1) -> np.ndarray:
    return engine.draw(brush, LEVEL, np.full(len(LEVEL), pressure), thickness, SHAPE, seed)


@pytest.mark.parametrize("thickness", [1, 2, 5, 16])
def test_a_plain_stroke_is_as_wide_as_its_thickness(thickness: float) -> None:
    assert drawn(Brush(), thickness=thickness).sum(0)[100:300].mean() == pytest.approx(thickness, abs=0.15)


def test_width_and_opacity_follow_pressure() -> None:
    brush = Brush(width=((0.0, 0.2), (0.5, 0.8), (1.0, 1.0)), opacity=((0.0, 0.0), (1.0, 0.6)))
    for pressure, width, opacity in ((0.5, 0.8, 0.3), (1.0, 1.0, 0.6)):
        ink = drawn(brush, pressure)[:, 200]
        assert ink.max() == pytest.approx(opacity, abs=0.01)
        assert ink.sum() == pytest.approx(10 * width * opacity, abs=0.1)


def test_a_soft_stamp_fades_to_its_edge() -> None:
    ink = drawn(Brush(hardness=0.0), thickness=20)[40:, 200]
    assert (np.diff(ink) <= 1e-6).all()
    assert 0.3 < ink[5] < 0.7


def test_a_flat_nib_is_broad_across_its_edge() -> None:
    angle = np.deg2rad(30)
    along = resample(np.array([[20, 20], [20 + 300 * np.cos(angle), 20 + 300 * np.sin(angle)]], np.float32), 1.0)
    inks = []
    for angle in (30, 120):
        brush = Brush(roundness=0.2, angle=angle)
        inks.append(engine.draw(brush, along, np.ones(len(along)), 12, (220, 340)).sum() / 300)
    assert inks[0] == pytest.approx(12 * 0.2, abs=0.5)
    assert inks[1] == pytest.approx(12, abs=0.8)


def test_tapers_thin_out_to_both_ends_unless_told_otherwise() -> None:
    curve = resample(np.array([[50, 40], [350, 40]], np.float32), 1.0)
    brush = Brush(width=((0.0, 0.0), (1.0, 1.0)), taper=6.0)
    ink = engine.draw(brush, curve, np.ones(len(curve)), 10, SHAPE).sum(0)
    assert (np.diff(ink[55:100]) >= -0.05).all()
    assert ink[52] < 2
    assert ink[150] > 9.5
    blunt = engine.draw(brush, curve, np.ones(len(curve)), 10, SHAPE, ends=(False, True)).sum(0)
    assert blunt[52] > 9
    assert blunt[348] < 2


@pytest.mark.parametrize("name", ["pencil", "charcoal", "dry_brush"])
def test_texture_is_the_same_every_time_and_another_for_another_seed(name: str) -> None:
    brush = PRESETS[name][1]
    np.testing.assert_array_equal(drawn(brush), drawn(brush))
    assert np.abs(drawn(brush) - drawn(brush, seed=2)).max() > 0.3


def test_tooth_belongs_to_the_paper() -> None:
    brush = Brush(opacity=((0.0, 0.5), (1.0, 0.5)), grain=1.0)
    half = engine.draw(brush, LEVEL[250:], np.ones(len(LEVEL[250:])), 10, SHAPE, 1)
    np.testing.assert_allclose(half[37:44, 260:380], drawn(brush)[37:44, 260:380], atol=0.05)


def test_jitter_frays_the_edge() -> None:
    rough, smooth = (np.abs(np.diff(drawn(Brush(jitter=jitter)).sum(0)[50:350])).mean() for jitter in (0.1, 0.0))
    assert rough > 5 * smooth + 0.02


def test_the_shipped_brushes_are_the_presets_measured(tmp_path: Path) -> None:
    for path in shipped.write(tmp_path):
        made, kept = load(path), store.find(path.stem)[1]
        assert made.about == kept.about
        np.testing.assert_allclose(made.width, kept.width, atol=0.02)
        np.testing.assert_allclose(made.cover, kept.cover, atol=0.03)
        assert made.grain == pytest.approx(kept.grain, rel=0.1)
        assert (made.taper, made.angle_width) == (kept.taper, kept.angle_width)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_measured_draws_the_stroke_that_was_measured(seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = rng.uniform(0.2, 0.8)
    brush = Brush(width=((0.0, low), (1.0, 1.0)), opacity=((0.0, 0.3), (1.0, 0.9)), grain=0.7, hardness=0.5)
    strip = shipped.strip(brush)
    style = measure.measure(strip, "")
    again = measure.draw(strip, style, 2 * measure.half_width(strip))
    for part in (slice(0, 300), slice(450, 750), slice(900, 1200)):
        assert again[:, part].sum() == pytest.approx(strip.ink[:, part].sum(), rel=0.08)
    smooth = measure.draw(strip, replace(style, grain=0.0), 2 * measure.half_width(strip))
    np.testing.assert_allclose(measure.energies(again, smooth), measure.energies(strip.ink, smooth), atol=0.02)


def test_the_table_is_followed_by_how_many_are_near_enough() -> None:
    rows = [
        evaluate.Row(str(error), "fields", 12, dict.fromkeys(FIGURES, error)) for error in (0.05, 0.11, 0.12, 0.19, 0.3)
    ]
    assert list(evaluate.counts(rows)) == [
        "drawn from fields: of 5 brushes 1 within 0.10, 3 within 0.12, 4 within 0.20"
    ]


def test_a_stroke_is_cut_across_its_course() -> None:
    ring = ellipse(np.array([100.0, 100.0], np.float32), np.array([60.0, 60.0]), 0.0, sweep=4.0, spacing=0.5)
    page = engine.draw(Brush(), ring, np.ones(len(ring)), 6, (200, 200))
    strip = cut(page, ring, 8)
    np.testing.assert_allclose(strip.sum(0)[30:-30], 6, atol=0.3)


def test_fidelity_sees_what_is_different_and_nothing_else() -> None:
    def strips(brush: Brush, thickness: float = 10) -> np.ndarray:
        return np.stack([cut(drawn(brush, 0.7, thickness, seed), LEVEL[60:440], 14) for seed in (1, 2, 3, 4)])

    pen, chalk = Brush(), Brush(opacity=((0.0, 0.5), (1.0, 0.5)), grain=0.8)
    assert max(fidelity(strips(pen), strips(pen)).values()) == 0
    broad = fidelity(strips(pen, 12), strips(pen))
    assert broad["width"] == pytest.approx(0.2, abs=0.03)
    assert max(broad["opacity"], broad["grain"]) < 0.02
    pale = fidelity(strips(replace(pen, opacity=((0.0, 0.75), (1.0, 0.75)))), strips(pen))
    assert pale["opacity"] == pytest.approx(0.25, abs=0.01)
    assert pale["width"] < 0.02
    coarse = fidelity(strips(replace(chalk, grain_size=10.0)), strips(chalk))
    assert coarse["grain"] > 0.3
    frayed = fidelity(strips(replace(pen, jitter=0.08)), strips(pen))
    assert frayed["roughness"] > 0.5
    assert set(frayed) == set(FIGURES)


@pytest.mark.parametrize("name", ["fineliner", "ink_pen", "calligraphy", "pencil"])
def test_presets_come_within_a_tenth_of_their_brushes_on_true_fields(name: str) -> None:
    (row,) = evaluate.rows(evaluate.presets([name])[0], 6.0)
    assert row.way == "fields"
    assert row.mean < 0.1, row.figures


needs_libmypaint = pytest.mark.skipif(mypaint.library() is None, reason="libmypaint is not installed")

MYB = """{"version": 3, "comment": "", "group": "", "parent_brush_name": "", "settings": {
 "opaque": {"base_value": 1, "inputs": {}}, "opaque_multiply": {"base_value": 1, "inputs": {}},
 "hardness": {"base_value": %s, "inputs": {}}, "radius_logarithmic": {"base_value": 1, "inputs":
 {"pressure": [[0, -1.0], [1, 0]]}}, "dabs_per_actual_radius": {"base_value": 8, "inputs": {}},
 "dabs_per_basic_radius": {"base_value": 0, "inputs": {}}}}"""


@needs_libmypaint
@pytest.mark.parametrize("pressure", [0.2, 0.6, 1.0])
def test_the_engine_agrees_with_libmypaint(tmp_path: Path, pressure: float) -> None:
    path = tmp_path / "pen.myb"
    path.write_text(MYB % "1.0")
    press = np.full(len(LEVEL), pressure)
    theirs = mypaint.draw(path, LEVEL[60:440], press[60:440], 20.0, SHAPE)
    knots = np.linspace(0, 1, 11)
    brush = Brush(width=tuple(zip(knots, np.exp(knots - 1), strict=True)))
    ours = engine.draw(brush, LEVEL[60:440], press[60:440], 40.0, SHAPE)
    middle = slice(100, 300)
    assert ours.sum(0)[middle].mean() == pytest.approx(theirs.sum(0)[middle].mean(), abs=1.2)  # whole pixels


@needs_libmypaint
def test_libmypaint_s_brushes_can_be_measured_from_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "pen.myb"
    path.write_text(MYB % "0.8")
    (subject,) = evaluate.unseen([path], 12.0)
    assert isinstance(subject, evaluate.Subject)
    (row,) = evaluate.rows(subject, 12.0)
    assert row.mean < 0.2, row.figures
