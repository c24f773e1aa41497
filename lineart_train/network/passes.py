"""What the network is shown in training: first passes at half scale, and second passes with its own draft."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lineart_train.network.net import LineartNet, with_draft, without_draft

HOLES = 12
"""Holes in a torn draft, at most."""
HOLE = (0.02, 0.15)
"""Range of the sides of a hole, as shares of the crop's."""
ONE_LINE = 1.5
"""Offsets of neighbouring pixels to one line differ from their mean by no more than this, px."""


def first_pass(sketch: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    """Crops at half scale, four to a picture, so that both passes share one batch and its statistics.

    Args:
        sketch: (4 N, 1, S, S) darkness in [0, 1].
        offset: (4 N, 2, S, S) px, offset to the nearest line.

    Returns:
        (N, 2, S, S) darkness with an empty draft, and (N, 2, S, S) offset in px at half scale.
    """
    coarse = _mosaic(functional.avg_pool2d(sketch, 2))
    return without_draft(coarse), _mosaic(halved(offset))


def halved(offset: Tensor) -> Tensor:
    """The offset to the nearest line at half scale: (N, 2, S, S) px -> (N, 2, S / 2, S / 2) px of half the size.

    Four neighbours that know one line are averaged; where they know several, on ridges, the nearest line counts.
    """
    mean = functional.avg_pool2d(offset, 2)
    four = functional.pixel_unshuffle(offset.transpose(0, 1), 2).reshape(2, -1, 4, *mean.shape[2:])
    nearest = torch.linalg.vector_norm(four, dim=0).argmin(1, keepdim=True).expand(2, -1, -1, -1, -1)
    chosen = four.gather(2, nearest).squeeze(2).transpose(0, 1)
    apart = (four - mean.transpose(0, 1)[:, :, None]).abs().amax((0, 2))[:, None]
    return torch.where(apart < ONE_LINE, mean, chosen) / 2


def _mosaic(parts: Tensor) -> Tensor:
    """(4 N, C, S, S) -> (N, C, 2 S, 2 S)."""
    count, channels, side, _ = parts.shape
    grid = parts.reshape(count // 4, 2, 2, channels, side, side).permute(0, 3, 1, 4, 2, 5)
    return grid.reshape(count // 4, channels, 2 * side, 2 * side)


@torch.no_grad()
def second_pass(
    average: LineartNet, sketch: Tensor, rng: np.random.Generator, blank: float, torn: float, third: float = 0.0
) -> Tensor:
    """Crops with the draft that the averaged network makes of them; some drafts have holes or are empty.

    Args:
        average: the averaged network, in evaluation mode.
        sketch: (N, 1, S, S) darkness in [0, 1].
        rng: its only source of chance.
        blank: share of drafts that are empty.
        torn: share of the others that have holes.
        third: share of all that are given the ink of a second pass, as at a third.

    Returns:
        (N, 2, S, S) darkness and draft.
    """
    with torch.autocast(sketch.device.type, torch.bfloat16):
        draft = average.first(sketch.contiguous(memory_format=torch.channels_last)).float()
        again = [at for at in range(len(draft)) if third and rng.random() < third]
        if again:
            draft[again] = average.inked(with_draft(sketch[again], draft[again])).float()
    for each in draft:
        if rng.random() < blank:
            each.zero_()
        elif rng.random() < torn:
            _tear(each, rng)
    return with_draft(sketch, draft)


def _tear(draft: Tensor, rng: np.random.Generator) -> None:
    side = draft.shape[-1]
    for _ in range(int(rng.integers(1, HOLES + 1))):
        height, width = (int(side * each) for each in rng.uniform(*HOLE, 2))
        y, x = int(rng.integers(0, side - height + 1)), int(rng.integers(0, side - width + 1))
        draft[:, y : y + height, x : x + width] = 0
