"""Ink as it was: parts of the examples and synthetic media, through the whole of `lineart ink`, and every brush.

A change of tone, scale, tiling, passes, pens or brushes shows here. `pytest tests/golden/test_ink.py --update` keeps
the ink as it is now: look at the pictures in `ink/` before you commit them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from command import lineart
from lineart_cli.brushes import store

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "ink"
SIDE = 384
CROPS = {"cat.png": (900, 700), "dragon.jpg": (1100, 1300), "house.jpg": (1500, 1000), "robot.tif": (1000, 900)}
MEAN, MOST, FEW = 0.5, 24, 0.002
"""How far ink may be off, of 255: on average, and all but few pixels. Processors round differently."""

Pixels = np.ndarray


def crop(name: str) -> Pixels:
    left, top = CROPS[name]
    with Image.open(ROOT / "examples" / name) as image:
        return np.asarray(image.convert("RGB").crop((left, top, left + SIDE, top + SIDE)))


def strokes(level: float, width: int, jitter: float = 1.5) -> Pixels:
    """Overdrawn arcs: (SIDE, SIDE) darkness in [0, 1]."""
    rng, dark = np.random.default_rng(5), np.zeros((SIDE, SIDE), np.float32)
    for radius in (60, 110, 160):
        for _ in range(3):
            centre = (SIDE / 2 + rng.normal(0, jitter, 2)).round().astype(int).tolist()
            once = np.zeros_like(dark)
            cv2.ellipse(once, centre, (radius, radius - 20), 20, 30, 300, level, width, cv2.LINE_AA)
            dark = 1 - (1 - dark) * (1 - once)
    return dark


def pencil_under_a_shadow() -> Pixels:
    light = 0.95 - 0.5 * np.linspace(0, 1, SIDE)[None, :] ** 2
    grain = np.random.default_rng(1).normal(0, 0.02, (SIDE, SIDE))
    return grey(light * (1 - 0.7 * strokes(0.6, 5)) + grain)


def chalk_on_a_blackboard() -> Pixels:
    rough = np.random.default_rng(2).random((SIDE, SIDE))
    return grey(0.12 + 0.8 * strokes(0.9, 6) * (rough > 0.2))


def ink_over_blue_pencil() -> Pixels:
    page = np.stack([grey(1 - strokes(0.9, 4, 0.5))[..., 0]] * 3, -1).astype(float)
    blue = np.roll(strokes(0.5, 7), 25, 1)[..., None]
    return np.clip(page * (1 - blue * np.array([0.7, 0.4, 0.05])), 0, 255).astype(np.uint8)


def grey(values: Pixels) -> Pixels:
    return np.repeat(np.clip(255 * values, 0, 255).astype(np.uint8)[..., None], 3, -1)


MEDIA: dict[str, tuple[Callable[[], Pixels], list[str]]] = {
    "shadow": (pencil_under_a_shadow, []),
    "chalk": (chalk_on_a_blackboard, []),
    "blue": (ink_over_blue_pencil, ["--drop-colour", "blue"]),
    "tiles": (pencil_under_a_shadow, ["--tile", "128", "--passes", "2"]),
    "large": (lambda: cv2.resize(pencil_under_a_shadow(), None, fx=2, fy=2), ["--thickness", "6"]),
}


def inked(sketch: Pixels, folder: Path, *options: str) -> dict[str, Pixels]:
    """The ink by the names of its files."""
    Image.fromarray(sketch).save(folder / "page.png", dpi=(300, 300))
    out = folder / "ink"
    same_everywhere = ["--precision", "f32", "--backend", "openvino", "--device", "CPU", "--threads", "2", "--quiet"]
    assert not lineart("ink", str(folder / "page.png"), "-o", str(out), *same_everywhere, *options)
    return {path.stem.removeprefix("page").strip("-"): np.asarray(Image.open(path)) for path in out.glob("*.png")}


def compare(name: str, ink: Pixels, update: bool) -> None:
    path = GOLDEN / f"{name}.png"
    if update:
        GOLDEN.mkdir(exist_ok=True)
        Image.fromarray(ink).save(path, optimize=True)
    wanted = np.asarray(Image.open(path))
    assert ink.shape == wanted.shape
    off = np.abs(ink.astype(np.int16) - wanted)
    assert off.mean() <= MEAN
    assert (off > MOST).mean() <= FEW


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.mark.parametrize("name", CROPS)
def test_examples(name: str, tmp_path: Path, update: bool) -> None:
    (ink,) = inked(crop(name), tmp_path).values()
    compare(name.partition(".")[0], ink, update)


@pytest.mark.parametrize("name", MEDIA)
def test_media(name: str, tmp_path: Path, update: bool) -> None:
    draw, options = MEDIA[name]
    (ink,) = inked(draw(), tmp_path, *options).values()
    compare(name, ink, update)


def test_every_brush(tmp_path: Path, update: bool) -> None:
    brushes = sorted(store.shipped())
    inks = inked(crop("cat.png"), tmp_path, "--brush", ",".join(brushes), "--thickness", "6")
    assert sorted(inks) == brushes
    for brush, ink in inks.items():
        compare(f"brush_{brush}", ink, update)


def test_a_change_would_show(tmp_path: Path) -> None:
    (ink,) = inked(crop("cat.png"), tmp_path, "--thickness", "3.3").values()
    with pytest.raises(AssertionError):
        compare("cat", ink, update=False)
