"""One module for each family of file formats; a file is recognised by what it holds, not by its name."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from typing import BinaryIO

from lineart_cli.options import READABLE, ReadOptions
from lineart_cli.pages.faults import Unreadable
from lineart_cli.pages.picture import Document

_SNIFFED = 1024
_PAGED = {"tiff", "pdf"}
_LAYERED = {"psd", "zipped"}
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image",
    b"\xff\xd8\xff": "image",
    b"BM": "image",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
    b"8BPS": "psd",
    b"LINEARTPX1 ": "raw",
    b"PK\3\4": "zipped",
    b"PK\5\6": "zipped",
}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif"}


def count_pages(file: BinaryIO) -> int:
    """How many pages are in `file`; raises as `opened` does, but only for formats that may have several."""
    kind = _kind(file.read(_SNIFFED))
    file.seek(0)
    if kind not in _PAGED:
        return 1
    with opened(file, ReadOptions()) as document:
        return document.pages


def opened(file: BinaryIO, options: ReadOptions) -> AbstractContextManager[Document]:
    """The document in `file`, by the reader for its format.

    Raises:
        Unreadable: there is no such reader, or it is not installed.
    """
    kind = _kind(file.read(_SNIFFED))
    if kind is None:
        raise Unreadable("holds no readable image", f"give a {READABLE} file")
    if options.layer is not None and kind not in _LAYERED:
        raise Unreadable("has no layers", "leave --layer out, or give a PSD, PSB, KRA or ORA file")
    try:
        reader = importlib.import_module(f"{__name__}.{kind}")
    except ImportError as error:
        raise Unreadable(f"needs {error.name}, which is not installed", "run pip install 'lineart[files]'") from error
    document: AbstractContextManager[Document] = reader.opened(file, options)
    return document


def _kind(beginning: bytes) -> str | None:
    """The module that reads files which begin so."""
    if beginning[4:8] == b"ftyp" and beginning[8:12] in _HEIF_BRANDS:
        return "heif"
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image"
    kind = next((kind for magic, kind in _MAGIC.items() if beginning.startswith(magic)), None)
    return "pdf" if kind is None and b"%PDF-" in beginning else kind
