"""`lineart serve` with ink that somebody has edited: the edits stay, on any kind of pixels, in any part of a page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from lineart_cli.edits.prints import SIDE
from lineart_cli.errors import PageError
from lineart_cli.model.card import ModelCard
from lineart_cli.pages.readers.raw import first_line
from lineart_cli.serve import Studio
from lineart_cli.serve.fields import Fill
from lineart_cli.serve.layer import Filling
from lineart_cli.serve.pixels import filled
from lineart_cli.serve.protocol import Order, Request, RequestError
from lineart_cli.serve.watch import Watch

HEIGHT, WIDTH = 320, 450
BLACK = {"colour": "000000", "sample": "u8"}
DRAWN, ERASED = (slice(250, 262), slice(20, 60)), (slice(50, 110), slice(170, 230))
AWAY = 3 * SIDE


class Desk:
    """A sketch, its ink, and the requests for it."""

    def __init__(self, folder: Path, studio: Studio) -> None:
        self.folder, self._studio, self._last = folder, studio, {}
        self.page = np.full((HEIGHT, WIDTH), 245, np.uint8)
        cv2.ellipse(self.page, (200, 150), (150, 90), 20, 0, 360, 50, 5, cv2.LINE_AA)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def ink(self, tell: Callable[..., None] = lambda *_: None, **fields: Any) -> dict[str, Any]:
        head = first_line(WIDTH, HEIGHT, "y", "u8", dpi=300.0)
        Path(self.path("page")).write_bytes(head + self.page.tobytes())
        asked = {"pixels": self.path("page"), "out": self.path("out"), "prints": self.path("prints"), "fill": BLACK}
        last = {f"last_{name}": self._last[name] for name in ("scale", "exposure") if self._last}
        order = Order.of(Request(1, "ink", {**asked, **last, **fields}))
        told = self._studio.ink(order, Watch(tell))
        self._last = json.loads(json.dumps(told))
        return told

    def out(self, channels: int = 4, shape: tuple[int, int] = (HEIGHT, WIDTH), dtype: str = "u1") -> np.ndarray:
        return np.fromfile(self.path("out"), dtype).reshape(*shape, channels)

    def edited(self, layer: np.ndarray, **more: Any) -> dict[str, Any]:
        """The field `edited` for a layer whose ink was the last."""
        layer.tofile(self.path("layer"))
        Path(self.path("old")).write_bytes(Path(self.path("prints")).read_bytes())
        return {"pixels": self.path("layer"), "prints": self.path("old"), **more}

    def draw_on(self) -> None:
        """Goes on with the sketch, away from the edits."""
        cv2.line(self.page, (380, 40), (430, 300), 50, 5, cv2.LINE_AA)


@pytest.fixture
def desk(tmp_path: Path, card: ModelCard, decide: Callable[..., Any]) -> Desk:
    return Desk(tmp_path, Studio(card, lambda _: decide(), None))


def changed(ink: np.ndarray) -> np.ndarray:
    """Ink with a red stroke drawn on it, and a part erased."""
    layer = ink.copy()
    full = np.iinfo(layer.dtype).max if layer.dtype.kind == "u" else 1
    layer[DRAWN] = 0
    layer[(*DRAWN, [2, 3])] = full
    layer[ERASED] = 0
    return layer


@pytest.mark.parametrize(("sample", "dtype"), [("u8", "u1"), ("u16", "<u2"), ("f16", "<f2"), ("f32", "<f4")])
def test_edits_stay_and_the_rest_is_the_new_ink(desk: Desk, sample: str, dtype: str) -> None:
    fill = {"colour": bytes(3 * np.dtype(dtype).itemsize).hex(), "sample": sample}
    first = desk.ink(fill=fill)
    assert (first["edits"], first["conflicts"]) == (0, [])
    layer = changed(desk.out(dtype=dtype))
    edited = desk.edited(layer)
    desk.draw_on()
    desk.ink(fill=fill)
    plain, prints = desk.out(dtype=dtype), Path(desk.path("prints")).read_bytes()
    told = desk.ink(fill=fill, edited=edited)
    merged = desk.out(dtype=dtype)
    assert told["edits"] >= 2
    assert told["conflicts"] == []
    np.testing.assert_array_equal(merged[DRAWN], layer[DRAWN])
    assert not merged[ERASED].any()
    assert (plain[:, 380:] != layer[:, 380:]).any()
    np.testing.assert_array_equal(merged[:, 300:], plain[:, 300:])
    assert Path(desk.path("prints")).read_bytes() == prints  # those of ink without edits: they are told again next time


def test_ink_that_nobody_edited_takes_on_another_colour(desk: Desk) -> None:
    desk.ink()
    layer = changed(desk.out())
    blue = {"colour": "ff0000", "sample": "u8"}
    desk.ink(fill=blue, edited=desk.edited(layer, fill=BLACK))
    merged = desk.out()
    np.testing.assert_array_equal(merged[DRAWN], layer[DRAWN])
    inked = merged[:, 300:][layer[:, 300:, 3] > 0]
    assert len(inked) > 100
    assert (inked[:, :3] == (255, 0, 0)).all()


def test_a_selection_of_the_layer_is_brought_up_to_date_and_nothing_else(desk: Desk) -> None:
    desk.ink()
    layer = changed(desk.out())
    edited = desk.edited(layer)
    desk.draw_on()
    left, top, width, height = crop = [350, 17, 90, 150]
    mask = np.full((height, width), 255, np.uint8)
    mask[:20], mask[20:30] = 0, 128
    mask.tofile(desk.path("mask"))
    desk.ink(crop=crop, mask=desk.path("mask"), edited=edited)
    part = desk.out(shape=(height, width))
    before = layer[top : top + height, left : left + width]
    np.testing.assert_array_equal(part[:20], before[:20])
    assert np.count_nonzero(part[30:, :, 3] != before[30:, :, 3]) > 300
    layer[top : top + height, left : left + width] = part
    told = desk.ink(edited=desk.edited(layer))
    whole = desk.out()
    np.testing.assert_array_equal(whole[DRAWN], layer[DRAWN])
    assert not whole[ERASED].any()
    assert (whole[180:, 350:, 3] != layer[180:, 350:, 3]).any()
    assert told["conflicts"] == []


def test_a_soft_selection_inked_again_is_as_it_was_and_follows_the_sketch(desk: Desk) -> None:
    np.full((HEIGHT, WIDTH), 128, np.uint8).tofile(desk.path("mask"))
    asked = {"crop": [0, 0, WIDTH, HEIGHT], "mask": desk.path("mask")}
    desk.ink(**asked)
    first = desk.out()
    assert 40 < first[..., 3].max() < 136
    for _ in range(2):
        desk.ink(**asked, edited=desk.edited(desk.out()))
        np.testing.assert_array_equal(desk.out(), first)
    edited = desk.edited(changed(first))
    desk.draw_on()
    desk.ink(**asked, edited=edited)
    merged = desk.out()
    np.testing.assert_array_equal(merged[DRAWN], changed(first)[DRAWN])
    assert not merged[ERASED].any()
    assert np.count_nonzero(merged[:, 380:, 3] != first[:, 380:, 3]) > 300


def test_ink_of_a_selection_grows_to_the_page(desk: Desk) -> None:
    desk.ink(crop=[0, 0, 200, HEIGHT])
    layer = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    layer[:, :200] = desk.out(shape=(HEIGHT, 200))
    layer[DRAWN] = 255
    edited = desk.edited(layer)
    desk.ink()
    plain = desk.out()
    desk.ink(edited=edited)
    merged = desk.out()
    np.testing.assert_array_equal(merged[DRAWN], layer[DRAWN])
    np.testing.assert_array_equal(merged[:, 200 + SIDE :], plain[:, 200 + SIDE :])


def test_floating_point_is_read_as_it_was_written() -> None:
    ink = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for sample in ("f16", "f32"):
        fill = Fill(bytes(2), sample)
        level, foreign = Filling(fill).of_pixels(filled(ink, fill))
        assert not foreign.any()
        np.testing.assert_array_equal(level, Filling(fill).of_coverage(ink))
        np.testing.assert_array_equal(filled(level, fill), filled(ink, fill))


def test_what_is_wrong_with_edited_ink_is_told_and_leaves_no_files(desk: Desk) -> None:
    desk.ink()
    edited = desk.edited(desk.out())
    for name, content, text in (
        ("layer", b"short", "is no ink of 450 x 320 px: it has 5 bytes"),
        ("old", b"damaged", "are no fingerprints of a page of 450 x 320 px"),
    ):
        kept = Path(desk.path(name)).read_bytes()
        Path(desk.path(name)).write_bytes(content)
        with pytest.raises(Exception, match=text):
            desk.ink(edited=edited)
        assert not Path(desk.path("out")).exists()
        assert not Path(desk.path("prints")).exists()
        Path(desk.path(name)).write_bytes(kept)
    Path(desk.path("old")).unlink()
    with pytest.raises(Exception, match="name the file of the last request's prints"):
        desk.ink(edited=edited)


@pytest.mark.parametrize("short", ["layer", "mask"])
def test_a_file_that_is_cut_short_while_it_is_read_is_told(desk: Desk, short: str) -> None:
    desk.ink()
    edited = desk.edited(desk.out())
    np.full((HEIGHT, WIDTH), 255, np.uint8).tofile(desk.path("mask"))
    whole = {"crop": [0, 0, WIDTH, HEIGHT], "mask": desk.path("mask")}
    with pytest.raises(PageError, match=f"{short}: was cut short while it was read; write all rows, [0-9]+ bytes, and"):
        desk.ink(lambda *_: os.truncate(desk.path(short), 100), edited=edited, **whole)
    assert not Path(desk.path("out")).exists()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"edited": {"pixels": "a"}}, "edited {'pixels': 'a'}: write"),
        ({"edited": {"pixels": "a", "prints": "b", "fill": {"colour": "00", "sample": "u8"}}}, "has other samples"),
        ({"last_exposure": {"level": 1, "toe": -1, "gain": 1}}, "numbers level, toe and gain"),
        ({"edited": {"pixels": "a", "prints": "/c/out"}}, "/c/out: is named for two files"),
        ({"prints": "/c/out"}, "/c/out: is named for two files"),
        ({"out": "/c/../c/page"}, "page: is named for two files"),
    ],
)
def test_a_request_says_what_is_wrong_with_its_edits(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(RequestError, match=text):
        Order.of(Request(1, "ink", {"pixels": "/c/page", "out": "/c/out", "fill": BLACK, **fields}))
