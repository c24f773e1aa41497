"""What is set for the libraries that decode pages: by programs, once, and while pages are read."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image


def quieten() -> None:
    """Let these libraries say nothing by themselves: what matters becomes an error.

    It goes for the whole process, so programs call it, once; importing lineart changes nothing.
    """
    for name in ("PIL", "psd_tools", "pypdf", "tifffile"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for module in ("PIL", "psd_tools"):
        warnings.filterwarnings("ignore", module=module)


class _Unlimited:
    """Lifts Pillow's limit of pixels, which goes for the whole process, as long as any thread needs that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: int | None = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._users:
                self._before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    Image.MAX_IMAGE_PIXELS = self._before


unlimited = _Unlimited()
"""A context in which Pillow opens pictures of any size: pages have their own limit, which the user can raise."""
