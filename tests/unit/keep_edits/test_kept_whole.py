"""Ink whose edits cannot be merged is kept as a whole, and that is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tifffile import imwrite

from edited import DETAIL, Desk, pixels, save, sketch, stroke
from lineart_cli.batch.kept_files import NAME as KEPT
from lineart_cli.events import PageSkipped


def to_two_pages(path: Path) -> None:
    imwrite(path, np.stack([pixels(path)[..., 0]] * 2), photometric="minisblack")


def to_photoshop(path: Path) -> None:
    imwrite(
        path,
        pixels(path)[..., 0],
        photometric="minisblack",
        extratags=[(37724, 7, 36, b"Adobe Photoshop Document Data Block\0", True)],
    )


def to_lossy_webp(path: Path) -> None:
    Image.fromarray(pixels(path)[..., 0]).save(path, "WEBP", quality=80)


def to_lossy_webp_with_a_profile(path: Path) -> None:
    Image.fromarray(pixels(path)[..., 0]).convert("RGBA").save(path, "WEBP", quality=80, icc_profile=bytes(5001))


def to_jpeg(path: Path) -> None:
    Image.fromarray(pixels(path)[..., 0]).save(path, "JPEG")


def to_jpeg_in_tiff(path: Path) -> None:
    Image.fromarray(pixels(path)[..., 0]).save(path, "TIFF", compression="jpeg")


LOSSY = [to_lossy_webp, to_lossy_webp_with_a_profile, to_jpeg, to_jpeg_in_tiff]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (to_two_pages, "2 pages"),
        (to_photoshop, "Photoshop's layers"),
        *((each, "saved with loss, whose traces cannot be told from edits; save it from your") for each in LOSSY),
    ],
)
def test_pages_and_layers_that_somebody_added_are_not_lost(
    desk: Desk, change: Callable[[Path], None], says: str
) -> None:
    desk.ink(format="tiff")
    change(desk.output)
    before = desk.output.read_bytes()
    desk.draw(sketch(down=20))
    kept = desk.ink(format="tiff", keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert says in kept.note
    assert desk.output.read_bytes() == before


@pytest.mark.parametrize("given", [{"format": "jpeg"}, {"format": "gif"}], ids=str)
def test_what_cannot_keep_edits_is_not_said_to(desk: Desk, given: dict[str, object]) -> None:
    desk.ink(**given)
    desk.output.write_bytes(desk.output.read_bytes() + b" ")
    desk.draw(sketch(down=20))
    kept = desk.ink(**given)
    assert isinstance(kept, PageSkipped)
    assert "--keep-edits" not in kept.note
    assert "--overwrite" in kept.note


def lose_prints(desk: Desk) -> None:
    for file in (desk.out / KEPT).iterdir():
        file.unlink()


def damage_prints(desk: Desk) -> None:
    for file in (desk.out / KEPT).iterdir():
        file.write_bytes(file.read_bytes()[:-3])


def crop(desk: Desk) -> None:
    save(desk.output, pixels(desk.output)[10:].copy())


@pytest.mark.parametrize(
    ("change", "says"),
    [(lose_prints, "no fingerprints"), (damage_prints, "no fingerprints"), (crop, "300 x 410 px instead of 300 x 420")],
)
def test_what_cannot_be_merged_is_kept_as_a_whole_and_told(
    desk: Desk, change: Callable[[Desk], None], says: str
) -> None:
    desk.ink()
    edited = pixels(desk.output).copy()
    stroke(edited, DETAIL, 0)
    save(desk.output, edited)
    change(desk)
    before = desk.output.read_bytes()
    desk.draw(sketch(down=20))
    kept = desk.ink(keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert "kept as a whole" in kept.note
    assert says in kept.note
    assert desk.output.read_bytes() == before


def test_a_damaged_output_is_kept_as_such(desk: Desk) -> None:
    desk.ink()
    edited = np.random.default_rng(0).integers(0, 255, pixels(desk.output).shape, np.uint8)
    save(desk.output, edited)
    desk.output.write_bytes(desk.output.read_bytes()[:30_000])
    before = desk.output.read_bytes()
    desk.draw(sketch(down=20))
    kept = desk.ink(keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert "kept as a whole: it is cut off or damaged" in kept.note
    assert "--keep-edits" not in kept.note
    assert desk.output.read_bytes() == before
