"""The values that fields of a request can have: each reader takes what JSON gave, or says what is right instead."""

from __future__ import annotations

import math
import os
import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineart_cli.imaging.tone import Exposure
from lineart_cli.options import Crop
from lineart_cli.pages.readers.raw import SAMPLES

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


@dataclass(frozen=True)
class Fill:
    """What pixels of ink are made of.

    Attributes:
        colour: the bytes of all samples of a pixel but its coverage, which comes last.
        sample: a key of `SAMPLES`, of the coverage.
    """

    colour: bytes
    sample: str


@dataclass(frozen=True)
class Edited:
    """Ink of a page as somebody has left it.

    Attributes:
        pixels: a file of raw rows of the whole page.
        prints: a file of fingerprints, see `edits.prints`, of the ink as it was made.
        fill: what a px of that ink was made of; None is its coverage alone.
    """

    pixels: Path
    prints: Path
    fill: Fill | None


def shown(value: Any) -> str:
    """A value as it stands in a message, cut short where it is long or deep."""
    return _SHORT.repr(value)


def whole(value: Any) -> int:
    """A whole number; raises ValueError, as all readers do, with what is right."""
    if not _is_number(value) or not float(value).is_integer():
        raise ValueError("write a whole number")
    return int(value)


def positive(value: Any) -> float:
    """A finite number above 0."""
    if not _is_number(value) or not value > 0:
        raise ValueError("write a number above 0")
    return float(value)


def not_negative(value: Any) -> float:
    """A finite number, 0 or above."""
    if not _is_number(value) or value < 0:
        raise ValueError("write a number from 0 on")
    return float(value)


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("write a text")
    return value


def path(value: Any) -> Path:
    """The path of a file."""
    try:
        is_path = isinstance(value, str) and value != "" and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:  # half of a character, which JSON can write
        is_path = False
    if not is_path:
        raise ValueError("write the path of a file")
    return Path(value)


def shape(value: Any) -> tuple[int, int]:
    """Height and width of what is given as [width, height]."""
    try:
        width, height = (whole(each) for each in value)
    except (TypeError, ValueError):
        width = height = 0
    if min(width, height) < 1:
        raise ValueError("write [width, height], whole px, at least 1")
    return height, width


def crop(value: Any) -> Crop:
    """A part of a page."""
    try:
        part = Crop(*(whole(each) for each in value))
    except (TypeError, ValueError):
        part = None
    if part is None or min(part.width, part.height) < 1 or min(part.left, part.top) < 0:
        raise ValueError("write [left, top, width, height], whole px, from 0 on and at least 1 px wide and high")
    return part


def fill(value: Any) -> Fill:
    """What a px of ink is made of."""
    try:
        made = Fill(bytes.fromhex(value["colour"]), value["sample"])
        is_known = made.sample in SAMPLES
    except (TypeError, ValueError, KeyError):
        is_known = False
    if not is_known:
        raise ValueError(f'write {{"colour": HEX, "sample": S}}: pairs of hexadecimal digits, and {_listed()}')
    return made


def exposure(value: Any) -> Exposure:
    """The exposure of a page, as `done` told it."""
    try:
        return Exposure(positive(value["level"]), not_negative(value["toe"]), positive(value["gain"]))
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError("write what done told: an object with the numbers level, toe and gain") from error


def edited(value: Any) -> Edited:
    """Ink that was edited."""
    try:
        return Edited(path(value["pixels"]), path(value["prints"]), fill(value["fill"]) if "fill" in value else None)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError('write {"pixels": FILE, "prints": FILE}, and perhaps "fill"') from error


def options(value: Any) -> dict[str, str]:
    """Options by name, as the command line has them; numbers may be written as such."""
    if not isinstance(value, dict) or not all(isinstance(each, str) or _is_number(each) for each in value.values()):
        raise ValueError('write an object of texts, such as {"thickness": "0.3mm"}')
    return {name: str(told) for name, told in value.items()}


def _listed() -> str:
    *most, last = SAMPLES
    return f"{', '.join(most)} or {last}"


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floating-point ones
        return False
