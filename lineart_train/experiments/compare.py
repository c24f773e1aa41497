"""Trains variants on the same crops for the same number of steps, and scores them on the same pages."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lineart_cli.imaging.tone import darkness
from lineart_cli.options import NEUTRAL_FAINT, ReadOptions
from lineart_cli.pages import read_grey
from lineart_train.evaluation import metrics
from lineart_train.evaluation.evaluate import read_truth
from lineart_train.experiments.losses import LINE, Critic, distillation, drawn
from lineart_train.experiments.variants import VARIANTS, Model, Variant
from lineart_train.network.net import LineartNet, without_draft
from lineart_train.training.checkpoint import load_model
from lineart_train.training.pool import Pool
from lineart_train.training.steps import descend, follow

SHIPPED = Path(__file__).parent.parent / "checkpoints" / "standard"
WARM, COOL, FOLLOW = 100, 0.35, 0.99
"""Steps over which the rate rises, last share over which it falls, decay of the averaged weights."""
CRITIC = 0.01
"""Weight of the adversarial term."""
Tell = Callable[[str], object]


@dataclass(frozen=True)
class Budget:
    """What every variant gets: steps of `batch` crops of `crop` px, from `canvases` canvases of `canvas` px."""

    steps: int = 1000
    batch: int = 4
    crop: int = 384
    canvas: int = 512
    canvases: int = 500
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """One variant's figures: cost, time, last loss, and the mean of every figure of `metrics` over the pages."""

    name: str
    question: str
    weights: int
    kmac_per_px: float
    receptive_field_px: int
    steps: int
    seconds: float
    loss: float
    figures: dict[str, float]


def compare(
    names: Sequence[str],
    budget: Budget,
    pages: Sequence[tuple[Path, Path]],
    out: Path,
    drawings: Path | None,
    tell: Tell,
) -> list[Outcome]:
    """Train and score variants one after the other.

    Args:
        names: keys of `VARIANTS`.
        budget: the same for all.
        pages: sketches and their truths, see `evaluate`.
        out: folder for a JSON file and the weights of each variant; a variant whose file is there is not run again.
        drawings: folder of clean drawings, or None for procedural scenes.
        tell: called with a line of progress.
    """
    out.mkdir(parents=True, exist_ok=True)
    waiting = [name for name in names if not (out / f"{name}.json").exists()]
    if waiting:
        with Pool(budget.seed, budget.canvas, budget.canvases, 1, drawings) as pool:
            pool.fill(lambda done, wanted: tell(f"drawing {done} of {wanted}") if done % 50 == 0 else None, share=1)
            for name in waiting:
                _run(name, VARIANTS[name], budget, pool, pages, out, tell)
    return [Outcome(**json.loads((out / f"{name}.json").read_text())) for name in names]


def _run(
    name: str, variant: Variant, budget: Budget, pool: Pool, pages: Sequence[tuple[Path, Path]], out: Path, tell: Tell
) -> None:
    torch.manual_seed(budget.seed)
    model = variant.build()
    started = time.monotonic()
    average, loss = train(model, variant, budget, pool, lambda line: tell(f"{name}: {line}"))
    seconds = time.monotonic() - started
    torch.save(average.state_dict(), out / f"{name}.pt")
    figures = score(average, pages)
    weights = sum(each.numel() for each in model.parameters())
    outcome = Outcome(
        name,
        variant.question,
        weights,
        round(model.kmac_per_px, 2),
        model.receptive_field,
        budget.steps,
        round(seconds),
        loss,
        figures,
    )
    (out / f"{name}.json").write_text(json.dumps(asdict(outcome), indent=1))
    tell(f"{name}: {figures}")


def train(model: Model, variant: Variant, budget: Budget, pool: Pool, tell: Tell) -> tuple[Model, float]:
    """Train a variant; gives its averaged weights, in evaluation mode, and the mean loss of the last tenth."""
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = variant.optimizer(model, variant.rate)
    teacher = load_model(SHIPPED) if variant.teacher else None
    rival = _Rival() if variant.critic else None
    rng = np.random.default_rng(budget.seed)
    last = []
    for step in range(budget.steps):
        share = min(1.0, (step + 1) / WARM, (budget.steps - step) / (COOL * budget.steps))
        for group in optimizer.param_groups:
            group["lr"] = variant.rate * share
        sketch, offset = pool.batch(rng, budget.batch, budget.crop)
        model.train()
        with torch.autocast("cpu", torch.bfloat16):
            raw = model(sketch)
        raw = raw.float()
        loss = variant.loss(raw, offset) if teacher is None else distillation(raw, _seen(teacher, sketch))
        if rival:
            loss = loss + CRITIC * rival.objection(sketch, raw.sigmoid(), drawn(offset))
        descend(model, optimizer, loss)
        follow(average, model, min(FOLLOW, (1 + step) / (10 + step)))
        if step >= int(0.9 * budget.steps):
            last.append(float(loss.detach()))
        if step % 100 == 99:
            tell(f"step {step + 1}, loss {float(loss.detach()):.4f}")
    return average.eval(), float(np.mean(last))


@torch.no_grad()
def _seen(teacher: LineartNet, sketch: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return teacher.fields(without_draft(sketch)).float()


class _Rival:
    """A critic and its optimizer (non-saturating, Goodfellow et al. 2014)."""

    def __init__(self) -> None:
        self._critic = Critic()
        self._optimizer = torch.optim.AdamW(self._critic.parameters(), 2e-4, betas=(0.5, 0.99))

    def objection(self, sketch: Tensor, ink: Tensor, truth: Tensor) -> Tensor:
        """Teach the critic once, and give its objection to `ink`."""
        said = functional.softplus(self._critic(sketch, ink.detach())).mean()
        loss = said + functional.softplus(-self._critic(sketch, truth)).mean()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return functional.softplus(-self._critic(sketch, ink)).mean()


@torch.no_grad()
def score(model: Model, pages: Sequence[tuple[Path, Path]]) -> dict[str, float]:
    """Mean figures of the ink of whole pages at 300 dpi."""
    rows = []
    for sketch, truth in pages:
        page = darkness(read_grey(sketch, ReadOptions()), NEUTRAL_FAINT)
        height, width = page.shape
        low, right = -height % model.multiple_of, -width % model.multiple_of
        whole = functional.pad(torch.from_numpy(page)[None, None], (0, right, 0, low))
        with torch.autocast("cpu", torch.bfloat16):
            raw = model(whole)
        ink = model.ink(raw.float())[0, 0, :height, :width].numpy()
        rows.append(metrics.figures(np.round(255 * (1 - ink)).astype(np.uint8), read_truth(truth), LINE))
    return {name: round(float(np.mean([row[name] for row in rows])), 4) for name in metrics.FIGURES}
