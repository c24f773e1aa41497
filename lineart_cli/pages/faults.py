"""What is wrong with pages of more than one format."""

from __future__ import annotations

from lineart_cli.errors import Unreadable

NO_PICTURE = (
    "is an archive, and no picture",
    "give it as a file that is called so, such as comic.cbz or pages.zip, or unpack it first",
)
"""Reason and advice where the pages are inside."""

NO_NUMBERS = "has samples that are no numbers (NaN or infinite)"
"""Reason where a page in floating point has such."""


def check_size(width: int, height: int, max_megapixels: float) -> None:
    """Raises Unreadable where a page, or a part of it, has no pixels or more than it may."""
    if min(width, height) <= 0:
        raise Unreadable(f"has no pixels ({width} x {height})", "scan or save it again")
    if width * height > max_megapixels * 1e6:
        size = f"{width} x {height} is over {max_megapixels:g} megapixels"
        raise Unreadable(size, "make it smaller, or raise --max-megapixels")
