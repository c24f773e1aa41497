"""The one table of options: names, defaults, ranges and help, for the command line and for callers alike."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from lineart_cli.errors import ArgumentError

MODEL = "standard"
MODEL_DPI = 300.0
MM_PER_INCH = 25.4
THICKNESS_RANGE = (1.0, 16.0)
FAINT_RANGE = (0.02, 0.9)
NEUTRAL_FAINT = 0.35
"""The share of the main lines' darkness where the network itself draws the line between ink and nothing."""
DPI_RANGE = (50.0, 2400.0)
BRUSHES = ("technical_pen",)
DESATURATE_MODES = ("luma709", "luma601", "lightness", "average", "min", "max")
BACKENDS = ("auto", "openvino", "onnxruntime")
PRECISIONS = ("auto", "f32", "bf16")
FORMATS = ("png", "tiff", "webp", "bmp", "jpeg")
FORMATS_WITHOUT_ALPHA = ("bmp", "jpeg")

_THICKNESS_HINT = "lines are 1 to 16 px thick at 300 dpi (0.085mm to 1.35mm); write for example 3, 3px or 0.3mm"


@dataclass(frozen=True)
class Length:
    """A length on the page: pixels of the page itself, or millimetres."""

    number: float
    unit: Literal["px", "mm"] = "px"

    def __str__(self) -> str:
        return f"{self.number:g}{self.unit}"

    def page_px(self, dpi: float) -> float:
        """The length in pixels of a page with `dpi` pixels per inch."""
        return self.number if self.unit == "px" else self.number * dpi / MM_PER_INCH

    def model_px(self, dpi: float) -> float:
        """The length in pixels at 300 dpi, the scale that the model works at."""
        return self.page_px(dpi) * MODEL_DPI / dpi


@dataclass(frozen=True)
class Spec:
    """One option: how it is written, what it means, and how its text becomes a value.

    `read(spec, text)` returns the value or raises ArgumentError; it is None for a switch.
    """

    flags: tuple[str, ...]
    help: str
    panel: str
    read: Callable[[Spec, str], Any] | None = None
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf

    def error(self, text: str, advice: str) -> ArgumentError:
        """The error for `text` given to this option."""
        return ArgumentError(self.flags[0], text, advice)


def _length(spec: Spec, text: str) -> Length:
    match = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(px|mm)?", text.strip().lower())
    if match is None:
        raise spec.error(text, f"not a length; {_THICKNESS_HINT}")
    length = Length(float(match[1]), "mm" if match[2] == "mm" else "px")
    extremes = [length.model_px(dpi) for dpi in DPI_RANGE]
    if max(extremes) < spec.low or min(extremes) > spec.high or length.number <= 0:
        raise spec.error(text, f"out of range; {_THICKNESS_HINT}")
    return length


def _choice(spec: Spec, text: str) -> str:
    name = text.strip().lower()
    if name in spec.choices:
        return name
    nearest = sorted(spec.choices, key=lambda choice: -difflib.SequenceMatcher(None, name, choice).ratio())
    raise spec.error(text, f"unknown; choose from {', '.join(nearest)}")


def _text(spec: Spec, text: str) -> str:
    if not text.strip():
        raise spec.error(repr(text), "empty; leave the option out or give a name")
    return text.strip()


def _number(spec: Spec, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not spec.low <= number <= spec.high:
        raise spec.error(text, f"not a number from {spec.low:g} to {spec.high:g}")
    return number


def _whole_or_auto(spec: Spec, text: str) -> int | None:
    if text.strip().lower() == "auto":
        return None
    if not text.strip().isdecimal() or not spec.low <= int(text) <= spec.high:
        raise spec.error(text, f"write auto, or a whole number from {spec.low:g} to {spec.high:g}")
    return int(text)


def _memory(spec: Spec, text: str) -> int | None:
    if text.strip().lower() == "auto":
        return None
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*([kmg]i?b)", text.strip().lower())
    if match is None:
        raise spec.error(text, "not an amount of memory; write for example 500MB, 1GB or 0.5GiB")
    base = 1024 if "i" in match[2] else 1000
    return int(float(match[1]) * base ** " kmg".index(match[2][0]))


def bytes_text(memory: int) -> str:
    """An amount of memory as `--max-memory` takes it: 350MB, 1.25GB."""
    return f"{memory / 1e9:.4g}GB" if memory >= 1_000_000_000 else f"{memory / 1e6:.0f}MB"


def _option(default: Any, flags: str, text: str, panel: str, **spec: Any) -> Any:
    return field(default=default, metadata={"spec": Spec(tuple(flags.split()), text, panel, **spec)})


_MAX_MEMORY = _option(
    None,
    "--max-memory",
    "Most memory to take, such as 500MB, 1GB or 0.5GiB; auto is 1GB, or 60 % of what is free if that is less.",
    "Speed",
    read=_memory,
    metavar="BYTES",
)


@dataclass(frozen=True)
class InkOptions:
    """What `lineart ink` can be told. `None` stands for `auto`, or for "not given"."""

    thickness: Length = _option(
        Length(3.0),
        "--thickness -t",
        "Thickness of the lines: page pixels (3 or 3px) or millimetres (0.3mm); 1 to 16 px at 300 dpi.",
        "Ink",
        read=_length,
        metavar="LENGTH",
        low=THICKNESS_RANGE[0],
        high=THICKNESS_RANGE[1],
    )
    brush: str = _option(
        "technical_pen",
        "--brush",
        "What the lines are drawn with.",
        "Ink",
        read=_choice,
        metavar="NAME",
        choices=BRUSHES,
    )
    faint: float = _option(
        NEUTRAL_FAINT,
        "--faint",
        "How faint a line may be and still be inked, as a fraction of the main lines' darkness: 0.02 inks nearly "
        "every mark, 0.9 only the darkest.",
        "Ink",
        read=_number,
        metavar="FRACTION",
        low=FAINT_RANGE[0],
        high=FAINT_RANGE[1],
    )
    desaturate: str = _option(
        "luma709",
        "--desaturate",
        "How colour becomes grey, by Krita's modes: luma709 is HSY', max drops blue construction lines.",
        "Reading",
        read=_choice,
        metavar="MODE",
        choices=DESATURATE_MODES,
    )
    dpi: float | None = _option(
        None,
        "--dpi",
        "Resolution of the pages, instead of what the files say. A page that says nothing is taken as A4-like.",
        "Reading",
        read=_number,
        metavar="N",
        low=DPI_RANGE[0],
        high=DPI_RANGE[1],
    )
    max_megapixels: float = _option(
        1200.0,
        "--max-megapixels",
        "Refuse larger pages before they are decoded.",
        "Reading",
        read=_number,
        metavar="N",
        low=1,
        high=100_000,
    )
    format: str = _option(
        "png",
        "--format",
        "File format of the ink.",
        "Writing",
        read=_choice,
        metavar="NAME",
        choices=FORMATS,
    )
    transparent: bool = _option(False, "--transparent", "Black ink on transparency instead of white paper.", "Writing")
    overwrite: bool = _option(False, "--overwrite", "Ink pages again whose output is there already.", "Writing")
    dry_run: bool = _option(False, "--dry-run", "List what would be inked, and write nothing.", "Writing")
    backend: str = _option(
        "auto",
        "--backend",
        "Runtime of the network.",
        "Speed",
        read=_choice,
        metavar="NAME",
        choices=BACKENDS,
    )
    device: str = _option(
        "auto",
        "--device",
        "Device of the runtime, such as CPU or GPU.",
        "Speed",
        read=_text,
        metavar="NAME",
    )
    precision: str = _option(
        "auto",
        "--precision",
        "Arithmetic of the network.",
        "Speed",
        read=_choice,
        metavar="NAME",
        choices=PRECISIONS,
    )
    tile: int | None = _option(
        None,
        "--tile",
        "Side of the tiles in px at 300 dpi; smaller needs less memory, the picture stays the same.",
        "Speed",
        read=_whole_or_auto,
        metavar="N",
        low=64,
        high=16_384,
    )
    threads: int | None = _option(
        None,
        "--threads",
        "Threads of the network; auto takes one for each core that is ours.",
        "Speed",
        read=_whole_or_auto,
        metavar="N",
        low=1,
        high=1024,
    )
    max_memory: int | None = _MAX_MEMORY
    jobs: int | None = _option(
        None,
        "--jobs -j",
        "Pages in work at once: one is inked while others are read and written.",
        "Speed",
        read=_whole_or_auto,
        metavar="N",
        low=1,
        high=64,
    )
    json: bool = _option(False, "--json", "Print one JSON object a page on stdout.", "Reporting")
    quiet: bool = _option(False, "--quiet -q", "Say nothing but errors.", "Reporting")
    verbose: bool = _option(
        False,
        "--verbose -v",
        "Tell the plan for each page and why, and the traceback of unexpected errors.",
        "Reporting",
    )

    @classmethod
    def parse(cls, given: Mapping[str, str | bool | None]) -> InkOptions:
        """Reads options as text, as the command line gives them.

        Args:
            given: texts and switches by field name; a missing name or None means the default.

        Raises:
            ArgumentError: a text is no value of its option, or two options exclude each other.
        """
        options = cls(**_values(cls, given))
        if options.transparent and options.format in FORMATS_WITHOUT_ALPHA:
            raise ArgumentError("--transparent", f"with --format {options.format}", "use png, tiff or webp")
        return options


@dataclass(frozen=True)
class BenchOptions:
    """What `lineart bench` can be told."""

    quick: bool = _option(False, "--quick", "Measure only a quarter of a page, in under 15 seconds.", "Measuring")
    max_memory: int | None = _MAX_MEMORY
    save: bool = _option(False, "--save", "Let ink use what was fastest, until machine or versions change.", "Result")
    json: bool = _option(False, "--json", "Print everything as one JSON object on stdout.", "Result")

    @classmethod
    def parse(cls, given: Mapping[str, str | bool | None]) -> BenchOptions:
        """See `InkOptions.parse`."""
        return cls(**_values(cls, given))


Options = type[InkOptions] | type[BenchOptions]


def _values(options: Options, given: Mapping[str, str | bool | None]) -> dict[str, Any]:
    """The values of those options that are given."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        spec = specs(options)[name]
        if value is not None:
            values[name] = spec.read(spec, value) if spec.read and isinstance(value, str) else value
    return values


def specs(options: Options = InkOptions) -> dict[str, Spec]:
    """Every option's Spec by its name in InkOptions or BenchOptions."""
    return {each.name: each.metadata["spec"] for each in fields(options)}


def default_text(name: str, options: Options = InkOptions) -> str:
    """The default of an option as the user would write it; `auto` for None, empty for an option without default."""
    value = getattr(options(), name)
    if value is None:
        read = specs(options)[name].read
        return "auto" if read is _whole_or_auto or read is _memory else ""
    return f"{value:g}" if isinstance(value, float) else str(value)
