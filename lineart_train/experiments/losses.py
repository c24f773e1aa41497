"""Losses that the offset to the line is compared with: on drawn lines, and on fields without weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from lineart_train.network.losses import targets, weights
from lineart_train.network.net import conv

LINE = 3.0
"""Thickness, px, of the lines that networks of pixels learn to draw."""


def drawn(offset: Tensor) -> Tensor:
    """Coverage (N, 1, H, W) in [0, 1] of lines of `LINE` px, from the offset (N, 2, H, W) px to the nearest line."""
    coverage: Tensor = (LINE / 2 + 0.5 - torch.linalg.vector_norm(offset, dim=1, keepdim=True)).clamp(0, 1)
    return coverage


def squared(logits: Tensor, offset: Tensor) -> Tensor:
    """Mean squared error of the drawn lines, the article's loss without its map."""
    return functional.mse_loss(logits.sigmoid(), drawn(offset))


def mapped(logits: Tensor, offset: Tensor) -> Tensor:
    """Squared error with the article's loss map (section 4.3): rare values nearby count up to 1.5, common ones 0.5.

    The local histogram has 10 bins and a radius of 2 px.
    """
    target = drawn(offset)
    bins = (target * 10).long().clamp(max=9)
    near = functional.avg_pool2d(functional.one_hot(bins[:, 0], 10).permute(0, 3, 1, 2).float(), 5, 1, 2)
    weight = torch.exp(-near.gather(1, bins)) + 0.5
    return (weight * (logits.sigmoid() - target) ** 2).mean()


def overlap(logits: Tensor, offset: Tensor) -> Tensor:
    """Cross entropy plus one minus Dice's coefficient: rewards one sharp line over a haze of the same mass."""
    target, ink = drawn(offset), logits.sigmoid()
    dice = (2 * (ink * target).sum() + 1) / (ink.square().sum() + target.square().sum() + 1)
    return functional.binary_cross_entropy_with_logits(logits, target) + 1 - dice


def plain_fields(fields: Tensor, offset: Tensor) -> Tensor:
    """L1 of way and distance, every pixel alike."""
    way, distance = targets(offset)
    return functional.l1_loss(fields[:, :2], way.clamp(-1, 1)) + functional.l1_loss(fields[:, 2:3], distance)


def squared_fields(fields: Tensor, offset: Tensor) -> Tensor:
    """L2 instead of L1 of way and distance where a line is within reach: the mean instead of the median."""
    way, distance = targets(offset)
    near = (distance < 1).float()
    miss = (near * (fields[:, :2] - way).square()).sum() / near.sum().clamp(min=1)
    return miss + functional.mse_loss(fields[:, 2:3], distance)


def distillation(fields: Tensor, seen: Tensor) -> Tensor:
    """L1 distance from the fields (N, 3, H, W) that a teacher sees in the same sketch, weighted as in `field_loss`."""
    weight, share = weights(seen[:, 2:3])
    way = (weight * (fields[:, :2] - seen[:, :2]).abs().sum(1, keepdim=True)).sum() / weight.sum().clamp(min=1)
    return way + (share * (fields[:, 2:3] - seen[:, 2:3]).abs()).sum() / share.sum()


class Critic(nn.Module):
    """Tells drawn from true lines, patch by patch: (N, 2, H, W) sketch and ink -> (N, 1, H / 16, W / 16) logits."""

    def __init__(self) -> None:
        super().__init__()
        wide = (32, 64, 96, 128)
        steps: list[nn.Module] = []
        for a, b in zip((2, *wide), wide, strict=False):
            steps += [nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*steps, conv(wide[-1], 1))

    def forward(self, sketch: Tensor, ink: Tensor) -> Tensor:
        said: Tensor = self.layers(torch.cat([sketch, ink], 1))
        return said
