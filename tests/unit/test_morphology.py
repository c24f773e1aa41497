"""Morphology on masks."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lineart_cli.imaging.morphology import straight


@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    drawn=st.sampled_from([0.05, 0.5, 0.9, 0.98]),
    share=st.sampled_from([0.05, 0.25, 0.5, 1.0]),
    seed=st.integers(0, 99),
)
def test_straight_runs_are_what_openings_along_both_sides_leave(
    shape: tuple[int, int], drawn: float, share: float, seed: int
) -> None:
    mask = (np.random.default_rng(seed).random(shape) < drawn).astype(np.uint8)
    height, width = (max(3, int(share * side)) for side in shape)
    level, upright = (
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(run, np.uint8)) for run in ((1, width), (height, 1))
    )
    np.testing.assert_array_equal(straight(mask, share, 3), np.maximum(level, upright))
