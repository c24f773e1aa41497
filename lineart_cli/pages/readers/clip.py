"""Clip Studio Paint's .clip: the preview of the canvas, which is a PNG in a database inside of the file."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from struct import unpack
from typing import BinaryIO

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.picture import Document
from lineart_cli.pages.readers import image
from lineart_cli.pages.readers.layers import preview_note

_HEAD = 24  # bytes: name, size of the file, and where the first chunk begins
_DATABASE = b"CHNKSQLi"
_ADVICE = "export it as PSD or PNG"


@contextlib.contextmanager
def opened(file: BinaryIO, options: ReadOptions) -> Iterator[Document]:
    """The preview of a drawing, a document of one page.

    Raises:
        Unreadable: there is none.
        Exception: it is damaged.
    """
    with image.opened(io.BytesIO(_preview(_database(file))), options) as document:
        preview = document.picture(0)
        note = preview_note(preview, _ADVICE)
        yield Document(1, lambda _: replace(preview, dpi=None, notes=(*preview.notes, note)))


def _database(file: BinaryIO) -> bytes:
    file.seek(_HEAD)
    while len(head := file.read(16)) == 16:
        name, length = unpack(">8sQ", head)
        if name == _DATABASE:
            return file.read(length)
        file.seek(length, 1)
    raise Unreadable("has no database inside", _ADVICE)


def _preview(database: bytes) -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(database)
        connection.execute("PRAGMA trusted_schema = OFF")
        try:
            found = connection.execute("SELECT ImageData FROM CanvasPreview ORDER BY ImageWidth DESC").fetchone()
        except sqlite3.DatabaseError as error:
            raise Unreadable(f"has no preview ({error})", _ADVICE) from error
    if found is None or not isinstance(found[0], bytes):
        raise Unreadable("has no preview", _ADVICE)
    return found[0]
