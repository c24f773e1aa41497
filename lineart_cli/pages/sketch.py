"""A page as it looks, for the layer below the ink."""

from __future__ import annotations

from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from lineart_cli.pages.picture import Picture, draw


def to_sketch(picture: Picture, below: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Decodes a page: laid on its sheet, turned upright, 16 bits rounded to 8.

    Args:
        picture: the page.
        below: (H, W, 3) RGB, what a picture in colour is laid on instead of its sheet; it is drawn over.

    Returns:
        (H, W) grey or (H, W, 3) RGB, encoded values as in the file.
    """
    width, height = picture.upright_size
    page = below
    if page is None:
        page = np.full((height, width, 1 if picture.is_grey else 3), 0 if picture.is_on_black else 255, np.uint8)
    draw(picture, [(page[..., sample], itemgetter((..., sample))) for sample in range(page.shape[2])])
    return page[..., 0] if picture.is_grey else page
