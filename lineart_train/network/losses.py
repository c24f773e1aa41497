"""What the network is trained for: one function a loss, each on (N, C, H, W) float tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from lineart_train.network.net import REACH


def targets(offset: Tensor) -> tuple[Tensor, Tensor]:
    """Offset (N, 2, H, W) px -> the same in units of `REACH`, and the distance (N, 1, H, W), cut at 1."""
    vector = offset / REACH
    return vector, torch.hypot(vector[:, :1], vector[:, 1:]).clamp(max=1.0)


def weights(distance: Tensor) -> tuple[Tensor, Tensor]:
    """How much offset and distance count at pixels so far from a line, in units of `REACH`: see `field_loss`."""
    near = (distance < 1.0).float()
    return near * (1.0 + 2.0 * torch.exp(-((REACH / 3.0 * distance) ** 2))), 0.25 + 0.75 * near


def field_loss(fields: Tensor, offset: Tensor) -> dict[str, Tensor]:
    """L1 distance of the predicted fields from the true ones, in units of `REACH` px.

    The offset counts where a line is within reach, most near the line; the distance counts everywhere, four times as
    much within reach. L1 asks for the median: between two possible centre lines it takes one, where L2 would draw the
    haze between.

    Args:
        fields: (N, 3, H, W) as `LineartNet.fields` gives them.
        offset: (N, 2, H, W) px, the true offset to the nearest line.

    Returns:
        "offset" and "distance", and their sum "loss".
    """
    vector, distance = targets(offset)
    weight, share = weights(distance)
    miss = (fields[:, :2] - vector).abs().sum(1, keepdim=True)
    vector_loss = (weight * miss).sum() / weight.sum().clamp(min=1.0)
    distance_loss = (share * (fields[:, 2:3].clamp(max=1.5) - distance).abs()).sum() / share.sum()
    return {"offset": vector_loss, "distance": distance_loss, "loss": vector_loss + distance_loss}
