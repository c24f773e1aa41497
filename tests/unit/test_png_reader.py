"""PNGs that are decoded in strips, beside what other decoders make of the whole file."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.imaging.colour import desaturate
from lineart_cli.options import InkOptions, ReadOptions, Several
from lineart_cli.pages import picture
from lineart_cli.pages.readers import png as reader
from lineart_cli.pages.readers import tiff
from pictures import png_chunk

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = [
    (0, 1),
    (0, 2),
    (0, 4),
    (0, 8),
    (0, 16),
    (2, 8),
    (2, 16),
    (3, 1),
    (3, 4),
    (3, 8),
    (4, 8),
    (4, 16),
    (6, 8),
    (6, 16),
]
WIDTH, HEIGHT = 37, 41
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def rows(width: int, height: int, bits: int) -> bytes:
    """Random bytes under random filters are a page."""
    random = np.random.default_rng(bits)
    lines = random.integers(0, 256, (height, 1 + (width * bits + 7) // 8), np.uint8)
    lines[:, 0] %= 5
    return lines.tobytes() if width else b""


def header(colour: int, depth: int, interlaced: bool = False) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlaced))


def png(colour: int, depth: int, clear: bool = False, interlaced: bool = False, size: int = 100) -> bytes:
    """A page of that colour type and depth, its pixels in chunks of `size` bytes."""
    bits = SAMPLES[colour] * depth
    places = ADAM7 if interlaced else ((0, 0, 1, 1),)
    raw = b"".join(rows(-(-(WIDTH - x) // dx), -(-(HEIGHT - y) // dy), bits) for x, y, dx, dy in places)
    packed = zlib.compress(raw, 1)
    data = header(colour, depth, interlaced)
    if colour == 3:
        data += png_chunk(b"PLTE", np.random.default_rng(3).integers(0, 256, 3 << depth, np.uint8).tobytes())
    if clear:
        data += png_chunk(b"tRNS", b"\0\1" if colour == 3 else bytes(2 * SAMPLES[colour]))
    data += png_chunk(b"tEXt", b"Title\0A page")
    data += b"".join(png_chunk(b"IDAT", packed[at : at + size]) for at in range(0, len(packed), size))
    return b"\x89PNG\r\n\x1a\n" + data + png_chunk(b"IEND", b"")


def expected(data: bytes, depth: int) -> np.ndarray:
    if depth == 16:
        light = imagecodecs.png_decode(data).reshape(HEIGHT, WIDTH, -1) / np.float32(65535)
        light = light if light.shape[2] > 2 else light[..., [0, 0, 0, *range(1, light.shape[2])]]
    else:
        light = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")) / np.float32(255)
    alpha = light[..., 3:] if light.shape[2] == 4 else np.float32(1)
    return desaturate(np.ascontiguousarray(light[..., :3] * alpha + 1 - alpha, np.float32), "luma709")


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_every_kind_is_decoded_as_others_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    colour: int,
    depth: int,
    clear: bool,
    interlaced: bool,
    size: int,
) -> None:
    monkeypatch.setattr(reader, "BLOCK_PIXELS", 5 * WIDTH)
    monkeypatch.setattr(reader, "_READ_AT_ONCE", 1000)
    path = tmp_path / "a.png"
    path.write_bytes(png(colour, depth, clear and colour < 4, interlaced, size))
    np.testing.assert_allclose(pages.read_grey(path, ReadOptions()), expected(path.read_bytes(), depth), atol=2e-6)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_any_grey_may_be_the_transparent_one(tmp_path: Path, depth: int) -> None:
    clear = 2**depth // 2
    data = png(0, depth)
    at = data.index(b"tEXt") - 4
    (tmp_path / "opaque.png").write_bytes(data)
    (tmp_path / "a.png").write_bytes(data[:at] + png_chunk(b"tRNS", struct.pack(">H", clear)) + data[at:])
    opaque, grey = (pages.read_grey(tmp_path / name, ReadOptions()) for name in ("opaque.png", "a.png"))
    level = np.rint(opaque * (2**depth - 1))
    assert (level == clear).any()
    np.testing.assert_allclose(grey, np.where(level == clear, 1, opaque), atol=2e-6)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), [(0, 8), (2, 16), (3, 4)])
def test_damage_anywhere_in_the_pixels_is_found(tmp_path: Path, colour: int, depth: int, interlaced: bool) -> None:
    whole = png(colour, depth, interlaced=interlaced)
    first, last = whole.index(b"IDAT"), whole.index(b"IEND")
    path = tmp_path / "a.png"
    for at in range(first + 4, last - 12, (last - first) // 11):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :]):
            path.write_bytes(damaged)
            with pytest.raises(PageError, match=r"a\.png: is cut off or damaged \(.*\); scan or save it again"):
                list(pages.read_strips(path, ReadOptions()))


@pytest.mark.parametrize("lines", [b"\5" + bytes(WIDTH), b"", b"\0" + bytes(5)])
def test_pixels_that_are_no_page_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str], lines: bytes) -> None:
    """A filter that there is not, and a row that is missing or cut off; all with the right checksums."""
    raw = (b"\0" + bytes(WIDTH)) * (HEIGHT - 1) + lines
    data = header(0, 8) + png_chunk(b"IDAT", zlib.compress(raw))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data + png_chunk(b"IEND", b""))
    with pytest.raises(PageError, match="is cut off or damaged"):
        pages.read_grey(tmp_path / "a.png", ReadOptions())
    assert capfd.readouterr().err == ""


def test_what_goes_beyond_the_page_is_left_out(tmp_path: Path) -> None:
    raw = (b"\0" + bytes(range(WIDTH))) * (HEIGHT + 9)
    data = header(0, 8) + png_chunk(b"IDAT", zlib.compress(raw))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data + png_chunk(b"IEND", b""))
    grey = pages.read_grey(tmp_path / "a.png", ReadOptions())
    np.testing.assert_allclose(grey, np.tile(np.arange(WIDTH) / 255, (HEIGHT, 1)), atol=1e-6)


@pytest.mark.parametrize("drop_colour", [None, "blue"])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_page_takes_the_memory_of_a_few_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, drop_colour: str | None
) -> None:
    monkeypatch.setattr(picture, "BLOCK_PIXELS", 1 << 14)
    monkeypatch.setattr(reader, "BLOCK_PIXELS", 1 << 14)
    monkeypatch.setattr(tiff, "_READ_AT_ONCE", 1 << 14)
    rgb = np.random.default_rng(0).integers(0, 256, (1600, 1000, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / name, **({"compression": "tiff_lzw"} if name.endswith("tif") else {}))
    options = InkOptions(drop_colour=drop_colour and Several([drop_colour]))
    found = pages.read_grey(tmp_path / name, options)
    tracemalloc.start()
    top = 0
    for strip in pages.read_strips(tmp_path / name, options):
        white = 255 if strip.dtype == np.uint8 else 1
        np.testing.assert_allclose(strip / white, found[top : top + len(strip)], atol=0.502 / 255)
        top += len(strip)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert top == len(found)
    samples = 3 * 1_000_000 * 4 if drop_colour else 0  # of the channels, and what is measured on them
    assert peak < rgb.nbytes / 3 + 5 * samples
