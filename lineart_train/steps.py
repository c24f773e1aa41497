"""One step of training, as every loop here makes it: down the gradient, and the averaged weights after it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LONGEST = 1.0
"""Norm to which gradients are clipped."""


def descend(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step down the clipped gradient of `loss`."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), LONGEST)
    optimizer.step()


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged weights the share 1 - `decay` of the way to the model's; counters are copied."""
    for slow, fast in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1 - decay)
        else:
            slow.copy_(fast)
