"""What a file tells of its picture beside the pixels: who, when, with what. Kept only where the user asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ExifTags, Image

_Tag = ExifTags.Base
_TEXTS = {"Title": _Tag.DocumentName, "Description": _Tag.ImageDescription, "Author": _Tag.Artist}
_TEXTS |= {"Software": _Tag.Software, "Copyright": _Tag.Copyright}
"""PNG's keywords and the tags that mean the same."""

_KEPT = (*_TEXTS.values(), _Tag.Make, _Tag.Model, _Tag.DateTime)
_NOT_KEPT = {_Tag.MakerNote, _Tag.ExifImageWidth, _Tag.ExifImageHeight, _Tag.ExifInteroperabilityOffset}
"""Parts of the Exif directory that a copy makes wrong."""

_ORIENTATION = re.compile(rb"""(tiff:Orientation\s*(?:>|=\s*["'])\s*)\d""")
_PREFIX = b"Exif\0\0"  # JPEG's, and Pillow's


@dataclass(frozen=True)
class Metadata:
    """What is kept: a block of EXIF that starts with a TIFF's head, and an XMP packet in UTF-8; either may be empty."""

    exif: bytes = b""
    xmp: bytes = b""

    def tags(self) -> Iterator[tuple[int, str]]:
        """The tags of the main directory, which are all text."""
        exif = Image.Exif()
        exif.load(self.exif)
        return ((tag, str(exif[tag])) for tag in _KEPT if tag in exif)

    def texts(self) -> dict[str, str]:
        """The tags that PNG has keywords for, by keyword."""
        tags = dict(self.tags())
        return {name: tags[tag] for name, tag in _TEXTS.items() if tag in tags}


def metadata_of(image: Image.Image) -> Metadata:
    """Collects what an opened image tells of itself.

    Orientation is that of an upright page; thumbnails, maker's notes and what describes the old file are left out.
    """
    old, exif = image.getexif(), Image.Exif()
    for tag in _KEPT:
        if tag in old:
            exif[tag] = str(old[tag])
    for name, tag in _TEXTS.items():
        if isinstance(text := image.info.get(name), str) and tag not in exif:
            exif[tag] = text
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if kept := {tag: value for tag, value in old.get_ifd(part).items() if tag not in _NOT_KEPT}:
            exif[part] = kept
    xmp = image.info.get("xmp", b"")
    xmp = xmp.encode() if isinstance(xmp, str) else bytes(xmp)
    return Metadata(exif.tobytes().removeprefix(_PREFIX) if exif else b"", _ORIENTATION.sub(rb"\g<1>1", xmp))
