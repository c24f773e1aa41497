"""`lineart serve`: requests and answers, and ink like the command's, with a tiny network."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from lineart_cli.batch import overview
from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.errors import ArgumentError, PageError
from lineart_cli.inference.engines import OutOfMemoryError, open_engine
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import open_inker
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Crop, Length
from lineart_cli.pages.readers.raw import first_line
from lineart_cli.plan import Request as Wishes
from lineart_cli.plan import plan
from lineart_cli.serve import Server, Studio, pixels
from lineart_cli.serve.fields import Fill
from lineart_cli.serve.protocol import OLDEST, VERSION, Order, Request, RequestError
from lineart_cli.serve.watch import CancelledError, Watch
from waiting import LATE

SHAPE = (320, 450)
ESTIMATED = overview.estimated
OPEN_ENGINE = "lineart_cli.serve.studio.open_engine"


def sketch() -> np.ndarray:
    page = np.full(SHAPE, 245, np.uint8)
    cv2.ellipse(page, (200, 150), (150, 90), 20, 0, 360, 50, 5, cv2.LINE_AA)
    return page


@pytest.fixture
def studio(card: ModelCard, decide: Callable[..., Any]) -> Studio:
    return Studio(card, lambda _: decide(), None)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page"
    path.write_bytes(first_line(SHAPE[1], SHAPE[0], "y", "u8", dpi=300.0) + sketch().tobytes())
    return path


class Caller:
    """Talks to a server in a thread."""

    def __init__(self, studio: Studio, idle: float = 100) -> None:
        self.said: list[dict[str, Any]] = []
        self._lines: list[str | None] = []
        self._more = threading.Condition()
        server = Server(studio, self._hear, idle)
        self.thread = threading.Thread(target=server.run, args=(self._given(),), daemon=True)
        self.thread.start()

    def send(self, line: str | None) -> None:
        with self._more:
            self._lines.append(line)
            self._more.notify_all()

    def ask(self, number: int, do: str, **fields: Any) -> dict[str, Any]:
        self.send(json.dumps({"id": number, "do": do, **fields}))
        return self.last(number)

    def last(self, number: int | None) -> dict[str, Any]:
        """The answer that ends a request."""
        with self._more:
            assert self._more.wait_for(lambda: self._ends(number), LATE), self.said
            return self._ends(number)[0]

    def _ends(self, number: int | None) -> list[dict[str, Any]]:
        return [each for each in self.said if each.get("id") == number and each["event"] != "progress"]

    def _hear(self, line: str) -> None:
        with self._more:
            self.said.append(json.loads(line))
            self._more.notify_all()

    def _given(self) -> Iterator[str]:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._lines)
                line = self._lines.pop(0)
            if line is None:
                return
            yield line


@pytest.fixture
def caller(studio: Studio) -> Iterator[Caller]:
    made = Caller(studio)
    assert made.ask(1, "hello", version=1)["event"] == "hello"
    yield made
    made.send(None)
    made.thread.join(LATE)
    assert not made.thread.is_alive()


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


def test_a_preview_has_the_size_of_the_screen(caller: Caller, page: Path) -> None:
    out = page.with_name("preview")
    told = caller.ask(2, "preview", pixels=str(page), out=str(out), crop=[0, 0, 400, 300], zoom=0.5)
    assert (told["width"], told["height"]) == (200, 150)
    assert out.stat().st_size == 200 * 150
    told = caller.ask(3, "preview", pixels=str(page), out=str(out), crop=[50, 40, 100, 80], zoom=4)
    assert (told["width"], told["height"]) == (100, 80)


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


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The windows that networks are made ready for."""
    windows: list[tuple[int, int]] = []
    monkeypatch.setattr(OPEN_ENGINE, lambda *given: windows.append(given[2]) or open_engine(*given))
    return windows


def test_the_network_is_prepared_once_for_previews_anywhere_on_the_page(
    caller: Caller, page: Path, opened: list[tuple[int, int]]
) -> None:
    page.write_bytes(first_line(2600, 1800, "y", "u8") + bytes(2600 * 1800))
    assert caller.ask(2, "prepare", width=300, height=200)["event"] == "done"
    assert opened
    before = len(opened)
    asked = {"pixels": str(page), "out": str(page.with_name("preview")), "options": {"drawing": "7px"}}
    places = [(0, 0, 1), (411, 307, 1), (2300, 1600, 1), (200, 100, 0.5), (900, 800, 3), (2400, 40, 2.2)]
    for number, (left, top, zoom) in enumerate(places, 3):
        crop = [left, top, round(300 / zoom), round(200 / zoom)]
        assert caller.ask(number, "preview", **asked, crop=crop, zoom=zoom)["event"] == "done"
    assert opened[before:] == []
    told = caller.ask(9, "prepare", width=300, height=0)
    assert told["error"] == "width, height 300 x 0: give 1 to 16384 px"


def test_the_network_is_prepared_for_a_page_that_is_narrower_than_the_window(
    caller: Caller, page: Path, opened: list[tuple[int, int]]
) -> None:
    page.write_bytes(first_line(1000, 3000, "y", "u8") + bytes(1000 * 3000))
    assert caller.ask(2, "prepare", width=334, height=400, page=[333, 1000])["event"] == "done"
    assert opened
    before = len(opened)
    asked = {"pixels": str(page), "out": str(page.with_name("preview")), "options": {"drawing": "7px"}}
    for number, top in enumerate((0, 900, 1780), 3):
        assert caller.ask(number, "preview", **asked, crop=[0, top, 1000, 1200], zoom=0.333)["event"] == "done"
    assert opened[before:] == []
    assert "write [width, height]" in caller.ask(9, "prepare", width=334, height=400, page=[0, 7])["error"]


@pytest.fixture
def no_window_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineart_cli.serve.studio._SMALL_PX", 0)


def test_networks_of_large_windows_rest_between_pages_and_are_kept(
    no_window_is_small: None, caller: Caller, page: Path, opened: list[tuple[int, int]]
) -> None:
    asked = {"pixels": str(page), "out": str(page.with_name("ink")), "options": {"drawing": "7px"}}
    inks = [caller.ask(number, "ink", **asked)["sha256"] for number in (2, 3)]
    assert inks[0] == inks[1]
    assert len(opened) == len(set(opened)) > 0


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


def test_the_scale_of_the_last_ink_is_kept(caller: Caller, page: Path) -> None:
    asked = {"pixels": str(page), "out": str(page.with_name("ink")), "options": {"thickness": "8"}}
    first = caller.ask(2, "ink", **asked)
    other = 1.0 if first["scale"] > 1 else 1.25
    told = caller.ask(3, "ink", **asked, last_scale=other)
    assert told["scale"] in {other, first["scale"]}
    assert "kept" in told["scale_why"] or told["scale"] == first["scale"]


def test_nothing_is_inked_for_a_folder_that_does_not_exist(caller: Caller, page: Path) -> None:
    assert caller.ask(2, "ink", pixels=str(page), out=str(page.parent / "no/ink"))["event"] == "failed"
    assert not [each for each in caller.said if each["event"] == "progress"]


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


def test_errors_are_the_command_s(caller: Caller, page: Path) -> None:
    asked = {"pixels": str(page), "out": str(page.with_name("ink"))}
    cases = [
        ({"options": {"thickness": "thick"}}, "argument", "--thickness thick: not a length"),
        ({"options": {"brush": "broom"}}, "argument", "--brush broom: unknown"),
        ({"options": {"output": "x"}}, "argument", "options.output x: unknown"),
        ({"options": {"thickness": "2,3"}}, "argument", "one of each"),
        ({"pixels": str(page) + "x"}, "page", "is not there"),
        ({"out": str(page.parent / "no/ink")}, "page", "no does not exist; make it first"),
        ({"out": str(page.parent)}, "page", "is a folder"),
        (
            {"mask": str(page.parent / "mask")},
            "page",
            "mask: cannot be read (No such file or directory); write the mask",
        ),
        ({"mask": str(page)}, "page", "is no mask of 450 x 320 px"),
        ({"crop": [400, 0, 100, 10]}, "argument", "reaches beyond"),
        ({"crop": [0, 0, 0, 10]}, "request", "crop"),
        ({"fill": {"colour": "zz", "sample": "u8"}}, "request", "fill"),
        ({"zoom": -1}, "request", "zoom -1: write a number above 0"),
        ({"zoom": None}, "request", "zoom None: write a number above 0"),
        ({"zoom": 10**400}, "request", "write a number above 0"),
        ({"last_scale": "1"}, "request", "last_scale '1': write a number above 0"),
        (
            {"crop": [0.5, 0, 100, 100]},
            "request",
            "crop [0.5, 0, 100, 100]: write [left, top, width, height], whole px",
        ),
        ({"crop": {"left": 0}}, "request", "write [left, top, width, height]"),
        ({"crop": None}, "request", "write [left, top, width, height]"),
        ({"fill": {"colour": "00", "sample": ["u8"]}}, "request", "u8, u16, f16 or f32"),
        ({"options": []}, "request", "options []: write an object of texts"),
        ({"options": {"thickness": None}}, "request", "write an object of texts"),
        ({"out": ""}, "request", "out '': write the path of a file"),
    ]
    for number, (more, kind, text) in enumerate(cases, 2):
        told = caller.ask(number, "ink", **{**asked, **more})
        assert (told["event"], told["kind"]) == ("failed", kind), told
        assert text in told["error"]
        assert "\n" not in told["error"]
    assert caller.ask(90, "ink", **asked)["event"] == "done"


def test_lines_that_are_no_requests_are_told_and_passed_over(caller: Caller) -> None:
    for line in (
        "{",
        "[]",
        '"ink"',
        '{"do": "ink"}',
        '{"id": true, "do": "ink"}',
        "\x00",
        "9" * 1_000_001,
        "[" * 100_000,
        '{"id": ' + "[" * 400 + "]" * 400 + "}",
    ):
        caller.said.clear()
        caller.send(line)
        assert caller.last(None)["kind"] == "request"
    asked = (
        {},
        {"do": 7},
        {"do": "dance"},
        {"do": "ink"},
        {"do": "cancel"},
        {"do": "ink", "pixels": "\ud800", "out": "b"},
    )
    for number, fields in enumerate(asked, 20):
        caller.send(json.dumps({"id": number, **fields}))
        assert caller.last(number)["kind"] == "request"
    caller.send("")
    assert caller.ask(30, "brushes")["event"] == "done"


def test_a_request_that_fails_leaves_no_older_ink_and_never_takes_the_sketch_away(caller: Caller, page: Path) -> None:
    out = page.with_name("ink")
    asked = {"pixels": str(page), "out": str(out)}
    for number, (do, more) in enumerate(
        (
            ("ink", {"options": {"thickness": "thick"}}),
            ("ink", {"pixels": str(page) + "x"}),
            ("preview", {"zoom": 0}),
            ("ink", {"crop": [0, 0, 9000, 1]}),
        ),
        2,
    ):
        out.write_bytes(b"of before")
        assert caller.ask(number, do, **{**asked, **more})["event"] == "failed"
        assert not out.exists()
    assert "named for two files" in caller.ask(20, "ink", pixels=str(page), out=str(page))["error"]
    assert page.exists()


@pytest.mark.parametrize("version", range(OLDEST, VERSION + 1))
def test_callers_of_older_versions_are_answered_in_theirs(studio: Studio, version: int) -> None:
    caller = Caller(studio)
    assert caller.ask(1, "hello", version=version)["version"] == version
    caller.send(None)


@pytest.mark.parametrize(("version", "who"), [(0, "the caller"), (99, "lineart")])
def test_versions_that_differ_say_who_is_to_be_updated(studio: Studio, version: int, who: str) -> None:
    caller = Caller(studio)
    assert "hello comes first" in caller.ask(1, "brushes")["error"]
    assert caller.ask(2, "hello", version=version)["error"].endswith(f"update {who}")
    assert "hello comes first" in caller.ask(3, "brushes")["error"]
    assert "version '1': write a whole number" in caller.ask(5, "hello", version="1")["error"]
    caller.send('{"id": 4, "do": "quit"}')
    caller.thread.join(LATE)
    assert not caller.thread.is_alive()


class _Slow:
    """A studio whose pages take until they are cancelled."""

    def __init__(self) -> None:
        self.rests = 0
        self.began = threading.Event()

    def ink(self, _order: Order | None, watch: Watch) -> dict[str, Any]:
        self.began.set()
        while True:
            watch.check()
            time.sleep(0.01)

    preview = ink

    def prepare(self, _width: int, _height: int, watch: Watch) -> None:
        self.ink(None, watch)

    def rest(self) -> None:
        self.rests += 1


def test_a_document_that_is_too_large_is_told_before_it_is_read(caller: Caller, tmp_path: Path) -> None:
    head = first_line(36_000, 36_000, "y", "u8")
    (tmp_path / "huge").write_bytes(head)
    os.truncate(tmp_path / "huge", len(head) + 36_000**2)
    told = caller.ask(2, "ink", pixels=str(tmp_path / "huge"), out=str(tmp_path / "out"))
    assert told["kind"] == "page"
    assert "is over 1200 megapixels" in told["error"]


def test_cancel_ends_what_is_at_work_and_what_waits(tmp_path: Path) -> None:
    caller = Caller(_Slow())  # type: ignore[arg-type]
    caller.ask(1, "hello", version=1)
    for number in (2, 3):
        caller.send(json.dumps({"id": number, "do": "ink", "pixels": "a", "out": "b"}))
    caller.send('{"id": 4, "do": "cancel", "of": 3}')
    caller.send('{"id": 5, "do": "cancel", "of": 2}')
    caller.send('{"id": 6, "do": "cancel", "of": 77}')
    assert caller.last(2)["event"] == caller.last(3)["event"] == "cancelled"
    caller.send('{"id": 7, "do": "ink", "pixels": "a", "out": "b"}')
    caller.send('{"id": 7, "do": "ink", "pixels": "a", "out": "b"}')
    assert "in use" in caller.last(7)["error"]
    caller.send(None)  # the end of the lines cancels all
    caller.thread.join(LATE)
    assert not caller.thread.is_alive()


def test_a_newer_preview_takes_the_place_of_the_last() -> None:
    caller = Caller(_Slow())  # type: ignore[arg-type]
    caller.ask(1, "hello", version=1)
    for number in (2, 3):
        caller.send(json.dumps({"id": number, "do": "preview", "pixels": "a", "out": "b"}))
    assert caller.last(2)["event"] == "cancelled"
    caller.send('{"id": 4, "do": "ink", "pixels": "a", "out": "b"}')
    assert caller.last(3)["event"] == "cancelled"
    caller.send('{"id": 5, "do": "cancel", "of": 4}')
    assert caller.last(4)["event"] == "cancelled"
    caller.send('{"id": 6, "do": "prepare", "width": 9, "height": 9}')
    caller.send('{"id": 7, "do": "ink", "pixels": "a", "out": "b"}')
    assert caller.last(6)["event"] == "cancelled"
    caller.send('{"id": 8, "do": "quit"}')
    assert caller.last(7)["event"] == "cancelled"


def test_what_has_not_begun_is_cancelled_at_once_and_the_page_at_work_goes_on(tmp_path: Path) -> None:
    studio, (stale, ink) = _Slow(), (tmp_path / "stale", tmp_path / "ink")
    caller = Caller(studio)  # type: ignore[arg-type]
    caller.ask(1, "hello", version=VERSION)
    caller.send(json.dumps({"id": 2, "do": "ink", "pixels": "a", "out": str(ink)}))
    assert studio.began.wait(LATE)
    for out in stale, ink:
        out.write_bytes(b"")
    for number, out in (3, stale), (4, ink), (5, stale):
        caller.send(json.dumps({"id": number, "do": "preview", "pixels": "a", "out": str(out)}))
    assert caller.last(3)["event"] == caller.last(4)["event"] == "cancelled"  # by newer previews
    caller.send('{"id": 6, "do": "cancel", "of": 5}')
    assert caller.last(5)["event"] == "cancelled"
    assert (stale.exists(), ink.exists()) == (False, True)  # one is no result any more, the other is being written
    caller.send(json.dumps({"id": 5, "do": "preview", "pixels": "a", "out": str(stale)}))
    caller.send(None)
    caller.thread.join(LATE)
    assert [each["id"] for each in caller.said if each["event"] == "cancelled"] == [3, 4, 5, 5, 2]


@pytest.mark.parametrize(
    "error", [MemoryError(), OutOfMemoryError("the network does not fit in the memory; close others")]
)
def test_too_little_memory_is_told_and_what_is_kept_is_given_back(error: Exception) -> None:
    class Full(_Slow):
        def ink(self, _order: Order | None, watch: Watch) -> dict[str, Any]:
            raise error

    studio = Full()
    caller = Caller(studio)  # type: ignore[arg-type]
    caller.ask(1, "hello", version=VERSION)
    told = caller.ask(2, "ink", pixels="a", out="b")
    assert told["kind"] == "memory"
    assert "memory; close other" in told["error"]
    assert studio.rests == 1
    caller.send(None)


def test_memory_is_given_back_after_a_while(page: Path) -> None:
    slow = _Slow()
    caller = Caller(slow, idle=0.05)  # type: ignore[arg-type]
    caller.ask(1, "hello", version=1)
    caller.ask(2, "brushes")
    end = time.monotonic() + LATE
    while not slow.rests and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.3)
    assert slow.rests == 1  # and not again and again
    caller.send(None)


def test_what_is_cancelled_leaves_no_file(studio: Studio, page: Path) -> None:
    watch = Watch(lambda *_: watch.cancel())
    out = page.with_name("ink")
    order = Order.of(Request(1, "ink", {"pixels": str(page), "out": str(out)}))
    with pytest.raises(CancelledError):
        studio.ink(order, watch)
    assert not out.exists()
    studio.rest()
    assert studio.ink(order, Watch(lambda *_: None))["share"] >= 0
    assert out.exists()


def test_brushes_have_samples_and_tell_whose_they_are(caller: Caller, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "brushes")
    told = caller.ask(2, "brushes", width=80, height=20)["brushes"]
    assert [each["name"] for each in told] == list(store.names())
    sample = Image.open(io.BytesIO(base64.b64decode(told[0]["sample"])))
    assert sample.size == (80, 20)
    assert np.asarray(sample)[..., -1].max() > 100
    assert caller.ask(3, "brushes", width=1)["kind"] == "argument"


def test_a_stroke_becomes_a_brush_of_one_s_own(caller: Caller, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "brushes")
    stroke = np.full((120, 600), 255, np.uint8)
    for x in range(40, 560):
        half = 1 + 14 * (x - 40) / 520
        stroke[int(60 - half) : int(60 + half), x] = 0
    Image.fromarray(stroke).save(tmp_path / "stroke.png")
    asked = {"picture": str(tmp_path / "stroke.png"), "name": "mine"}
    assert not caller.ask(2, "learn", **asked)["replaced"]
    assert caller.ask(3, "learn", **asked)["replaced"]
    (mine,) = [each for each in caller.ask(4, "brushes")["brushes"] if each["own"]]
    assert mine["name"] == "mine"
    assert "lineart's own" in caller.ask(5, "learn", **{**asked, "name": "ink_pen"})["error"]
    assert "letters" in caller.ask(6, "learn", **{**asked, "name": "../x"})["error"]
    for number, (name, other) in enumerate({"Mine": "mine", "INK_pen": "ink_pen"}.items(), 8):
        told = caller.ask(number, "learn", **{**asked, "name": name})["error"]
        assert told.startswith(f"name {name}: only its case tells it from the brush {other}, which is one file")
    Image.new("L", (200, 100), 255).save(tmp_path / "stroke.png")
    assert caller.ask(7, "learn", **{**asked, "name": "none"})["kind"] == "argument"
    assert not (tmp_path / "brushes/none.json").exists()


def test_a_brush_that_cannot_be_kept_says_what_helps(caller: Caller, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "file/brushes")
    (tmp_path / "file").touch()
    stroke = np.full((120, 600), 255, np.uint8)
    stroke[50:70, 40:560] = 0
    Image.fromarray(stroke).save(tmp_path / "stroke.png")
    told = caller.ask(2, "learn", picture=str(tmp_path / "stroke.png"), name="mine")
    assert "cannot be written (Not a directory); take away the file that is in place of its folder" in told["error"]


def test_a_name_that_no_disk_takes_is_to_be_shorter(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"cannot be written \(File name too long\); give it a shorter name, or name"):
        pixels.write_bytes(b"", tmp_path / ("a" * 300))


def test_a_request_says_what_is_wrong_with_it() -> None:
    with pytest.raises(RequestError, match="pixels: missing"):
        Order.of(Request(1, "ink", {}))
    with pytest.raises(ArgumentError, match="--faint"):
        Order.of(Request(1, "ink", {"pixels": "a", "out": "b", "options": {"faint": 7}}))
