"""What programs have to set for the libraries that decode pages."""

from __future__ import annotations

import logging
import warnings

from PIL import Image


def quieten() -> None:
    """Let these libraries say nothing by themselves: what matters becomes an error. Pillow's limit of pixels is lifted.

    It goes for the whole process, so programs call it, once; importing lineart changes nothing.
    """
    for name in ("PIL", "psd_tools", "pypdf", "tifffile"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for module in ("PIL", "psd_tools"):
        warnings.filterwarnings("ignore", module=module)
    Image.MAX_IMAGE_PIXELS = None  # pages have their own limit, which the user can raise
