"""Layers over one another."""

from __future__ import annotations

import numpy as np
import pytest

from lineart_cli.pages import compositing
from lineart_cli.pages.compositing import Group, Painting
from lineart_cli.pages.picture import Block, to_grey


def grey(group: Group, width: int = 2, height: int = 3) -> float:
    found = to_grey(compositing.composed(group, width, height, None), "luma709")
    assert found.shape == (height, width)
    assert np.ptp(found) < 1e-6
    return float(found[0, 0])


def flat(light: float, coverage: float = 1.0, **more: object) -> Painting:
    samples = np.full((3, 2, 2), (light, coverage), np.float32)
    return Painting(lambda: [Block(samples, "grey", 1, "straight")], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("blend", "expected"),
    [
        ("normal", 0.4),
        ("multiply", 0.32),
        ("screen", 0.88),
        ("overlay", 0.76),
        ("darken", 0.4),
        ("lighten", 0.8),
        ("color-dodge", 1.0),
        ("color-burn", 0.5),
        ("hard-light", 0.64),
        ("soft-light", 0.768),
        ("difference", 0.4),
        ("exclusion", 0.56),
        ("add", 1.0),
        ("subtract", 0.4),
        ("linear-burn", 0.2),
        ("divide", 1.0),
    ],
)
def test_what_becomes_of_0_4_on_0_8(blend: str, expected: float) -> None:
    assert grey(Group((flat(0.8), flat(0.4, blend=blend)))) == pytest.approx(expected, abs=1e-5)
    half = grey(Group((flat(0.8), flat(0.4, opacity=0.5, blend=blend))))
    assert half == pytest.approx((0.8 + expected) / 2, abs=1e-5)


def test_a_group_is_laid_down_as_one() -> None:
    pair = (flat(0.2, 0.5), flat(0.0, 0.5))
    alone = 0.75 * (0.2 * 0.25 + 0.0) / 0.75 + 0.25
    assert grey(Group((Group(pair),))) == pytest.approx(alone, abs=1e-5)
    assert grey(Group((Group(pair, opacity=0.5),))) == pytest.approx((1 + alone) / 2, abs=1e-5)


def test_a_group_that_is_passed_through_blends_with_what_is_below() -> None:
    above = (flat(0.5, blend="multiply"),)
    assert grey(Group((flat(0.6), Group(above, is_passed_through=True)))) == pytest.approx(0.3, abs=1e-5)
    assert grey(Group((flat(0.6), Group(above)))) == pytest.approx(0.5, abs=1e-5)
    faded = Group(above, opacity=0.5, is_passed_through=True)
    assert grey(Group((flat(0.6), faded))) == pytest.approx(0.45, abs=1e-5)


def test_a_clipped_layer_shows_only_on_what_is_below() -> None:
    assert grey(Group((flat(0.8, 0.5), flat(0.0, is_clipped=True)))) == pytest.approx(0.5, abs=1e-5)
    assert grey(Group((flat(0.8, 0.5), flat(0.5, blend="multiply", is_clipped=True)))) == pytest.approx(0.7, abs=1e-5)


def test_erasing_and_masks_hide() -> None:
    assert grey(Group((flat(0.0), flat(0.0, 0.25, blend="erase")))) == pytest.approx(0.25, abs=1e-5)
    mask = Painting(lambda: [Block(np.full((3, 2, 1), 0.25, np.float32), "grey", 1)])
    assert grey(Group((flat(0.0, masks=(mask,)),))) == pytest.approx(0.75, abs=1e-5)


def test_large_pages_come_in_strips_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    samples = rng.random((50, 30, 4), np.float32)

    def page() -> np.ndarray:
        blocks = [Block(samples[top : top + 9], "rgb", 1, "straight", top - 5, -3) for top in range(0, 50, 9)]
        group = Group((Painting(lambda: blocks), Painting(lambda: [Block(samples, "rgb", 1, "straight", 20, 4)])))
        return to_grey(compositing.composed(group, 25, 60, None), "average")

    whole = page()
    monkeypatch.setattr(compositing, "BLOCK_PIXELS", 25 * 7)
    np.testing.assert_array_equal(page(), whole)
