"""Animations: each frame is a page, and pages become frames."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from lineart_cli import pages
from lineart_cli.errors import ArgumentError
from lineart_cli.options import Colour, InkOptions, ReadOptions

KINDS = {"gif": {}, "png": {}, "webp": {"lossless": True}}


def frames() -> list[Image.Image]:
    """A square that moves over a grey page, each frame 60, 120 or 180 of 255 dark around it."""
    made = []
    for number in range(3):
        frame = Image.new("L", (40, 30), 240 - 60 * number)
        frame.paste(0, (5 * number, 5, 5 * number + 10, 15))
        made.append(frame)
    return made


def animation(path: Path, **settings: object) -> Path:
    first, *rest = frames()
    first.save(path, save_all=True, append_images=rest, duration=[100, 200, 300], loop=0, **settings)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_each_frame_of_an_animation_is_a_page(kind: str, tmp_path: Path) -> None:
    path = animation(tmp_path / f"a.{kind}", **KINDS[kind])
    assert pages.count_pages(path) == 3
    for number, frame in reversed(list(enumerate(frames()))):
        np.testing.assert_allclose(pages.read_grey(path, ReadOptions(), number), np.asarray(frame) / 255, atol=0.02)
        assert pages.read_header(path, ReadOptions(), number).seconds == pytest.approx((number + 1) / 10)


def test_the_picture_for_who_cannot_show_an_apng_is_no_frame(tmp_path: Path) -> None:
    first, *rest = frames()
    first.save(tmp_path / "a.png", save_all=True, append_images=rest, default_image=True)
    assert pages.count_pages(tmp_path / "a.png") == 2
    grey = pages.read_grey(tmp_path / "a.png", ReadOptions(), 0)
    np.testing.assert_array_equal(grey, np.asarray(rest[0]) / np.float32(255))


@pytest.mark.parametrize("kind", KINDS)
def test_still_ones_are_one_page(kind: str, tmp_path: Path) -> None:
    frames()[0].save(tmp_path / f"a.{kind}", **KINDS[kind])
    assert pages.count_pages(tmp_path / f"a.{kind}") == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("colour", [Colour(0, 0, 0), Colour(32, 48, 96)])
def test_pages_become_frames_that_are_shown_as_long(kind: str, colour: Colour, tmp_path: Path) -> None:
    inked = [
        pages.InkedPage(iter([255 - np.asarray(frame)]), (30, 40), seconds=(number + 1) / 10)
        for number, frame in enumerate(frames())
    ]
    pages.write_joined(tmp_path / "a", inked, kind, pages.Look(colour), 0)
    with Image.open(io.BytesIO((tmp_path / "a").read_bytes())) as written:
        shown = [(np.asarray(each.convert("RGB")), each.info["duration"]) for each in ImageSequence.Iterator(written)]
    assert [round(duration) for _, duration in shown] == [100, 200, 300]
    for (pixels, _), frame in zip(shown, frames(), strict=True):
        coverage = 1 - np.asarray(frame)[..., None] / 255
        np.testing.assert_allclose(pixels, 255 - coverage * (255 - np.array(colour)), atol=0.51)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("transparent", [False, True])
def test_frames_of_unequal_pages_lie_on_bare_paper(kind: str, transparent: bool, tmp_path: Path) -> None:
    shapes = (20, 40), (30, 30), (10, 50)
    inked = [pages.InkedPage(iter([np.full(shape, 204, np.uint8)]), shape) for shape in shapes]
    look = pages.Look(transparent=transparent and kind != "gif")
    path = tmp_path / f"a.{kind}"
    pages.write_joined(path, iter(inked), kind, look, 0)
    for number, (height, width) in enumerate(shapes):
        expected = np.ones((30, 50))
        expected[:height, :width] = 0.2
        np.testing.assert_allclose(pages.read_grey(path, ReadOptions(), number), expected, atol=1e-3)


def test_a_page_as_gif_has_its_shades(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    pages.write_ink(tmp_path / "a.gif", pages.InkedPage(iter([ramp]), (16, 16)), "gif", pages.Look())
    with Image.open(tmp_path / "a.gif") as written:
        np.testing.assert_array_equal(np.asarray(written.convert("L")), 255 - ramp)


def test_frames_of_16_bits_are_refused() -> None:
    with pytest.raises(ArgumentError, match="--join"):
        InkOptions.parse({"join": True, "format": "png", "bits": "16"})
    with pytest.raises(ArgumentError, match="--transparent"):
        InkOptions.parse({"transparent": True, "format": "gif"})
