"""PNG pictures to be looked at, signed: they may be made anew, and nothing else is replaced by them."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lineart_cli.errors import ArgumentError

TRY, BRUSHES = "lineart try", "lineart brushes"
"""What makes such pictures: their signatures."""
_KEY = "Software"
_FIRST = 128
"""Bytes of a file in which its signature is, behind the size of the picture."""
_SIGNATURE = re.compile(rf"\x89PNG\r\n.*tEXt{_KEY}\0({TRY}|{BRUSHES})".encode("latin-1"), re.DOTALL)


def check(out: Path, option: str, name: str) -> None:
    """Refuse a name that no such picture may have.

    Args:
        out: the name.
        option: that gives it.
        name: of what makes the picture, `TRY` or `BRUSHES`.

    Raises:
        ArgumentError: it ends in something else than .png, or something else is there.
    """
    if out.suffix.lower() not in {"", ".png"}:
        raise ArgumentError(option, out, "it is a PNG picture; let its name end in .png")
    if out.exists() and maker(out) != name:
        raise ArgumentError(option, out, f"is there already, and is no sheet of {name}; give another name")


def save(image: Image.Image, out: Path, option: str, name: str) -> None:
    """Write a picture; arguments as for `check`. Raises ArgumentError where the disk does not take it."""
    signature = PngInfo()
    signature.add_text(_KEY, name)
    try:
        image.save(out, "PNG", pnginfo=signature)
    except OSError as error:
        raise ArgumentError(option, out, f"cannot be written ({error.strerror}); choose another") from error


def maker(path: Path) -> str:
    """The signature of a picture, `TRY` or `BRUSHES`, by the first bytes of its file; empty for every other file."""
    try:
        with path.open("rb") as file:
            signature = _SIGNATURE.match(file.read(_FIRST))
    except OSError:
        return ""
    return signature[1].decode() if signature else ""
