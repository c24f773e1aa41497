"""PSD and PSB files, made by hand or by psd-tools."""

from __future__ import annotations

import struct
import warnings
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from struct import pack

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import BlendMode, Resource
from psd_tools.psd import PSD
from psd_tools.psd.image_resources import ImageResource, VersionInfo

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import ReadOptions
from lineart_cli.pages.readers import psd as reader
from lineart_cli.pages.readers import psd_layers
from pictures import LUMA, grey_of, noise

WIDTH, HEIGHT = 150, 100
drawing = partial(noise, (HEIGHT, WIDTH))


def read(path: Path, layer: str | None = None) -> np.ndarray:
    return pages.read_grey(path, ReadOptions(layer=layer))


def header(path: Path, layer: str | None = None) -> pages.Header:
    return pages.read_header(path, ReadOptions(layer=layer))


def psd_bytes(
    planes: list[np.ndarray],
    mode: int,
    large: bool = False,
    packed: bool = True,
    layers: bytes = b"",
    extra: bytes = b"",
) -> bytes:
    """A PSD or PSB file with a merged picture, by hand: psd-tools writes no 16 bits."""
    first = planes[0]
    depth = 1 if first.dtype == bool else 8 * first.dtype.itemsize
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1 + large, len(planes), first.shape[0], first.shape[1], depth, mode)
    resolution = struct.pack(">I2HI2H", 350 << 16, 1, 1, 350 << 16, 1, 1)
    resource = b"8BIM" + struct.pack(">HHI", 1005, 0, len(resolution)) + resolution
    body = head + struct.pack(">I", len(extra)) + extra + struct.pack(">I", len(resource)) + resource
    body += struct.pack(">Q" if large else ">I", len(layers)) + layers
    rows = [
        np.packbits(row).tobytes() if depth == 1 else row.astype(row.dtype.newbyteorder(">")).tobytes()
        for plane in planes
        for row in plane
    ]
    if not packed:
        return body + struct.pack(">H", 0) + b"".join(rows)
    coded = [imagecodecs.packbits_encode(row) for row in rows]
    counts = b"".join(struct.pack(">I" if large else ">H", len(row)) for row in coded)
    return body + struct.pack(">H", 1) + counts + b"".join(coded)


def photoshop(path: Path, **visible: bool) -> Path:
    """A PSD with the layers Paper, Sketch and Blue, the last two in the group Rough."""
    document = PSDImage.new("RGB", (WIDTH, HEIGHT))
    document.create_pixel_layer(Image.fromarray(drawing(2)), name="Paper")
    sketch = document.create_pixel_layer(
        Image.fromarray(drawing(3)[:40, :50]), name="Sketch", top=20, left=-10, opacity=128
    )
    blue = document.create_pixel_layer(Image.new("RGB", (20, 10), (0, 0, 255)), name="Blue", top=70, left=70)
    document.create_group([sketch, blue], name="Rough")
    for layer in document.descendants():
        layer.visible = visible.get(layer.name, True)
    document.save(path)
    return path


def test_names_may_end_in_a_null_as_those_by_krita_do(tmp_path: Path) -> None:
    document = PSDImage.new("RGB", (WIDTH, HEIGHT))
    document.create_pixel_layer(Image.fromarray(drawing(2)), name="Paper\0")
    document.save(tmp_path / "a.psd")
    np.testing.assert_allclose(read(tmp_path / "a.psd", "Paper"), grey_of(drawing(2)), atol=1e-6)


class TestMerged:
    @pytest.mark.parametrize("packed", [True, False])
    @pytest.mark.parametrize("large", [False, True])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_the_merged_picture(self, tmp_path: Path, packed: bool, large: bool, dtype: type) -> None:
        rgb = drawing(1, dtype)
        path = tmp_path / "a.psd"
        path.write_bytes(psd_bytes(list(np.moveaxis(rgb, -1, 0)), 3, large, packed))
        np.testing.assert_allclose(read(path), grey_of(rgb), atol=1e-6)
        assert header(path) == pages.Header(WIDTH, HEIGHT, (350, 350), 1, 8 * np.dtype(dtype).itemsize, False)

    def test_grey_and_bitmap(self, tmp_path: Path) -> None:
        grey = drawing(1)[..., 0]
        (tmp_path / "a.psd").write_bytes(psd_bytes([grey], 1))
        np.testing.assert_allclose(read(tmp_path / "a.psd"), grey / 255, atol=1e-6)
        (tmp_path / "b.psd").write_bytes(psd_bytes([grey > 99], 0))
        np.testing.assert_array_equal(read(tmp_path / "b.psd"), grey <= 99)
        assert header(tmp_path / "b.psd").bits == 1

    def test_cmyk_counts_from_full_ink(self, tmp_path: Path) -> None:
        ink = np.dstack([drawing(1), drawing(2)[..., :1]])
        (tmp_path / "a.psd").write_bytes(psd_bytes(list(np.moveaxis(255 - ink, -1, 0)), 4))
        rgb = (1 - ink[..., :3] / 255) * (1 - ink[..., 3:] / 255)
        np.testing.assert_allclose(read(tmp_path / "a.psd"), rgb @ np.array(LUMA), atol=1e-6)

    def test_a_palette(self, tmp_path: Path) -> None:
        palette = np.random.default_rng(0).integers(0, 256, (256, 3), np.uint8)
        index = drawing(1)[..., 0]
        (tmp_path / "a.psd").write_bytes(psd_bytes([index], 2, extra=palette.T.tobytes()))
        np.testing.assert_allclose(read(tmp_path / "a.psd"), grey_of(palette[index]), atol=1e-6)

    @pytest.mark.parametrize("is_laid_on_white", [True, False])
    def test_coverage_is_used_once(self, tmp_path: Path, is_laid_on_white: bool) -> None:
        dark = drawing(1) // 4
        coverage = np.random.default_rng(5).choice([0, 64, 200, 255], (HEIGHT, WIDTH)).astype(np.uint8)
        share = coverage[..., None] / 255
        on_white = dark * share + 255 * (1 - share)
        stored = np.rint(on_white).astype(np.uint8) if is_laid_on_white else np.where(share > 0, dark, 0)
        planes = [*np.moveaxis(stored.astype(np.uint8), -1, 0), coverage]
        layers = struct.pack(">Ih", 2, -1)
        (tmp_path / "a.psd").write_bytes(psd_bytes(planes, 3, layers=layers))
        np.testing.assert_allclose(read(tmp_path / "a.psd"), on_white @ np.array(LUMA) / 255, atol=0.005)

    def test_a_saved_selection_is_no_coverage(self, tmp_path: Path) -> None:
        planes = [*np.moveaxis(drawing(1), -1, 0), np.zeros((HEIGHT, WIDTH), np.uint8)]
        (tmp_path / "a.psd").write_bytes(psd_bytes(planes, 3, layers=struct.pack(">Ih", 2, 1)))
        np.testing.assert_allclose(read(tmp_path / "a.psd"), grey_of(drawing(1)), atol=1e-6)


def with_filler(path: Path, value: int) -> Path:
    """The same PSD, RGB with 8 bits, with one even grey for its merged picture."""
    content = path.read_bytes()
    at = 26
    for _ in range(3):  # palette, resources, layers
        at += 4 + struct.unpack(">I", content[at : at + 4])[0]
    path.write_bytes(content[:at] + b"\0\0" + bytes([value]) * (3 * WIDTH * HEIGHT))
    return path


class TestFiller:
    @pytest.mark.parametrize("value", [0, 255, 128])
    def test_layers_are_composed_instead(self, tmp_path: Path, value: int) -> None:
        path = with_filler(photoshop(tmp_path / "a.psd", Blue=False), value)
        expected = grey_of(drawing(2))
        share = 128 / 255
        expected[20:60, :40] = expected[20:60, :40] * (1 - share) + share * grey_of(drawing(3))[:40, 10:50]
        np.testing.assert_allclose(read(path), expected, atol=0.005)
        assert header(path).notes == (
            "has a merged picture of one even colour, so its visible layers are put together",
        )

    def test_layers_multiply_and_are_clipped(self, tmp_path: Path) -> None:
        document = PSDImage.new("RGB", (WIDTH, HEIGHT))
        document.create_pixel_layer(Image.fromarray(drawing(2)), name="Paper")
        above = document.create_pixel_layer(Image.fromarray(drawing(3)), name="Shade")
        above.blend_mode = BlendMode.MULTIPLY
        document.save(tmp_path / "a.psd")
        expected = (drawing(2) / 255 * drawing(3) / 255) @ np.array(LUMA)
        np.testing.assert_allclose(read(with_filler(tmp_path / "a.psd", 255)), expected, atol=0.005)

    @pytest.mark.parametrize("is_shown", [True, False])
    def test_a_file_that_says_that_nothing_was_merged(self, tmp_path: Path, is_shown: bool) -> None:
        path = photoshop(tmp_path / "a.psd", Paper=is_shown, Rough=False)
        document = PSDImage.open(path)
        version = VersionInfo(1, False, "lineart", "lineart", 1)
        document.image_resources[Resource.VERSION_INFO] = ImageResource(b"8BIM", Resource.VERSION_INFO, "", version)
        document.save(path)
        if is_shown:
            np.testing.assert_allclose(read(path), grey_of(drawing(2)), atol=0.005)
            assert header(path).notes == ("has no merged picture, so its visible layers are put together",)
        else:
            with pytest.raises(PageError, match="was saved without its merged picture, and nothing is on its visible"):
                read(path)

    def test_large_pages_come_in_strips(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = with_filler(photoshop(tmp_path / "a.psd"), 0)
        whole = read(path)
        monkeypatch.setattr(psd_layers, "_AT_ONCE", 17 * WIDTH)
        np.testing.assert_allclose(read(path), whole, atol=1e-6)

    def test_a_page_that_is_really_even_stays_so(self, tmp_path: Path) -> None:
        path = with_filler(photoshop(tmp_path / "a.psd", Paper=False, Rough=False), 255)
        assert read(path).min() == 1
        assert header(path).notes == ()

    def test_a_merged_picture_is_taken_where_there_is_one(self, tmp_path: Path) -> None:
        path = with_filler(photoshop(tmp_path / "a.psd"), 255)
        content = bytearray(path.read_bytes())
        content[-1] = 0
        path.write_bytes(content)
        assert np.count_nonzero(read(path) < 1) == 1
        assert header(path).notes == ()


class TestLayers:
    def test_a_layer_even_a_hidden_one(self, tmp_path: Path) -> None:
        path = photoshop(tmp_path / "a.psd", Sketch=False, Rough=False)
        expected = np.ones((HEIGHT, WIDTH))
        expected[20:60, :40] = 1 - 128 / 255 * (1 - grey_of(drawing(3))[:40, 10:50])
        np.testing.assert_allclose(read(path, "sketch"), expected, atol=0.003)
        assert (header(path, "sketch").width, header(path, "sketch").height) == (WIDTH, HEIGHT)

    def test_a_group(self, tmp_path: Path) -> None:
        path = photoshop(tmp_path / "a.psd")
        expected = np.ones((HEIGHT, WIDTH))
        expected[20:60, :40] = 1 - 128 / 255 * (1 - grey_of(drawing(3))[:40, 10:50])
        expected[70:80, 70:90] = LUMA[2]
        np.testing.assert_allclose(read(path, "Rough"), expected, atol=1e-6)

    def test_a_layer_with_a_mask(self, tmp_path: Path) -> None:
        path = photoshop(tmp_path / "a.psd")
        document = PSDImage.open(path)
        layer = document.find("Paper")
        assert layer is not None
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[10:30, 20:60] = 255
        layer.create_mask(Image.fromarray(mask))
        document.save(path)
        expected = np.where(mask > 0, grey_of(drawing(2)), 1)
        np.testing.assert_allclose(read(path, "paper"), expected, atol=1e-6)

    @pytest.mark.parametrize("place", [(-45, 20), (20, -45), (-45, -45), (-10, 20), (95, 95)])
    def test_a_mask_that_is_not_all_on_its_layer(self, tmp_path: Path, place: tuple[int, int]) -> None:
        document = PSDImage.new("RGB", (200, 200))
        layer = document.create_pixel_layer(Image.new("RGB", (100, 100)), "Paper", top=50, left=50)
        layer.create_mask(Image.new("L", (40, 40), 0))
        mask, (down, across) = layer._record.mask_data, place
        mask.top, mask.bottom, mask.left, mask.right = 50 + down, 90 + down, 50 + across, 90 + across
        mask.background_color = 255
        document.save(tmp_path / "a.psd")
        expected = np.ones((200, 200))
        expected[50:150, 50:150] = 0
        expected[max(0, 50 + down) : 90 + down, max(0, 50 + across) : 90 + across] = 1
        np.testing.assert_allclose(read(tmp_path / "a.psd", "paper"), expected, atol=1e-6)

    def test_an_unknown_layer(self, tmp_path: Path) -> None:
        with pytest.raises(PageError, match=r"has no layer 'skech'; it has 'Sketch', .*'Blue'"):
            read(photoshop(tmp_path / "a.psd"), "skech")


def test_colours_are_on_white_or_not_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same soft stroke where nothing was painted, of colour 0, and where white was erased."""
    monkeypatch.setattr(reader, "BLOCK_PIXELS", 10 * WIDTH)
    colours, coverage = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    colours[20:] = 255
    for top in (5, 25):
        colours[top : top + 2, 10:30], coverage[top : top + 2, 10:30] = 0, 128
    layer = pack(">iiiiH", 0, 0, 0, 0, 0) + b"8BIMnorm" + pack(">BBBxIII", 255, 0, 8, 12, 0, 0) + b"\1x\0\0"
    layers = pack(">h", -1) + layer
    content = b"8BPS" + pack(">H6xHIIHHII", 1, 4, HEIGHT, WIDTH, 8, 3, 0, 0)
    content += pack(">II", len(layers) + 8, len(layers)) + layers + bytes(6)
    (tmp_path / "a.psd").write_bytes(content + 3 * colours.tobytes() + coverage.tobytes())
    np.testing.assert_allclose(read(tmp_path / "a.psd"), 1 - coverage / 255, atol=1e-6)


def test_ink_that_was_erased_whole_is_no_ink(tmp_path: Path) -> None:
    inked = pages.InkedPage([np.full((40, 50), 255, np.uint8)], (40, 50), sketch=np.full((40, 50), 255, np.uint8))
    pages.write_ink(tmp_path / "a.psd", inked, "psd", pages.Look())
    with (tmp_path / "a.psd").open("rb") as file:
        document = PSD.read(file)
    info = document.layer_and_mask_information.layer_info
    (record,) = (each for each in info.layer_records if each.name == "ink")
    channels = info.channel_image_data[list(info.layer_records).index(record)]
    record.top = record.left = record.bottom = record.right = 0
    for each, data in zip(record.channel_info, channels, strict=True):
        data.data, data.compression, each.length = b"", 0, 2
    with (tmp_path / "a.psd").open("wb") as file:
        document.write(file)
    assert not pages.read_ink_layer(tmp_path / "a.psd", "psd", tmp_path).pixels[..., 3].any()


def test_reads_beside_each_other_leave_the_process_as_it_was(tmp_path: Path) -> None:
    paths = [photoshop(tmp_path / f"{each}.psd") for each in "ab"]
    before = list(warnings.filters)
    with ExitStack() as first, ExitStack() as second:
        for stack, path in zip((first, second), paths, strict=True):
            stack.enter_context(reader.opened(stack.enter_context(path.open("rb")), ReadOptions()))
        first.close()
        assert warnings.filters != before  # the other still reads
    assert warnings.filters == before


class TestBadFiles:
    @pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.99])
    def test_cut_off(self, tmp_path: Path, share: float) -> None:
        whole = psd_bytes(list(np.moveaxis(drawing(1), -1, 0)), 3)
        (tmp_path / "a.psd").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(PageError, match=r"cut off|no readable image"):
            read(tmp_path / "a.psd")

    def test_a_layer_much_larger_than_the_page(self, tmp_path: Path) -> None:
        document = PSDImage.new("RGB", (30, 20))
        document.create_pixel_layer(Image.new("RGB", (2000, 2000)), name="a")
        document.save(tmp_path / "a.psd")
        with pytest.raises(PageError, match="has a layer 'a' of 2000 x 2000 on a page of 30 x 20; crop it to the page"):
            read(tmp_path / "a.psd", "a")

    @pytest.mark.parametrize("mode", [7, 9])
    def test_other_colours_are_refused(self, tmp_path: Path, mode: int) -> None:
        (tmp_path / "a.psd").write_bytes(psd_bytes(list(np.moveaxis(drawing(1), -1, 0)), mode))
        with pytest.raises(PageError, match="save it as grey, RGB or CMYK"):
            read(tmp_path / "a.psd")

    def test_the_limit_is_checked_before_anything_is_decoded(self, tmp_path: Path) -> None:
        head = struct.pack(">4sH6xHIIHH", b"8BPS", 2, 3, 200_000, 200_000, 8, 3)
        (tmp_path / "a.psb").write_bytes(head + bytes(1000))
        with pytest.raises(PageError, match="200000 x 200000 is over 1200 megapixels"):
            read(tmp_path / "a.psb")
