"""Blots: black shapes in the ink of a pass where the sketch is no more than shaded, and has lines in the shading.

There the shading is taken for paper, so that the passes to come see the lines alone. Shapes that are as grey, but have
no darker lines in them, may be a grey fill, and stay. All lengths and areas are px of a picture of half the size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.morphology import disc
from lineart_cli.inference.half_size import around, broad, changed, darkness, found, replace, shapes

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import DiskArray
    from lineart_cli.inference import passes
    from lineart_cli.inference.half_size import Mask

    Floats = npt.NDArray[np.float32]

_INKED = 6  # ink as broad is a black shape
_LEAST_PX = 60  # of it
_SHADED = 0.62  # its middle darkness in the sketch, at most; `tone.INK` is 0.8
_LINES = 0.12  # by which a tenth of it is darker than the tone around, and so lines
_GRAIN = 1.5  # sigma of a Gaussian: what it takes away is grain and no line
_INNER = 5  # px across: its edge may be an outline, and is left out of that where enough is left
_LEAST_INNER_PX = 20
_TONE = 9  # px across the squares whose median is the tone of the shading: lines are narrower
_PALEST = 0.25  # tone that is taken away, at least
_GREY, _BLACK = 0.68, 0.78  # tone up to which all of it is, and from which nothing is
_REACH = 13  # px across: the tone goes on beyond the shape


def as_lines(darken: passes.Darken, ink: DiskArray | npt.NDArray[np.uint8]) -> passes.Darken:
    """Take the shading under blots for paper.

    Args:
        darken: of a page.
        ink: (H, W) uint8 coverage, of a pass; blots become 0.

    Returns:
        Darkness of the page without that shading.
    """
    tone = found(ink, darken, blots)
    if not tone.any():
        return darken
    replace(ink, tone, np.uint8(0))

    def without(dark: Floats, tone: Mask, _part: passes.Part) -> Floats:
        paper = tone * np.float32(1 / 255)
        return np.asarray(np.clip((dark - paper) / (1 - paper), 0, 1), np.float32)

    return changed(darken, tone, without)


def blots(inked: Mask, darken: passes.Darken) -> Mask:
    """Find the tone of the shading under blots, 255 for black; see `half_size.Find`."""
    found_tone = np.zeros_like(inked)
    for box, here in shapes(broad(inked, _INKED), _LEAST_PX):
        wide, inner = around(box, _REACH + _TONE, inked.shape)
        dark = darkness(darken, wide)
        if np.median(dark[inner][here]) >= _SHADED:
            continue
        blot, tone = np.zeros(dark.shape, np.uint8), _tone(dark)
        blot[inner] = here
        if _has_lines(dark, tone, blot):
            near = cv2.dilate(blot, disc(_REACH)) > 0
            found_tone[wide] = np.where(near, np.maximum(_shading(tone), found_tone[wide]), found_tone[wide])
    return found_tone


def _has_lines(dark: Floats, tone: Floats, blot: Mask) -> bool:
    inner = cv2.erode(blot, disc(_INNER)) > 0
    darker = cv2.GaussianBlur(dark, (0, 0), _GRAIN) - tone
    return bool(np.percentile(darker[inner if inner.sum() >= _LEAST_INNER_PX else blot > 0], 90) >= _LINES)


def _tone(dark: Floats) -> Floats:
    """How dark it is without the lines."""
    greys = cv2.medianBlur(np.rint(np.clip(dark, 0, 1) * 255).astype(np.uint8), _TONE)
    return np.multiply(greys, np.float32(1 / 255), dtype=np.float32)


def _shading(tone: Floats) -> Mask:
    share = np.clip((_BLACK - tone) / (_BLACK - _GREY), 0, 1)
    return np.where(tone > _PALEST, tone * share * 255, 0).astype(np.uint8)
