"""Pixels as a painting program has them in memory: one line that says what they are, then row after row.

The line is `LINEARTPX1 ` and a JSON object, ended by a line feed. Its fields:

- `width`, `height`: px.
- `channels`: one letter each for the samples of a pixel, in order: of `rgb`, `y` (grey) or `cmyk` (ink), and `a`
  (coverage, not multiplied into the others); `bgra`, `ya` and `cmyka` are Krita's.
- `sample`: `u8`, `u16`, `f16` or `f32`, in the byte order of small machines (little-endian); floating point has full
  light or ink at 1, and no sample that is NaN or infinite.
- `linear`: whether samples of light count light, and are not encoded by a curve such as sRGB's; no, if left out.
- `dpi`: px per inch, above 0; may be left out.
- `opacity`: of the whole, 0 to 1; 1, if left out.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lineart_cli.errors import Unreadable
from lineart_cli.imaging.colour import encoded
from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import NO_NUMBERS
from lineart_cli.pages.header import meant_dpi
from lineart_cli.pages.picture import BLOCK_PIXELS, Alpha, Block, Document, Picture, Space

MAGIC = b"LINEARTPX1 "
SAMPLES = {"u8": "u1", "u16": "<u2", "f16": "<f2", "f32": "<f4"}
"""numpy's name of each `sample`."""
_LONGEST_LINE = 4096
_ADVICE = "PROTOCOL.md of lineart serve tells how such files are written"
_SPACES: dict[str, Space] = {"rgb": "rgb", "y": "grey", "cmyk": "cmyk"}


@dataclass(frozen=True)
class _Layout:
    """Where the rows are in the file, and what is in them."""

    start: int
    width: int
    height: int
    space: Space
    order: tuple[int, ...]
    has_alpha: bool
    dtype: np.dtype[Any]
    is_linear: bool
    opacity: float
    dpi: float

    @property
    def row_bytes(self) -> int:
        return self.width * len(self.order) * self.dtype.itemsize


@contextlib.contextmanager
def opened(file: BinaryIO, _: ReadOptions) -> Iterator[Document]:
    """The pixels in a file, a document of one page.

    Raises:
        Unreadable: the first line is not what it should be, or rows are missing or too many.
    """
    layout = _layout(file)
    picture = Picture(
        layout.width,
        layout.height,
        lambda: _blocks(file, layout),
        bits=8 * min(layout.dtype.itemsize, 2),
        is_grey=layout.space == "grey",
        dpi=meant_dpi(layout.dpi, layout.dpi),
        in_order=True,
    )
    yield Document(1, lambda _: picture)


def _layout(file: BinaryIO) -> _Layout:
    file.seek(0)
    line = file.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise _wrong(f"a line feed within {_LONGEST_LINE} bytes is missing")
    try:
        told = json.loads(line.removeprefix(MAGIC))
    except (ValueError, RecursionError) as error:
        raise _wrong("no JSON follows LINEARTPX1") from error
    if not isinstance(told, dict):
        raise _wrong("no JSON object follows LINEARTPX1")
    space, order = _order(told.get("channels"))
    sample, is_linear = told.get("sample"), told.get("linear", False)
    if not isinstance(sample, str) or sample not in SAMPLES:
        raise _wrong(f"sample is to be one of {', '.join(SAMPLES)}")
    if not isinstance(is_linear, bool):
        raise _wrong("linear is to be true or false")
    layout = _Layout(
        start=len(line),
        width=_whole(told, "width"),
        height=_whole(told, "height"),
        space=space,
        order=order,
        has_alpha="a" in told["channels"],
        dtype=np.dtype(SAMPLES[sample]),
        is_linear=is_linear,
        opacity=_number(told, "opacity", 1.0, "a number from 0 to 1", lambda value: 0 <= value <= 1),
        dpi=_number(told, "dpi", 0.0, "a number above 0, or left out", lambda value: 0 < value <= sys.float_info.max),
    )
    surplus = file.seek(0, 2) - layout.start - layout.row_bytes * layout.height
    if surplus < 0:
        raise Unreadable("has fewer rows than it says", "write it anew")
    if surplus:
        raise Unreadable(f"has {surplus} bytes after its rows", f"check width, height, channels and sample; {_ADVICE}")
    return layout


def _order(channels: object) -> tuple[Space, tuple[int, ...]]:
    """What the colours of a pixel are, and where each of them is, coverage last."""
    if isinstance(channels, str) and channels.count("a") <= 1:
        for letters, space in _SPACES.items():
            if sorted(letters) == sorted(channels.replace("a", "")):
                return space, tuple(channels.index(each) for each in letters + "a" * channels.count("a"))
    raise _wrong(f"channels are to be the letters of {', '.join(_SPACES)}, in any order, and perhaps a")


def _whole(told: dict[str, Any], name: str) -> int:
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _wrong(f"{name} is to be a whole number of px, at least 1")
    return value


def _number(told: dict[str, Any], name: str, default: float, right: str, is_right: Callable[[float], bool]) -> float:
    if name not in told:
        return default
    value = told[name]
    if not isinstance(value, int | float) or isinstance(value, bool) or not is_right(value):
        raise _wrong(f"{name} is to be {right}")
    return float(value)


def _wrong(what: str) -> Unreadable:
    return Unreadable(f"does not say what its pixels are: {what}", _ADVICE)


def _blocks(file: BinaryIO, layout: _Layout) -> Iterator[Block]:
    rows = max(1, BLOCK_PIXELS // max(layout.width, 1))
    white = 1.0 if layout.dtype.kind == "f" else float(np.iinfo(layout.dtype).max)
    file.seek(layout.start)
    for top in range(0, layout.height, rows):
        count = min(rows, layout.height - top)
        samples = np.frombuffer(file.read(count * layout.row_bytes), layout.dtype)
        ordered = samples.reshape(count, layout.width, -1)[..., layout.order]
        if layout.dtype.kind == "f" and not np.isfinite(samples).all():
            raise Unreadable(NO_NUMBERS, "write numbers, from 0 to 1")
        if layout.dtype.kind == "f" or layout.is_linear:
            ordered = _encoded(ordered.astype(np.float32) / np.float32(white), layout)
        alpha: Alpha = "straight" if layout.has_alpha else "none"
        yield Block(ordered, layout.space, 1.0 if ordered.dtype.kind == "f" else white, alpha, top, 0, layout.opacity)


def _encoded(samples: NDArray[np.float32], layout: _Layout) -> NDArray[np.float32]:
    """Samples within 0 to 1, light by the curve of sRGB."""
    samples = np.clip(samples, 0, 1)
    if layout.is_linear and layout.space != "cmyk":
        light = samples[..., : -1 if layout.has_alpha else None]
        light[:] = encoded(light)
    return samples


def first_line(width: int, height: int, channels: str, sample: str, **more: float | bool) -> bytes:
    """The line that begins such a file; `more` are its other fields.

    Raises:
        ValueError: a number is not finite.
    """
    if not all(math.isfinite(each) for each in more.values()):
        raise ValueError("not a finite number")
    told = {"width": width, "height": height, "channels": channels, "sample": sample, **more}
    return MAGIC + json.dumps(told).encode() + b"\n"
