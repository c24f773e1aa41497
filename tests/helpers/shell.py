"""`lineart` as it is typed, with a fake in place of the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from batches import HalfInker
from command import lineart
from lineart_cli import app, planning
from lineart_cli.bench import settings
from lineart_cli.machine import hardware
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import InkOptions
from lineart_cli.plan import PageSize, Plan


class Shell:
    """Types commands into `lineart`; `out` and `err` are what the last one said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""
        self.machine = Hardware("Some CPU", ("avx2", "bf16"), 4, 4, 16 * 10**9, 8 * 10**9)
        self.opened: list[Plan] = []
        self._deciding = planning.decide
        self._decide: Callable[[PageSize], Plan] = lambda _: pytest.fail("nothing was decided")
        monkeypatch.setattr(planning, "decide", self._remember)
        monkeypatch.setattr(app, "_open_inker", self._open)
        monkeypatch.setattr(hardware, "detect", lambda: self.machine)
        monkeypatch.setattr(settings, "path", lambda: Path("config/bench.json"))

    def _open(self, card: ModelCard, bits: int, *_: object) -> HalfInker:
        self.opened.append(self._decide(PageSize(3000, 2000, 300)))
        return HalfInker(bits)

    def _remember(self, card: ModelCard, options: InkOptions, pages: int) -> Callable[[PageSize], Plan]:
        self._decide = self._deciding(card, options, pages)
        return self._decide

    def __call__(self, *arguments: str) -> int:
        code = lineart(*arguments)
        self.out, self.err = self._capsys.readouterr()
        return code
