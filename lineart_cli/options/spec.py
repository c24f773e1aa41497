"""One option: how it is written and what it means; from a table of them come help, defaults and parsing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from lineart_cli.errors import ArgumentError, nearest_first
from lineart_cli.options.values import DPI_RANGE, Colour, Crop, Length, Several


@dataclass(frozen=True)
class Spec:
    """One option: how it is written, what it means, and how its text becomes a value.

    `read(spec, text)` returns the value or raises ArgumentError; it is None for a switch. `changes_ink` is False for an
    option that leaves the output as it is: a page is not inked again because of it. `in_config` is False for one that a
    file of options may not give, since that may be a stranger's: what replaces the user's work, writes elsewhere, or is
    about one run. `may_be_file` is True where its text may name a file. `aliases` are flags that the option once had:
    they are still read, and help does not tell of them.
    """

    flags: tuple[str, ...]
    help: str
    panel: str
    read: Callable[[Spec, str], Any] | None = None
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    changes_ink: bool = True
    in_config: bool = True
    may_be_file: bool = False
    aliases: tuple[str, ...] = ()

    def error(self, text: str, advice: str) -> ArgumentError:
        """The error for `text` given to this option."""
        return ArgumentError(self.flags[0], text or "''", advice)


def read_length(spec: Spec, text: str) -> Length:
    match = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(px|mm)?", text.strip().lower())
    hint = f"{spec.low:g} to {spec.high:g} px; write for example 3, 3px or 0.3mm"
    if match is None:
        raise spec.error(text, f"not a length of {hint}")
    length = Length(float(match[1]), "mm" if match[2] == "mm" else "px")
    extremes = [length.page_px(dpi) for dpi in DPI_RANGE]
    if max(extremes) < spec.low or min(extremes) > spec.high or length.number <= 0:
        raise spec.error(text, f"out of range, {hint}")
    return length


def read_drawing(spec: Spec, text: str) -> str | Length:
    """A word for what a drawing is like, or the width of a typical stroke."""
    word = text.strip().lower()
    if word in spec.choices:
        return word
    if not re.match(r"[+-]?\.?\d", word):
        raise spec.error(text, f"write {', '.join(spec.choices)}, or how wide a stroke is, such as 12px or 2mm")
    return read_length(spec, text)


def read_choice(spec: Spec, text: str) -> str:
    name = text.strip().lower()
    if name in spec.choices:
        return name
    raise spec.error(text, f"unknown; choose from {', '.join(nearest_first(name, spec.choices))}")


def read_number_choice(spec: Spec, text: str) -> int:
    return int(read_choice(spec, text))


def read_colour(spec: Spec, text: str) -> Colour:
    from PIL import ImageColor

    try:
        return Colour._make(ImageColor.getrgb(text.strip()))
    except (ValueError, TypeError) as error:  # of what is no colour, and of one with opacity
        raise spec.error(text, "not a colour; write a CSS name such as navy, or #rgb or #rrggbb") from error


def read_text(spec: Spec, text: str) -> str:
    if not text.strip():
        raise spec.error(repr(text), "empty; leave the option out or give a name")
    return text.strip()


def read_number(spec: Spec, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not spec.low <= number <= spec.high:
        raise spec.error(text, f"not a number from {spec.low:g} to {spec.high:g}")
    return number


def each_by(read: Callable[[Spec, str], Any]) -> Callable[[Spec, str], Several[Any]]:
    """Reads values with commas between them; one that is given twice counts once."""

    def read_several(spec: Spec, text: str) -> Several[Any]:
        return Several(dict.fromkeys(read(spec, each) for each in text.split(",")))

    return read_several


def read_pressure(spec: Spec, text: str) -> str | float:
    word = text.strip().lower()
    if word == "sketch":
        return word
    try:
        pressure = 1.0 if word == "even" else float(word)
    except ValueError:
        pressure = math.nan
    if not 0 <= pressure <= 1:
        raise spec.error(text, "write sketch, even, or a number from 0 to 1")
    return pressure


def read_whole(spec: Spec, text: str, otherwise: str = "") -> int:
    if not text.strip().isdecimal() or not spec.low <= int(text) <= spec.high:
        raise spec.error(text, f"write {otherwise}a whole number from {spec.low:.0f} to {spec.high:.0f}")
    return int(text)


def read_crop(spec: Spec, text: str) -> Crop:
    found = re.fullmatch(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*", text, re.ASCII)
    crop = Crop(*map(int, found.groups())) if found else None
    if crop is None or min(crop.width, crop.height) < spec.low:
        advice = (
            f"write left, top, width and height in px, such as 100,200,700,700; at least {spec.low:g} wide and high"
        )
        raise spec.error(text, advice)
    return crop


def read_whole_or_auto(spec: Spec, text: str) -> int | None:
    return None if text.strip().lower() == "auto" else read_whole(spec, text, "auto, or ")


def read_memory(spec: Spec, text: str) -> int | None:
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


def option(default: Any, flags: str, text: str, panel: str, **spec: Any) -> Any:
    return field(default=default, metadata={"spec": Spec(tuple(flags.split()), text, panel, **spec)})


MAX_MEMORY = option(
    None,
    "--max-memory",
    "Most memory to take, such as 500MB, 1GB or 0.5GiB; auto is 1GB, or 60 % of what is free if that is less.",
    "Speed",
    read=read_memory,
    metavar="BYTES",
    changes_ink=False,
)


NOT_GIVEN = "none"
"""Stands for an option that is not given, where its default is None: it takes back what a file says."""


@dataclass(frozen=True)
class Options:
    """A table of options: one field each, made by `option`."""

    @classmethod
    def parse(cls, given: Mapping[str, str | bool | None]) -> Self:
        """Reads options as text, as the command line gives them.

        Args:
            given: texts and switches by field name, or by what an alias makes of it; a missing name or None means the
                default.

        Raises:
            ArgumentError: a text is no value of its option, or two options exclude each other.
        """
        values: dict[str, Any] = {}
        renamed = cls.renamed()
        for key, value in given.items():
            name = renamed.get(key, key)
            spec = specs(cls)[name]
            if value is not None and name in values:
                former = " or ".join(spec.aliases)
                raise spec.error(f"with {former}", "which is its former name; leave one of them out")
            if value == NOT_GIVEN and spec.in_config and getattr(cls(), name) is None:
                continue
            if value is not None:
                values[name] = spec.read(spec, value) if spec.read and isinstance(value, str) else value
        return cls(**values)

    @classmethod
    def renamed(cls) -> dict[str, str]:
        """The names of fields, by what their options' former names make of them."""
        return {field_name(alias): name for name, spec in specs(cls).items() for alias in spec.aliases}

    def settings(self) -> dict[str, str | float | bool | None]:
        """What the ink depends on, by name, as JSON has it; lengths and colours as the user writes them."""
        named = {name: getattr(self, name) for name, spec in specs(type(self)).items() if spec.changes_ink}
        written = (Length, Colour, Several)
        return {name: str(value) if isinstance(value, written) else value for name, value in named.items()}


def specs(table: type[Options]) -> dict[str, Spec]:
    """Every option's Spec by its name in the table."""
    return {each.name: each.metadata["spec"] for each in fields(table)}


def field_name(flag: str) -> str:
    """The name of a parameter for a flag: `drop_colour` for `--drop-colour`."""
    return flag.lstrip("-").replace("-", "_")


def default_text(name: str, table: type[Options]) -> str:
    """The default of an option as the user would write it; `auto` for None, empty for an option without default."""
    value = getattr(table(), name)
    if value is None:
        return "auto" if specs(table)[name].read in {read_whole_or_auto, read_memory} else ""
    return f"{value:g}" if isinstance(value, float) else str(value)
