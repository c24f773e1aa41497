"""PNG pictures to be looked at, signed: they may be made anew, and nothing else is replaced by them."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lineart_cli.errors import ArgumentError

TRY, BRUSHES = "lineart try", "lineart brushes"
"""What makes such pictures: their signatures."""
_MAKER, _PAGE = "Software", "Page"
_FIRST = 128
"""Bytes of a file in which its signature is, behind the size of the picture."""
_SIGNATURE = re.compile(
    rf"\x89PNG\r\n.*tEXt{_MAKER}\0({TRY}|{BRUSHES})(?:.{{8}}tEXt{_PAGE}\0([0-9a-f]{{16}}))?".encode("latin-1"),
    re.DOTALL,
)


def check(out: Path, option: str, name: str, page: Path | None = None) -> None:
    """Refuse a name that no such picture may have.

    Args:
        out: the name.
        option: that gives it.
        name: of what makes the picture, `TRY` or `BRUSHES`.
        page: that it shows, if it shows one.

    Raises:
        ArgumentError: it ends in something else than .png, or something else or another page's picture is there.
    """
    if out.suffix.lower() not in {"", ".png"}:
        raise ArgumentError(option, out, "it is a PNG picture; let its name end in .png")
    made, shown = _signature(out)
    if out.exists() and made != name:
        raise ArgumentError(option, out, f"is there already, and is no sheet of {name}; give another name")
    if page is not None and shown not in {"", _identity(page)}:
        other = f"is there already, as the sheet of another page than {page}; give a name with {option}"
        raise ArgumentError(option, out, other)


def save(image: Image.Image, out: Path, option: str, name: str, page: Path | None = None) -> None:
    """Write a picture; arguments as for `check`. Raises ArgumentError where the disk does not take it."""
    signature = PngInfo()
    signature.add_text(_MAKER, name)
    if page is not None:
        signature.add_text(_PAGE, _identity(page))
    try:
        image.save(out, "PNG", pnginfo=signature)
    except OSError as error:
        raise ArgumentError(option, out, f"cannot be written ({error.strerror}); choose another") from error


def maker(path: Path) -> str:
    """The signature of a picture, `TRY` or `BRUSHES`, by the first bytes of its file; empty for every other file."""
    return _signature(path)[0]


def _signature(path: Path) -> tuple[str, str]:
    """What has made a picture, and the identity of its page; empty where the file does not tell."""
    try:
        with path.open("rb") as file:
            found = _SIGNATURE.match(file.read(_FIRST))
    except OSError:
        found = None
    made, page = found.groups(b"") if found else (b"", b"")
    return made.decode(), page.decode()


def _identity(page: Path) -> str:
    """Tells a page's path from others, and nobody else where it is."""
    return hashlib.sha256(os.fsencode(os.path.realpath(page))).hexdigest()[:16]
