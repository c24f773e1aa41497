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


def freeze_norms(model: nn.Module) -> None:
    """Let batch norm use its statistics, and not those of the batch, until the model is next set to train."""
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged weights the share 1 - `decay` of the way to the model's; counters are copied."""
    pairs = list(zip(average.state_dict().values(), model.state_dict().values(), strict=True))
    weights = [(slow, fast) for slow, fast in pairs if slow.is_floating_point()]
    torch._foreach_lerp_([slow for slow, _ in weights], [fast for _, fast in weights], 1 - decay)
    for slow, fast in pairs:
        if not slow.is_floating_point():
            slow.copy_(fast)
