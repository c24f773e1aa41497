"""Contact sheets to look at: sketch beside ink beside truth, as PNG."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lineart_cli.inking import cutting


def coverage(level: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Signed distance from the ink's edge, px -> black on white, uint8, same shape."""
    return 255 - cutting.coverage(level)


def write(path: Path, rows: list[list[NDArray[np.uint8]]], gap: int = 8) -> None:
    """Write rows of equally tall uint8 pictures, `gap` px apart: all (H, W) grey, or all (H, W, 3) with blue first.

    Raises:
        OSError: the file cannot be written.
    """
    lines = []
    for row in rows:
        cells: list[NDArray[np.uint8]] = []
        for cell in row:
            cells += [cell, np.full((cell.shape[0], gap, *cell.shape[2:]), 160, np.uint8)]
        line = np.concatenate(cells[:-1], 1)
        lines += [line, np.full((gap, *line.shape[1:]), 160, np.uint8)]
    save(path, np.concatenate(lines[:-1]))


def save(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture, (H, W) grey or (H, W, 3) with blue first, as PNG; raises OSError where it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() != ".png" or not cv2.imwrite(str(path), picture):
        raise OSError(f"Cannot write {path}. Choose a folder that can be written, and a name that ends in .png.")
