"""One module for each family of file formats; a file is recognised by what it holds, not by its name."""

from __future__ import annotations

import importlib
import re
import zlib
from contextlib import AbstractContextManager
from struct import unpack
from typing import BinaryIO

from lineart_cli.errors import Unreadable
from lineart_cli.options import READABLE, ReadOptions
from lineart_cli.pages.faults import NO_PICTURE, TAR
from lineart_cli.pages.picture import Document
from lineart_cli.pages.readers.animation import is_animation

_SNIFFED = 1024
_PAGED = {"tiff", "pdf", "animation"}
_LAYERED = {"psd", "xcf", "zipped"}
_PACKED, _TAR = "packed", "tar"
_UNREAD = {_PACKED: NO_PICTURE, _TAR: TAR}
"""Reason and advice for archives, which no module here reads."""
_JPEG = b"\xff\xd8\xff"
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image",
    _JPEG: "image",
    b"BM": "image",
    b"GIF8": "image",
    **{b"P%d%c" % (kind, space): "image" for kind in range(1, 7) for space in b" \t\r\n#"},
    b"\0\0\0\x0cjP  \r\n\x87\n": "image",
    b"\xff\x4f\xff\x51": "image",
    b"\0\0\0\x0cJXL \r\n\x87\n": "jxl",
    b"\xff\x0a": "jxl",
    b"CSFCHUNK": "clip",
    b"gimp xcf ": "xcf",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
    b"8BPS": "psd",
    b"LINEARTPX1 ": "raw",
    b"PK\3\4": "zipped",
    b"PK\5\6": "zipped",
    b"7z\xbc\xaf\x27\x1c": _PACKED,
    b"Rar!": _PACKED,
}
_TARGA_HEAD, _RIFF, _CHUNK = 18, 12, 8  # bytes
SVG = re.compile(rb"<(\w+:)?svg[\s>]")
"""The beginning of a drawing, in text that is no UTF-16."""
_GZIP = b"\x1f\x8b\x08"
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif"}


def count_pages(file: BinaryIO) -> int:
    """How many pages are in `file`; raises as `opened` does, but only for formats that may have several."""
    if _kind_of(file) not in _PAGED:
        return 1
    with opened(file, ReadOptions()) as document:
        return document.pages


def has_photoshop_layers(file: BinaryIO) -> bool:
    """Whether `file` is a TIFF in which Photoshop keeps its layers beside their picture."""
    if _kind_of(file) != "tiff":
        return False
    found: bool = importlib.import_module(f"{__name__}.tiff").has_photoshop_layers(file)
    return found


def is_lossy(file: BinaryIO) -> bool:
    """Whether pixels in `file` were changed by its compression: that of JPEG, also in TIFF, or of WebP with loss."""
    beginning = file.read(_RIFF)
    file.seek(0)
    if beginning[:4] == b"RIFF":
        return _is_lossy_webp(file)
    if _kind_of(file) == "tiff":
        found: bool = importlib.import_module(f"{__name__}.tiff").is_lossy(file)
        return found
    return beginning.startswith(_JPEG)


def _is_lossy_webp(file: BinaryIO) -> bool:
    """Whether the first picture among the chunks of a WebP is one of the lossy kind."""
    file.seek(_RIFF)
    while len(head := file.read(_CHUNK)) == _CHUNK:
        name, size = unpack("<4sI", head)
        if name in {b"VP8 ", b"VP8L"}:
            return bool(name == b"VP8 ")
        file.seek(size + size % 2, 1)
    return False


def opened(file: BinaryIO, options: ReadOptions) -> AbstractContextManager[Document]:
    """The document in `file`, by the reader for its format.

    Raises:
        Unreadable: there is no such reader, or it is not installed.
    """
    kind = _kind_of(file)
    if kind is None:
        raise Unreadable("holds no readable image", f"give a {READABLE} file")
    if kind in _UNREAD:
        raise Unreadable(*_UNREAD[kind])
    if options.layer is not None and kind not in _LAYERED:
        raise Unreadable("has no layers", "leave --layer out, or give a PSD, PSB, KRA, ORA or XCF file")
    try:
        reader = importlib.import_module(f"{__name__}.{kind}")
    except ImportError as error:
        package = str(error.name).partition(".")[0]
        raise Unreadable(f"needs {package}, which is not installed", "run pip install 'lineart[files]'") from error
    document: AbstractContextManager[Document] = reader.opened(file, options)
    return document


def _kind_of(file: BinaryIO) -> str | None:
    """The module that reads a file, which is at its beginning before and after."""
    beginning = file.read(_SNIFFED)
    kind = _kind(beginning)
    if kind == "image" and is_animation(file, beginning):
        kind = "animation"
    file.seek(0)
    return kind


def _kind(beginning: bytes) -> str | None:
    """The module that reads files which begin so."""
    if beginning[4:8] == b"ftyp":
        brands = {beginning[at : at + 4] for at in range(8, min(int.from_bytes(beginning[:4]), _SNIFFED), 4)}
        return "image" if brands & _AVIF_BRANDS else "heif" if brands & _HEIF_BRANDS else None
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image"
    kind = next((kind for magic, kind in _MAGIC.items() if beginning.startswith(magic)), None)
    if kind is not None:
        return kind
    if b"%PDF-" in beginning:
        return "pdf"
    if _is_tar(beginning) or _is_tar(_unzipped(beginning)):
        return _TAR
    is_drawing = SVG.search(beginning) or beginning.startswith(_GZIP)
    return "svg" if is_drawing else "image" if _is_targa(beginning) else None


def _is_tar(beginning: bytes) -> bool:
    return beginning[257:262] == b"ustar"


def _unzipped(beginning: bytes) -> bytes:
    """What a file compressed with gzip begins with; empty for other files."""
    try:
        return zlib.decompressobj(wbits=31).decompress(beginning, _SNIFFED) if beginning.startswith(_GZIP) else b""
    except zlib.error:
        return b""


def _is_targa(beginning: bytes) -> bool:
    """Whether a file begins as a TGA does, which has no mark of its own."""
    if len(beginning) < _TARGA_HEAD:
        return False
    _, has_map, kind, _, colours, _, _, _, width, height, depth, flags = unpack(
        "<BBBHHBHHHHBB", beginning[:_TARGA_HEAD]
    )
    is_kind = (kind in {1, 9} and has_map == 1 and colours > 0) or (kind in {2, 3, 10, 11} and has_map == 0)
    return is_kind and width > 0 < height and depth in {8, 15, 16, 24, 32} and flags < 64
