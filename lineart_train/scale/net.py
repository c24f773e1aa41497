"""The network that reads the scale of a drawing: a guess and its doubt for each cell of 32 px."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from lineart_train.network.net import Block, conv

CHANNELS = (24, 32, 48, 64)
"""Per level, from stride 4 on, each level twice as coarse."""
STRIDE = 32
DOUBT = (-3.0, 2.0)
"""Range of the logarithm of the doubt."""


class ScaleNet(nn.Module):
    """(N, 1, H, W) darkness in [0, 1] -> (N, 2, H / 32, W / 32): octaves, and the logarithm of their doubt.

    Octaves are the base-2 logarithm of how many times larger the drawing is than the line network wants it. The doubt
    is the scale of a Laplace distribution around the guess (Kendall and Gal, NeurIPS 2017); bare paper has the most.
    """

    def __init__(self, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.PixelUnshuffle(4), conv(16, channels[0]), nn.BatchNorm2d(channels[0]), nn.ReLU())
        levels: list[nn.Module] = [Block(channels[0])]
        for fine, coarse in pairwise(channels):
            levels += [conv(fine, coarse, 2, 2), nn.BatchNorm2d(coarse), nn.ReLU(), Block(coarse)]
        self.levels = nn.Sequential(*levels, Block(channels[-1]))
        self.last = nn.Conv2d(channels[-1], 2, 1)

    def forward(self, sketch: Tensor) -> Tensor:
        guess = self.last(self.levels(self.stem(sketch)))
        return torch.cat([guess[:, :1], guess[:, 1:].clamp(*DOUBT)], 1)


def scale_loss(guess: Tensor, octaves: Tensor) -> Tensor:
    """Negative log-likelihood of the true octaves, (N,), under the Laplace distributions of all cells; a scalar."""
    miss = (guess[:, 0] - octaves[:, None, None]).abs()
    return (miss * torch.exp(-guess[:, 1]) + guess[:, 1]).mean()


def of_page(guess: Tensor) -> Tensor:
    """The octaves of whole pictures, (N,): the median of their cells' guesses, weighted by one over the doubt."""
    value, order = guess[:, 0].flatten(1).sort(1)
    weight = torch.exp(-guess[:, 1]).flatten(1).gather(1, order).cumsum(1)
    middle = torch.searchsorted(weight, weight[:, -1:] / 2)
    return value.gather(1, middle.clamp(max=value.shape[1] - 1))[:, 0]
