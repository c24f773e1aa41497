"""What an inker does around the passes of its network: each operation takes part, on the ink that it is meant for."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from lineart_cli.brushes import store
from lineart_cli.brushes.style import Tool
from lineart_cli.inference import blots, crumbs, gaps, meshes, solids
from lineart_cli.inking.arrays import ArrayInker
from lineart_cli.inking.inker import Inker
from lineart_cli.machine.hardware import Hardware
from lineart_cli.model.card import ModelCard
from lineart_cli.options import Length
from lineart_cli.plan import PageSize, Plan, Request, plan

INK_PEN = store.find("ink_pen")[1]
Swept = list[tuple[np.ndarray, np.ndarray, bool]]
"""Of each page that crumbs were looked for in: where it is ink, what it has, and whether what takes their place is."""


class Ruler:
    """An engine whose lines run along the middle of all that is darker than a half."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape

    def rest(self) -> bool:
        return True

    def run(self, sketch: np.ndarray, thickness: float) -> np.ndarray:
        off = cv2.distanceTransform(np.uint8(sketch[0, 0] < 0.5), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return (thickness / 2 - np.minimum(off, 12)).astype(np.float16)[None, None]


@pytest.fixture
def ink(twice: ModelCard) -> Callable[..., np.ndarray]:
    machine = Hardware("Some CPU", ("avx2",), 2, 2, 64 * 10**9, 32 * 10**9)

    def planned(page: PageSize) -> Plan:
        return plan(page, twice, machine, Request(max_memory=10**9, passes=3))

    def make(tool: Tool, scale: float = 1.0) -> np.ndarray:
        inker = ArrayInker(Inker(twice, lambda _, window: Ruler(window)), planned)
        return inker.ink(sketch(), 300, tool, scale=scale)

    return make


def sketch() -> np.ndarray:
    page = np.full((320, 400), 245, np.uint8)
    cv2.ellipse(page, (200, 160), (150, 90), 20, 0, 360, 50, 3, cv2.LINE_AA)
    return page


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the operations, in the order in which they are called."""
    names: list[str] = []

    def spy(module: ModuleType, function: str) -> None:
        real = getattr(module, function)

        def told(*given: Any) -> Any:
            names.append(module.__name__.rpartition(".")[2])
            return real(*given)

        monkeypatch.setattr(module, function, told)

    for module, function in (
        (blots, "as_lines"),
        (gaps, "clear"),
        (meshes, "redrawn"),
        (solids, "filled"),
        (crumbs, "sweep"),
    ):
        spy(module, function)
    return names


@pytest.fixture
def swept(monkeypatch: pytest.MonkeyPatch) -> Swept:
    found: Swept = []

    def look(_darken: object, page: Any, is_inked: Callable[[np.ndarray], np.ndarray], none: float) -> None:
        values = np.asarray(page[0 : page.shape[0]])
        found.append((is_inked(values), values.copy(), bool(is_inked(np.array([none], values.dtype))[0])))

    monkeypatch.setattr(crumbs, "sweep", look)
    return found


@pytest.mark.parametrize("tool", [Tool(thickness=Length(4.0)), Tool(INK_PEN, Length(4.0))])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_every_operation_takes_part_in_its_turn(
    ink: Callable[..., np.ndarray], called: list[str], tool: Tool, scale: float
) -> None:
    assert (ink(tool, scale) > 127).any()
    assert called == ["blots", "gaps", "blots", "meshes", "solids", "crumbs"]


@pytest.mark.parametrize(
    ("tool", "scale"),
    [
        (Tool(thickness=Length(6.0)), 1.0),
        (Tool(thickness=Length(9.0)), 1.5),
        (Tool(thickness=Length(20.0)), 1.5),
        (Tool(thickness=Length(1.5)), 1.5),
        (Tool(INK_PEN, Length(9.0)), 1.5),
    ],
)
def test_crumbs_are_looked_for_in_lines_as_thick_as_those_of_the_draft(
    ink: Callable[..., np.ndarray], swept: Swept, tool: Tool, scale: float
) -> None:
    ink(tool, scale)
    ((inked, _, is_none_inked),) = swept
    assert not is_none_inked
    shape = PageSize(320, 400, 300, scale=scale).working_shape
    small = cv2.resize(sketch(), shape[::-1], interpolation=cv2.INTER_AREA)
    off = cv2.distanceTransform(np.uint8(small > 150), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    assert inked[off == 0].all()
    assert not inked[off > 3.0 + 1.5].any()
    assert inked[off < 3.0 - 1.5].all()
