"""Brushes that are given as a picture of one stroke, and pictures that are none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lineart_cli.brushes import store
from lineart_cli.brushes.drawing.paint import Lines, paint
from lineart_cli.brushes.style import PRESSURES, REACH, STEPS
from lineart_cli.errors import ArgumentError
from lineart_cli.options import InkOptions

RAMP = np.linspace(0, 1, PRESSURES)


def ramp(wide: int = 600, high: int = 120, start: float = 2, stop: float = 20, bend: float = 0) -> np.ndarray:
    """Coverage of a stroke from left to right: half width from `start` to `stop` px, on an S of `bend` px."""
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    along = (x - 30) / (wide - 60)
    middle = high / 2 + bend * np.sin(2 * np.pi * along)
    half = start + (stop - start) * along.clip(0, 1)
    beyond = np.maximum(np.maximum(30 - x, x - (wide - 30)), 0)
    return np.clip(half - np.hypot(y - middle, beyond) + 0.5, 0, 1)


def picture(path: Path, ink: np.ndarray) -> str:
    Image.fromarray((255 * (1 - ink)).astype(np.uint8)).save(path)
    return str(path)


@pytest.mark.parametrize("bend", [0, 14])
@pytest.mark.parametrize("scale", [0.4, 1, 4])
def test_width_by_pressure_is_measured_at_any_size(tmp_path: Path, bend: float, scale: float) -> None:
    ink = cv2.resize(ramp(bend=bend).astype(np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    name, style, note = store.find(picture(tmp_path / "own.png", ink))
    assert (name, note) == ("own", "")
    np.testing.assert_allclose(style.width, 0.1 + 0.9 * RAMP, atol=0.08)
    solid = round(0.7 / REACH * (STEPS - 1))
    assert style.table[3:, :solid].min() > 0.9
    assert style.table[:, -6:].max() < 0.1
    assert style.grain < 0.2


def dabs(solid: float, wide: int = 600, high: int = 80) -> np.ndarray:
    """Coverage of a stroke of discs of 10 px radius, one on each px from 40 to 560, each a share of the rest."""
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    disc = np.sqrt(np.maximum(100 - (y - high / 2) ** 2, 0))
    count = np.maximum(np.minimum(x + disc, wide - 40) - np.maximum(x - disc, 40), 0)
    return 1 - (1 - solid) ** count


@pytest.mark.parametrize(("solid", "half"), [(0.9, 0.8), (0.02, 0)])
def test_the_ink_at_the_end_is_that_of_the_picture(tmp_path: Path, solid: float, half: float) -> None:
    _, style, _ = store.find(picture(tmp_path / "own.png", dabs(solid)))
    thickness = 16
    y, x = np.mgrid[:80, :600].astype(np.float32)
    line = Lines(np.hypot(y - 40, np.maximum(x - 300, 0)).astype(np.float16), np.ones((1, 1), np.float32))
    centre_line = paint(line, style, thickness, (80, 600)).sum(0) / 255
    reached = np.flatnonzero(centre_line > 0.5 * np.median(centre_line[100:200])).max()
    assert (reached - 300) / (thickness / 2) == pytest.approx(half, abs=0.3)
    assert centre_line[300 + thickness] < 0.05


def fading(unseen: float, left: int = 40, right: int = 40) -> np.ndarray:
    """A stroke of 500 px that shows nothing up to a pressure, and then more and more; white to its left and right."""
    x = np.arange(500 + left + right)
    share = np.clip(((x - left) / 500 - unseen) / (1 - unseen), 0, 1) * (x <= left + 500)
    y = np.arange(80)[:, None]
    return np.clip(8.5 - np.abs(y - 40), 0, 1) * share


@pytest.mark.parametrize("unseen", [0.2, 0.4])
def test_a_beginning_that_does_not_show_is_guessed_and_told(tmp_path: Path, unseen: float) -> None:
    _, style, note = store.find(picture(tmp_path / "own.png", fading(unseen)))
    assert "show nothing below" in note
    opacity = style.table[:, :8].mean(1)
    np.testing.assert_allclose(opacity[6:10], (RAMP[6:10] - unseen) / (1 - unseen), atol=0.07)
    assert opacity[0] > 0.02


@pytest.mark.parametrize(
    "ink",
    [
        fading(0.0, left=20),
        fading(0.4)[:, 230:],
        fading(0.0, left=250, right=250),
        np.pad(fading(0.0, left=250), ((0, 100), (0, 0))),
        np.pad(ramp(start=16, stop=16), ((0, 0), (200, 0))),
    ],
    ids=["shows at once", "cropped", "far from both sides", "high in its picture", "blunt"],
)
def test_margins_of_other_pictures_mean_nothing(tmp_path: Path, ink: np.ndarray) -> None:
    _, style, note = store.find(picture(tmp_path / "own.png", ink))
    assert not note
    assert style.table[2:, :8].mean(1).min() > 0.1


def test_opacity_by_pressure_is_measured(tmp_path: Path) -> None:
    ink = ramp(start=16, stop=16) * np.linspace(0.1, 0.9, 600)
    _, style, _ = store.find(picture(tmp_path / "own.png", ink))
    np.testing.assert_allclose(style.table[2:, :8].mean(1), np.linspace(0.1, 0.9, PRESSURES)[2:], atol=0.06)


def test_coverage_that_bends_by_pressure_is_not_averaged_flat(tmp_path: Path) -> None:
    rise = np.clip(np.linspace(-30 / 540, 570 / 540, 600), 0, 1) ** 4
    _, style, _ = store.find(picture(tmp_path / "own.png", ramp(start=16, stop=16) * (0.15 + 0.85 * rise)))
    assert style.table[-1, :8].mean() > 0.93
    assert style.table[5, :8].mean() == pytest.approx(0.15 + 0.85 / 16, abs=0.05)


def test_edges_that_stray_are_told_from_those_that_do_not(tmp_path: Path) -> None:
    y, x = np.mgrid[:120, :900].astype(np.float32)
    wander = cv2.GaussianBlur(np.random.default_rng(2).standard_normal((2, 900)), (0, 0), sigmaX=2.0, sigmaY=0.1)
    half = 12 + 1.2 * (wander / wander.std())[(y[:, 0] > 60).astype(int)]
    inked = (x > 20) & (x < 880)
    rough, even = (np.clip(each - np.abs(y - 60) + 0.5, 0, 1) * inked for each in (half, 12.0))
    (_, found, _), (_, clean, _) = (
        store.find(picture(tmp_path / name, each)) for name, each in (("rough.png", rough), ("even.png", even))
    )
    assert (clean.edge_jitter, clean.grain, found.grain) == (0, 0, 0)
    assert 0.6 < found.edge_jitter * 24 < 2.5


@pytest.mark.parametrize("half", [24.03, 24.1, 24.6])
def test_a_stroke_a_hair_too_broad_is_scaled_down_once(tmp_path: Path, half: float) -> None:
    _, style, _ = store.find(picture(tmp_path / "own.png", ramp(399, 120, half, half)))
    np.testing.assert_allclose(style.width[1:], 1, atol=0.06)


def test_grain_is_seen_where_there_is_some(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    paper = cv2.GaussianBlur(rng.standard_normal((120, 900)), (0, 0), 1.5)
    ink = ramp(900, start=16, stop=16) * np.clip(0.5 + 3 * paper / paper.std() / 3, 0, 1)
    _, style, _ = store.find(picture(tmp_path / "own.png", ink))
    assert style.grain > 0.4
    assert sum(style.bands[:3]) > style.bands[-1]


def test_a_stroke_on_transparency_is_the_same(tmp_path: Path) -> None:
    ink = (255 * ramp()).astype(np.uint8)
    clear = Image.fromarray(np.zeros_like(ink))
    Image.merge("LA", (clear, Image.fromarray(ink))).save(tmp_path / "clear.png")
    _, style, _ = store.find(str(tmp_path / "clear.png"))
    _, same, _ = store.find(picture(tmp_path / "own.png", ramp()))
    np.testing.assert_allclose(style.table, same.table, atol=0.02)


def test_white_on_black_is_turned_round_and_told(tmp_path: Path) -> None:
    _, style, note = store.find(picture(tmp_path / "night.png", 1 - ramp()))
    _, same, _ = store.find(picture(tmp_path / "day.png", ramp()))
    assert "white on black" in note
    np.testing.assert_allclose(style.table, same.table, atol=0.02)


def test_a_stroke_the_wrong_way_round_is_turned_and_told(tmp_path: Path) -> None:
    _, style, note = store.find(picture(tmp_path / "own.png", ramp()[:, ::-1]))
    assert "heavier at the left" in note
    np.testing.assert_allclose(style.width, store.find(picture(tmp_path / "day.png", ramp()))[1].width, atol=0.02)
    _, _, both = store.find(picture(tmp_path / "night.png", 1 - ramp()[:, ::-1]))
    assert "white on black" in both
    assert "heavier at the left" in both


def test_the_first_picture_of_an_animation_is_taken_and_told(tmp_path: Path) -> None:
    frames = [Image.fromarray((255 * (1 - ramp(stop=stop))).astype(np.uint8)) for stop in (20, 10, 5)]
    frames[0].save(tmp_path / "moves.webp", save_all=True, append_images=frames[1:], lossless=True)
    _, _, note = store.find(str(tmp_path / "moves.webp"))
    assert "the first of its 3" in note


def photo() -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.asarray(cv2.resize(rng.uniform(0, 1, (9, 12)), (600, 400), interpolation=cv2.INTER_CUBIC).clip(0, 1))


def dot() -> np.ndarray:
    y, x = np.mgrid[:200, :200]
    return np.clip(40 - np.hypot(y - 100, x - 100), 0, 1)


@pytest.mark.parametrize(
    ("ink", "said"),
    [
        (np.zeros((80, 300)), "holds no stroke"),
        (photo(), "photo"),
        (photo()[150:250], "photo"),
        (np.vstack([ramp(), ramp(), ramp()]), "holds 3 strokes"),
        (dot(), "no stroke from left to right"),
        (ramp().T, "no stroke from left to right"),
        (ramp(40, 12, 1, 3)[:, 5:35], "no stroke from left to right|holds no stroke"),
        (np.zeros((1, 1)), "holds no stroke"),
    ],
    ids=["empty", "photo", "wide photo", "three", "dot", "upright", "tiny", "one pixel"],
)
def test_pictures_that_hold_no_brush_say_so(tmp_path: Path, ink: np.ndarray, said: str) -> None:
    path = picture(tmp_path / "own.png", ink)
    with pytest.raises(ArgumentError, match=said) as caught:
        store.find(path)
    assert str(caught.value).startswith(f"--brush {path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n"])
def test_files_that_are_no_pictures_say_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.png"
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match=f"--brush {path}: "):
        store.find(str(path))


def test_a_file_that_is_not_there_says_so() -> None:
    with pytest.raises(ArgumentError, match="no such file"):
        store.find("nowhere/own.png")


def test_brushes_and_thicknesses_multiply_and_are_told_apart(tmp_path: Path) -> None:
    path = picture(tmp_path / "own.png", ramp())
    tools, notes = store.tools(InkOptions.parse({"brush": f"charcoal,{path}", "thickness": "2,0.5mm"}))
    assert list(tools) == ["charcoal-2px", "charcoal-0.5mm", "own-2px", "own-0.5mm"]
    assert not notes
    assert list(store.tools(InkOptions())[0]) == [""]
    assert tools["own-2px"].pressure is None
    (even,) = store.tools(InkOptions.parse({"pressure": "0.3"}))[0].values()
    assert even.pressure == 0.3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, []),
        ({"pressure": "0.6", "brush": "ink_pen"}, []),
        ({"pressure": "0.6", "brush": "ink_pen,technical_pen"}, ["--pressure 0.6 has no part in technical_pen"]),
        ({"pressure": "even"}, ["--pressure 1 has no part in technical_pen"]),
    ],
)
def test_pressure_without_effect_is_told(given: dict[str, str | bool | None], told: list[str]) -> None:
    _, notes = store.tools(InkOptions.parse(given))
    assert notes == [f"{each}, whose lines are even; try --brush ink_pen" for each in told]


@pytest.mark.parametrize("second", ["own", "OWN"])
def test_two_brushes_of_one_name_are_refused(tmp_path: Path, second: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    paths = [picture(tmp_path / "a/own.png", ramp()), picture(tmp_path / f"b/{second}.png", ramp())]
    with pytest.raises(ArgumentError, match=f"two of them are called {second}"):
        store.tools(InkOptions.parse({"brush": ",".join(paths)}))
