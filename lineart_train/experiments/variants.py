"""The variants: each differs from `shipped` (the shipped network, trained as it is shipped) in one respect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from lineart_train.experiments import article, losses
from lineart_train.network import net
from lineart_train.network.losses import field_loss
from lineart_train.network.net import Body, Head, LineartNet, NetConfig

Loss = Callable[[Tensor, Tensor], Tensor]
"""(raw output, true way in px) -> loss."""
HALF = NetConfig(channels=(16, 32, 48, 64), head=32)


class Fields(nn.Module):
    """Raw output of one pass, with an empty draft: way and distance; ink: what the pen cuts from them."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.model = LineartNet(config)
        self.multiple_of = config.multiple_of
        self.kmac_per_px = net.kmac_per_px(config)
        self.receptive_field = net.halo(config)

    def forward(self, sketch: Tensor) -> Tensor:
        return self.model.fields(net.without_draft(sketch))

    def ink(self, raw: Tensor) -> Tensor:
        """Coverage (N, 1, H, W) in [0, 1] of lines of 3 px."""
        level: Tensor = self.model.pen(raw[:, :2], raw[:, 2:], torch.tensor([losses.LINE]))
        return (level + 0.5).clamp(0, 1)


class Pixels(nn.Module):
    """Raw output: logits of drawn lines, the first channel of some network."""

    def __init__(self, network: nn.Module, multiple_of: int, kmac_per_px: float, receptive_field: int) -> None:
        super().__init__()
        self.network = network
        self.multiple_of = multiple_of
        self.kmac_per_px = kmac_per_px
        self.receptive_field = receptive_field

    def forward(self, sketch: Tensor) -> Tensor:
        channels: Tensor = self.network(sketch)
        return channels[:, :1]

    def ink(self, raw: Tensor) -> Tensor:
        """Coverage (N, 1, H, W) in [0, 1]."""
        return raw.sigmoid()


def _pixels() -> Pixels:
    """Drawn lines by the shipped body and head."""
    config = NetConfig(inputs=1)
    network = nn.Sequential(Body(config), Head(config))
    return Pixels(network, config.multiple_of, net.kmac_per_px(config), net.halo(config))


def _article(slim: int) -> Pixels:
    """Drawn lines by the article's network."""
    return Pixels(article.ArticleNet(slim), article.MULTIPLE_OF, article.kmac_per_px(slim), article.receptive_field())


Model = Fields | Pixels


class Scale(nn.Module):
    """A learned gain and bias per channel: what batch norm leaves when it does not normalise."""

    def __init__(self, like: nn.BatchNorm2d) -> None:
        super().__init__()
        self.weight = nn.Parameter(like.weight.detach().clone())
        self.bias = nn.Parameter(like.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight[:, None, None] + self.bias[:, None, None]


def without_norm(model: Model) -> Model:
    """The model with every batch norm replaced by `Scale`."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, Scale(child))
    return model


def _shipped_loss(fields: Tensor, offset: Tensor) -> Tensor:
    return field_loss(fields, offset)["loss"]


def _adamw(model: nn.Module, rate: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), rate, weight_decay=0.01, betas=(0.9, 0.99))


def _adadelta(model: nn.Module, rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adadelta(model.parameters(), rate)


@dataclass(frozen=True)
class Variant:
    """One variant.

    question: what it answers.
    build: makes the model.
    loss: what it is trained with.
    optimizer, rate: how; 2e-3 for AdamW, 1 for Adadelta (its paper's own).
    critic: train against a critic of drawn lines too.
    teacher: learn from the shipped network's fields.
    """

    question: str
    build: Callable[[], Model] = partial(Fields, NetConfig())
    loss: Loss = _shipped_loss
    optimizer: Callable[[nn.Module, float], torch.optim.Optimizer] = _adamw
    rate: float = 2e-3
    critic: bool = False
    teacher: bool = False


def _fields(**shape: tuple[int, ...] | int) -> Callable[[], Model]:
    return partial(Fields, NetConfig(**shape))  # type: ignore[arg-type]


VARIANTS: dict[str, Variant] = {
    "shipped": Variant("the shipped network"),
    "half": Variant("half the channels", partial(Fields, HALF)),
    "wide": Variant("half as many channels again", _fields(channels=(48, 96, 144, 192), head=96)),
    "deep": Variant("twice the blocks at strides 16 and 32", _fields(down=(2, 2, 4, 4), up=(2, 1, 2))),
    "frame-50": Variant("one level: frame of 50 px", _fields(channels=(48,), down=(4,), up=())),
    "frame-100": Variant("two levels", _fields(channels=(32, 80), down=(2, 3), up=(2,))),
    "frame-200": Variant("three levels", _fields(channels=(32, 64, 112), down=(2, 2, 4), up=(2, 1))),
    "frame-800": Variant(
        "five levels", _fields(channels=(32, 64, 96, 128, 128), down=(2, 2, 2, 2, 2), up=(2, 1, 1, 1))
    ),
    "article-slim": Variant("the article's shape at our cost", partial(_article, 8), losses.squared),
    "article": Variant("the article's network", partial(_article, 1), losses.squared, rate=5e-4),
    "pixels": Variant("drawn lines, squared error", _pixels, losses.squared),
    "pixels-map": Variant("the article's loss map", _pixels, losses.mapped),
    "pixels-dice": Variant("cross entropy and Dice", _pixels, losses.overlap),
    "pixels-critic": Variant("an adversarial term", _pixels, losses.squared, critic=True),
    "adadelta": Variant("the article's optimizer", optimizer=_adadelta, rate=1.0),
    "no-norm": Variant("no batch norm", lambda: without_norm(Fields(NetConfig())), rate=5e-4),
    "plain": Variant("fields without weights", loss=losses.plain_fields),
    "squared": Variant("L2 of the fields", loss=losses.squared_fields),
    "distilled": Variant("half the channels, distilled", partial(Fields, HALF), teacher=True),
}
