"""A stroke to show what a brush is like: one wave, its pressure rising from nothing to full and falling again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lineart_cli.brushes.drawing import pen_pressure
from lineart_cli.brushes.drawing.paint import Lines, paint
from lineart_cli.brushes.style import Style

_SHADES = " ░▒▓█"
_STEPS = 300  # points along the wave
_NEAR = 60  # px to the left and right in which a piece of the wave may be the nearest
_CELL, _BROAD = (6, 6), 16.0  # px of the wave for a cell of the terminal, and its thickness
_LEFT, _ROW, _GAP = 360, 150, 24  # px of a sheet: width of the names, height of a row, white around

Pixels = NDArray[np.uint8]


def wave(thickness: float, shape: tuple[int, int]) -> Lines:
    """The line of the sample, on (H, W) px at 300 dpi."""
    height, width = shape
    along = np.linspace(0, 1, _STEPS)
    x = 2 * thickness + along * (width - 4 * thickness)
    y = height / 2 - (height / 2 - 1.2 * thickness) * np.sin(2 * np.pi * 1.25 * along)
    press = np.sin(np.pi * np.clip(along, 0.05, 1)) ** 0.7
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    off = np.full(shape, np.inf, np.float32)
    pressure = np.zeros(shape, np.float32)
    for step, (dx, dy) in enumerate(zip(np.diff(x), np.diff(y), strict=True)):
        near = slice(max(int(x[step] - _NEAR), 0), int(x[step] + _NEAR))
        to_x, to_y = columns[:, near] - x[step], rows[:, near] - y[step]
        share = np.clip((to_x * dx + to_y * dy) / (dx * dx + dy * dy), 0, 1)
        distance = np.hypot(to_x - share * dx, to_y - share * dy)
        nearer = distance < off[:, near]
        off[:, near][nearer] = distance[nearer]
        pressure[:, near][nearer] = press[step]
    return Lines(off.astype(np.float16), pen_pressure.cells(pressure))


def sheet(styles: Mapping[str, Style], thickness: float = 14.0, width: int = 1500) -> Image.Image:
    """All brushes on one page, each with its name and what it is like."""
    page = Image.new("L", (width, _ROW * len(styles) + 2 * _GAP), 255)
    pen = ImageDraw.Draw(page)
    large, small = (ImageFont.load_default(size) for size in (30, 20))
    shape = _ROW - 10, width - _LEFT - _GAP
    line = wave(thickness, shape)
    for row, (name, style) in enumerate(styles.items()):
        top = _GAP + row * _ROW
        pen.text((_GAP, top + 36), name, 0, large)
        for number, text in enumerate(_wrapped(style.about, _LEFT - 2 * _GAP, small)):
            pen.text((_GAP, top + 76 + 24 * number), text, 110, small)
        page.paste(Image.fromarray(255 - paint(line, style, thickness, shape)), (_LEFT, top + 5))
    return page


def _wrapped(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def greys(styles: Mapping[str, Style], columns: int, rows: int) -> dict[str, Pixels]:
    """The wave in each style, (rows, columns) coverage: small enough for a terminal."""
    shape = _CELL[1] * rows, _CELL[0] * columns
    line = wave(_BROAD, shape)
    inks = {name: Image.fromarray(paint(line, style, _BROAD, shape)) for name, style in styles.items()}
    return {name: np.asarray(ink.resize((columns, rows), Image.Resampling.BOX)) for name, ink in inks.items()}


def shades(ink: Pixels) -> list[str]:
    """Lines of shaded blocks, for a terminal without colours."""
    return ["".join(_SHADES[int(each) * (len(_SHADES) - 1) // 255] for each in row) for row in ink[::2]]
