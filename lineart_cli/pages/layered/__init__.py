"""Files of several layers, of which only the layer of ink is drawn anew; all others stay as they are, byte for byte."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from lineart_cli.errors import PageError, Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages import libraries
from lineart_cli.pages.picture import Picture
from lineart_cli.pages.raster import Raster, to_raster
from lineart_cli.pages.reading import opened_file
from lineart_cli.pages.writers import OUTPUT_FORMATS, InkedPage, Look, write_ink

_MODULES = {"ora": "openraster", "psd": "photoshop"}


class _Format(Protocol):
    """What each of the modules here has."""

    opened: Callable[[BinaryIO, ReadOptions], AbstractContextManager[Picture]]
    write: Callable[[BinaryIO, BinaryIO, InkedPage, Look, ReadOptions], None]


def read_ink_layer(path: Path, file_format: str, scratch: Path) -> Raster:
    """Decodes the layer of ink of a file.

    Args:
        path: the file.
        file_format: "ora" or "psd".
        scratch: a folder for what is too large for memory.

    Raises:
        PageError: there is no such layer, or the file cannot be read.
    """
    with opened_file(path) as file, _format(file_format).opened(file, ReadOptions()) as picture:
        return to_raster(picture, scratch)


def write_merged(path: Path, page: InkedPage, file_format: str, look: Look, original: Path) -> None:
    """Writes a page of ink with its overlay; where the format has layers, with all others of `original`.

    Raises:
        OSError: the disk does not take it.
        PageError: `original` cannot be read.
    """
    if not OUTPUT_FORMATS[file_format].has_layers:
        write_ink(path, page, file_format, look)
        return
    try:
        with libraries.unlimited(), original.open("rb") as before, path.open("w+b") as file:
            _format(file_format).write(file, before, page, look, ReadOptions())
    except Unreadable as error:
        raise PageError(original, error.reason, error.advice) from error


def _format(name: str) -> _Format:
    try:
        return cast("_Format", importlib.import_module(f"{__name__}.{_MODULES[name]}"))
    except ImportError as error:
        raise Unreadable(f"needs {error.name}, which is not installed", "run pip install 'lineart[files]'") from error
