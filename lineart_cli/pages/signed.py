"""PNG pictures to be looked at, signed: they may be made anew, and nothing else is replaced by them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lineart_cli.errors import ArgumentError

_KEY = "Software"


def check(out: Path, option: str, name: str) -> None:
    """Refuse a name that no such picture may have.

    Args:
        out: the name.
        option: that gives it.
        name: of what makes the picture, such as "lineart try".

    Raises:
        ArgumentError: it ends in something else than .png, or something else is there.
    """
    if out.suffix.lower() not in {"", ".png"}:
        raise ArgumentError(option, out, "it is a PNG picture; let its name end in .png")
    if out.exists() and not _is_signed(out, name):
        raise ArgumentError(option, out, f"is there already, and is no sheet of {name}; give another name")


def save(image: Image.Image, out: Path, option: str, name: str) -> None:
    """Write a picture; arguments as for `check`. Raises ArgumentError where the disk does not take it."""
    signature = PngInfo()
    signature.add_text(_KEY, name)
    try:
        image.save(out, "PNG", pnginfo=signature)
    except OSError as error:
        raise ArgumentError(option, out, f"cannot be written ({error.strerror}); choose another") from error


def _is_signed(path: Path, name: str) -> bool:
    try:
        with Image.open(path) as image:
            return image.info.get(_KEY) == name
    except (OSError, SyntaxError, ValueError):
        return False
