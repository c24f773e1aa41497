"""Three ways to tell a small style head which brush to draw, beside measured tables: a proof of concept.

The head is pointwise: two hidden layers of `WIDE` channels on what is known at a pixel (distance in half widths,
thickness, end, pressure, direction, four bands of noise). It learns from strokes that the engine draws on the same
paper (the noise it is given), a few thousand pixels a step.

1. index: the number of the brush in the set is one more input.
2. last layers: trained for one brush; then, for each other, its last layer or its last two are trained anew.
3. picture: a picture of a stroke, `PICTURE` px, through a linear layer, is added to what comes out of the last layer or
   of the one before; trained on many random brushes.
4. tables: the style that `measure` makes of the same picture, without training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lineart_cli.brushes import noise, weight
from lineart_cli.brushes.measure import half_width, measure
from lineart_cli.brushes.noise import Floats
from lineart_cli.brushes.paint import Lines, paint, tangents
from lineart_train.brush import engine, shipped
from lineart_train.brush.engine import Brush
from lineart_train.brush.fidelity import FIGURES, fidelity
from lineart_train.brush.presets import PRESETS
from lineart_train.style import evaluate

WIDE, INPUTS, PICTURE = 32, 11, (16, 48)
SEED = noise.SEED
"""With it the engine's paper is the very noise that the head is given."""
THICKNESS = 8.0
SEEN = ("technical_pen", "ink_pen", "brush_pen", "calligraphy", "pencil", "charcoal")
UNSEEN = ("fineliner", "marker", "soft_pencil")
"""Without the dry brush, whose bristles are no noise of the page."""


@dataclass(frozen=True)
class Pixels:
    """Pixels near strokes of one brush: (N, INPUTS) inputs, (N,) coverage."""

    inputs: Tensor
    cover: Tensor


class Head(nn.Module):
    """Pointwise: (N, INPUTS + extra) -> (N,) coverage; `last` and `before` are added to the layers' outputs."""

    def __init__(self, extra: int = 0) -> None:
        super().__init__()
        self.first = nn.Linear(INPUTS + extra, WIDE)
        self.before = nn.Linear(WIDE, WIDE)
        self.last = nn.Linear(WIDE, 1)

    def forward(self, inputs: Tensor, before: Tensor | float = 0.0, last: Tensor | float = 0.0) -> Tensor:
        hidden = torch.relu(self.before(torch.relu(self.first(inputs))) + before)
        return torch.sigmoid(self.last(hidden) + last)[:, 0]


class PictureHead(nn.Module):
    """A head and the linear layer for the brush's picture, added in the last layer or in the one before."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.head, self.where = Head(), where
        self.linear = nn.Linear(PICTURE[0] * PICTURE[1], WIDE if where == "before" else 1)

    def forward(self, inputs: Tensor, picture: Tensor) -> Tensor:
        drawn: Tensor = self.head(inputs, **{self.where: self.linear(picture)})
        return drawn


def compare(steps: int, brushes: int, tell: Callable[[str], object]) -> list[dict[str, object]]:
    """Train all ways and measure their fidelity at `THICKNESS` px: a row per way and group of brushes.

    Args:
        steps: of training, for each way.
        brushes: random ones for the third way.
        tell: told what is being done.
    """
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    tell("drawing strokes")
    sets = {name: _pixels(PRESETS[name][1], rng) for name in (*SEEN, *UNSEEN)}
    rows: list[dict[str, object]] = []

    def judge(way: str, group: tuple[str, ...], weights: int, ink: Callable[[str, Tensor], Tensor]) -> None:
        found = [_fidelity(PRESETS[name][1], lambda x, name=name: ink(name, x)) for name in group]  # type: ignore[misc]
        means = {figure: float(np.mean([each[figure] for each in found])) for figure in FIGURES}
        kind = "seen" if group is SEEN else "unseen"
        rows.append(
            {"way": way, "brushes": kind, **means, "mean": sum(means.values()) / len(means), "weights": weights}
        )
        tell(f"{way}, {kind}: {rows[-1]['mean']:.3f}")

    index = Head(extra=1)
    numbered = {name: float(number) / len(SEEN) for number, name in enumerate(SEEN)}
    _train(index, [(lambda p, n=numbered[name]: _with(p, n), sets[name]) for name in SEEN], steps)  # type: ignore[misc]
    judge("1 index", SEEN, 1, lambda name, x: index(_with(x, numbered[name])))

    base = Head()
    _train(base, [(lambda p: p, sets["pencil"])], steps)
    for layers in (("last",), ("before", "last")):
        heads = {}
        for name in (*SEEN, *UNSEEN):
            heads[name] = Head()
            heads[name].load_state_dict(base.state_dict())
            _train(heads[name], [(lambda p: p, sets[name])], steps, layers)
        weights = sum(p.numel() for layer in layers for p in getattr(base, layer).parameters())
        for group in (SEEN, UNSEEN):
            judge(f"2 {' and '.join(layers)} retrained", group, weights, lambda name, x, h=heads: h[name](x))  # type: ignore[misc]

    tell("drawing random brushes")
    every = [PRESETS[name][1] for name in SEEN] + [random_brush(rng) for _ in range(brushes)]
    drawn = [(_picture(brush), _pixels(brush, rng, 1)) for brush in every]
    for where in ("last", "before"):
        net = PictureHead(where)
        _train(net, [(lambda p, i=image: (p, i), pixels) for image, pixels in drawn], 3 * steps)  # type: ignore[misc]
        for group in (SEEN, UNSEEN):
            judge(f"3 picture, {where}", group, 0, lambda name, x, n=net: n(x, _picture(PRESETS[name][1])))  # type: ignore[misc]
    for group in (SEEN, UNSEEN):
        found = [_tables(PRESETS[name][1]) for name in group]
        means = {figure: float(np.mean([each[figure] for each in found])) for figure in FIGURES}
        kind = "seen" if group is SEEN else "unseen"
        rows.append(
            {"way": "4 tables", "brushes": kind, **means, "mean": sum(means.values()) / len(means), "weights": 0}
        )
    return rows


def random_brush(rng: np.random.Generator) -> Brush:
    """A brush of the engine with random parameters."""
    low, middle = np.sort(rng.uniform(0.05, 1, 2))
    pale, dark = np.sort(rng.uniform(0.1, 1, 2))
    solid = rng.random() < 0.5
    return Brush(
        width=((0.0, float(low)), (0.5, float(middle)), (1.0, 1.0)),
        opacity=((0.0, 1.0), (1.0, 1.0)) if solid else ((0.0, float(pale)), (1.0, float(dark))),
        hardness=1.0 if solid else float(rng.uniform(0.1, 1)),
        roundness=float(rng.choice([1.0, rng.uniform(0.15, 1)])),
        angle=float(rng.uniform(0, 180)),
        taper=float(rng.choice([0.0, rng.uniform(1, 12)])),
        grain=0.0 if solid else float(rng.uniform(0, 1)),
        grain_size=float(rng.uniform(2.5, 6)),
    )


def _with(inputs: Tensor, value: float) -> Tensor:
    return torch.cat([inputs, torch.full((len(inputs), 1), value)], 1)


Feed = tuple[Callable[[Tensor], object], Pixels]


def _train(net: nn.Module, feeds: list[Feed], steps: int, layers: tuple[str, ...] = ()) -> None:
    """L1 on random pixels of random brushes; only `layers`, where some are named."""
    parts = [getattr(net, layer) for layer in layers] or [net]
    weights = [each for part in parts for each in part.parameters()]
    optimizer = torch.optim.Adam(weights, lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, steps)
    rng = np.random.default_rng(2)
    for _ in range(steps):
        loss = torch.zeros(())
        for number in rng.integers(len(feeds), size=min(len(feeds), 4)):
            feed, pixels = feeds[number]
            some = torch.from_numpy(rng.integers(len(pixels.cover), size=2048))
            given = feed(pixels.inputs[some])
            ink = net(*given) if isinstance(given, tuple) else net(given)
            loss = loss + (ink - pixels.cover[some]).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()


def _pixels(brush: Brush, rng: np.random.Generator, thicknesses: int = 3) -> Pixels:
    """Pixels near the strokes of `evaluate`'s page, drawn at several thicknesses, with other pressures."""
    courses, _ = evaluate.strokes()
    shape = (evaluate.SIDE, evaluate.SIDE)
    inputs, covers = [], []
    share = shipped.nominal(brush)
    for thickness in np.exp(rng.uniform(np.log(3), np.log(14), thicknesses)):
        pressures = [
            np.interp(np.linspace(0, 8, len(c)), np.arange(9), rng.uniform(0, 1, 9)).astype(np.float32) for c in courses
        ]
        ink = np.zeros(shape, np.float32)
        for course, press in zip(courses, pressures, strict=True):
            np.maximum(ink, engine.draw(brush, course, press, thickness / share, shape, SEED), out=ink)
        lines = evaluate.exact(courses, pressures)
        found, rows, columns = _inputs(lines, float(thickness))
        some = rng.choice(len(rows), min(40_000, len(rows)), replace=False)
        inputs.append(found[some])
        covers.append(ink[rows[some], columns[some]])
    return Pixels(torch.from_numpy(np.concatenate(inputs)), torch.from_numpy(np.concatenate(covers)))


def _inputs(lines: Lines, thickness: float) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    """(N, INPUTS) of the pixels near lines, and their rows and columns."""
    off = lines.off[:].astype(np.float32)
    row, column = np.nonzero(off < 0.8 * thickness + 1)
    y, x = row.astype(np.float32), column.astype(np.float32)
    angle = 2 * tangents(lines.off[:], x, y)
    trace = lines.trace
    free = np.ones(off.shape, np.uint8)
    free[trace.row, trace.column] = 0
    _, label = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    end = np.zeros(label.max() + 1, np.float32)
    end[label[trace.row, trace.column]] = trace.end
    press = noise.sample(lines.pressure, (x + 0.5) / weight.STRIDE - 0.5, (y + 0.5) / weight.STRIDE - 0.5)
    made = [
        off[row, column] / (thickness / 2) - 1,
        np.full(len(row), 4 / thickness),
        end[label[row, column]] / (12 * thickness),
        press,
        np.cos(angle),
        np.sin(angle),
        *(noise.at(noise.closed(band), x, y) for band in noise.bands()),
        off[row, column] - thickness / 2,
    ]
    return np.stack(made, 1).astype(np.float32), row, column


def _fidelity(brush: Brush, ink: Callable[[Tensor], Tensor]) -> dict[str, float]:
    """Errors of a head's strokes from the engine's, both on the same paper."""
    courses, pressures = evaluate.strokes()
    inputs, row, column = _inputs(evaluate.exact(courses, pressures), THICKNESS)
    page = np.zeros((evaluate.SIDE, evaluate.SIDE), np.float32)
    with torch.no_grad():
        page[row, column] = ink(torch.from_numpy(inputs)).numpy()
    return _against(brush, page)


def _tables(brush: Brush) -> dict[str, float]:
    courses, pressures = evaluate.strokes()
    style = replace(measure(shipped.strip(replace(brush, roundness=1.0)), ""), turn=shipped.turns(brush))
    style = replace(style, taper=brush.taper)
    ink = paint(evaluate.exact(courses, pressures), style, THICKNESS, (evaluate.SIDE, evaluate.SIDE))
    return _against(brush, ink.astype(np.float32) / 255)


def _against(brush: Brush, page: Floats) -> dict[str, float]:
    courses, pressures = evaluate.strokes()
    share = shipped.nominal(brush)
    shape = (evaluate.SIDE, evaluate.SIDE)
    true = [
        engine.draw(brush, course, press, THICKNESS / share, shape, SEED)
        for course, press in zip(courses, pressures, strict=True)
    ]
    return fidelity(evaluate.strips([page] * len(courses), THICKNESS), evaluate.strips(true, THICKNESS))


def _picture(brush: Brush) -> Tensor:
    """The stroke that `measure` is given, in `PICTURE` px."""
    strip = shipped.strip(brush)
    half = round(1.3 * half_width(strip))
    middle = len(strip.ink) // 2
    image = cv2.resize(strip.ink[middle - half : middle + half + 1], PICTURE[::-1], interpolation=cv2.INTER_AREA)
    return torch.from_numpy(image.reshape(-1)) - 0.5
