"""The fully convolutional network of Simo-Serra et al., "Learning to Simplify" (SIGGRAPH 2016, table 1), as a baseline.

23 convolutions, every one but the last followed by batch norm and ReLU: three halvings by stride 2, a flat part at an
eighth of the size, three doublings by transposed 4 x 4 convolutions of stride 2, and a sigmoid.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

LAYERS: tuple[tuple[int, str, int], ...] = (
    (5, "down", 48), (3, "flat", 128), (3, "flat", 128),
    (3, "down", 256), (3, "flat", 256), (3, "flat", 256),
    (3, "down", 256), (3, "flat", 512), (3, "flat", 1024), (3, "flat", 1024), (3, "flat", 1024), (3, "flat", 1024),
    (3, "flat", 512), (3, "flat", 256),
    (4, "up", 256), (3, "flat", 256), (3, "flat", 128),
    (4, "up", 128), (3, "flat", 128), (3, "flat", 48),
    (4, "up", 48), (3, "flat", 24), (3, "flat", 1),
)  # fmt: skip
"""Kernel, kind and output channels of each convolution."""
MULTIPLE_OF = 8


class ArticleNet(nn.Module):
    """(N, 1, H, W) darkness in [0, 1] -> (N, 1, H, W) logits of ink; H and W multiples of 8.

    `slim` divides the inner channels: 8 gives a network of the article's shape that costs about as much as ours.
    """

    def __init__(self, slim: int = 1) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        inward = 1
        for kernel, kind, channels in LAYERS:
            outward = channels if channels == 1 else max(channels // slim, 3)
            if kind == "up":
                steps.append(nn.ConvTranspose2d(inward, outward, kernel, 2, 1, bias=False))
            else:
                stride = 2 if kind == "down" else 1
                steps.append(nn.Conv2d(inward, outward, kernel, stride, kernel // 2, bias=channels == 1))
            if channels > 1:
                steps += [nn.BatchNorm2d(outward), nn.ReLU()]
            inward = outward
        self.layers = nn.Sequential(*steps)

    def forward(self, sketch: Tensor) -> Tensor:
        logits: Tensor = self.layers(sketch)
        return logits


def kmac_per_px(slim: int = 1) -> float:
    """Thousand multiply-adds per page pixel."""
    total, inward, scale = 0.0, 1, 1.0
    for kernel, kind, channels in LAYERS:
        outward = channels if channels == 1 else max(channels // slim, 3)
        scale *= {"down": 0.25, "up": 4.0, "flat": 1.0}[kind]
        # A transposed convolution of stride 2 gives each output pixel a quarter of its kernel.
        total += scale * kernel * kernel * inward * outward / (4 if kind == "up" else 1)
        inward = outward
    return total / 1000


def receptive_field() -> int:
    """Radius of the receptive field, px: strides so far times half the kernel, summed over the convolutions."""
    radius, stride = 0.0, 1.0
    for kernel, kind, _ in LAYERS:
        stride *= 0.5 if kind == "up" else 1.0
        radius += stride * (kernel - 1) / 2
        stride *= 2.0 if kind == "down" else 1.0
    return math.ceil(radius)
