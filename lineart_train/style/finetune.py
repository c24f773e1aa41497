"""Trains the tables of a style until the stroke that they draw is like the one in the picture; the body is not touched.

The drawing is that of `lineart_cli.brushes.paint`, written so that gradients flow through it. The loss has two parts:
what is left between the two strokes once both are averaged along the pressure, and the amplitudes of the grain in each
band. No pixel is compared with a pixel: the paper of the picture is not ours.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lineart_cli.brushes import noise
from lineart_cli.brushes.measure import Strip, half_width, measure
from lineart_cli.brushes.style import PRESSURES, REACH, STEPS, Style

STEPS_IN_ALL = 300
RATE = 0.02
GRAIN = 0.3
"""Weight of the grain in the loss."""
_WINDOW = 25  # px along the stroke over which the strokes are averaged
_SURE = 1e-4  # coverage is kept so far from 0 and 1 where noise is added
_EDGE = 0.15  # slope of the mean coverage beyond which it is that of a sharp edge, no grain

Tell = Callable[[float, float], object]
"""Told after each step: the share that is done, and the loss."""


class Tables(nn.Module):
    """The tables of a style as parameters."""

    def __init__(self, style: Style) -> None:
        super().__init__()
        self.width = nn.Parameter(torch.tensor(style.width))
        self.cover = nn.Parameter(torch.logit(torch.tensor(style.cover).clamp(1e-3, 1 - 1e-3)))
        self.grain = nn.Parameter(torch.tensor(style.grain))
        self.bands = nn.Parameter(torch.tensor(style.bands))

    def style(self, about: str) -> Style:
        """The tables as a style."""
        with torch.no_grad():
            cover = torch.where((cut := torch.sigmoid(self.cover)) < 0.004, 0.0, cut)
            bands = self.bands.abs() / self.bands.norm().clamp(min=1e-6)
            width = self.width.clamp(0.01, 2) / self.width[-1].clamp(min=0.01)
            grain = float(self.grain.clamp(0, 8))
        rows = tuple(tuple(round(each, 4) for each in row) for row in cover.tolist())
        return Style(about, _plain(width), rows, round(grain, 4) if grain > 0.02 else 0.0, _plain(bands))

    def forward(self, off: Tensor, pressure: Tensor, noises: Tensor, thickness: float) -> tuple[Tensor, Tensor]:
        """(V, 1) distances and (1, N) pressures -> (V, N) mean coverage and coverage with grain."""
        row = pressure * (PRESSURES - 1)
        below = row.floor().clamp(max=PRESSURES - 2).long()
        share = row - below
        half = (self.width[below] * (1 - share) + self.width[below + 1] * share).clamp(min=0.02) * (thickness / 2)
        table = torch.sigmoid(self.cover)
        steps = (table[:, 1:] + table[:, :-1]) * (0.5 * REACH / (STEPS - 1))
        area = functional.pad(steps.cumsum(1), (1, 0))

        def inside(u: Tensor) -> Tensor:
            place = torch.stack([u.abs() * (2 / REACH) - 1, (row * (2 / (PRESSURES - 1)) - 1).expand_as(u)], -1)
            found = functional.grid_sample(
                area[None, None], place[None], mode="bilinear", padding_mode="border", align_corners=True
            )
            return found[0, 0] * torch.sign(u)

        px = 0.5 / half
        mean = ((inside(off / half + px) - inside(off / half - px)) / (2 * px)).clamp(0, 1)
        bands = self.bands.abs() / self.bands.norm().clamp(min=1e-6)
        grain = self.grain.clamp(0, 8)
        level = torch.special.ndtri(mean.clamp(_SURE, 1 - _SURE)) * torch.sqrt(1 + grain**2)
        rough = torch.special.ndtr(level + grain * torch.einsum("b,bvn->vn", bands, noises))
        return mean, torch.where((mean > _SURE) & (mean < 1 - _SURE), rough, mean)


def finetune(strip: Strip, about: str, minutes: float, state: Path, keep: Callable[[Style], None], tell: Tell) -> Style:
    """Train a style for a stroke.

    Args:
        strip: the stroke.
        about: a few words for lists.
        minutes: to take at most.
        state: file from which training goes on if it is there and about the same stroke; removed when all is done.
        keep: given each style that is better than all before; an interruption loses nothing.
        tell: see `Tell`.

    Returns:
        The best style.
    """
    torch.manual_seed(0)
    start = measure(strip, about)
    tables = Tables(start)
    optimizer = torch.optim.Adam(tables.parameters(), lr=RATE)
    done, least, best = 0, float("inf"), start
    stroke = hashlib.sha256(np.ascontiguousarray(strip.ink).data).hexdigest()
    kept: dict[str, Any] = torch.load(state, weights_only=True) if state.exists() else {}
    if kept.get("stroke") == stroke:
        tables.load_state_dict(kept["tables"])
        optimizer.load_state_dict(kept["optimizer"])
        done, least = kept["done"], kept["least"]
    seen = _Seen(strip)
    before = time.monotonic()
    while done < STEPS_IN_ALL and time.monotonic() - before < 60 * minutes:
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - done / STEPS_IN_ALL)
        loss = seen.loss(tables)
        if loss.item() < least:
            least, best = loss.item(), tables.style(about)
            keep(best)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        done += 1
        if done % 20 == 0:
            part = state.with_suffix(".part")
            progress = {"stroke": stroke, "done": done, "least": least}
            torch.save({**progress, "tables": tables.state_dict(), "optimizer": optimizer.state_dict()}, part)
            os.replace(part, state)
        tell(done / STEPS_IN_ALL, least)
    if done >= STEPS_IN_ALL:
        state.unlink(missing_ok=True)
    return best


class _Seen:
    """The stroke in the picture, and how far a drawn one is from it."""

    def __init__(self, strip: Strip) -> None:
        self.ink = torch.from_numpy(np.ascontiguousarray(strip.ink, np.float32))
        self.off = torch.from_numpy(np.asarray(strip.off, np.float32))[:, None]
        self.pressure = torch.from_numpy(np.asarray(strip.pressure, np.float32))[None]
        self.thickness = 2 * half_width(strip)
        rows, columns = self.ink.shape
        tiled = np.tile(noise.bands(), (1, -(-rows // noise.SIDE), -(-columns // noise.SIDE)))[:, :rows, :columns]
        y, x = np.mgrid[:rows, :columns].reshape(2, -1).astype(np.float32)
        middle = np.full_like(y, (rows - 1) / 2)
        streaks = noise.streaks(np.stack([x, middle]), np.stack([np.zeros_like(x), y - middle]))
        self.noises = torch.from_numpy(np.concatenate([tiled, streaks.reshape(1, rows, columns)]))
        self.smooth = _along(self.ink)
        self.amplitude = _amplitudes(self.ink, self.smooth)

    def loss(self, tables: Tables) -> Tensor:
        mean, drawn = tables(self.off, self.pressure, self.noises, self.thickness)
        shape = (_along(mean) - self.smooth).abs().sum() / self.smooth.sum()
        grain = (_amplitudes(drawn, self.smooth) - self.amplitude).abs().sum()
        return shape + GRAIN * grain


def _along(ink: Tensor) -> Tensor:
    """Averages over a window along the stroke."""
    return functional.avg_pool1d(ink[None], _WINDOW, 1, _WINDOW // 2, count_include_pad=False)[0]


def _amplitudes(ink: Tensor, mean: Tensor) -> Tensor:
    """The square roots of `measure.energies`, with gradients."""
    slope = functional.pad((mean[1:] - mean[:-1]).abs(), (0, 0, 1, 1))
    partial = ((mean > 0.08) & (mean < 0.92) & (torch.maximum(slope[1:], slope[:-1]) < _EDGE)).float()
    most = (mean * (1 - mean) * partial).sum()
    if partial.sum() < 0.05 * (mean > 0.08).sum():
        return torch.zeros(len(noise.WAVELENGTHS) + 1)
    rest = (ink - mean) * partial
    drawn_out = _blurred(rest, 10.0, 0.3)
    streak = drawn_out - _blurred(drawn_out, 4.0, 4.0)
    levels = [rest - streak, *(_blurred(rest - streak, 0.28 * each, 0.28 * each) for each in noise.WAVELENGTHS)]
    parts = [*(fine - coarse for fine, coarse in pairwise(levels)), streak]
    return torch.stack([(part.square() * partial).sum() / most + 1e-8 for part in parts]).sqrt()


def _blurred(picture: Tensor, along: float, across: float) -> Tensor:
    for sigma, axis in ((along, 3), (across, 2)):
        reach = int(np.ceil(3 * sigma))
        bell = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
        kernel = (bell / bell.sum()).reshape((1, 1, 1, -1) if axis == 3 else (1, 1, -1, 1))
        padding = (0, reach) if axis == 3 else (reach, 0)
        picture = functional.conv2d(picture[None, None], kernel, padding=padding)[0, 0]
    return picture


def _plain(values: Tensor) -> tuple[float, ...]:
    return tuple(round(each, 4) for each in values.tolist())
