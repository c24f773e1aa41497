"""Pages that are too large for memory: kept on disk, and read back some rows at a time."""

from __future__ import annotations

import math
import tempfile
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

LARGE = 40_000_000
"""Bytes from which a page is kept on disk: A2 at 300 dpi is just below."""
AHEAD = 18_000_000
"""Bytes of ink that may wait to be written, so that another page is inked meanwhile: A4 at 300 dpi in 16 bits."""


class Page(Protocol):
    """What a page is to those who look at some rows and columns of it at a time; an array is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""

    def __getitem__(self, part: Any, /) -> npt.NDArray[Any]:
        """The values in rows, or in rows and columns."""


class DiskArray:
    """An array (H, W) in a file without a name, which ends with the object, or with the process.

    It is written and read in slices of rows, without steps; of columns, any may be asked for. Threads may share it.
    """

    def __init__(self, shape: tuple[int, int], dtype: npt.DTypeLike, folder: Path | None = None) -> None:
        """
        Args:
            shape: (H, W).
            dtype: of the values.
            folder: whose disk it is on; None leaves it to the system.
        """
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._at_work = threading.Lock()
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as the object
        weakref.finalize(self, self._file.close)

    def __setitem__(self, rows: slice, values: npt.NDArray[Any]) -> None:
        """Writes some rows; raises OSError where the disk does not take them."""
        with self._at_work:
            self._seek(rows.start)
            self._file.write(np.ascontiguousarray(values, self.dtype).data)

    def __getitem__(self, part: slice | tuple[slice, slice]) -> npt.NDArray[Any]:
        """Some rows, or some columns of them, as a new array."""
        rows, columns = part if isinstance(part, tuple) else (part, slice(None))
        start, stop, _ = rows.indices(self.shape[0])
        values = np.empty((max(stop - start, 0), self.shape[1]), self.dtype)
        with self._at_work:
            self._seek(start)
            read = self._file.readinto(values.reshape(-1).view(np.uint8).data)
        if read < values.nbytes:
            raise OSError("a temporary file was cut off")
        return values[:, columns]

    def _seek(self, row: int) -> None:
        self._file.seek(row * self.shape[1] * self.dtype.itemsize)


def is_large(shape: tuple[int, int], dtype: npt.DTypeLike) -> bool:
    """Whether a page is too large to be kept in memory."""
    return math.prod(shape) * np.dtype(dtype).itemsize >= LARGE


def allocate(shape: tuple[int, int], dtype: npt.DTypeLike, folder: Path | None = None) -> Any:
    """A page to be written and read: an array, or a `DiskArray` in that folder where it would be `LARGE`."""
    if is_large(shape, dtype):
        return DiskArray(shape, dtype, folder)
    return np.empty(shape, dtype)
