"""Ink for Python programs: arrays in, arrays out.

    import numpy as np
    from PIL import Image
    from lineart_cli import ink_page

    sketch = np.asarray(Image.open("cat.png"))
    ink = ink_page(sketch, dpi=300, thickness="0.3mm")
    Image.fromarray(255 - ink).save("ink.png")

`Inker`, `ink_page` and the errors that `lineart_cli` exports stay as they are until the major version changes; new
options may come with any version. All other modules are lineart's own, and may change with any of them.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from lineart_cli import planning
from lineart_cli.errors import ArgumentError, EngineError, PageError
from lineart_cli.machine import folders
from lineart_cli.model import catalogue
from lineart_cli.options import MODEL, OF_FILES, InkOptions, field_name, specs
from lineart_cli.pages.readers.raw import SAMPLES, first_line
from lineart_cli.serve import Studio
from lineart_cli.serve.protocol import Order
from lineart_cli.serve.watch import Watch

if TYPE_CHECKING:
    import numpy.typing as npt

    Sketch = npt.NDArray[np.bool_ | np.unsignedinteger[Any] | np.floating[Any]]
    Ink = npt.NDArray[np.uint8 | np.uint16]
    Option = str | float | bool | Sequence[str | float] | None

_CHANNELS = {1: "y", 3: "rgb", 4: "rgba"}
_SAMPLES = {np.dtype(code).name: name for name, code in SAMPLES.items()}
_ROUNDING = 0.001
"""How far samples in floating point may lie beyond 0 and 1."""
_OF_FILES = OF_FILES | {"layer"}
"""Options, and panels of them, that have no part in arrays, but for `bits`."""
_FLAG = re.compile(r"(?<!\S)--[a-z][a-z-]*")


class Inker:
    """Inks sketches with the same options one after the other; the network stays ready in between.

    Several threads may use it, of which one inks at a time. The ink is that of `lineart ink`. At the end of a `with`
    block, or by `close`, it lets go of its memory, and inks no more.
    """

    def __init__(self, **options: Option) -> None:
        """
        Args:
            options: of `lineart ink` by their names, with `_` for `-`: how it draws, reads and works, and `bits` (8 or
                16) of the ink. Texts as on the command line, numbers, or lists where there may be several:
                `thickness="0.3mm"`, `faint=0.2`, `drop_colour=["blue", "red"]`. None, or an empty list, is the default.
                Only one thickness and one brush. All are in `lineart_cli/options/REFERENCE.md`. Those about files are
                not taken: ink is coverage, without colour, so there is no `ink_colour` and no `keep_colour`.

        Raises:
            ArgumentError: there is no such option, or a value is none of it.
            ModelError: lineart's network is missing or damaged.
        """
        with _by_parameters():
            self._options = _parsed(options)
            card = catalogue.find(MODEL)
            decide = cache(lambda wanted: planning.decide(card, wanted, 1))
            decide(self._options)
        self._studio = Studio(card, decide, folders.compiled_networks())
        self._is_closed, self._lock = False, threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of all memory; there is no ink any more. Once more does nothing."""
        self._is_closed = True
        self._studio.rest()

    def ink(self, sketch: Sketch, dpi: float | None = None) -> Ink:
        """Inks a sketch.

        Args:
            sketch: (H, W) or (H, W, 1) grey, (H, W, 3) RGB, or (H, W, 4) RGB and coverage, not multiplied into it;
                encoded as sRGB, 0 is black and white is 255 of uint8, 65535 of uint16, 1.0 of floating point, or True.
                None is NaN or infinite.
            dpi: pixels per inch, 50 to 2400: makes px of millimetres. None takes the `dpi` of the options, or takes the
                sketch as A4-like.

        Returns:
            (H, W) coverage of ink: 0 none, 255 full in uint8, or 65535 in uint16 where `bits` is 16. With
            `page="auto"`, H and W are those of the sheet that was found.

        Raises:
            ArgumentError: the sketch is no such array, `dpi` is out of range, or the inker is closed.
            PageError: it has too many pixels (`max_megapixels`), or the disk for temporary files takes no page.
            EngineError: the runtime failed.
        """
        if self._is_closed:
            raise ArgumentError("Inker", "closed", "make another one, or ink before its with block ends")
        options = self._options if dpi is None else replace(self._options, dpi=_parsed({"dpi": dpi}).dpi)
        samples = _samples(sketch)
        height, width, channels = samples.shape
        with _by_parameters(), tempfile.TemporaryDirectory(prefix="lineart-") as place:
            pixels, out = Path(place, "sketch"), Path(place, "ink")
            with pixels.open("wb") as file:
                file.write(first_line(width, height, _CHANNELS[channels], _SAMPLES[samples.dtype.name]))
                file.write(samples.astype(samples.dtype.newbyteorder("<"), copy=False).data)
            with self._lock:
                told = self._studio.ink(Order(pixels, out, options), Watch(lambda *_: None))
            _, _, width, height = told["crop"]
            ink: Any = np.fromfile(out, np.uint8 if options.bits == 8 else np.uint16)
            return cast("Ink", ink.reshape(height, width))


def ink_page(sketch: Sketch, dpi: float | None = None, **options: Option) -> Ink:
    """Inks a sketch, see `Inker` for what it takes and raises; for several sketches, an `Inker` is faster.

    Args:
        sketch: as for `Inker.ink`.
        dpi: as for `Inker.ink`.
        options: as for `Inker`.

    Returns:
        (H, W) coverage of ink, as of `Inker.ink`.
    """
    with Inker(**options) as inker:
        return inker.ink(sketch, dpi)


@contextmanager
def _by_parameters() -> Iterator[None]:
    """What errors say of the command line's options, they say of the parameters of these names; pages are sketches."""
    try:
        yield
    except ArgumentError as error:
        raise ArgumentError(_by_parameter(error.option), error.value, _by_parameter(error.advice)) from error
    except PageError as error:
        raise PageError("sketch", _by_parameter(error.reason), _by_parameter(error.advice)) from error
    except EngineError as error:
        raise EngineError(_by_parameter(str(error))) from error


def _by_parameter(text: str) -> str:
    known = specs(InkOptions)
    return _FLAG.sub(lambda flag: name if (name := field_name(flag[0])) in known else flag[0], text)


def _parsed(options: Mapping[str, Option]) -> InkOptions:
    every = specs(InkOptions)
    known = {name for name, spec in every.items() if not {name, spec.panel} & _OF_FILES} | {"bits"}
    for name, value in options.items():
        if name not in known:
            why = "is about files, and no option for arrays" if name in every else "no option for arrays"
            raise ArgumentError(name, value, f"{why}; there are {', '.join(sorted(known))}")
    try:
        parsed = InkOptions.parse({name: _text(value) for name, value in options.items()})
    except ArgumentError as error:
        name = field_name(error.option)
        raise ArgumentError(name, options.get(name, error.value), error.advice) from error
    if len(parsed.thickness) * len(parsed.brush) > 1:
        raise ArgumentError("thickness, brush", "several", "give one of each, and ink the sketch once for each")
    return parsed


def _text(value: Option) -> str | None:
    """An option as the command line has it; None for its default."""
    if value is None or isinstance(value, str):
        return value
    return ",".join(map(str, value)) or None if isinstance(value, Sequence) else str(value)


def _samples(sketch: Sketch) -> npt.NDArray[Any]:
    """(H, W, channels) in one of the types that are known, its rows one after the other."""
    samples = np.asarray(sketch)
    shape = samples.shape
    if samples.ndim == 2:
        samples = samples[..., None]
    if samples.ndim != 3 or samples.shape[2] not in _CHANNELS or not samples.size:
        raise ArgumentError("sketch", f"of shape {shape}", "give an array of shape (H, W), (H, W, 3) or (H, W, 4)")
    if samples.dtype == np.bool_:
        samples = samples.astype(np.uint8) * np.uint8(255)
    if samples.dtype == np.float64:
        samples = samples.astype(np.float32)
    if samples.dtype.name not in _SAMPLES:
        raise ArgumentError("sketch", f"of type {samples.dtype}", "give bool, uint8, uint16, or floating point up to 1")
    if samples.dtype.kind == "f":
        if not np.isfinite(samples).all():
            raise ArgumentError("sketch", "with samples that are NaN or infinite", "give numbers from 0 to 1")
        for sample in (float(samples.min()), float(samples.max())):
            if not -_ROUNDING <= sample <= 1 + _ROUNDING:
                advice = "floating point is from 0, black, to 1, white: bring it to that range"
                raise ArgumentError("sketch", f"with a sample of {sample:g}", advice)
    return np.ascontiguousarray(samples)
