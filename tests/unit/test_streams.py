"""Pages from file to file in strips, with what is between on disk: the ink is the same as in one piece."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from lineart_cli import pages
from lineart_cli.batch import files, page
from lineart_cli.batch.kept_files import NAME as KEPT
from lineart_cli.batch.output_folder import OutputFolder
from lineart_cli.batch.runner import Batch
from lineart_cli.brushes import store
from lineart_cli.errors import EngineError
from lineart_cli.events import Event, PageFailed
from lineart_cli.imaging import disk_array
from lineart_cli.inking.inker import open_inker
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.pages import picture
from lineart_cli.pages.readers import png, tiff
from lineart_cli.plan import PageSize

SHAPE = (331, 267)


def sketch(bits: int = 8, colour: bool = False, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    grey = np.full(shape, 0.9)
    grey += np.random.default_rng(0).normal(0, 0.01, shape)
    for row in range(20, shape[0], 40):
        cv2.line(grey, (10, row), (shape[1] - 30, row + 25), 0.3, 4)
    full = 2**bits - 1
    page = np.clip(np.rint(grey * full), 0, full).astype(f"uint{bits}")
    return np.stack([page, page, page - page // 8], -1) if colour else page


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Pages of all kinds that are read in strips, and of some that are not."""
    folder = tmp_path / "scans"
    folder.mkdir()
    Image.fromarray(sketch()).save(folder / "grey.png", dpi=(600, 600))
    Image.fromarray(sketch(16)).save(folder / "deep.png", dpi=(300, 300))
    Image.fromarray(sketch(colour=True)).save(folder / "rgb.png", dpi=(450, 450))
    Image.fromarray(sketch()).save(folder / "small.png", dpi=(200, 200))
    Image.fromarray(sketch(colour=True)).save(folder / "photo.jpg", dpi=(300, 300))
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(sketch(colour=True)).save(folder / "turned.png", dpi=(600, 600), exif=turned)
    common: dict[str, Any] = {"resolution": (600, 600), "resolutionunit": "inch", "metadata": None}
    tifffile.imwrite(folder / "bare.tif", sketch(16), byteorder=">", **common)
    tifffile.imwrite(folder / "strips.tif", sketch(16, colour=True), compression="lzw", rowsperstrip=7, **common)
    tifffile.imwrite(folder / "tiles.tif", sketch(colour=True), compression="zlib", tile=(48, 64), **common)
    planes = np.moveaxis(sketch(colour=True), -1, 0)
    tifffile.imwrite(
        folder / "planes.tif", planes, photometric="rgb", planarconfig="separate", rowsperstrip=9, **common
    )
    return folder


class Desk:
    """Inks folders with the tiny model."""

    def __init__(self, card: ModelCard, decide: Callable[..., Any], folder: Path) -> None:
        self.card, self.folder = card, folder
        self.decide = decide(backend="onnxruntime", tile=96)
        self.open: Callable[..., Any] = open_inker
        self.errors: list[str] = []

    def report(self, event: Event) -> None:
        if isinstance(event, PageFailed):
            self.errors.append(event.error)

    def ink(self, scans: Path, **wishes: Any) -> dict[str, bytes]:
        """The files that are made of `scans`."""
        options = InkOptions.parse(wishes)
        out = self.folder / f"ink{len(list(self.folder.iterdir()))}"
        out.mkdir()
        found = files.find([str(scans)], out)
        sources, problems = found.sources, found.problems
        tools, _ = store.tools(options)
        suffix = pages.OUTPUT_FORMATS[options.format].suffix
        jobs = files.plan(sources, out, suffix, pages.count_pages, tools=tuple(tools))
        with OutputFolder(out) as folder:
            keep = len(tools) > 1
            inker = lambda: self.open(self.card, options.bits, keep, folder.scratch)  # noqa: E731
            Batch(folder, options, tools, self.card, self.decide, inker, self, threading.Event()).run(jobs, problems)
        return {
            path.name: path.read_bytes() for path in out.rglob("[!.]*") if path.is_file() and KEPT not in path.parts
        }


@pytest.fixture
def desk(card: ModelCard, decide: Callable[..., Any], tmp_path: Path) -> Desk:
    return Desk(card, decide, tmp_path)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes strips of a few rows from now on, and keeps all pages on disk."""

    def begin() -> None:
        for module in (picture, png, tiff):
            monkeypatch.setattr(module, "BLOCK_PIXELS", 5 * SHAPE[1])
        monkeypatch.setattr(disk_array, "LARGE", 0)
        monkeypatch.setattr(page, "AHEAD", 1000)

    return begin


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"format": "tiff", "bits": "16"},
        {"format": "webp", "transparent": True},
        {"format": "ora", "drop_colour": "red,blue"},
        {"brush": "charcoal"},
        {"thickness": "2px,4px"},
    ],
)
def test_the_ink_is_the_same_as_in_one_piece(
    desk: Desk, scans: Path, narrow: Callable[[], None], wishes: dict[str, Any]
) -> None:
    whole = desk.ink(scans, **wishes)
    narrow()
    assert desk.ink(scans, **wishes) == whole
    assert len(whole) == 10 * (2 if "thickness" in wishes else 1)
    assert desk.errors == []


def test_a_page_that_lies_on_its_side_is_inked_as_if_it_stood(desk: Desk, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for orientation, turn in ((1, 0), (6, 1), (8, 3), (3, 2)):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(np.rot90(sketch(), turn)).save(scans / f"{orientation}.png", dpi=(300, 300), exif=exif)
    inks = desk.ink(scans, drawing="7px")
    assert len(inks) == 4
    assert len(set(inks.values())) == 1


def test_an_engine_that_fails_midway_leaves_nothing(desk: Desk, scans: Path) -> None:
    class Failing:
        def bands(self, page: disk_array.Page, size: PageSize, *_: object) -> Iterator[np.ndarray]:
            yield np.zeros((100, size.width), np.uint8)
            raise EngineError("out of ink")

    desk.open = lambda *_: Failing()
    assert desk.ink(scans) == {}
    assert len(desk.errors) == 10
    assert all(error.endswith("cannot be inked; out of ink") for error in desk.errors)


def test_a_page_that_is_saved_while_it_is_inked_fails(desk: Desk, scans: Path, narrow: Callable[[], None]) -> None:
    class Meddling:
        def bands(self, page: disk_array.Page, size: PageSize, *_: object) -> Iterator[np.ndarray]:
            yield np.zeros((100, size.width), np.uint8)
            if size.dpi == 450:
                Image.fromarray(sketch()).save(scans / "rgb.png")
            yield np.zeros((size.height - 100, size.width), np.uint8)

    narrow()
    desk.open = lambda *_: Meddling()
    assert len(desk.ink(scans)) == 9
    assert desk.errors == [f"{scans / 'rgb.png'}: was changed while it was inked; run again"]


@pytest.mark.parametrize("name", ["grey.png", "deep.png", "strips.tif", "bare.tif", "tiles.tif", "planes.tif"])
def test_a_page_that_is_cut_off_fails_in_one_line_and_leaves_nothing(
    desk: Desk, scans: Path, tmp_path: Path, narrow: Callable[[], None], name: str
) -> None:
    cut = tmp_path / "cut"
    cut.mkdir()
    data = (scans / name).read_bytes()
    (cut / name).write_bytes(data[: len(data) * 2 // 3])
    narrow()
    assert desk.ink(cut) == {}
    (error,) = desk.errors
    assert error.startswith(f"{cut / name}: is cut off")
    assert "\n" not in error


def test_a_disk_that_is_full_when_a_page_goes_there_is_named(
    desk: Desk, scans: Path, narrow: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    narrow()
    monkeypatch.setattr(disk_array.DiskArray, "__setitem__", full)
    assert set(desk.ink(scans)) == {"turned.png"}
    assert len(desk.errors) == 9
    assert all("cannot be written (No space left on device); free some space" in error for error in desk.errors)
