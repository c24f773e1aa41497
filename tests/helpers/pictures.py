"""Pictures and pieces of their files."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

LUMA = (0.2126, 0.7152, 0.0722)


def noise(shape: tuple[int, int], seed: int, dtype: type = np.uint8) -> np.ndarray:
    """(*shape, 3) colours that are all over the range of `dtype`."""
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (*shape, 3), dtype, endpoint=True)


def grey_of(rgb: np.ndarray) -> np.ndarray:
    return rgb @ np.array(LUMA) / np.iinfo(rgb.dtype).max


def darken_of(page: np.ndarray) -> Callable[[tuple[slice, slice], np.ndarray], None]:
    """What gives the darkness of parts of a page that is in memory."""

    def darken(part: tuple[slice, slice], out: np.ndarray) -> None:
        out[:] = page[part]

    return darken


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def without_merged(path: Path, folder: Path | None = None) -> Path:
    """A KRA or ORA file without the merged picture, in another folder or else in its place."""
    bare = (folder or path.parent) / path.name
    with zipfile.ZipFile(path) as old:
        kept = [(info, old.read(info)) for info in old.infolist() if info.filename != "mergedimage.png"]
    with zipfile.ZipFile(bare, "w") as new:
        for info, data in kept:
            new.writestr(info, data)
    return bare
