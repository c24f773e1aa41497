"""The scale at which the network looks at a page: it comes from what is drawn, not from what the file says of itself.

A scale is a factor, px of the page for a px of the network's: above 1 the page is shrunk, below 1 enlarged. Factors are
steps of one ladder, and twice as many pixels are two steps: the same drawing is then worked on as the same picture.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineart_cli.scale import strokes
from lineart_cli.scale.network import excess

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

LADDER = tuple(sorted(part * 2.0**power for power in range(-4, 8) for part in (1, 1.5)))
STROKE = 7.0
"""Width of a sketch's typical stroke, working px, where the network sees it best."""
OVERVIEW_PX = 2_200_000
"""The most pixels of the picture that a page is measured by."""

A4_LONG_SIDE = 3508
A4_PX = 2480 * A4_LONG_SIDE
MOST_PX = 20_000_000
"""The largest working picture of pages of up to `A4_PX`; larger ones are never enlarged."""
LEAST_SIDE = 64
"""No page is shrunk to a long side of less."""
THINNEST = 1.0
"""The thinnest line that a page is shrunk for, working px: thinner ones have gaps, as half of it is little more than
what the network's distances are off."""
FARTHER = 0.3
"""Octaves by which pages are looked at from farther away than the network reads: artists' bundles are looser for the
width of their strokes than the generator's, and what is seen from too near becomes a mesh of all strokes."""
LEAST_STROKE = 2.5
"""Width of a typical stroke, working px, below which a page is not shrunk: details drawn so finely melt together.
It makes a page at most twice as large, as strokes of coarse grain measure too thin."""
AWAY = 2
"""A page is inked at another scale than last time where the one measured is so many steps away."""


@dataclass(frozen=True)
class Estimate:
    """The scale that a drawing wants.

    Attributes:
        ideal: px of the page for a working px; None where nothing is known.
        why: what it rests on, in a few words.
    """

    ideal: float | None
    why: str


@dataclass(frozen=True)
class WorkingScale:
    """The scale that was chosen.

    Attributes:
        factor: px of the page for a working px, a step of `LADDER`.
        why: in a line.
    """

    factor: float
    why: str


def overview_factor(shape: tuple[int, int]) -> float:
    """What a page, (H, W), is shrunk by to be measured: the first step from 1 on that leaves `OVERVIEW_PX` or less."""
    enough = (step for step in LADDER if step >= 1 and math.prod(shape) / step**2 <= OVERVIEW_PX)
    return next(enough, LADDER[-1])


def measure(grey: npt.NDArray[np.float32], shrunk: float = 1.0, network: Path | None = None) -> Estimate:
    """Measure the scale that a drawing wants.

    Args:
        grey: (h, w) encoded values in [0, 1], white = 1, of a page as `overview_factor` shrinks it.
        shrunk: that factor.
        network: of the model, that reads the scale. Models without one want a typical stroke to be `STROKE` px wide.
    """
    if network is not None:
        with ThreadPoolExecutor(1) as beside:
            measuring = beside.submit(strokes.typical_width, grey)
            octaves = excess(grey, network)
        if octaves is None:
            return Estimate(None, "too little is drawn to tell")
        ideal, width = shrunk * 2 ** (octaves + FARTHER), measuring.result()
        finest = ideal if width is None else max(width * shrunk / LEAST_STROKE, ideal / 2)
        if finest < ideal:
            return Estimate(finest, f"its strokes are so fine that they need {finest:.2g} px for one of the network's")
        return Estimate(ideal, f"its drawing is best seen at {ideal:.2g} px for one of the network's")
    width = strokes.typical_width(grey)
    if width is None:
        return Estimate(None, "too little is drawn to tell")
    return by_width(width * shrunk, "measured")


def by_width(width: float, how: str) -> Estimate:
    """The scale for a typical stroke so many px of the page wide; `how` that is known, in a word or two."""
    return Estimate(width / STROKE, f"strokes are {width:.2g} px wide, {how}")


def shape_at(factor: float, shape: tuple[int, int]) -> tuple[int, int]:
    """Height and width of a page, (H, W), where it is worked on at a factor."""
    return max(1, round(shape[0] / factor)), max(1, round(shape[1] / factor))


def choose(
    estimate: Estimate,
    shape: tuple[int, int],
    thickness: float,
    thickest: float,
    steps: int = 0,
    last: float | None = None,
) -> WorkingScale:
    """Choose the step of the ladder at which a page is worked on.

    Args:
        estimate: for px of the page.
        shape: (H, W) of the page.
        thickness: of the lines, page px.
        thickest: the thickest line that the network draws, working px.
        steps: how much looser than measured the drawing is said to be; finer where it is negative.
        last: the factor of the page's last ink, which is kept unless the new one is `AWAY` steps from it.

    Returns:
        The step nearest to the estimate, and those steps on from there, within the limits of the page and its lines.
    """
    ideal, why = estimate.ideal, estimate.why
    if ideal is None:
        ideal, why = max(max(shape) / A4_LONG_SIDE, 1.0), f"{why}; no larger than A4 at 300 dpi"
    if steps:
        why += f"; {abs(steps)} {'looser' if steps > 0 else 'finer'} as asked for"
    finest, why_finest = _finest(shape, thickness, thickest)
    coarsest, why_coarsest = _coarsest(shape, thickness)
    allowed = [step for step in LADDER if finest <= step <= coarsest] or [
        next((step for step in LADDER if step >= finest), LADDER[-1])
    ]
    nearest = _nearest(ideal)
    measured = min(max(nearest, allowed[0]), allowed[-1])
    wanted = LADDER[min(max(LADDER.index(measured) + steps, 0), len(LADDER) - 1)] if steps else nearest
    factor = min(max(wanted, allowed[0]), allowed[-1])
    if factor != wanted:
        why += f"; {wanted:g} would be {why_finest if factor > wanted else why_coarsest}"
    is_near = last in allowed and abs(LADDER.index(last) - LADDER.index(factor)) < AWAY
    if last is not None and is_near:
        return WorkingScale(last, f"kept from the last ink; now {factor:g}, {why}" if last != factor else why)
    return WorkingScale(factor, why)


def _nearest(ideal: float) -> float:
    return min(LADDER, key=lambda step: abs(math.log(step / ideal)))


def _finest(shape: tuple[int, int], thickness: float, thickest: float) -> tuple[float, str]:
    """The least factor, and what lesser ones would be."""
    px = math.prod(shape)
    by_size = (math.sqrt(px / MOST_PX), f"more than {MOST_PX / 1e6:g} megapixels")
    if px > A4_PX:
        by_size = (1.0, "larger than a page that is large already")
    by_lines = (thickness / thickest, f"too fine for lines {thickness:.4g} px thick")
    return max(by_size, by_lines)


def _coarsest(shape: tuple[int, int], thickness: float) -> tuple[float, str]:
    """The greatest factor, and what greater ones would be."""
    by_size = (max(max(shape) / LEAST_SIDE, 1.0), f"less than {LEAST_SIDE} px in all")
    return min(by_size, (thickness / THINNEST, f"too coarse for lines {thickness:.4g} px thick"))
