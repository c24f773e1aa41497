"""Coloured pencils: taken out of a drawing, or seen alone.

A coloured pencil is seen best in the light that it swallows, and hardly at all in the light that it lets through: a
light blue one is dark in red and nearly white in blue, while graphite is as dark in one as in the other. So the blue
channel is a page almost without it. What it leaves there goes with how much darker the red channel is, in densities
(logarithms), where pencils that lie over one another add up:

    density of graphite = density in the kept channel - leak * (density in the lost channel - density in the kept one)

The paper's own tint is taken out first, in patches, as it changes across a page; the leak is measured on the page. One
of several pencils after the other is taken out of all channels, each of which has a leak of its own, and the lightest
of the channels that are kept for any of them is the page. What is taken out is the pencil alone: its density in the
channels that it darkens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from lineart_cli.imaging.resample import linear_rows, strips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

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
MOST_SWALLOWED = 3.0  # the same in channels that the pencil darkens
DARK, LEAST_CHROMA = 0.35, 0.15  # light in the kept channel below which channels that differ less are no colour
FIRM = 75  # percentile of a pencil's own density from which it shows its colour


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


@dataclass(frozen=True)
class Pencil:
    """What is found of a coloured pencil and the paper under it.

    Attributes:
        name: a key of `DROPPED`.
        tint: (h, w) float32, how much denser the paper is in the lost channels than in the kept one, in patches.
        least: what the paper's noise adds to that.
        leaks: the pencil's density in red, green and blue, as a share of how much denser it is in the lost channels.
        colour: its own where it is drawn most firmly, as red, green and blue light in [0, 1] on white paper; None where
            the page has no such pencil.
    """

    name: str
    tint: Floats
    least: float
    leaks: tuple[float, float, float] = (0.0, 0.0, 0.0)
    colour: tuple[float, float, float] | None = None


def without_pencils(
    bands: Callable[[], Iterable[Channels]], shape: tuple[int, int], names: Sequence[str]
) -> Iterator[Floats]:
    """Take coloured pencils out of a page; what is neutral stays as dark as it is, also where it crosses the colour.

    Args:
        bands: gives the page from top to bottom, a band of rows at a time: (rows, W) red, green and blue light, in
            [0, 1], float32 or float16. It is called twice: the pencils are measured on the whole page before any of
            them is taken out.
        shape: (H, W) of the page.
        names: keys of `DROPPED`.

    Yields:
        (rows, W) float32 light, lighter where the pencils were.
    """
    every = measure(bands(), shape, names)
    pencils = [pencil for pencil in every if pencil.colour is not None] or every
    kept = {DROPPED[pencil.name][0] for pencil in pencils}
    top = 0
    for band in bands():
        page = np.empty(band[0].shape, np.float32)
        for rows in strips(len(page)):
            light = [np.array(channel[rows], np.float32) for channel in band]
            place = slice(top + rows.start, top + rows.stop)
            for pencil in pencils:
                _take_out(pencil, light, shape, place, kept if pencil is pencils[-1] else set(range(3)))
            page[rows] = np.max([light[each] for each in kept], axis=0)
        yield page
        top += len(page)


def measure(bands: Iterable[Channels], shape: tuple[int, int], names: Sequence[str]) -> list[Pencil]:
    """Measure coloured pencils on a page, each without those that are named before it.

    Args:
        bands: the page, as for `without_pencils`.
        shape: (H, W) of the page.
        names: keys of `DROPPED`.
    """
    light, pencils = _sampled(bands, shape), []
    for name in names:
        pencils.append(_measured(name, light))
        _take_out(pencils[-1], light, (len(light[0]), light[0].shape[1]), slice(0, len(light[0])), set(range(3)))
    return pencils


def alone(bands: Iterable[Channels], shape: tuple[int, int], pencils: Sequence[Pencil]) -> Iterator[Floats]:
    """The last of some pencils without the page and the others.

    Args:
        bands: the page, as for `without_pencils`.
        shape: (H, W) of the page.
        pencils: as `measure` gives them; those before the last are taken out first.

    Yields:
        (rows, W) float32 light in [0, 1], white where there is nothing of the pencil.
    """
    *others, wanted = pencils
    density = np.float32(np.mean([wanted.leaks[each] for each in DROPPED[wanted.name][1]]))
    top = 0
    for band in bands:
        page = np.empty(band[0].shape, np.float32)
        for rows in strips(len(page)):
            light = [np.array(channel[rows], np.float32) for channel in band]
            place = slice(top + rows.start, top + rows.stop)
            for pencil in others:
                _take_out(pencil, light, shape, place, set(range(3)))
            excess = np.maximum(_excess(wanted, light, shape, place), 0)
            page[rows] = np.maximum((1 + BLACK) * np.exp(-density * excess) - BLACK, 0)
        yield page
        top += len(page)


def _excess(pencil: Pencil, light: Sequence[Floats], shape: tuple[int, int], rows: slice) -> Floats:
    """How much denser some rows of a page are in a pencil's lost channels than paper and noise make them."""
    paper = linear_rows(pencil.tint, shape, rows)
    return np.asarray(_tint(pencil.name, light) - paper - np.float32(pencil.least), np.float32)


def _take_out(pencil: Pencil, light: Sequence[Floats], shape: tuple[int, int], rows: slice, channels: set[int]) -> None:
    """Lightens some channels of some rows of a page where a pencil was."""
    colour = _excess(pencil, light, shape, rows)
    is_drawn = colour > 0
    for channel in channels:
        lifted = (light[channel] + BLACK) * np.exp(pencil.leaks[channel] * colour) - BLACK
        np.copyto(light[channel], np.minimum(lifted, 1), where=is_drawn)


def _sampled(bands: Iterable[Channels], shape: tuple[int, int]) -> list[Floats]:
    """`SAMPLES` pixels of all channels, in rows and columns."""
    step = max(1, math.isqrt(math.prod(shape) // SAMPLES))
    samples, top = [], 0
    for channels in bands:
        first = (step // 2 - top) % step
        samples.append([channel[first::step, step // 2 :: step].astype(np.float32) for channel in channels])
        top += len(channels[0])
    return [np.concatenate(each) for each in zip(*samples, strict=True)]


def _measured(name: str, light: Sequence[Floats]) -> Pencil:
    kept = light[DROPPED[name][0]]
    shape, whole = (kept.shape[0], kept.shape[1]), slice(0, len(kept))
    colour = _tint(name, light)
    papers, tints = _patches(light, colour, DROPPED[name][0])
    colour -= linear_rows(tints, shape, whole)
    noise = 1.4826 * float(
        np.median(np.abs(colour[kept >= BARE * linear_rows(papers[DROPPED[name][0]], shape, whole)]))
    )
    least = max(NOISES * noise, LEAST_TINT)
    drawn = colour > least + LEAST_COLOUR
    if np.count_nonzero(drawn) < LEAST_SHARE * drawn.size:
        return Pencil(name, tints, least)
    core = drawn & (colour >= np.median(colour[drawn]))

    def leak(channel: int) -> float:
        paper = linear_rows(papers[channel], shape, whole)[core]
        denser = np.log((paper + BLACK) / (light[channel][core] + BLACK)) / (colour[core] - least)
        return float(np.clip(np.median(denser), 0, MOST_SWALLOWED if channel in DROPPED[name][1] else MOST_LEAK))

    firm = drawn & (colour >= np.percentile(colour[drawn], FIRM))

    def shade(channel: int) -> float:
        paper = linear_rows(papers[channel], shape, whole)[firm]
        return float(np.clip(np.median(light[channel][firm] / np.maximum(paper, BLACK)), 0, 1))

    colours = (shade(0), shade(1), shade(2))
    if colours[DROPPED[name][0]] < DARK and max(colours) - min(colours) < LEAST_CHROMA:
        return Pencil(name, tints, least)  # fringes of dark lines, by JPEG or resampling
    return Pencil(name, tints, least, (leak(0), leak(1), leak(2)), colours)


def _tint(name: str, light: Sequence[Floats]) -> Floats:
    """How much denser the channels that a pencil darkens are than the one that is kept."""
    kept, lost = DROPPED[name]
    dark = np.mean([light[each] for each in lost], axis=0)
    return np.asarray(np.log((light[kept] + np.float32(BLACK)) / (dark + np.float32(BLACK))), np.float32)


def _patches(light: Sequence[Floats], tint: Floats, kept: int) -> tuple[list[Floats], Floats]:
    """The paper's light in all channels, and its tint, in patches, (h, w) float32 each."""
    size = -(-max(tint.shape) // PATCHES)
    papers = np.empty([3, *(-(-side // size) for side in tint.shape)], np.float32)
    tints = np.empty(papers.shape[1:], np.float32)
    for row, column in np.ndindex(tints.shape):
        place = slice(row * size, (row + 1) * size), slice(column * size, (column + 1) * size)
        papers[:, row, column] = [np.percentile(each[place], PAPER) for each in light]
        tints[row, column] = np.median(tint[place][light[kept][place] >= BARE * papers[kept, row, column]])
    return [_smooth(each) for each in papers], _smooth(tints)


def _smooth(patches: Floats) -> Floats:
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(patches), 5), np.float32)
