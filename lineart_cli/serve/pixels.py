"""Ink as raw rows in a file that the caller has named."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lineart_cli.errors import PageError
from lineart_cli.imaging.resample import strips
from lineart_cli.options import Crop
from lineart_cli.serve.fields import SAMPLES, Fill

if TYPE_CHECKING:
    import numpy.typing as npt

    Coverage = npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Written:
    """A file of ink: the sha256 of its bytes, and the mean coverage, 0 to 1."""

    sha256: str
    share: float


def write(bands: Iterable[Coverage], crop: Crop, path: Path, fill: Fill | None, mask: Path | None) -> Written:
    """Write the part of a page's ink.

    Args:
        bands: (rows, W) coverage, uint8 or uint16, of the page from top to bottom.
        crop: the part.
        path: the file, which is gone again if anything goes wrong.
        fill: what pixels are made of; None writes the coverage as it is.
        mask: a file of a byte for each px of the part, see `check_mask`, by which the coverage is multiplied.

    Raises:
        PageError: the file cannot be written.
    """
    digest, total = hashlib.sha256(), 0.0
    allowed = None if mask is None else np.memmap(mask, np.uint8, "r", 0, (crop.height, crop.width))
    try:
        with path.open("wb") as file:
            row = -crop.top
            for band in bands:
                for rows in strips(len(band)):
                    top = row + rows.start
                    part = band[rows][max(-top, 0) : max(crop.height - top, 0), crop.columns]
                    if part.size:
                        inked = part if allowed is None else _masked(part, allowed[max(top, 0) :][: len(part)])
                        total += float(inked.sum(dtype=np.float64)) / np.iinfo(part.dtype).max
                        content = np.ascontiguousarray(inked if fill is None else _filled(inked, fill)).data
                        digest.update(content)
                        file.write(content)
                row += len(band)
    except OSError as error:
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        advice = "free some space there" if is_full else "check its permissions, or name another file"
        raise PageError(str(path), f"cannot be written ({error.strerror})", advice) from error
    return Written(digest.hexdigest(), total / (crop.width * crop.height))


def check_place(path: Path) -> None:
    """Raises PageError where no file can be at a path, before there is any ink for it."""
    if path.is_dir():
        raise PageError(str(path), "is a folder", "name a file for the ink")
    if not path.parent.is_dir():
        raise PageError(str(path), f"its folder {path.parent} does not exist", "make it first, or name another")


def check_mask(path: Path, crop: Crop) -> None:
    """Raises PageError where a file cannot be the mask of a part."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
    except OSError as error:
        raise PageError(str(path), f"cannot be read ({error.strerror})", "write the mask there first") from error
    if size != crop.width * crop.height:
        wanted = f"{crop.width} x {crop.height} px"
        raise PageError(str(path), f"is no mask of {wanted}: it has {size} bytes", "write a byte for each px")


def discard(path: Path) -> None:
    """Take away a file that was not finished."""
    if path.is_file():
        os.unlink(path)


def _masked(ink: Coverage, allowed: npt.NDArray[np.uint8]) -> Coverage:
    wide = ink.astype(np.uint32) * allowed
    return ((wide + 127) // 255).astype(ink.dtype)


def _filled(ink: Coverage, fill: Fill) -> npt.NDArray[np.uint8]:
    """(rows, W, bytes of a pixel) uint8."""
    dtype = np.dtype(SAMPLES[fill.sample])
    white = np.iinfo(ink.dtype).max
    cover = ink.astype(dtype) if dtype.kind == "u" else (ink / np.float32(white)).astype(dtype)
    pixels = np.empty((*ink.shape, len(fill.colour) + dtype.itemsize), np.uint8)
    pixels[..., : len(fill.colour)] = np.frombuffer(fill.colour, np.uint8)
    pixels[..., len(fill.colour) :] = cover[..., None].view(np.uint8)
    return pixels
