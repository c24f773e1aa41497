"""Distances beyond those that are known, and soft brushes that need them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lineart_cli.brushes.drawing.extension import DistanceExtension
from lineart_cli.brushes.drawing.paint import Lines, paint
from lineart_cli.brushes.style import CAPS, EVEN, PRESSURES, REACH, STEPS

SHAPE = (160, 200)
SOFT = replace(EVEN, cover=(tuple(float(each) for each in np.linspace(1, 0, STEPS)),) * PRESSURES)


def true() -> np.ndarray:
    """Distances from a line that slopes and ends on both sides."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    along = np.clip(((x - 40) * 2 + (y - 60)) / np.sqrt(5), 0, 120)
    return np.hypot(x - 40 - 2 * along / np.sqrt(5), y - 60 - along / np.sqrt(5))


def known(most: float = 12.0) -> np.ndarray:
    return np.minimum(true(), most).astype(np.float16)


def test_distances_go_on_where_they_are_not_known() -> None:
    found = DistanceExtension(known(), 11.75, 40)[:]
    near = true() < 36
    np.testing.assert_allclose(found[near], true()[near], atol=1)
    assert found[~near].min() > 34


@pytest.mark.parametrize("rows", [slice(0, 30), slice(70, 71), slice(100, 160)])
def test_rows_are_the_same_in_whatever_strip_they_are_asked_for(rows: slice) -> None:
    page = DistanceExtension(known(), 11.75, 24)
    every, some = page[:][rows], page[rows]
    np.testing.assert_array_equal(np.where(every < 24, every, 24), np.where(some < 24, some, 24))


def test_a_page_without_lines_is_far_from_all_of_them() -> None:
    assert DistanceExtension(np.full((40, 50), 12, np.float16), 11.75, 30)[:].min() > 1000


def test_strips_of_a_page_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    style = replace(SOFT, taper=2.0, grain=1.0, bands=(0.6, 0, 0, 0, 0.8), caps=tuple(np.linspace(0, 1, len(CAPS))))
    lines = Lines(known(), np.ones((1, 1), np.float32), 12.0)
    whole = paint(lines, style, 16, SHAPE)
    monkeypatch.setattr("lineart_cli.brushes.drawing.paint.ROWS", 16)
    np.testing.assert_allclose(paint(lines, style, 16, SHAPE).astype(int), whole, atol=1)


def test_a_soft_brush_does_not_end_where_distances_do() -> None:
    press = np.ones((1, 1), np.float32)
    ink, whole = (paint(Lines(off, press, seen), SOFT, 16, SHAPE) for off, seen in ((known(), 12.0), (true(), np.inf)))
    assert SOFT.reach * 8 > 15
    np.testing.assert_allclose(ink, whole, atol=12)
    ring = (true() > 13) & (true() < 0.9 * REACH * 8)
    assert ink[ring].min() > 0
