"""Scan levels to the network's range: the one definition of paper (0) and of pencil (up to 1).

Three things are taken out of a scan, in this order, because each needs the one before:

1. **The paper**, see `paper`. Darkness is 1 - grey / paper: light falls on pencil and paper alike, so a shadow divides
   out. So do the rules of ruled paper, see `rules`.
2. **The noise** of the bare paper (grain and scanner), which a soft toe lays to rest.
3. **The pressure.** The darkness of the page's main lines is brought to `INK`, whatever the pencil.

All lengths are pixels at the working scale: resample the page first, and turn round one drawn in white on black, see
`polarity`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging import rules
from lineart_cli.imaging.colour import white
from lineart_cli.imaging.paper import NO_PAPER, cell_means, light, paper_map
from lineart_cli.imaging.resample import linear_rows, strips
from lineart_cli.imaging.shading import as_paper, flat_tones
from lineart_cli.imaging.texture import texture
from lineart_cli.options import NEUTRAL_FAINT

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import Page

    Floats = npt.NDArray[np.float32]

NEAR_PAPER = 0.12  # bare paper scatters less than this around its map

INK = 0.8  # darkness to which the main lines are brought
GAIN = (0.85, 3.5)  # range of the gain that does so: a 2H on a bright scanner needs about 3
PALE = 0.5  # to which still paler main lines are brought all the same, as below they break up,
MOST_NOISE = 0.03  # as long as the noise of the paper, its standard deviation, comes to no more than in usual scans
MAIN_LINE = 88  # percentile of the drawn pixels' darkness: above edges and faint lines, below accents
LEAST_DRAWN = 0.05  # darkness from which a pixel counts as drawn, if that is above the noise
DRAWN_NOISES = 5  # and how far above it, in standard deviations; paper in a shadow is noisier than most
LEAST_SHARE = 5e-4  # of the pixels so drawn, below which a page counts as blank
SAMPLES = 300_000  # pixels, evenly spread, from which noise and pressure are measured
FEW = 4096  # of them, that tell where their median is
SAME_GAIN = 1.25  # as many times more or less is still the gain of a page that was drawn on, or of grain in its greys
SAME_PAPER = 0.02  # likewise of its level and its toe, up or down

_DEPTHS = {"float16": cv2.CV_16F, "float32": cv2.CV_32F}


@dataclass(frozen=True)
class Exposure:
    """What is one figure for a whole page, so that any stroke of it has a part in it.

    Attributes:
        level: of the bare paper's light, as a share of that of the paper's map.
        toe: darkness at which the soft toe takes away half; twice the noise of the paper.
        gain: brings the main lines to `INK`.
    """

    level: float = 1.0
    toe: float = 0.0
    gain: float = 1.0

    def is_like(self, other: Exposure) -> bool:
        """Whether both may be of one page, before and after somebody went on drawing."""
        papers = (self.level, other.level), (self.toe, other.toe)
        return max(self.gain, other.gain) <= SAME_GAIN * min(self.gain, other.gain) and all(
            abs(a - b) <= SAME_PAPER for a, b in papers
        )


@dataclass(frozen=True)
class Tone:
    """What `measure` found on a page, and all that `darkness` needs to know of it.

    Attributes:
        paper: (ceil(H / CELL), ceil(W / CELL)) float32, the grey of bare paper across the page, see `paper`.
        shape: (H, W) of the page.
        exposure: of the page.
        ruled: across the page, and down it.
        place: top and left px of the part of the page whose greys `apply` is given; of the page itself, 0.
    """

    paper: Floats
    shape: tuple[int, int]
    exposure: Exposure
    ruled: rules.Ruled = rules.PLAIN
    place: tuple[int, int] = (0, 0)

    def paper_rows(self, rows: slice, columns: slice) -> Floats:
        """The paper of these pixels of the part, with its rules; beyond the page it goes on."""
        top, left = self.place
        wide = linear_rows(self.paper, self.shape, slice(top + rows.start, top + rows.stop))
        seen = np.arange(left + columns.start, left + columns.stop)
        paper = wide[:, seen[0] : seen[-1] + 1] if seen[-1] < wide.shape[1] else wide.take(seen, 1, mode="clip")
        rules.dim(paper, self.ruled, np.arange(top + rows.start, top + rows.stop), seen)
        return paper


def darkness(grey: Page, faint: float = NEUTRAL_FAINT) -> Floats:
    """Turn a page's greys into the darkness of what is drawn on it.

    Args:
        grey: (H, W) encoded values at the working scale, white being the largest that a uint8 or uint16 holds, or 1.0.
        faint: the share of the main lines' darkness, in (0, 1), at which a line is still inked. Towards 0 ever fainter
            lines come out, and in the end the grain; towards 1 only the darkest do. Start from `NEUTRAL_FAINT`.

    Returns:
        (H, W) float32 in [0, 1]: 0 paper, `INK` the main lines, 1 black.
    """
    dark = np.empty(grey.shape, np.float32)
    apply(grey, measure(grey), faint, (slice(0, grey.shape[0]), slice(0, grey.shape[1])), dark)
    return dark


def measure(grey: Page, last: Exposure | None = None, *, is_fixed: bool = False) -> Tone:
    """Measure paper, noise and pressure of a page.

    Args:
        grey: as for `darkness`.
        last: the exposure with which the page was inked before somebody went on drawing. It is kept as long as the
            page is like it, so that ink far from what was drawn stays the same, bit for bit.
        is_fixed: it is kept whatever the page is like, as the frames of a shot have one.
    """
    means = cell_means(grey)
    paper = paper_map(grey, means)
    ruled = rules.find(grey, paper, white(grey.dtype))
    exposure = last if last is not None and is_fixed else _exposure(grey, paper, means, ruled)
    if last is not None and last.is_like(exposure):
        exposure = last
    paper *= np.float32(exposure.level)
    paper = as_paper(means, paper, exposure.gain, partial(texture, grey))
    return Tone(paper, (grey.shape[0], grey.shape[1]), exposure, ruled)


def _exposure(grey: Page, paper: Floats, means: Floats, ruled: rules.Ruled) -> Exposure:
    step = max(1, math.isqrt(math.prod(grey.shape) // SAMPLES))
    rows, columns = (np.arange(step // 2, side, step) for side in grey.shape)
    share = light(np.concatenate([grey[row : row + 1, step // 2 :: step] for row in rows]))
    np.maximum(share, NO_PAPER, out=share)
    bare = np.asarray(cv2.resize(paper, share.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    rules.dim(bare, ruled, rows, columns)
    share /= bare
    off = share - 1
    bare = share[np.abs(off, out=off) < NEAR_PAPER]
    level = _median(bare) if bare.size else 1.0
    bare -= np.float32(level)
    noise = 1.4826 * _median(np.abs(bare, out=bare)) / level if bare.size else 0.0
    share /= np.float32(level)
    dark = np.subtract(1, share, out=share)
    toe, is_drawn = 2 * noise, dark > max(LEAST_DRAWN, DRAWN_NOISES * noise)
    main, flat = _main(dark[is_drawn], toe, dark.size), flat_tones(means, paper)
    if flat.any():
        around = cv2.resize(flat, dark.shape[::-1], interpolation=cv2.INTER_LINEAR)
        lines = _main(dark[is_drawn & ((around == 0) | (dark > around + NEAR_PAPER))], toe, dark.size)
        main = lines if lines > SAME_GAIN * main else main  # most of what is drawn may be a broad grey
    return Exposure(level, toe, _gain(main, noise) if main else 1.0)


def _gain(main: float, noise: float) -> float:
    """What main lines and noise of such darkness are multiplied by."""
    usual = min(max(INK / main, GAIN[0]), GAIN[1])
    return max(usual, min(PALE / main, MOST_NOISE / max(noise, NO_PAPER)))


def _main(drawn: Floats, toe: float, of: int) -> float:
    """The darkness of the main lines, behind the toe, where so many of so many pixels are drawn; 0 of a blank page."""
    if drawn.size < LEAST_SHARE * of:
        return 0.0
    return float(np.percentile(_soft(drawn, toe), MAIN_LINE, overwrite_input=True))


def _median(values: Floats) -> float:
    """Of (N,) values, whose order is not needed any more.

    It is sought between two values that a few tell it to be between, which takes a third of the time.
    """
    few = np.sort(values[:: max(1, values.size // FEW)])
    least, most = few[int(0.45 * few.size)], few[int(0.55 * few.size)]
    near = values[(values >= least) & (values <= most)]
    first = (values.size - 1) // 2 - np.count_nonzero(values < least)
    last = first + 1 - values.size % 2
    if first < 0 or last >= near.size:
        return float(np.median(values, overwrite_input=True))
    near.partition((first, last))
    return float(near[first : last + 1].mean())


def apply(
    grey: Page, tone: Tone, faint: float, part: tuple[slice, slice], out: npt.NDArray[np.float16 | np.float32]
) -> None:
    """Turn the greys of a part of a page into darkness by the page's tone, a strip at a time.

    Args:
        grey: of the page, or of the part of it that begins at `tone.place`, as for `darkness`.
        tone: of the whole page.
        faint: as for `darkness`.
        part: rows and columns of `grey`.
        out: takes the darkness; of the part's shape. A pixel comes out the same, bit for bit, in whichever part.
    """
    all_rows, columns = part
    bend = math.log(NEUTRAL_FAINT) / math.log(faint)
    for strip in strips(all_rows.stop - all_rows.start):
        rows = slice(all_rows.start + strip.start, all_rows.start + strip.stop)
        dark = light(grey[rows, columns])
        np.clip(dark, NO_PAPER, np.inf, out=dark)  # in a third of the time that `maximum` takes
        dark /= tone.paper_rows(rows, columns)
        np.subtract(1, dark, out=dark)
        np.clip(dark, 0, 1, out=dark)
        dark = _soft(dark, tone.exposure.toe)
        dark *= tone.exposure.gain
        if bend != 1:
            dark = INK * cv2.pow(dark / INK, bend)
        np.clip(dark, 0, 1, out=dark)
        store(dark, out[strip])


def store(values: Floats, out: npt.NDArray[np.float16 | np.float32]) -> None:
    """Write float32 into an array of its shape: as numpy would do it, but many times as fast to float16."""
    # Less 0 gives the same bits as times 1, in a third of the time.
    cv2.subtract(values, 0.0, out, dtype=_DEPTHS[out.dtype.name])  # type: ignore[call-overload]


def _soft(dark: Floats, toe: float) -> Floats:
    """Bend the start of the scale: 0 stays 0 with slope 0, `toe` is halved, what is far above loses `toe`."""
    share = np.asarray(dark + np.float32(max(toe, 1e-6)), np.float32)
    np.divide(dark, share, out=share)
    share *= dark
    return share
