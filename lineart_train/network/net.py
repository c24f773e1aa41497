"""The network: a sketch in, the signed distance from the edge of the inked line out. One file, all of it.

- Fully convolutional, no global statistics: tiles are exact. Batch norm is folded into the convolutions at export.
- The body works behind a pixel-unshuffle of 4, then in a U shape of strides 4 to 32; channels are multiples of 16.
- The head predicts two fields: for each pixel the offset vector (dx, dy) to the nearest line, and the distance. Where
  the sketch leaves the position of a line open, a drawn line would blur into haze, but the mean of offset vectors still
  crosses zero sharply, at the mean centre line: one confident line. The distance tells true lines from the ridges
  between two lines, where the offset crosses zero too.
- The pen cuts the fields to lines with fixed convolutions: it smooths the offset, and divides it by its convergence,
  how fast it shrinks across the line, which is 1 where the net is sure, so that doubt makes a line no thicker. Across
  is the direction in which it shrinks fastest: near a crossing the smoothed offset also points along the line, to the
  other one, and that is no distance from either. Where the offset diverges, on the ridge between two lines, there is
  no ink.
- Thickness is injected before the last operation: a bias on the level at which that distance is cut.
- A page is inked in passes, coarse to fine. The first is at half the scale, for a quarter of the cost and with twice
  the receptive field: it decides which strokes are one line. The second, at full scale, sees the sketch and, in a
  channel of its own, that draft, and draws it precisely; a third sees the ink of the second in its place
  (auto-context: Tu, CVPR 2008, with one set of weights).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

REACH = 12.0
"""Distances are predicted up to this many px; further away is all the same."""
BOX = 4
"""Side in px of the square over which the pen averages how the offset changes; even, as it is known at half scale."""
SURE, SURE_FAR, FAR = 1.0, 0.75, 8.0
"""Convergence from which a line is sure: on it, and from `FAR` px on; between the two it falls evenly.

Beside a bend of radius r the convergence is 1 - d / r at a distance d, doubt or no.
"""
WEAK, NEAR, GAIN = 0.1, 2.5, 1.5
"""Convergence below which there is no line; distance in px from which that counts in full; how much it counts.

Within a black area there is no convergence either, nor any distance.
"""
SLACK, CLEAR = 1.0, 0.3
"""How far, px, the smoothed offset may point along a line, as near a crossing it also points to the other line; and
the convergence from which it may."""

DRAFT = 3.0
"""Thickness in px, at full scale, of the draft: the ink of the first pass, which the second pass sees."""
DRAFT_SCALE = 0.5
"""Scale of the first pass, as a share of the full one."""


@dataclass(frozen=True)
class NetConfig:
    """Shape of the network.

    inputs: channels of the input: darkness of the sketch, and coverage of the draft.
    channels: per level, from stride 4 on, each level twice as coarse; multiples of 16. More see more, cost the square.
    down, up: residual blocks per level on the way down and up; the deeper ones give the receptive field its size.
    head: channels of the last but one layer.
    tolerance: px by which the distance may be more than the length of the offset before a line is taken back; 0 tears
        lines, 4 fills narrow gaps. It ends where the distance does.
    sigma: standard deviation in px by which the pen smooths the offset; 0.5 keeps every tremor, 4 rounds corners.
    floor: convergence below which the offset is no longer sharpened; 1 leaves blobs in doubt, 0.02 gives specks.
    """

    inputs: int = 2
    channels: tuple[int, ...] = (32, 64, 96, 128)
    down: tuple[int, ...] = (2, 2, 2, 2)
    up: tuple[int, ...] = (2, 1, 1)
    head: int = 64
    tolerance: float = 4.5
    sigma: float = 2.0
    floor: float = 0.1

    @property
    def multiple_of(self) -> int:
        """Total stride in px: heights and widths must be multiples of it."""
        return int(4 * 2 ** (len(self.channels) - 1))


def conv(inward: int, outward: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """A convolution with zero padding that keeps the size at stride 1; its bias is batch norm's."""
    return nn.Conv2d(inward, outward, kernel, stride, kernel // 2 if stride == 1 else 0, bias=False)


class Block(nn.Module):
    """Residual block: two 3x3 convolutions; (N, C, H, W) -> the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one, self.norm_one = conv(channels, channels), nn.BatchNorm2d(channels)
        self.two, self.norm_two = conv(channels, channels), nn.BatchNorm2d(channels)
        nn.init.constant_(self.norm_two.weight, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        inner = torch.relu(self.norm_one(self.one(x)))
        out: Tensor = torch.relu(x + self.norm_two(self.two(inner)))
        return out


class Body(nn.Module):
    """Finds the lines: (N, inputs, H, W) -> (N, channels[0], H / 4, W / 4) features."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        wide = config.channels
        self.unshuffle = nn.PixelUnshuffle(4)
        self.stem = nn.Sequential(conv(16 * config.inputs, wide[0]), nn.BatchNorm2d(wide[0]), nn.ReLU())
        self.down = nn.ModuleList(
            nn.Sequential(*(Block(c) for _ in range(n))) for c, n in zip(wide, config.down, strict=True)
        )
        self.shrink = nn.ModuleList(
            nn.Sequential(conv(a, b, 2, 2), nn.BatchNorm2d(b), nn.ReLU()) for a, b in pairwise(wide)
        )
        self.grow = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, 2) for a, b in pairwise(wide))
        self.up = nn.ModuleList(
            nn.Sequential(*(Block(c) for _ in range(n))) for c, n in zip(wide[:-1], config.up, strict=True)
        )

    def forward(self, sketch: Tensor) -> Tensor:
        x: Tensor = self.stem(self.unshuffle(sketch))
        kept = []
        for level, blocks in enumerate(self.down):
            x = blocks(x)
            if level < len(self.shrink):
                kept.append(x)
                x = self.shrink[level](x)
        for level in reversed(range(len(self.up))):
            x = self.up[level](torch.relu(self.grow[level](x) + kept[level]))
        return x


class Head(nn.Module):
    """Measures the lines: features -> (N, 3, H, W): offset x, offset y, distance, each in px divided by `REACH`."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.wide = nn.Sequential(conv(config.channels[0], config.head), nn.BatchNorm2d(config.head), nn.ReLU())
        self.last = nn.Conv2d(config.head, 3 * 16, 3, padding=1)
        self.shuffle = nn.PixelShuffle(4)

    def forward(self, features: Tensor) -> Tensor:
        return torch.cat(self.parts(features), 1)

    def parts(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Offset, (N, 2, H, W), and distance, (N, 1, H, W), by a convolution each: runtimes are slow to split."""
        wide, weight, bias = self.wide(features), self.last.weight, cast("Tensor", self.last.bias)
        vector = functional.conv2d(wide, weight[: 2 * 16], bias[: 2 * 16], padding=1)
        distance = functional.conv2d(wide, weight[2 * 16 :], bias[2 * 16 :], padding=1)
        return self.shuffle(vector), self.shuffle(distance)


class Pen(nn.Module):
    """Cuts the fields to lines: nothing in it is learned."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        at = torch.arange(-pen_radius(config), pen_radius(config) + 1.0)
        bell = torch.exp(-0.5 * (at / config.sigma) ** 2)
        self.register_buffer("bell", (bell / bell.sum()).repeat(2, 1)[:, None, None], persistent=False)
        # Differences along one axis averaged along the other: minus the slope of either part over a square.
        box = functional.pad(torch.full((BOX,), 1 / BOX), (1, 1))
        slope = torch.zeros(BOX + 2)
        slope[:2], slope[-2:] = 0.5 * REACH / BOX, -0.5 * REACH / BOX
        self.register_buffer("across", torch.stack([slope, box])[:, None, None], persistent=False)
        halves = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]])
        self.register_buffer("finer", halves[:, None, None], persistent=False)

    def forward(self, vector: Tensor, distance: Tensor, thickness: Tensor) -> Tensor:
        """Fields to the level, px, > 0 inside the ink.

        Args:
            vector: (N, 2, H, W) as the head gives it; H and W are even.
            distance: (N, 1, H, W) as the head gives it.
            thickness: (1,) or (N, 1, 1, 1) px.

        Returns:
            (N, 1, H, W).
        """
        bell, pad = self.get_buffer("bell"), pen_radius(self.config)
        vector = functional.conv2d(vector, bell, padding=(0, pad), groups=2)
        vector = functional.conv2d(vector, bell.transpose(2, 3), padding=(pad, 0), groups=2)
        # From here on the four pixels of a cell at half scale are channels.
        mean, half, twist = self._shrinking(vector)
        radius = torch.sqrt(half * half + twist * twist + 1e-6)
        convergence = torch.maximum(mean + radius, 2 * mean)
        x, y = functional.pixel_unshuffle(vector, 2).chunk(2, 1)
        far = REACH * functional.pixel_unshuffle(distance, 2)
        square = x * x + y * y
        turned = (half / radius) * (x * x - y * y) + (twist / radius) * (2 * x * y)
        across = (0.5 * (square + turned)).clamp(min=0)
        slack = SLACK * (convergence / CLEAR).clamp(0, 1)
        along = torch.relu(REACH * torch.sqrt((square - across).clamp(min=0)) - slack)
        sure = (SURE - REACH * torch.sqrt(square) * ((SURE - SURE_FAR) / FAR)).clamp(min=SURE_FAR)
        sharp = (convergence / sure).clamp(self.config.floor, 1.0)
        ridge = torch.relu(-2 * mean) + GAIN * torch.relu(WEAK - convergence) * (far / NEAR).clamp(0, 1)
        off = torch.sqrt(REACH**2 * across + along * along) / sharp + REACH * ridge
        tolerance = self.config.tolerance * (2 - (2 / REACH) * far).clamp(0, 1)
        level = thickness / 2 - torch.maximum(off, far - tolerance).clamp(max=REACH)
        return functional.pixel_shuffle(level, 2)

    def _shrinking(self, vector: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """How fast the offset shrinks: minus its Jacobian, which is symmetric, as it is half a gradient.

        Args:
            vector: (N, 2, H, W) in units of `REACH` px.

        Returns:
            (N, 4, H / 2, W / 2) each, a of the parts along themselves and c of either along the other axis:
            (a_x + a_y) / 2, (a_x - a_y) / 2 and c. Its larger eigenvalue is the convergence across a line.
            Measured once for each cell of 2 x 2 pixels, and interpolated: at the edges of black areas it changes fast.
        """
        # By channel: to a dense convolution runtimes give sixteen channels, where the page is as large as it gets.
        own, margin = self.get_buffer("across"), BOX // 2
        other = own.flip(0)
        alike = functional.conv2d(vector, own, padding=(0, margin), groups=2, stride=(1, 2))
        alike = functional.conv2d(alike, other.transpose(2, 3), padding=(margin, 0), groups=2, stride=(2, 1))
        mixed = functional.conv2d(vector, other, padding=(0, margin), groups=2, stride=(1, 2))
        mixed = functional.conv2d(mixed, own.transpose(2, 3), padding=(margin, 0), groups=2, stride=(2, 1))
        a_x, a_y = alike.chunk(2, 1)
        c_x, c_y = mixed.chunk(2, 1)
        mean, half, twist = (self._finer(each / 2) for each in (a_x + a_y, a_x - a_y, c_x + c_y))
        return mean, half, twist

    def _finer(self, coarse: Tensor) -> Tensor:
        """Bilinear interpolation to the four pixels of every cell, row by row: (N, 1, h, w) -> (N, 4, h, w)."""
        finer = self.get_buffer("finer")  # one axis at a time: ONNX Runtime copies all that a kernel sees
        rows = functional.conv2d(coarse, finer.transpose(2, 3), padding=(1, 0))
        return functional.conv2d(rows, finer.repeat(2, 1, 1, 1), padding=(0, 1), groups=2)


class LineartNet(nn.Module):
    """Sketch and thickness to the signed distance from the edge of the ink."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        self.body = Body(config)
        self.head = Head(config)
        self.pen = Pen(config)

    def fields(self, sketch: Tensor) -> Tensor:
        """(N, 2, H, W) darkness and draft in [0, 1] -> (N, 3, H, W) offset x, y, distance in units of `REACH` px."""
        fields: Tensor = self.head(self.body(sketch))
        return fields

    def first(self, sketch: Tensor) -> Tensor:
        """The first pass: (N, 1, H, W) darkness in [0, 1], sides multiples of twice the stride -> the draft, alike."""
        coarse = functional.avg_pool2d(sketch, round(1 / DRAFT_SCALE))
        thickness = torch.tensor([DRAFT * DRAFT_SCALE], device=sketch.device)
        level = self(without_draft(coarse), thickness).float() / DRAFT_SCALE
        fine = functional.interpolate(level, sketch.shape[2:], mode="bilinear", align_corners=False)
        return (fine + 0.5).clamp(0, 1)

    def inked(self, sketch: Tensor) -> Tensor:
        """What the next pass sees: (N, 2, H, W) darkness and draft in [0, 1] -> (N, 1, H, W), the new draft."""
        level: Tensor = self(sketch, torch.tensor([DRAFT], device=sketch.device))
        return (level + 0.5).clamp(0, 1)

    def forward(self, sketch: Tensor, thickness: Tensor) -> Tensor:
        level: Tensor = self.pen(*self.head.parts(self.body(sketch)), thickness)
        return level


def with_draft(sketch: Tensor, draft: Tensor) -> Tensor:
    """What the network is given: (N, 1, H, W) darkness and coverage of the draft, both in [0, 1] -> (N, 2, H, W)."""
    return torch.cat([sketch, draft], 1)


def without_draft(sketch: Tensor) -> Tensor:
    """What the network is given at a first pass: (N, 1, H, W) darkness -> (N, 2, H, W), the draft empty."""
    return with_draft(sketch, torch.zeros_like(sketch))


def pen_radius(config: NetConfig) -> int:
    """How far the pen's smoothing reaches, px."""
    return math.ceil(2.5 * config.sigma)


def halo(config: NetConfig) -> int:
    """How far before a pixel at a multiple of the stride what it depends on begins, px, in whole strides.

    Cells of every stride begin at such a pixel, so each convolution adds one cell of its own stride; the same holds
    behind the end of a core, which lies on a multiple too.
    """
    strides = [4 * 2**level for level in range(len(config.channels))]
    start = -(pen_radius(config) + BOX // 2 + 1 + 2)  # smoothing, differences, and the next cell at half scale
    start = _whole(start, 4) - 2 * 4  # the head
    for stride, blocks in zip(strides, config.up, strict=False):
        start = _whole(start, stride) - 2 * blocks * stride
    start = _whole(start, config.multiple_of)
    start -= sum(2 * blocks * stride for stride, blocks in zip(strides, config.down, strict=True))
    return -_whole(start - 4, config.multiple_of)  # the stem


def _whole(start: int, stride: int) -> int:
    """Where the cell of `start` begins."""
    return start // stride * stride


def kmac_per_px(config: NetConfig) -> float:
    """Thousand multiply-adds per page pixel, all convolutions."""
    wide = config.channels
    total = 9 * config.inputs * wide[0] + 9 * wide[0] * config.head / 16 + 9 * config.head * 48 / 16
    for level, c in enumerate(wide):
        area = 16 * 4**level
        blocks = config.down[level] + (config.up[level] if level < len(config.up) else 0)
        total += blocks * 2 * 9 * c * c / area
        if level:
            total += 2 * wide[level - 1] * c * 4 / area
    return (total + 4 * (2 * pen_radius(config) + 1) + 3 * (BOX + 2) + 3 * 9 / 2) / 1000
