"""The sheet of `lineart try`: the sketch, and its ink with the options that give it under each."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lineart_cli.errors import ArgumentError
from lineart_cli.pages import signed
from lineart_cli.trial.grid import FAINTS, ROWS, Cell

_CELL, _GAP, _LINE = 480, 20, 26  # px of the sheet: longest side of a picture, white around it, height of a line
_LARGEST = 3.0  # times that a small part is enlarged at most


def check(out: Path, page: Path) -> None:
    """Refuses a name that no sheet may have; raises ArgumentError."""
    if os.path.realpath(out) == os.path.realpath(page):
        raise ArgumentError("--output", out, "is the page itself; give another name")
    signed.check(out, "--output", signed.TRY, page)


class Sheet:
    """A sheet to be filled."""

    def __init__(self, sketch: NDArray[np.uint8], about: list[str]) -> None:
        """
        Args:
            sketch: (h, w) the part that is tried.
            about: lines to be written below it.
        """
        self._shape = _shown(sketch).shape
        height, width = (side + _GAP for side in self._shape)
        self._step = height + 2 * _LINE, max(width, 380)
        rows, columns = len(ROWS), len(FAINTS) + 1
        size = columns * self._step[1] + _GAP, rows * self._step[0] + _GAP
        self.image = Image.new("L", size, 255)
        self._put(0, 0, sketch, about)

    def add(self, cell: Cell) -> None:
        """Puts a cell in its place."""
        options = f"--drawing {cell.drawing} --faint {cell.faint:g}"
        self._put(
            ROWS.index(cell.drawing), FAINTS.index(cell.faint) + 1, 255 - cell.ink, [options, f"scale {cell.scale:g}"]
        )

    def save(self, out: Path, page: Path) -> None:
        """Writes the sheet, signed as that of a page; raises ArgumentError where the disk does not take it."""
        signed.save(self.image, out, "--output", signed.TRY, page)

    def _put(self, row: int, column: int, picture: NDArray[np.uint8], lines: list[str]) -> None:
        left, top = _GAP + column * self._step[1], _GAP + row * self._step[0]
        shown = _shown(picture)
        self.image.paste(Image.fromarray(shown), (left, top))
        pen = ImageDraw.Draw(self.image)
        pen.rectangle((left - 1, top - 1, left + shown.shape[1], top + shown.shape[0]), outline=190)
        font = ImageFont.load_default(18)
        for number, line in enumerate(lines):
            pen.text((left, top + shown.shape[0] + 6 + number * _LINE), line, 0 if number == 0 else 110, font)


def _shown(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture as large as its place on the sheet."""
    height, width = picture.shape
    times = min(_CELL / max(height, width), _LARGEST)
    size = max(1, round(width * times)), max(1, round(height * times))
    way = cv2.INTER_AREA if times < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
