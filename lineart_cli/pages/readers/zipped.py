"""Zip archives: Krita's, or OpenRaster."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import BinaryIO

from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import Unreadable
from lineart_cli.pages.picture import Document
from lineart_cli.pages.readers import krita, openraster
from lineart_cli.pages.readers.archive import Archive


def opened(file: BinaryIO, options: ReadOptions) -> AbstractContextManager[Document]:
    """The document in an archive.

    Raises:
        Unreadable: it is of another kind.
        BadZipFile: it is damaged.
    """
    archive = Archive(file, options)
    if "maindoc.xml" in archive.names:
        return krita.opened(archive, options)
    if "stack.xml" in archive.names:
        return openraster.opened(archive, options)
    raise Unreadable("is an archive without a picture", "unpack it first, or give a KRA or ORA file")
