"""What is set for the libraries that decode pages: by programs, once, and while pages are read."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from PIL import Image


def quieten() -> None:
    """Let these libraries say nothing by themselves: what matters becomes an error.

    It goes for the whole process, so programs call it, once; importing lineart changes nothing.
    """
    for name in ("PIL", "psd_tools", "pypdf", "tifffile"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for module in ("PIL", "psd_tools"):
        warnings.filterwarnings("ignore", module=module)


class WholeProcess:
    """A context that changes something for the whole process, as long as any thread needs that."""

    def __init__(self, changed: Callable[[], AbstractContextManager[None]]) -> None:
        """
        Args:
            changed: makes the context, which the first of several threads enters and the last leaves.
        """
        self._changed = changed
        self._lock = threading.Lock()
        self._users = 0
        self._entered = ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._users:
                self._entered.enter_context(self._changed())
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._entered.close()


@contextmanager
def _without_limit() -> Iterator[None]:
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


unlimited = WholeProcess(_without_limit)
"""A context in which Pillow opens pictures of any size: pages have their own limit, which the user can raise."""
