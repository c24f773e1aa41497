"""Ink as raw rows in files that the caller has named."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.errors import PageError, remedy
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.resample import strips
from lineart_cli.options import Crop
from lineart_cli.pages.readers.raw import SAMPLES
from lineart_cli.serve.fields import Fill

if TYPE_CHECKING:
    import numpy.typing as npt

    Coverage = npt.NDArray[np.unsignedinteger[Any]]


class Share:
    """Measures how much of a part is inked while its ink goes by."""

    def __init__(self) -> None:
        self._sum, self._px = 0.0, 0

    def passed(self, bands: Iterable[Coverage]) -> Iterator[Coverage]:
        """The same bands."""
        for band in bands:
            self._sum += float(band.sum(dtype=np.float64)) / np.iinfo(band.dtype).max
            self._px += band.size
            yield band

    def mean(self) -> float:
        """Of the coverage of all that went by, 0 to 1."""
        return self._sum / max(self._px, 1)


def within(bands: Iterable[Coverage], crop: Crop, mask: Page | None) -> Iterator[Coverage]:
    """The ink of a part of a page.

    Args:
        bands: (rows, W) coverage, uint8 or uint16, of the page from top to bottom.
        crop: the part.
        mask: of the part, by which the coverage is multiplied.

    Yields:
        (rows, w), some rows at a time.
    """
    row = -crop.top
    for band in bands:
        for rows in strips(len(band)):
            top = row + rows.start
            part = band[rows][max(-top, 0) : max(crop.height - top, 0), crop.columns]
            if part.size:
                yield part if mask is None else _masked(part, mask[max(top, 0) : max(top, 0) + len(part)])
        row += len(band)


def filled(ink: Coverage, fill: Fill | None) -> npt.NDArray[np.uint8]:
    """Pixels of (rows, W) coverage: (rows, W, bytes of a pixel); without a fill, the coverage as it is."""
    if fill is None:
        return np.ascontiguousarray(ink).view(np.uint8).reshape(*ink.shape, ink.itemsize)
    dtype = np.dtype(SAMPLES[fill.sample])
    white = np.iinfo(ink.dtype).max
    cover = ink.astype(dtype) if dtype.kind == "u" else (ink / np.float32(white)).astype(dtype)
    colours, size = len(fill.colour), len(fill.colour) + dtype.itemsize
    width = ink.shape[1] * size
    pixels = np.empty((len(ink), width), np.uint8)
    pixels[:] = np.frombuffer((fill.colour + bytes(dtype.itemsize)) * ink.shape[1], np.uint8)
    np.ndarray(ink.shape, dtype, pixels, colours, (width, size))[:] = cover  # what of them is coverage
    return pixels.reshape(*ink.shape, size)


def write(pixels: Iterable[npt.NDArray[np.uint8]], path: Path) -> str:
    """Write pixels, row after row, into a file, and return the sha256 of its bytes; raises PageError."""
    digest = hashlib.sha256()
    with _told(path), path.open("wb") as file:
        for rows in pixels:
            content = np.ascontiguousarray(rows).data
            digest.update(content)
            file.write(content)
    return digest.hexdigest()


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file; raises PageError."""
    with _told(path):
        path.write_bytes(content)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever the disk refuses becomes a PageError."""
    try:
        yield
    except OSError as error:
        advice = f"{remedy(error)}, or name another file"
        raise PageError(str(path), f"cannot be written ({error.strerror})", advice) from error


def check_place(path: Path) -> None:
    """Raises PageError where no file can be at a path, before there is any ink for it."""
    if path.is_dir():
        raise PageError(str(path), "is a folder", "name a file for the ink")
    if not path.parent.is_dir():
        raise PageError(str(path), f"its folder {path.parent} does not exist", "make it first, or name another")


class RawRows:
    """A file of raw rows, read as far as it is looked at: shape (H, W) or (H, W, bytes of a pixel), uint8."""

    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path, shape: tuple[int, ...], what: str) -> None:
        """`what` it should be, in a word; raises PageError where it cannot be read, or has another size."""
        self.shape, self._path = shape, path
        self._advice = f"write all rows, {math.prod(shape)} bytes"
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise PageError(str(path), f"cannot be read ({error.strerror})", f"write the {what} there first") from error
        weakref.finalize(self, self._file.close)
        if (size := self._file.seek(0, 2)) != math.prod(shape):
            raise PageError(str(path), f"is no {what} of {shape[1]} x {shape[0]} px: it has {size} bytes", self._advice)

    def __getitem__(self, rows: slice) -> npt.NDArray[np.uint8]:
        """Some rows, as a new array; raises PageError where they are no longer there."""
        start, stop, _ = rows.indices(self.shape[0])
        found = np.empty((max(stop - start, 0), *self.shape[1:]), np.uint8)
        try:
            self._file.seek(start * math.prod(self.shape[1:]))
            read = self._file.readinto(found.reshape(-1).data)
        except OSError as error:
            advice = "write it to another disk"
            raise PageError(str(self._path), f"cannot be read ({error.strerror})", advice) from error
        if read < found.nbytes:
            advice = f"{self._advice}, and leave them there until the request is answered"
            raise PageError(str(self._path), "was cut short while it was read", advice)
        return found


def mask(path: Path | None, part: Crop, shown: Crop) -> Page | None:
    """The mask of a part of a page, (h, w) uint8, of the size in which that is shown; raises PageError as `RawRows`."""
    if path is None:
        return None
    whole, size = RawRows(path, (part.height, part.width), "mask"), (shown.width, shown.height)
    return whole if size == whole.shape[::-1] else np.asarray(cv2.resize(whole[:], size, interpolation=cv2.INTER_AREA))


def discard(*paths: Path) -> None:
    """Take away files that are not, or no longer, of any use."""
    for path in paths:
        if path.is_file():
            os.unlink(path)


def _masked(ink: Coverage, allowed: npt.NDArray[np.uint8]) -> Coverage:
    wide = ink.astype(np.uint32) * allowed
    return ((wide + 127) // 255).astype(ink.dtype)
