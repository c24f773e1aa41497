"""Three ways to tell a network how thick to draw, beside the cut of a distance: a proof of concept.

1. channel: the thickness is one more channel of the input, and all of the network goes on learning.
2. before the last layer: the body is frozen, and a new head is given the thickness as one more channel.
3. last layers: the body and the head's first layer are frozen; a last layer is trained for each of `TRAINED`, and its
   weights are interpolated, or extrapolated, for what lies between and beyond.
4. distance: what lineart does; the thickness shifts the level at which a learned distance is cut, untrained.

The first three draw coverage, and learn it from the shipped body's weights on pages drawn for training. All look once,
with an empty draft.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lineart_train import metrics
from lineart_train.checkpoint import load_model
from lineart_train.dataset import draw
from lineart_train.net import Body, LineartNet, kmac_per_px, without_draft
from lineart_train.pool import unit_offset
from lineart_train.train import HELD_OUT_SEED

TRAINED = (2.0, 4.0, 8.0, 12.0)
ASKED = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0)
"""Up to 14 px: the offsets that training is drawn from end at 15.9 px."""
CROP, BATCH, PAGES, PAGE = 256, 4, 24, 512
_TOLERANCE = 4

Ink = Callable[[Tensor, float], Tensor]
"""(N, 1, H, W) darkness and a thickness in px -> (N, 1, H, W) coverage."""


class Drawing(nn.Module):
    """A head that draws coverage itself; `extra` channels come in beside the features."""

    def __init__(self, net: LineartNet, extra: int) -> None:
        super().__init__()
        wide = net.config.head
        self.wide = nn.Sequential(nn.Conv2d(net.config.channels[0] + extra, wide, 3, padding=1), nn.ReLU())
        self.last = nn.Conv2d(wide, 16, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        return torch.sigmoid(functional.pixel_shuffle(self.last(self.wide(features)), 4))


def compare(run: Path, steps: int, tell: Callable[[str], object]) -> list[dict[str, object]]:
    """Train all ways for `steps` each, from the checkpoint in `run`; a row per way and thickness."""
    torch.manual_seed(1)
    net = load_model(run)
    net.requires_grad_(False)
    tell("drawing pages")
    pages = [draw(1, number, PAGE) for number in range(PAGES)]
    held_out = [draw(HELD_OUT_SEED, number, PAGE) for number in range(6)]
    sets = [((page.sketch / 255).astype(np.float32), unit_offset(page.offset)) for page in pages]
    rows: list[dict[str, object]] = []

    def judge(way: str, ink: Ink, kmac: float) -> None:
        for thickness in ASKED:
            found = [_figures(ink, page.sketch, unit_offset(page.offset), thickness) for page in held_out]
            width, f1 = np.nanmean(found, 0)
            rows.append({"way": way, "px": thickness, "width": float(width), "f1": float(f1), "kmac": kmac})
        tell(f"{way}: {[row['width'] for row in rows if row['way'] == way]}")

    base = kmac_per_px(net.config)
    judge("4 distance", lambda dark, px: (net(without_draft(dark), torch.tensor([px])) + 0.5).clamp(0, 1), base)

    whole, head = copy.deepcopy(net.body).requires_grad_(True), Drawing(net, 0)
    _widen(whole)
    way_one: Ink = lambda dark, px: head(_with_channel(whole, dark, px))  # noqa: E731
    _train(way_one, [*whole.parameters(), *head.parameters()], sets, steps, None)
    judge("1 channel", way_one, base + 9 * 16 * net.config.channels[0] / 16 / 1000)

    told = Drawing(net, 1)
    way_two: Ink = lambda dark, px: told(_beside(net.body(without_draft(dark)), px))  # noqa: E731
    _train(way_two, list(told.parameters()), sets, steps, None)
    judge("2 before the last layer", way_two, base)

    shared = Drawing(net, 0)
    lasts: dict[float, nn.Conv2d] = {}
    for thickness in TRAINED:
        _train(
            lambda dark, _: shared(net.body(without_draft(dark))),
            list(shared.last.parameters() if lasts else shared.parameters()),
            sets,
            steps // (1 if not lasts else 2),
            thickness,
        )
        lasts[thickness] = copy.deepcopy(shared.last)

    def way_three(dark: Tensor, px: float) -> Tensor:
        _between(shared.last, lasts, px)
        drawn: Tensor = shared(net.body(without_draft(dark)))
        return drawn

    judge("3 last layers", way_three, base)
    return rows


def _widen(body: Body) -> None:
    """A body for one more picture: the first layer's weights for it are 0."""
    weight = body.stem[0].get_parameter("weight")
    wider = nn.Conv2d(weight.shape[1] + 16, len(weight), 3, padding=1, bias=False)
    with torch.no_grad():
        wider.weight.zero_()
        wider.weight[:, : weight.shape[1]] = weight
    body.stem[0] = wider


def _with_channel(body: Body, dark: Tensor, px: float) -> Tensor:
    features: Tensor = body(torch.cat([without_draft(dark), torch.full_like(dark, px / 16)], 1))
    return features


def _beside(features: Tensor, px: float) -> Tensor:
    return torch.cat([features, torch.full_like(features[:, :1], px / 16)], 1)


def _between(last: nn.Conv2d, lasts: dict[float, nn.Conv2d], px: float) -> None:
    """Linear inter- or extrapolation of the weights between the two nearest that were trained."""
    above = min(max(int(np.searchsorted(TRAINED, px)), 1), len(TRAINED) - 1)
    low, high = TRAINED[above - 1], TRAINED[above]
    share = (px - low) / (high - low)
    with torch.no_grad():
        for made, a, b in zip(last.parameters(), lasts[low].parameters(), lasts[high].parameters(), strict=True):
            made.copy_(a + share * (b - a))


def _train(
    ink: Ink,
    weights: list[nn.Parameter],
    sets: list[tuple[NDArray[np.float32], NDArray[np.float32]]],
    steps: int,
    thickness: float | None,
) -> None:
    """Cross entropy (L1 draws nothing at all for hundreds of steps) on random crops, at one of `TRAINED` or at all."""
    optimizer = torch.optim.AdamW(weights, lr=2e-3)
    rng = np.random.default_rng(3)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * max(1 - step / steps, 0.02)
        px = thickness or float(rng.choice(TRAINED))
        crops = [_crop(*sets[int(rng.integers(len(sets)))], rng) for _ in range(BATCH)]
        dark, off = (torch.from_numpy(np.stack(each)) for each in zip(*crops, strict=True))
        drawn = ink(dark, px).clamp(1e-4, 1 - 1e-4)
        loss = functional.binary_cross_entropy(drawn, (px / 2 - off + 0.5).clamp(0, 1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _crop(
    sketch: NDArray[np.float32], offset: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    y, x = rng.integers(0, PAGE - CROP + 1, 2)
    part = slice(y, y + CROP), slice(x, x + CROP)
    return sketch[None][:, *part], np.hypot(*offset)[None][:, *part].astype(np.float32)


@torch.no_grad()
def _figures(ink: Ink, sketch: NDArray[np.uint8], offset: NDArray[np.float32], thickness: float) -> tuple[float, float]:
    """Width and F1 of a page; nan where nothing is meant or drawn."""
    drawn = ink(torch.from_numpy(sketch[None, None].astype(np.float32) / 255), thickness)[0, 0].numpy()
    grey = np.round(255 * (1 - drawn)).astype(np.uint8)
    truth = metrics.skeleton_of(np.where(np.hypot(*offset) < 1, 0, 255).astype(np.uint8))
    skeleton = metrics.skeleton_of(grey)
    if not truth.any() or not skeleton.any():
        return float("nan"), 0.0
    tolerance = np.where(truth, _TOLERANCE, 0).astype(np.uint8)
    f1 = metrics.f1(metrics.precision(skeleton, tolerance), metrics.recall(skeleton, tolerance))
    return metrics.width(grey, skeleton), f1
