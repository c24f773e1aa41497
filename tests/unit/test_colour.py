from __future__ import annotations

import numpy as np
import pytest

from lineart_cli import colour
from lineart_cli.options import DESATURATE_MODES

COLOUR = np.array([[[0.2, 0.5, 0.9]]], np.float32)


@pytest.mark.parametrize(
    ("mode", "grey"),
    [
        ("luma709", 0.2126 * 0.2 + 0.7152 * 0.5 + 0.0722 * 0.9),
        ("luma601", 0.299 * 0.2 + 0.587 * 0.5 + 0.114 * 0.9),
        ("lightness", 0.55),
        ("average", 1.6 / 3),
        ("min", 0.2),
        ("max", 0.9),
    ],
)
def test_desaturation_is_krita_s(mode: str, grey: float) -> None:
    found = colour.desaturate(COLOUR, mode)
    assert found.shape == (1, 1)
    assert found.dtype == np.float32
    assert found[0, 0] == pytest.approx(grey, abs=1e-6)


def test_every_mode_is_an_option_and_leaves_grey_alone() -> None:
    assert tuple(colour.DESATURATE) == DESATURATE_MODES
    greys = np.linspace(0, 1, 11, dtype=np.float32)
    for mode in DESATURATE_MODES:
        np.testing.assert_allclose(colour.desaturate(np.dstack([greys] * 3), mode)[0], greys, atol=1e-6)
