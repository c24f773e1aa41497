"""Edits of files with layers: only the layer of ink is changed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from edited import DETAIL, SHAPE, Desk, pixels, save, sketch, stroke
from lineart_cli import pages
from lineart_cli.events import PageDone, PageSkipped
from lineart_cli.options import ReadOptions


def edit_ora(path: Path, x: int, y: int) -> tuple[dict[str, bytes], np.ndarray]:
    """Puts a flat colour under the ink, draws into the ink, and trims its layer, as Krita does.

    Returns:
        All members; and the opacity of the ink.
    """
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    part = path.with_suffix(".layer.png")
    part.write_bytes(members["data/ink.png"])
    ink = pixels(part).copy()
    stroke(ink, DETAIL, (0, 0, 0, 255))
    save(part, np.ascontiguousarray(ink[y:, x:]))
    members["data/ink.png"] = part.read_bytes()
    Image.new("RGBA", SHAPE[::-1], (250, 220, 180, 255)).save(part)
    members["data/flat.png"] = part.read_bytes()
    under = (0.5 * 255 + 0.5 * np.array([250, 220, 180])) * (1 - ink[..., 3:] / 255)
    save(part, np.ascontiguousarray(under.astype(np.uint8)))
    members["mergedimage.png"] = part.read_bytes()
    part.unlink()
    stack = members["stack.xml"].decode()
    old = '<layer name="ink" src="data/ink.png" x="0" y="0" visibility="visible" />'
    assert old in stack
    trimmed = old.replace('x="0" y="0"', f'x="{x}" y="{y}"')
    flat = '<layer name="flat" src="data/flat.png" x="0" y="0" visibility="visible" opacity="0.5" />'
    members["stack.xml"] = stack.replace(old, trimmed + flat).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return members, ink[..., 3]


def check_merged_image(desk: Desk, ink: np.ndarray) -> None:
    """Whether the merged picture is ink over a flat colour at half its opacity over an old sketch under no ink."""
    merged = pages.read_sketch(desk.output, ReadOptions()).astype(float)
    flat = np.array([252.5, 237.5, 217.5])
    is_bare = sketch() == 255
    off = np.abs(merged - flat * (1 - ink[..., None] / 255))
    assert off[is_bare].max() <= 2


@pytest.mark.parametrize("corner", [(0, 0), (30, 40)])
def test_of_openraster_only_the_layer_of_ink_is_changed(desk: Desk, corner: tuple[int, int]) -> None:
    desk.ink(format="ora")
    members, edited = edit_ora(desk.output, *corner)
    desk.draw(sketch(down=20))
    done = desk.ink(format="ora", keep_edits=True)
    assert isinstance(done, PageDone)
    assert (done.edits, done.conflicts) == (1, ())
    with zipfile.ZipFile(desk.output) as archive:
        after = {name: archive.read(name) for name in archive.namelist()}
    assert list(after) == list(members)
    changed = {name for name in after if after[name] != members[name]}
    assert changed - {"stack.xml"} == {"data/ink.png", "mergedimage.png", "Thumbnails/thumbnail.png"}
    assert ("stack.xml" in changed) == (corner != (0, 0))
    ink = pages.read_ink_layer(desk.output, "ora", desk.out).pixels
    wanted = 255 - sketch(down=20)
    wanted[230:330] = edited[230:330]
    assert np.array_equal(ink[..., 3], wanted)
    check_merged_image(desk, wanted)
    assert isinstance(desk.ink(format="ora", keep_edits=True), PageSkipped)


def test_of_photoshop_only_the_layer_of_ink_is_changed(desk: Desk) -> None:
    desk.ink(format="psd")
    image = PSDImage.open(desk.output)
    sketch_layer, ink_layer = image
    ink = np.array(ink_layer.topil())
    stroke(ink, DETAIL, (0, 0, 0, 255))
    record = ink_layer._record
    record.left, record.top = 30, 40
    for info, data in zip(record.channel_info, ink_layer._channels, strict=True):
        plane = np.ascontiguousarray(ink[40:, 30:, info.id])
        info.length = 2 + data.set_data(plane.tobytes(), plane.shape[1], plane.shape[0], 8)
    flat = image.create_pixel_layer(Image.new("RGB", SHAPE[::-1], (250, 220, 180)), name="flat", opacity=128)
    image.remove(flat)
    image.insert(1, flat)
    under = (0.5 * 255 + 0.5 * np.array([250, 220, 180])) * (1 - ink[..., 3:] / 255)
    planes = [under[..., each].astype(np.uint8).tobytes() for each in range(3)]
    image._record.image_data.set_data(planes, image._record.header)
    image.save(desk.output)
    before = PSDImage.open(desk.output)
    assert [layer.name for layer in before] == [sketch_layer.name, "flat", "ink"]
    desk.draw(sketch(down=20))
    done = desk.ink(format="psd", keep_edits=True)
    assert isinstance(done, PageDone)
    assert (done.edits, done.conflicts) == (1, ())
    after = PSDImage.open(desk.output)
    assert [layer.name for layer in after] == [layer.name for layer in before]
    for layer, same in zip(before, after, strict=True):
        planes = [(each.compression, each.data) for each in layer._channels]
        assert (planes == [(each.compression, each.data) for each in same._channels]) == (layer.name != "ink")
    wanted = 255 - sketch(down=20)
    wanted[230:330] = ink[230:330, :, 3]
    assert np.array_equal(pages.read_ink_layer(desk.output, "psd", desk.out).pixels[..., 3], wanted)
    check_merged_image(desk, wanted)


def test_a_file_without_its_layer_of_ink_is_kept_as_a_whole(desk: Desk) -> None:
    desk.ink(format="ora")
    with zipfile.ZipFile(desk.output) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(desk.output, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data.replace(b'name="ink"', b'name="line"') if name == "stack.xml" else data)
    before = desk.output.read_bytes()
    desk.draw(sketch(down=20))
    kept = desk.ink(format="ora", keep_edits=True)
    assert isinstance(kept, PageSkipped)
    assert "has no layer 'ink'" in kept.note
    assert desk.output.read_bytes() == before
