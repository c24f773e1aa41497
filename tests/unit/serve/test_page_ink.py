"""Ink of `lineart serve` is like the command's, of the whole page, of a part, and under a mask."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from lineart_cli.brushes.style import Tool
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import open_inker
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Crop, Length
from lineart_cli.pages.readers.raw import first_line
from lineart_cli.plan import Request as Wishes
from lineart_cli.plan import plan
from lineart_cli.serve import Studio, pixels
from lineart_cli.serve.fields import Fill
from lineart_cli.serve.protocol import Order, Request
from lineart_cli.serve.watch import Watch
from serving import SHAPE, Caller, sketch


def test_ink_is_that_of_the_page_with_progress_before(caller: Caller, page: Path, card: ModelCard, decide: Any) -> None:
    told = caller.ask(2, "ink", pixels=str(page), out=str(page.with_name("ink")), options={"thickness": "5px"})
    assert told["event"] == "done"
    ink = np.fromfile(page.with_name("ink"), np.uint8).reshape(SHAPE)
    tool = Tool(thickness=Length(5.0))
    np.testing.assert_array_equal(
        ink, ArrayInker(open_inker(card), decide()).ink(sketch(), 300, tool, scale=told["scale"])
    )
    assert told["crop"] == [0, 0, SHAPE[1], SHAPE[0]]
    assert told["sha256"] == hashlib.sha256(ink.tobytes()).hexdigest()
    assert told["share"] == pytest.approx(ink.mean() / 255)
    progress = [each for each in caller.said if each["event"] == "progress"]
    assert [each["done"] for each in progress] == sorted(each["done"] for each in progress)
    assert progress[-1]["done"] == pytest.approx(1, abs=0.01)
    assert all(each["id"] == 2 for each in progress)


def test_unequal_pixels_are_inked_square(caller: Caller, page: Path) -> None:
    path, out = page.with_suffix(".tif"), page.with_name("ink")
    squeezed = Image.fromarray(sketch()).resize((SHAPE[1], SHAPE[0] // 2), Image.Resampling.BOX)
    squeezed.save(path, dpi=(300, 150))
    told = caller.ask(2, "ink", pixels=str(path), out=str(out), options={"thickness": "5px", "drawing": "7px"})
    assert told["crop"] == [0, 0, SHAPE[1], SHAPE[0]]
    caller.ask(
        3, "ink", pixels=str(page), out=str(page.with_name("true")), options={"thickness": "5px", "drawing": "7px"}
    )
    ink, true = (np.fromfile(page.with_name(name), np.uint8).astype(float) for name in ("ink", "true"))
    assert np.abs(ink - true).mean() < 0.1 * true.mean()


def test_pixels_have_colour_and_coverage_and_a_mask_limits_them(caller: Caller, page: Path) -> None:
    out, mask = page.with_name("ink"), page.with_name("mask")
    crop = [20, 30, 200, 100]
    mask.write_bytes(bytes(50 * 200) + b"\xff" * 50 * 200)
    fill = {"colour": "010203", "sample": "u8"}
    asked = {"pixels": str(page), "out": str(out), "crop": crop, "fill": fill}
    assert caller.ask(2, "ink", **asked)["event"] == "done"
    free = np.fromfile(out, np.uint8).reshape(100, 200, 4)
    assert (free[..., :3] == (1, 2, 3)).all()
    assert caller.ask(3, "ink", **asked, mask=str(mask))["event"] == "done"
    masked = np.fromfile(out, np.uint8).reshape(100, 200, 4)
    assert not masked[:50, :, 3].any()
    np.testing.assert_array_equal(masked[50:], free[50:])
    mask.write_bytes(b"short")
    failed = caller.ask(4, "ink", **asked, mask=str(mask))
    assert failed["kind"] == "page"
    assert not out.exists()


def test_floating_point_and_16_bits_of_coverage() -> None:
    ink = np.array([[0, 1000, 65535]], np.uint16)
    for sample, kind in (("f32", "<f4"), ("f16", "<f2")):
        written = pixels.filled(ink, Fill(b"", sample)).view(kind)
        np.testing.assert_allclose(written.ravel(), [0, 1000 / 65535, 1], rtol=1e-3)
    (part,) = pixels.within([ink], Crop(1, 0, 2, 1), None)
    assert pixels.filled(part, Fill(b"\7\7", "u16")).tobytes() == b"\7\7\xe8\x03\7\7\xff\xff"


def test_a_part_of_a_page_is_inked_as_in_the_whole(tmp_path: Path, twice: ModelCard) -> None:
    machine = Hardware("Some CPU", ("avx2",), 2, 2, 64 * 10**9, 32 * 10**9)
    studio = Studio(twice, lambda _: lambda size: plan(size, twice, machine, Wishes(max_memory=10**9, passes=3)), None)
    drawing = np.tile(sketch(), (2, 2))
    (tmp_path / "page").write_bytes(first_line(900, 640, "y", "u8", dpi=300.0) + drawing.tobytes())
    out, parts = tmp_path / "out", []
    for crop in ([0, 0, 900, 640], [400, 300, 150, 120]):
        asked = {"pixels": str(tmp_path / "page"), "out": str(out), "crop": crop, "options": {"drawing": "7px"}}
        studio.ink(Order.of(Request(1, "ink", asked)), Watch(lambda *_: None))
        parts.append(np.fromfile(out, np.uint8).reshape(crop[3], crop[2]))
    assert parts[1].any()
    np.testing.assert_array_equal(parts[0][300:420, 400:550], parts[1])


def test_the_scale_of_the_last_ink_is_kept(caller: Caller, page: Path) -> None:
    asked = {"pixels": str(page), "out": str(page.with_name("ink")), "options": {"thickness": "8"}}
    first = caller.ask(2, "ink", **asked)
    other = 1.0 if first["scale"] > 1 else 1.25
    told = caller.ask(3, "ink", **asked, last_scale=other)
    assert told["scale"] in {other, first["scale"]}
    assert "kept" in told["scale_why"] or told["scale"] == first["scale"]


def test_the_pages_of_a_file_and_the_corners_of_a_sheet_are_told(caller: Caller, tmp_path: Path) -> None:
    first, second = Image.fromarray(sketch()), Image.new("L", (100, 100), 255)
    first.save(tmp_path / "two.tif", save_all=True, append_images=[second])
    told = caller.ask(2, "ink", pixels=str(tmp_path / "two.tif"), out=str(tmp_path / "ink"))
    assert (told["pages"], told["crop"], told["corners"]) == (2, [0, 0, SHAPE[1], SHAPE[0]], [])
    photo = np.full((900, 1200), 40, np.uint8)
    lying = np.array([[200, 120], [1010, 140], [1020, 760], [190, 750]])
    cv2.fillPoly(photo, [lying], 235, cv2.LINE_AA)
    cv2.circle(photo, (600, 450), 150, 60, 6, cv2.LINE_AA)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    asked = {"pixels": str(tmp_path / "photo.png"), "out": str(tmp_path / "ink")}
    assert caller.ask(3, "ink", **asked)["corners"] == []
    told = caller.ask(4, "ink", **asked, options={"page": "auto"})
    np.testing.assert_allclose(told["corners"], lying, atol=4)
    assert told["crop"][2] < 900
