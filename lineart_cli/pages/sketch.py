"""A page as it looks, for the layer below the ink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lineart_cli.pages.picture import Picture, as_stored, light_of, pieces


def to_sketch(picture: Picture) -> NDArray[np.uint8]:
    """Decodes a page: transparency laid on white, turned upright, 16 bits rounded to 8.

    Returns:
        (H, W) grey or (H, W, 3) RGB, encoded values as in the file.
    """
    width, height = picture.upright_size
    page = np.full((height, width, 1 if picture.is_grey else 3), 255, np.uint8)
    stored = as_stored(page, picture.orientation)
    for block in picture.blocks():
        for paper, samples in pieces(stored, block):
            colours, coverage = light_of(block, samples)
            if coverage is not None:
                colours *= coverage[..., None] if block.alpha != "premultiplied" else np.float32(block.opacity)
                colours += (1 - coverage[..., None]) * paper / np.float32(255)
            paper[...] = colours * np.float32(255) + np.float32(0.5)
    return page[..., 0] if picture.is_grey else page
