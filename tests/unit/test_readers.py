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
from lineart_cli.pages import readers

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
