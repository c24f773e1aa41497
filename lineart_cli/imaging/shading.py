"""Shading: broad areas of a middle tone, laid on with crayon, the side of a pencil or a wash.

Lineart knows no grey, so such an area would be inked black as a whole or in rags. It is taken for paper instead: its
outline and what is drawn over it stay lines. What is about as dark as the page's main lines is a black shape, and
stays; so does hatching, which is lines. All lengths are cells of the paper map, see `paper.CELL`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.morphology import disc

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from lineart_cli.imaging.texture import Texture

    Floats = npt.NDArray[np.float32]

STROKE = 5  # what is narrower is drawn, not shaded
BROAD = 13  # a shaded area is as broad in one place, pupils and other small fills are not
PALEST = 0.12  # darkness of shading, at least
SHADED = 0.5  # the middle darkness of a shaded area, at most; `tone.INK` is 0.8, and darker areas are filled with black
GROUND = 1 / 8  # of the page: an area as large is paper up to `BLACK`, or all that is drawn on it would be lost
HATCHED = 0.5  # how far edges are aligned where paper shows between rows of lines; nearly 1, and of grain below 0.2
GREY, BLACK = 0.58, 0.68  # darkness up to which a part of it is paper, and from which it is a black shape all the same


def flat_tones(cells: Floats, paper: Floats) -> Floats:
    """How dark the broad areas of a page are, (h, w), and 0 beside them; the rest as for `as_paper`."""
    dark = _darkness(cells, paper)
    tone = _without_strokes(dark)
    labels, broad = _areas(dark, tone)
    return np.where(np.isin(labels, broad), tone, np.float32(0))


def as_paper(cells: Floats, paper: Floats, gain: float, look: Callable[[], Texture]) -> Floats:
    """Take the shaded areas of a page for paper.

    Args:
        cells: (h, w) mean greys of the page's cells, in [0, 1].
        paper: (h, w) the grey of bare paper there.
        gain: brings the darkness of the page's main lines to `tone.INK`.
        look: tells what the page's cells are made of; it is called where there are broad areas.

    Returns:
        (h, w) the grey of the paper, with the grey of the shading where the page is shaded.
    """
    dark = _darkness(cells, paper, gain)
    tone = _without_strokes(dark)
    labels, broad = _areas(dark, tone)
    if not broad:
        return paper
    level = np.maximum(tone, cv2.medianBlur(dark, STROKE))  # that of the strokes, so that they leave no mesh
    made_of, shading = look(), np.zeros_like(tone)
    veil = _darkness(made_of.lightest, paper, gain)
    for label in broad:
        area = labels == label
        middle = float(np.median(tone[area]))
        is_hatched = np.median(veil[area]) < PALEST and np.median(made_of.aligned[area]) > HATCHED
        if not is_hatched and middle <= (BLACK if area.mean() >= GROUND else SHADED):
            blackness = np.clip((tone[area] - max(GREY, middle)) / (BLACK - GREY), 0, 1)
            shading[area] = level[area] * (1 - blackness)
    return np.asarray(paper * (1 - shading / np.float32(gain)), np.float32)


def _darkness(greys: Floats, paper: Floats, gain: float = 1.0) -> Floats:
    return np.asarray(np.maximum(1 - greys / paper, 0) * np.float32(gain), np.float32)


def _without_strokes(dark: Floats) -> Floats:
    return np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, disc(STROKE)), np.float32)


def _areas(dark: Floats, tone: Floats) -> tuple[npt.NDArray[np.int32], list[int]]:
    """The areas by labels, (h, w), and the labels of those that are broad in one place; `tone` is without strokes."""
    _, labels = cv2.connectedComponents((tone > PALEST).astype(np.uint8))
    broad = cv2.morphologyEx((dark > PALEST).astype(np.uint8), cv2.MORPH_OPEN, disc(BROAD))
    return np.asarray(labels, np.int32), [int(label) for label in np.unique(labels[broad > 0]) if label]
