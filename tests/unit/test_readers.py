"""How a file finds its reader."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lineart_cli import pages
from lineart_cli.errors import PageError
from lineart_cli.options import ReadOptions
from lineart_cli.pages import libraries, readers

OPTIONAL = [
    ("psd_tools", "psd", b"8BPS\0\1"),
    ("pypdfium2", "pdf", b"%PDF-1.7\n"),
    ("pypdf", "pdf", b"%PDF-1.7\n"),
    ("resvg_py", "svg", b"<svg></svg>"),
    ("pillow_heif", "heif", b"\0\0\0\x18ftypheic"),
]


@pytest.mark.parametrize(("library", "reader", "beginning"), OPTIONAL)
def test_without_an_optional_library_the_error_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, reader: str, beginning: bytes
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    for module in [name for name in sys.modules if name.startswith(f"lineart_cli.pages.readers.{reader}")]:
        monkeypatch.delitem(sys.modules, module)
        monkeypatch.delattr(readers, module.rpartition(".")[2])
    path = tmp_path / "a.bin"
    path.write_bytes(beginning + bytes(100))
    with pytest.raises(PageError) as caught:
        pages.read_header(path, ReadOptions())
    assert str(caught.value) == f"{path}: needs {library}, which is not installed; run pip install 'lineart[files]'"
    assert pages.count_pages(path) == 1


@pytest.mark.parametrize("name", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "PDF"])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".psd", ".kra", ".txt", ""])
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.new("L", (64, 48), 128).save(path, name)
    assert pages.read_grey(path, ReadOptions()) == pytest.approx(128 / 255, abs=0.02)
    assert pages.read_header(path, ReadOptions()).is_grey == (name != "WEBP")


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "BMP"])
def test_a_header_is_read_without_decoding(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, name)
    content = buffer.getvalue()
    path = tmp_path / "a"
    path.write_bytes(content[:5000] + bytes(len(content) - 5000))  # gone from there on
    header = pages.read_header(path, ReadOptions())
    assert (header.width, header.height) == (300, 300)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PDF", "ora", "psd"])
def test_a_host_s_limit_of_pillow_s_pixels_goes_for_no_page_and_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "a"
    if name.islower():
        ink = np.zeros((48, 64), np.uint8)
        pages.write_ink(path, pages.InkedPage([ink], ink.shape, sketch=255 - ink), name, pages.Look())
    else:
        Image.new("L", (64, 48), 128).save(path, name, dpi=(300, 300))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert pages.read_header(path, ReadOptions()).height in {48, 48 * 300 // 72}
    assert pages.read_grey(path, ReadOptions()).size >= 48 * 64
    assert pages.is_whole(path)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_frames_and_tags_are_read_whatever_pillow_s_limit_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("L", (64, 48), shade) for shade in (0, 100, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x13B] = "the artist"
    frames[0].save(tmp_path / "a.jpg", exif=exif)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert pages.count_pages(tmp_path / "a.gif") == 3
    assert b"the artist" in pages.read_metadata(tmp_path / "a.jpg").exif


def test_pillow_s_limit_comes_back_when_the_last_of_several_threads_has_read() -> None:
    before = Image.MAX_IMAGE_PIXELS
    one, other = libraries.unlimited(), libraries.unlimited()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert Image.MAX_IMAGE_PIXELS is None
    other.__exit__(None, None, None)
    assert before == Image.MAX_IMAGE_PIXELS
