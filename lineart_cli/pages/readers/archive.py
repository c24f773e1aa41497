"""Zip archives of painting programs, read without trust: in memory only, and never more than a page may be large.

Nothing is unpacked to disk, so the names inside are no more than keys.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import BinaryIO, cast
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from defusedxml import ElementTree

from lineart_cli.errors import Unreadable
from lineart_cli.options import ReadOptions
from lineart_cli.pages.faults import check_size
from lineart_cli.pages.picture import Picture
from lineart_cli.pages.readers import image

_MOST_XML = 1 << 24  # bytes


class Archive:
    """The members of a zip file, as long as all that is read of them keeps within `options.max_megapixels`."""

    def __init__(self, file: BinaryIO, options: ReadOptions) -> None:
        """
        Raises:
            BadZipFile: it is none.
        """
        self._zip = ZipFile(file)
        self._options = options
        self._megapixels_left = options.max_megapixels
        self._left = options.most_bytes

    @property
    def names(self) -> list[str]:
        """Of all members."""
        return self._zip.namelist()

    def read(self, name: str) -> bytes:
        """A member's bytes.

        Raises:
            Unreadable: it is missing, or too large.
        """
        return self._limited(name, self._left)

    def xml(self, name: str) -> Element:
        """The root of a member in XML; one that defines entities is an attack and raises."""
        root: Element = ElementTree.fromstring(self._limited(name, min(_MOST_XML, self._left)))
        return root

    @contextlib.contextmanager
    def picture(self, name: str) -> Iterator[Picture]:
        """A member that is an image, its size checked."""
        with self._member(name, self._left) as member, image.opened(member, self._options) as document:
            picture = document.picture(0)
            check_size(picture.width, picture.height, self._megapixels_left)
            self._megapixels_left -= picture.width * picture.height / 1e6
            yield picture

    def _limited(self, name: str, most: int) -> bytes:
        with self._member(name, most) as member:
            return member.read()

    def _member(self, name: str, most: int) -> BinaryIO:
        """A member to read, which ends where its announced size does."""
        try:
            size = self._zip.getinfo(name).file_size
        except KeyError:
            raise Unreadable(f"has no {name} inside", "save it again") from None
        if size > most:
            raise Unreadable(f"has a {name} that expands to {size} bytes", "save it again, or raise --max-megapixels")
        self._left -= size
        return cast("BinaryIO", self._zip.open(name))


def local_name(element: Element) -> str:
    """The tag without its namespace, in lower case."""
    return element.tag.rpartition("}")[2].lower()
