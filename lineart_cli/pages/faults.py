"""What readers say of files that they understand and cannot use."""

from __future__ import annotations


class Unreadable(Exception):  # noqa: N818 - named after what it says of a file
    """A file, or a page of it, cannot be read for a known reason."""

    def __init__(self, reason: str, advice: str) -> None:
        """
        Args:
            reason: what is wrong with it.
            advice: the next step.
        """
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


def check_size(width: int, height: int, max_megapixels: float) -> None:
    """Raises Unreadable where a page, or a part of it, has no pixels or more than it may."""
    if min(width, height) <= 0:
        raise Unreadable(f"has no pixels ({width} x {height})", "scan or save it again")
    if width * height > max_megapixels * 1e6:
        size = f"{width} x {height} is over {max_megapixels:g} megapixels"
        raise Unreadable(size, "make it smaller, or raise --max-megapixels")
