"""Colour to grey: by Krita's ways to desaturate, or by taking one coloured pencil out of the drawing.

A coloured pencil is seen best in the light that it swallows, and hardly at all in the light that it lets through: a
light blue one is dark in red and nearly white in blue, while graphite is as dark in one as in the other. So the blue
channel is a page almost without it. What it leaves there goes with how much darker the red channel is, in densities
(logarithms), where pencils that lie over one another add up:

    density of graphite = density in the kept channel - leak * (density in the lost channel - density in the kept one)

The paper's own tint is taken out first, in patches, as it changes across a page; the leak is measured on the page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.imaging.resample import linear_rows, strips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Channels = tuple[npt.NDArray[Any], ...]


PATCHES = 32  # along the longer side of a page, for each of which the paper's tint is measured
SAMPLES = 1_000_000  # pixels, evenly spread, from which tint, noise and leak are measured
BLACK = 0.08  # added to all light before its density is taken: in the dark, colours are mostly noise
PAPER = 75  # percentile of a patch's light that is paper
BARE = 0.25  # share of the paper's light below which nothing tells of its tint
NOISES = 3  # standard deviations of the paper's tint that are no colour
LEAST_TINT = 0.01  # density that is none either, on a page without noise
LEAST_COLOUR = 0.1  # density from which a pixel tells of the pencil's leak
LEAST_SHARE = 2e-5  # of the pixels, below which there is no such pencil
MOST_LEAK = 1.0


def _weighted(red: float, green: float, blue: float) -> Callable[[Floats], Floats]:
    weights = np.array([[red, green, blue]], np.float32)
    return lambda rgb: np.asarray(cv2.transform(rgb, weights), np.float32)


def _lowest(rgb: Floats) -> Floats:
    return np.minimum(np.minimum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])


def _highest(rgb: Floats) -> Floats:
    return np.maximum(np.maximum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])


DESATURATE: dict[str, Callable[[Floats], Floats]] = {
    "luma709": _weighted(0.2126, 0.7152, 0.0722),
    "luma601": _weighted(0.299, 0.587, 0.114),
    "lightness": lambda rgb: np.float32(0.5) * (_highest(rgb) + _lowest(rgb)),
    "average": _weighted(1 / 3, 1 / 3, 1 / 3),
    "min": _lowest,
    "max": _highest,
}
"""Krita's ways to desaturate, all on encoded values; `luma709` is also the luma of its HSY' model for sRGB."""


def desaturate(rgb: Floats, mode: str) -> Floats:
    """Turn colours into greys as Krita does.

    Args:
        rgb: (H, W, 3) float32 in [0, 1], encoded (not linear) values.
        mode: a key of `DESATURATE`.

    Returns:
        (H, W) float32 in [0, 1], encoded.
    """
    return DESATURATE[mode](rgb)


DROPPED: dict[str, tuple[int, tuple[int, ...]]] = {
    "blue": (2, (0,)),
    "green": (1, (0, 2)),
    "yellow": (0, (2,)),
    "orange": (0, (2,)),
    "red": (0, (1, 2)),
    "pink": (0, (1,)),
    "purple": (2, (1,)),
}
"""The channel that a pencil of a colour leaves nearly white, and those that it darkens; of RGB, from 0."""


def kept_light(rgb: Floats, name: str) -> Floats:
    """The light, (H, W) of (H, W, 3) in [0, 1], in which a pencil of a colour in `DROPPED` is hardly seen."""
    return np.asarray(rgb[..., DROPPED[name][0]], np.float32)


def lost_light(rgb: Floats, name: str) -> Floats:
    """The light, (H, W) of (H, W, 3) in [0, 1], in which a pencil of a colour in `DROPPED` is seen best."""
    return np.asarray(np.mean(rgb[..., DROPPED[name][1]], axis=-1), np.float32)


@dataclass(frozen=True)
class Pencil:
    """What is found of a coloured pencil and the paper under it.

    Attributes:
        tint: (h, w) float32, how much denser the paper is in the lost channel than in the kept one, in patches.
        least: what the paper's noise adds to that.
        leak: the pencil's density in the kept channel, as a share of how much denser it is in the lost one.
    """

    tint: Floats
    least: float
    leak: float


def without_pencil(bands: Callable[[], Iterable[Channels]], shape: tuple[int, int]) -> Iterator[Floats]:
    """Take a coloured pencil out of a page; what is neutral stays as dark as it is, also where it crosses the colour.

    Args:
        bands: gives the page from top to bottom, a band of rows at a time: (rows, W) float32 in [0, 1], see
            `kept_light`, which takes the result; and as much of `lost_light` in float16 or float32. It is called
            twice: the pencil is measured on the whole page before any of it is taken out.
        shape: (H, W) of the page.

    Yields:
        (rows, W) of `kept_light`, lighter where the pencil was.
    """
    pencil = _measured(*_sampled(bands(), shape))
    top = 0
    for kept, lost in bands():
        for rows in strips(len(kept)):
            place = slice(top + rows.start, top + rows.stop)
            colour = _tint(kept[rows], lost[rows]) - linear_rows(pencil.tint, shape, place) - np.float32(pencil.least)
            lifted = (kept[rows] + BLACK) * np.exp(pencil.leak * colour) - BLACK
            np.copyto(kept[rows], np.minimum(lifted, 1), where=colour > 0)
        yield kept
        top += len(kept)


def _sampled(bands: Iterable[Channels], shape: tuple[int, int]) -> Channels:
    """`SAMPLES` pixels of both channels, in rows and columns."""
    step = max(1, math.isqrt(math.prod(shape) // SAMPLES))
    samples, top = [], 0
    for channels in bands:
        first = (step // 2 - top) % step
        samples.append([channel[first::step, step // 2 :: step].copy() for channel in channels])
        top += len(channels[0])
    return tuple(np.concatenate(each) for each in zip(*samples, strict=True))


def _measured(kept: Floats, lost: npt.NDArray[np.floating[Any]]) -> Pencil:
    whole = slice(0, len(kept))
    tint = _tint(kept, lost)
    papers, tints = _patches(kept, tint)
    colour = tint - linear_rows(tints, kept.shape, whole)
    paper = linear_rows(papers, kept.shape, whole)
    noise = 1.4826 * float(np.median(np.abs(colour[kept >= BARE * paper])))
    least = max(NOISES * noise, LEAST_TINT)
    drawn = colour > least + LEAST_COLOUR
    if np.count_nonzero(drawn) < LEAST_SHARE * drawn.size:
        return Pencil(tints, least, 0.0)
    core = drawn & (colour >= np.median(colour[drawn]))
    leaks = np.log((paper[core] + BLACK) / (kept[core] + BLACK)) / (colour[core] - least)
    return Pencil(tints, least, float(np.clip(np.median(leaks), 0, MOST_LEAK)))


def _tint(kept: Floats, lost: npt.NDArray[np.floating[Any]]) -> Floats:
    """How much denser the lost channel is than the kept one."""
    return np.log((kept + np.float32(BLACK)) / (lost + np.float32(BLACK)), dtype=np.float32)


def _patches(kept: Floats, tint: Floats) -> tuple[Floats, Floats]:
    """The paper's light in the kept channel and its tint, both in patches, (h, w) float32."""
    size = -(-max(kept.shape) // PATCHES)
    papers = np.empty([-(-side // size) for side in kept.shape], np.float32)
    tints = np.empty_like(papers)
    for row, column in np.ndindex(papers.shape):
        place = slice(row * size, (row + 1) * size), slice(column * size, (column + 1) * size)
        papers[row, column] = np.percentile(kept[place], PAPER)
        tints[row, column] = np.median(tint[place][kept[place] >= BARE * papers[row, column]])
    return np.asarray(cv2.medianBlur(papers, 5), np.float32), np.asarray(cv2.medianBlur(tints, 5), np.float32)
