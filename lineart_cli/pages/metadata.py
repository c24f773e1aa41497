"""What a file tells of its picture beside the pixels: who, when, with what. Kept only where the user asks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PIL import ExifTags, Image

_Tag = ExifTags.Base
_TEXTS = {
    "Title": _Tag.DocumentName,
    "Description": _Tag.ImageDescription,
    "Author": _Tag.Artist,
    "Copyright": _Tag.Copyright,
}
"""PNG's keywords, and the tags that mean the same."""

_KEPT = (*_TEXTS.values(), _Tag.Make, _Tag.Model, _Tag.DateTime)
_NOT_KEPT = {_Tag.MakerNote, _Tag.ExifImageWidth, _Tag.ExifImageHeight, _Tag.ExifInteroperabilityOffset}
"""Parts of the Exif directory that a copy makes wrong."""

_ORIENTATION = re.compile(rb"""(tiff:Orientation\s*(?:>|=\s*["'])\s*)\d""")
PREFIX = b"Exif\0\0"
"""What goes before a block of EXIF in a JPEG."""


@dataclass(frozen=True)
class Metadata:
    """What is kept: a block of EXIF that starts with a TIFF's head, and an XMP packet in UTF-8; either may be empty."""

    exif: bytes = b""
    xmp: bytes = b""

    def loaded(self) -> Image.Exif:
        """The block of EXIF; the texts of its main directory, as a rule in UTF-8, as bytes."""
        exif = Image.Exif()
        exif.load(self.exif)
        _keep_bytes(exif)
        return exif

    def tags(self) -> list[tuple[int, bytes]]:
        """The tags of EXIF's main directory, which are all texts."""
        exif = self.loaded()
        return [(tag, exif[tag]) for tag in _KEPT if tag in exif]

    def texts(self) -> dict[str, str]:
        """The tags that PNG has keywords for, by keyword."""
        tags = dict(self.tags())
        return {name: tags[tag].decode(errors="replace") for name, tag in _TEXTS.items() if tag in tags}


def metadata_of(image: Image.Image) -> Metadata:
    """Collects what an opened image tells of itself.

    Orientation is that of an upright page; thumbnails, maker's notes and what describes the old file are left out.
    """
    old, exif = image.getexif(), Image.Exif()
    for tag in _KEPT:
        if tag in old:
            exif[tag] = old[tag]
    _keep_bytes(exif)
    for name, tag in _TEXTS.items():
        if isinstance(text := image.info.get(name), str) and tag not in exif:
            exif[tag] = text.encode()
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if kept := {tag: value for tag, value in old.get_ifd(part).items() if tag not in _NOT_KEPT}:
            exif[part] = kept
    xmp = image.info.get("xmp", b"")
    xmp = xmp.encode() if isinstance(xmp, str) else bytes(xmp)
    return Metadata(exif.tobytes().removeprefix(PREFIX) if exif else b"", _ORIENTATION.sub(rb"\g<1>1", xmp))


def _keep_bytes(exif: Image.Exif) -> None:
    """Gives texts the bytes again that they had in the file: Pillow reads all as Latin-1, and writes only ASCII."""
    for tag, text in exif.items():
        if isinstance(text, str):
            exif[tag] = text.encode("latin-1")
