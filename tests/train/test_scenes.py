"""Scenes: curve helpers, the reader of clean drawings, composition."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from lineart_train.generator.scenes.compose import BLEED, scene
from lineart_train.generator.scenes.curves import arc_length, clip_to, ellipse, resample, smooth, spline
from lineart_train.generator.scenes.drawings import join, load
from lineart_train.generator.scenes.motifs import MOTIFS


def test_resampled_points_are_equally_far_apart() -> None:
    fine = resample(np.array([[0, 0], [30, 0], [30, 40]], np.float32), 2.0)
    steps = np.hypot(*np.diff(fine, axis=0).T)
    assert arc_length(fine)[-1] == pytest.approx(70, abs=0.6)
    assert steps.max() == pytest.approx(2.0, abs=0.05)


def test_smoothing_keeps_ends_and_straight_lines() -> None:
    rng = np.random.default_rng(0)
    shaky = np.cumsum(rng.normal(0, 1, (80, 2)), 0).astype(np.float32)
    calm = smooth(shaky, 5.0)
    np.testing.assert_allclose(calm[[0, -1]], shaky[[0, -1]], atol=1e-4)
    assert np.abs(np.diff(calm, 2, axis=0)).mean() < 0.2 * np.abs(np.diff(shaky, 2, axis=0)).mean()
    straight = np.stack([np.arange(50), 2 * np.arange(50)], 1).astype(np.float32)
    np.testing.assert_allclose(smooth(straight, 5.0), straight, atol=1e-3)


def test_spline_passes_through_its_knots() -> None:
    knots = np.array([[0, 0], [50, 30], [90, -10], [160, 20]], np.float32)
    curve = spline(knots, 1.0)
    nearest = np.hypot(*(curve[:, None] - knots[None]).transpose(2, 0, 1)).min(0)
    assert nearest.max() < 0.6


def test_ellipse_closes() -> None:
    ring = ellipse(np.array([50.0, 60.0], np.float32), np.array([20.0, 10.0]), 0.3)
    np.testing.assert_allclose(ring[0], ring[-1], atol=1e-3)


def test_clipping_cuts_a_curve_into_the_runs_inside() -> None:
    wave = np.stack([np.arange(0, 100, 1.0), 15 * np.sin(np.arange(100) / 10)], 1).astype(np.float32)
    runs = clip_to(wave, -1000, 1000)
    assert len(runs) == 1
    assert len(runs[0]) == 100
    above = clip_to(wave, 0, 1000)
    assert len(above) > 1
    assert all((run >= 0).all() for run in above)


def test_pieces_cut_at_a_junction_are_joined_and_corners_are_not() -> None:
    left = np.array([[0, 0], [10, 0], [20, 0]], np.float32)
    right = np.array([[40, 1], [30, 0], [20.5, 0]], np.float32)
    upward = np.array([[20, 0.5], [20, 10], [20, 20]], np.float32)
    joined = join([left, right, upward], 2.0)
    assert sorted(round(float(arc_length(c)[-1])) for c in joined) == [20, 40]


def test_library_reads_drawings_and_names_a_bad_line(tmp_path: Path) -> None:
    good = {"id": "a", "w": 9, "h": 9, "strokes": [{"p": [[0, 0], [5, 5]], "w": 1, "c": False}]}
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as lines:
        lines.write(json.dumps(good) + "\n")
    library = load(tmp_path)
    assert len(library.drawings) == 1
    assert np.ptp(library.drawings[0][0], axis=0).max() == pytest.approx(1.0)
    (tmp_path / "b.jsonl").write_text('{"strokes": 3}\n')
    with pytest.raises(ValueError, match=r"b\.jsonl:1"):
        load(tmp_path)
    for folder in (tmp_path / "missing", tmp_path / "b.jsonl"):
        with pytest.raises(ValueError, match="holds no drawings"):
            load(folder)


def test_a_file_of_drawings_that_is_cut_off_or_not_whole_yet(tmp_path: Path) -> None:
    good = {"strokes": [{"p": [[0, 0], [5, 5]]}]}
    whole = gzip.compress(b"".join(json.dumps(good).encode() + b"\n" for _ in range(99)))
    (tmp_path / "a.jsonl.gz").write_bytes(whole)
    (tmp_path / ".a.jsonl.gz.1.part").write_bytes(whole[:20])
    assert len(load(tmp_path).drawings) == 99
    (tmp_path / "b.jsonl.gz").write_bytes(whole[:-9])
    with pytest.raises(ValueError, match=r"b\.jsonl\.gz is damaged"):
        load(tmp_path)


@pytest.mark.parametrize("motif", [m for m, _ in MOTIFS], ids=lambda m: m.__name__)
def test_every_motif_gives_finite_curves(motif) -> None:  # type: ignore[no-untyped-def]
    for seed in range(5):
        curves = motif(np.random.default_rng(seed), 512.0)
        assert curves
        assert all(c.ndim == 2 and c.shape[1] == 2 and len(c) >= 2 and np.isfinite(c).all() for c in curves)


def test_a_scene_is_a_function_of_its_generator_and_stays_near_the_canvas() -> None:
    one, two = (scene(np.random.default_rng(3), 512) for _ in range(2))
    assert len(one) == len(two) > 0
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    every = np.concatenate(one)
    assert every.min() >= -BLEED - 1
    assert every.max() <= 512 + BLEED + 1
