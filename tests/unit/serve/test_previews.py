"""Previews have the size of the screen, and measure and write no more than they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from lineart_cli.batch import overview
from lineart_cli.options import Crop
from lineart_cli.pages.readers.raw import first_line
from lineart_cli.serve import pixels
from lineart_cli.serve.protocol import Order, Request
from serving import SHAPE, Caller, sketch

ESTIMATED = overview.estimated


def test_a_preview_has_the_size_of_the_screen(caller: Caller, page: Path) -> None:
    out = page.with_name("preview")
    told = caller.ask(2, "preview", pixels=str(page), out=str(out), crop=[0, 0, 400, 300], zoom=0.5)
    assert (told["width"], told["height"]) == (200, 150)
    assert out.stat().st_size == 200 * 150
    told = caller.ask(3, "preview", pixels=str(page), out=str(out), crop=[50, 40, 100, 80], zoom=4)
    assert (told["width"], told["height"]) == (100, 80)


@pytest.mark.parametrize("zoom", [2, 1, 0.5])
def test_a_mask_of_a_part_goes_with_a_preview_of_any_size(caller: Caller, page: Path, zoom: float) -> None:
    mask = page.with_name("mask")
    mask.write_bytes(bytes(400 * 300))
    asked = {"pixels": str(page), "out": str(page.with_name("preview")), "crop": [0, 0, 400, 300]}
    told = caller.ask(2, "preview", **asked, zoom=zoom, mask=str(mask))
    assert (told["event"], told["share"]) == ("done", 0)


def test_a_mask_shrinks_with_its_part(page: Path) -> None:
    mask = page.with_name("mask")
    mask.write_bytes((bytes(200) + b"\xff" * 200) * 300)
    shown = pixels.mask(mask, Crop(8, 9, 400, 300), Crop(4, 4, 200, 150))
    np.testing.assert_array_equal(shown, np.tile(np.repeat([0, 255], 100), (150, 1)))


def test_the_last_exposure_counts_where_the_scale_is_kept() -> None:
    told = {"pixels": "a", "out": "b", "last_scale": 1.5, "last_exposure": {"level": 1, "toe": 0, "gain": 2}}
    order = Order.of(Request(1, "preview", told))
    assert order.at(1.5).last_exposure == order.last_exposure != order.at(3.0).last_exposure is None


@pytest.mark.parametrize("zoom", [1, 0.5])
def test_a_preview_passes_over_what_was_edited(caller: Caller, page: Path, zoom: float) -> None:
    prints = page.with_name("prints")
    asked = {"pixels": str(page), "out": str(page.with_name("preview")), "zoom": zoom}
    edited = {"pixels": str(page.with_name("layer")), "prints": str(page.with_name("old"))}
    assert caller.ask(2, "preview", **asked, prints=str(prints), edited=edited)["event"] == "done"
    assert not prints.exists()


def test_a_preview_of_the_page_is_its_ink(caller: Caller, page: Path) -> None:
    outs = [page.with_name(name) for name in ("ink", "preview")]
    for number, (do, out) in enumerate(zip(("ink", "preview"), outs, strict=True), 2):
        assert caller.ask(number, do, pixels=str(page), out=str(out))["event"] == "done"
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_a_preview_of_a_page_that_was_drawn_on_measures_no_scale_and_another_page_s_does(
    caller: Caller, page: Path, monkeypatch: Any
) -> None:
    measured = []
    monkeypatch.setattr(overview, "estimated", lambda *given: measured.append(given) or ESTIMATED(*given))
    asked = {"pixels": str(page), "out": str(page.with_name("out"))}
    head = first_line(SHAPE[1], SHAPE[0], "y", "u8", dpi=300.0)
    drawing = sketch()
    for number, (do, count) in enumerate(
        (("preview", 1), ("preview", 1), ("preview", 1), ("ink", 2), ("preview", 2)), 2
    ):
        cv2.line(drawing, (10, 8 * number), (60, 8 * number), 50, 2)
        page.write_bytes(head + drawing.tobytes())
        assert caller.ask(number, do, **asked)["event"] == "done"
        assert len(measured) == count
    page.write_bytes(head + drawing[::-1].tobytes())
    assert caller.ask(20, "preview", **asked)["event"] == "done"
    assert len(measured) == 3
