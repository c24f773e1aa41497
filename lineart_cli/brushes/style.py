"""A style: what a brush makes of a line, as a few small tables. Its file is JSON, a few kB, and needs no network."""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.noise import WAVELENGTHS
from lineart_cli.errors import BrushError
from lineart_cli.options import Length

FORMAT = 3
"""Counts up when styles mean something else; a file of another format is refused."""
PRESSURES, STEPS, TURNS = 11, 49, 16
"""Rows and columns of `Style.cover`, length of `Style.turn`."""
ENDS = tuple(0.5 * step for step in range(-2, 7))
"""Where along a line the entries of `Style.ends` are: half widths from its end, negative beyond it."""
REACH = 2.4
"""The last column of `Style.cover` is so many half widths away from the middle of the line."""
SUFFIX = ".json"
STYLE_DPI = 300.0
"""What a style says in px, of grain, is meant at this resolution."""


@dataclass(frozen=True)
class Style:
    """How a brush draws a line. Lengths are in thicknesses: what the user asks for, at full pressure.

    Attributes:
        about: a few words for lists.
        width: (PRESSURES,) of the line as pressure rises from 0 to 1; 1 at the end.
        cover: (PRESSURES, STEPS) mean coverage in [0, 1]: pressure rises from 0 to 1 over the rows, the distance from
            the middle of the line from 0 to `REACH` half widths over the columns.
        grain: how far noise decides between ink and paper where coverage is partial: 0 smooth grey, 8 black or white.
        bands: share of each band of `noise` and, last, of streaks along the stroke; their squares sum to 1.
        stray: how far noise moves the edges of brushes without grain, its standard deviation.
        turn: (TURNS,) width by the direction of the line, from level on clockwise over half a turn; 1 for a round nib.
        taper: length over which pressure rises from 0 at a line's ends, 0 for blunt ends.
        ends: (len(ENDS),) factors of the coverage near a line's ends; 1 for one that simply ends and is round there.
    """

    about: str
    width: tuple[float, ...]
    cover: tuple[tuple[float, ...], ...]
    grain: float = 0.0
    bands: tuple[float, ...] = (1.0, *(0.0,) * len(WAVELENGTHS))
    stray: float = 0.0
    turn: tuple[float, ...] = (1.0,) * TURNS
    taper: float = 0.0
    ends: tuple[float, ...] = (1.0,) * len(ENDS)

    @property
    def plain(self) -> bool:
        """Whether lines are even, solid and sharp, as the network itself cuts them."""
        return replace(self, about="") == EVEN

    @property
    def table(self) -> NDArray[np.float32]:
        """`cover` as (PRESSURES, STEPS) float32."""
        return np.array(self.cover, np.float32)

    @property
    def reach(self) -> float:
        """How far from the middle there is ink, in half thicknesses."""
        inked = np.flatnonzero(self.table.max(0) > 1 / 512)
        last = int(inked.max(initial=0)) + 1
        return min(last / (STEPS - 1), 1.0) * REACH * max(self.turn) * max(self.width) + 6 * self.stray


EVEN = Style(
    about="",
    width=(1.0,) * PRESSURES,
    cover=(tuple(float(np.heaviside(1 - step * REACH / (STEPS - 1), 0.5)) for step in range(STEPS)),) * PRESSURES,
)
"""A line of the same width everywhere."""


@dataclass(frozen=True)
class Tool:
    """What the lines of a page are drawn with, and how.

    Attributes:
        style: of the brush.
        thickness: at full pressure.
        pressure: in [0, 1], the same everywhere; None follows the sketch.
        name: of the brush.
    """

    style: Style = EVEN
    thickness: Length = Length(3.0)
    pressure: float | None = None
    name: str = ""

    def settings(self) -> dict[str, str]:
        """All that the ink depends on, as the user writes it; a brush that is not plain by name and contents."""
        contents = "" if self.style.plain else f" {hashlib.sha256(text(self.style).encode()).hexdigest()[:12]}"
        return {"thickness": str(self.thickness), "brush": self.name + contents}


def hats(at: NDArray[np.floating[Any]], count: int) -> NDArray[np.float32]:
    """(count, N) weights of linear interpolation between the `count` entries of a table at places in [0, count - 1]."""
    return np.asarray(np.clip(1 - np.abs(at[None] - np.arange(count)[:, None]), 0, 1), np.float32)


def text(style: Style) -> str:
    """A style as its file has it."""
    return json.dumps({"format": FORMAT, **asdict(style)}) + "\n"


def save(path: Path, style: Style) -> None:
    """Write a style's file, all of it or nothing."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text(style), "utf-8")
    os.replace(part, path)


def load(path: Path) -> Style:
    """Read a style's file.

    Raises:
        BrushError: it cannot be read, is no style, or is one for another version of lineart.
    """
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BrushError(path, "cannot be read; choose another brush") from error
    except ValueError as error:
        raise BrushError(path, "is no brush of lineart; make it again with lineart finetune-style") from error
    if not isinstance(entries, dict) or entries.pop("format", None) != FORMAT:
        advice = "was made for another version of lineart; make it again with lineart finetune-style"
        raise BrushError(path, advice)
    try:
        style = Style(**{name: _tuples(value) for name, value in entries.items()})
        _check(style)
    except (TypeError, ValueError) as error:
        advice = f"is damaged ({error}); make it again with lineart finetune-style"
        raise BrushError(path, advice) from error
    return style


def _tuples(value: Any) -> Any:
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value


def _check(style: Style) -> None:
    shapes = {
        "width": (PRESSURES,),
        "cover": (PRESSURES, STEPS),
        "bands": (len(WAVELENGTHS) + 1,),
        "turn": (TURNS,),
        "ends": (len(ENDS),),
        "grain": (),
        "stray": (),
        "taper": (),
    }
    for name, shape in shapes.items():
        values = np.array(getattr(style, name), float)
        if values.shape != shape or not np.isfinite(values).all() or values.min() < 0:
            raise ValueError(f"{name} is not {math.prod(shape)} numbers from 0 up")
