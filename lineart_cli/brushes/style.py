"""A style: what a brush makes of a line, as a few small tables. Its file is JSON, a few kB, and needs no network."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.brushes.noise import WAVELENGTHS
from lineart_cli.errors import BrushError
from lineart_cli.options import Length
from lineart_cli.replacing import replacing

FORMAT = 4
"""Counts up when the file changes; files of 3 are still read, and those of other formats refused."""
_NAMES_OF_3 = {"edge_jitter": "stray", "angle_width": "turn", "caps": "ends"}
PRESSURES, STEPS, ANGLES = 11, 49, 16
"""Rows and columns of `Style.cover`, length of `Style.angle_width`."""
CAPS = tuple(0.5 * step for step in range(-2, 7))
"""Where along a line the entries of `Style.caps` are: half widths from its end, negative beyond it."""
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
        edge_jitter: how far noise moves the edges of brushes without grain, its standard deviation.
        angle_width: (ANGLES,) width by the direction of the line, from level on clockwise over half a turn; 1 if round.
        taper: length over which pressure rises from 0 at a line's ends, 0 for blunt ends.
        caps: (len(CAPS),) factors of the coverage near a line's ends; 1 for one that simply ends and is round there.
    """

    about: str
    width: tuple[float, ...]
    cover: tuple[tuple[float, ...], ...]
    grain: float = 0.0
    bands: tuple[float, ...] = (1.0, *(0.0,) * len(WAVELENGTHS))
    edge_jitter: float = 0.0
    angle_width: tuple[float, ...] = (1.0,) * ANGLES
    taper: float = 0.0
    caps: tuple[float, ...] = (1.0,) * len(CAPS)

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
        return min(last / (STEPS - 1), 1.0) * REACH * max(self.angle_width) * max(self.width) + 6 * self.edge_jitter


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
        contents = "" if self.style.plain else f" {hashlib.sha256(_text_of_3(self.style).encode()).hexdigest()[:12]}"
        return {"thickness": str(self.thickness), "brush": self.name + contents}


def hats(at: NDArray[np.floating[Any]], count: int) -> NDArray[np.float32]:
    """(count, N) weights of linear interpolation between the `count` entries of a table at places in [0, count - 1]."""
    return np.asarray(np.clip(1 - np.abs(at[None] - np.arange(count)[:, None]), 0, 1), np.float32)


def text(style: Style) -> str:
    """A style as its file has it."""
    return json.dumps({"format": FORMAT, **asdict(style)}) + "\n"


def _text_of_3(style: Style) -> str:
    """A style as it was written in format 3: the digest that manifests have of a brush is that of this text."""
    entries = {_NAMES_OF_3.get(name, name): value for name, value in asdict(style).items()}
    return json.dumps({"format": 3, **entries}) + "\n"


def save(path: Path, style: Style) -> None:
    """Write a style's file, all of it or nothing."""
    with replacing(path) as part:
        part.write_text(text(style), "utf-8")


def load(path: Path) -> Style:
    """Read a style's file.

    Raises:
        BrushError: it cannot be read, is no style, or is one for another version of lineart.
    """
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BrushError(path, "cannot be read; choose another brush") from error
    except (ValueError, RecursionError) as error:
        raise BrushError(path, "is no brush of lineart; make it again with lineart finetune-style") from error
    found = entries.pop("format", None) if isinstance(entries, dict) else None
    if found == FORMAT - 1:
        entries = {
            next((new for new, old in _NAMES_OF_3.items() if old == name), name): entries[name] for name in entries
        }
    elif found != FORMAT:
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
        "angle_width": (ANGLES,),
        "caps": (len(CAPS),),
        "grain": (),
        "edge_jitter": (),
        "taper": (),
    }
    for name, shape in shapes.items():
        values = np.array(getattr(style, name), float)
        if values.shape != shape or not np.isfinite(values).all() or values.min() < 0:
            raise ValueError(f"{name} is not {math.prod(shape)} numbers from 0 up")
