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
