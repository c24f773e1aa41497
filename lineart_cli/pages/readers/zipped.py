"""Zip archives: Krita's, OpenRaster, or Procreate's, of which the preview is read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import BinaryIO

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import NO_PICTURE
from lineart_cli.pages.picture import Document
from lineart_cli.pages.readers import krita, openraster
from lineart_cli.pages.readers.archive import Archive
from lineart_cli.pages.readers.layers import preview_note

_PROCREATE = "QuickLook/Thumbnail.png"


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
    if _PROCREATE in archive.names:
        return _preview(archive)
    raise Unreadable(*NO_PICTURE)


@contextlib.contextmanager
def _preview(archive: Archive) -> Iterator[Document]:
    with archive.picture(_PROCREATE) as preview:
        note = preview_note(preview, "share it from Procreate as PSD or PNG")
        yield Document(1, lambda _: replace(preview, dpi=None, notes=(*preview.notes, note)))
