"""What batches need that ink without a network: what inks, a plan for every page, and who listens."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from lineart_cli.brushes.style import Tool
from lineart_cli.events import Event, PageFailed
from lineart_cli.imaging.disk_array import Page
from lineart_cli.imaging.tone import Tone
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.inference.tiles import plan_tiles
from lineart_cli.plan import PageSize, Plan


class Listener:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def report(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def errors(self) -> list[str]:
        return [event.error for event in self.events if isinstance(event, PageFailed)]


class HalfInker:
    """Inks what is darker than half."""

    def __init__(self, bits: int = 8) -> None:
        self._bits = bits

    def bands(
        self, grey: Page, size: PageSize, plan: Plan, tool: Tool, faint: float, tone: Tone
    ) -> Iterator[np.ndarray]:
        white = np.iinfo(grey.dtype).max if grey.dtype.kind == "u" else 1
        ink = np.where(grey[:] < white / 2, 2**self._bits - 1, 0).astype(f"uint{self._bits}")
        yield cv2.resize(ink, size.shape[::-1], interpolation=cv2.INTER_NEAREST)


def plan(page: PageSize) -> Plan:
    """What a page costs, for all that matters here."""
    tiles = plan_tiles(page.height, page.width, (512, 512), 32, 64)
    return Plan(EngineChoice("openvino", "CPU", "f32", 2), 3, tiles, (), 1, 123, 1.5, ("because",))
