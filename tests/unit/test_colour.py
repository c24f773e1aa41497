from __future__ import annotations

import io
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from PIL import Image

from lineart_cli.imaging import colour, pencils, tone
from lineart_cli.options import DESATURATE_MODES, DROP_COLOURS, NEUTRAL_FAINT

COLOUR = np.array([[[0.2, 0.5, 0.9]]], np.float32)
HEIGHT, WIDTH = 900, 700
GRAPHITE = 0.55


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


def strokes(segments: list[tuple[int, int, int, int]], width: int) -> np.ndarray:
    """(HEIGHT, WIDTH) float32 in [0, 1], how much of each pixel lines from (x0, y0) to (x1, y1) cover."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x0, y0, x1, y1 in segments:
        cv2.line(drawn, (x0, y0), (x1, y1), 255, width, cv2.LINE_AA)
    return drawn.astype(np.float32) / 255


UNDER = strokes([(40, 60 + 90 * n, 660, 130 + 80 * n) for n in range(9)], 7)
OVER = strokes([(90, 850 - 70 * n, 620, 700 - 60 * n) for n in range(10)] + [(350, 60, 380, 850)], 6)
BARE = (UNDER < 0.01) & (OVER < 0.01)


def scan(pencil: tuple[int, int, int], paper: tuple[int, int, int] = (250, 246, 235), noise: float = 1.5) -> np.ndarray:
    """(HEIGHT, WIDTH, 3) uint8: graphite over a coloured pencil with grain, on paper in uneven light and tint."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    light = (1 - 0.25 * x / WIDTH - 0.08 * (y / HEIGHT) ** 2)[..., None]
    tint = np.dstack([np.ones_like(y), np.ones_like(y), 1 - 0.08 * y / HEIGHT])
    grain = rng.uniform(0.75, 1.1, UNDER.shape)
    rgb = np.array(paper) * light * tint
    rgb *= 1 - (UNDER * grain)[..., None] * (1 - np.array(pencil) / 255)
    rgb *= 1 - GRAPHITE * OVER[..., None]
    return np.clip(np.rint(rgb + rng.normal(0, noise, rgb.shape)), 0, 255).astype(np.uint8)


def without(light: np.ndarray, *names: str, rows: int | None = None) -> np.ndarray:
    """A page, (h, w, 3) in [0, 1], given in bands of so many rows, or as a whole."""
    cuts = range(0, len(light), rows or len(light))

    def bands() -> Iterator[tuple[np.ndarray, ...]]:
        return (tuple(np.moveaxis(light[top : top + cuts.step], -1, 0)) for top in cuts)

    return np.concatenate(list(pencils.without_pencils(bands, light.shape[:2], names)))


def dropped(rgb: np.ndarray, *names: str) -> np.ndarray:
    """Darkness against the paper, (HEIGHT, WIDTH), of the page without pencils."""
    grey = without(rgb.astype(np.float32) / 255, *names)
    return 1 - grey / cv2.resize(tone.paper_map(grey), (WIDTH, HEIGHT))


def check(dark: np.ndarray) -> None:
    """The pencil is far below what is inked at any setting near the usual, and graphite is as it was."""
    pencil, edge = (UNDER > 0.95) & (OVER < 0.02), (UNDER > 0.05) & (UNDER < 0.95) & (OVER < 0.02)
    faint = NEUTRAL_FAINT * GRAPHITE
    assert dark[pencil].mean() < 0.1 * faint
    assert np.percentile(dark[pencil], 99) < faint
    assert dark[edge].mean() < 0.4 * faint
    assert dark[(OVER > 0.95) & (UNDER < 0.02)].mean() == pytest.approx(GRAPHITE, rel=0.02)
    assert dark[(OVER > 0.95) & (UNDER > 0.95)].mean() == pytest.approx(GRAPHITE, rel=0.06)
    assert abs(dark[BARE].mean()) < 0.01


def test_light_is_encoded_as_srgb_does_and_back() -> None:
    light = np.linspace(0, 1, 1000, dtype=np.float32)
    np.testing.assert_allclose(colour.decoded(colour.encoded(light)), light, atol=1e-6)
    np.testing.assert_allclose(colour.encoded(np.float32([0, 0.2140, 1])), [0, 0.5, 1], atol=1e-3)


class TestDropColour:
    def test_every_name_is_an_option(self) -> None:
        assert tuple(pencils.DROPPED) == DROP_COLOURS

    @pytest.mark.parametrize("pencil", [(160, 210, 235), (110, 185, 225), (90, 140, 200), (60, 80, 160)])
    @pytest.mark.parametrize("paper", [(252, 251, 248), (240, 225, 190), (225, 235, 250)])
    def test_blue_goes_and_graphite_stays(self, pencil: tuple[int, int, int], paper: tuple[int, int, int]) -> None:
        rgb = scan(pencil, paper)
        check(dropped(rgb, "blue"))
        whole = colour.desaturate(rgb.astype(np.float32) / 255, "luma709")
        plain = 1 - whole / cv2.resize(tone.paper_map(whole), (WIDTH, HEIGHT))
        assert plain[(UNDER > 0.95) & (OVER < 0.02)].mean() > 0.1  # it was there

    @pytest.mark.parametrize(
        ("name", "pencil"),
        [
            ("green", (110, 190, 120)),
            ("green", (80, 180, 160)),
            ("yellow", (245, 225, 90)),
            ("orange", (245, 160, 70)),
            ("red", (225, 90, 80)),
            ("red", (240, 120, 70)),
            ("pink", (240, 150, 190)),
            ("purple", (150, 100, 190)),
        ],
    )
    def test_so_do_other_pencils(self, name: str, pencil: tuple[int, int, int]) -> None:
        check(dropped(scan(pencil), name))

    def test_a_jpeg_with_halved_colours(self) -> None:
        buffer = io.BytesIO()
        Image.fromarray(scan((110, 185, 225))).save(buffer, "JPEG", quality=90)
        check(dropped(np.asarray(Image.open(buffer)), "blue"))

    def test_grain_and_noise_grow_no_lines(self) -> None:
        rgb = scan((255, 255, 255), noise=5)
        light = rgb.astype(np.float32) / 255
        grey = without(light, "blue")
        assert np.abs(grey - light[..., 2]).mean() < 1e-3

    def test_another_colour_stays(self) -> None:
        dark = dropped(scan((225, 60, 50)), "blue")
        assert dark[(UNDER > 0.95) & (OVER < 0.02)].mean() > 0.6

    @pytest.mark.parametrize("names", [("red", "blue"), ("blue", "red"), ("blue", "red", "green"), ("pink", "blue")])
    def test_several_go_together(self, names: tuple[str, ...]) -> None:
        blue, red = scan((110, 185, 225)), scan((240, 120, 150) if "pink" in names else (225, 90, 80))
        both = np.where(np.arange(WIDTH)[:, None] < WIDTH // 2, blue, red)
        check(dropped(both, *names))
        left = dropped(both, names[0])
        assert left[(UNDER > 0.95) & (OVER < 0.02)].mean() > 0.1  # one alone leaves the other

    @pytest.mark.parametrize("names", [("blue",), ("blue", "red")])
    @pytest.mark.parametrize("rows", [1, 7, 200])
    def test_bands_of_any_height_give_the_same(self, rows: int, names: tuple[str, ...]) -> None:
        light = scan((110, 185, 225))[:300, :200].astype(np.float32) / 255
        np.testing.assert_array_equal(without(light, *names, rows=rows), without(light, *names))

    @pytest.mark.parametrize("names", [("blue",), ("blue", "red")])
    @pytest.mark.parametrize("dtype", [np.float16, np.float32])
    def test_a_page_without_colour_is_unchanged(self, dtype: type, names: tuple[str, ...]) -> None:
        grey = np.random.default_rng(0).uniform(0, 1, (300, 200)).astype(dtype)
        np.testing.assert_array_equal(without(np.dstack([grey] * 3), *names), grey)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3, 700), (33, 32)])
    @pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
    def test_any_size_and_light_goes(self, shape: tuple[int, int], level: float) -> None:
        lost = np.full(shape, level, np.float32)
        for kept in (lost, np.ones(shape, np.float32)):
            assert np.isfinite(without(np.dstack([lost, lost, kept]), "blue", "red")).all()
