"""One module for each family of file formats; a file is recognised by what it holds, not by its name."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import BinaryIO

from lineart_cli.options import InkOptions
from lineart_cli.pages.picture import Document
from lineart_cli.pages.readers.faults import Unreadable

_SNIFFED = 1024


def opened(file: BinaryIO, options: InkOptions) -> AbstractContextManager[Document]:
    """The document in `file`, by the reader for its format.

    Raises:
        Unreadable: there is no such reader, or it is not installed.
    """
    beginning = file.read(_SNIFFED)
    if beginning[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}:
        from lineart_cli.pages.readers import tiff

        return tiff.opened(file, options)
    is_webp = beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP"
    if is_webp or beginning.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM")):
        from lineart_cli.pages.readers import image

        return image.opened(file, options)
    raise Unreadable("holds no readable image", "give a PNG, JPEG, TIFF, WebP or BMP file")
