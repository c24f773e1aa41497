"""A sketch for `lineart serve`, and somebody who calls it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from lineart_cli.serve import Server, Studio
from waiting import LATE

SHAPE = (320, 450)


def sketch() -> np.ndarray:
    page = np.full(SHAPE, 245, np.uint8)
    cv2.ellipse(page, (200, 150), (150, 90), 20, 0, 360, 50, 5, cv2.LINE_AA)
    return page


class Caller:
    """Talks to a server in a thread."""

    def __init__(self, studio: Studio, idle: float = 100) -> None:
        self.said: list[dict[str, Any]] = []
        self._lines: list[str | None] = []
        self._more = threading.Condition()
        server = Server(studio, self._hear, idle)
        self.thread = threading.Thread(target=server.run, args=(self._given(),), daemon=True)
        self.thread.start()

    def send(self, line: str | None) -> None:
        with self._more:
            self._lines.append(line)
            self._more.notify_all()

    def ask(self, number: int, do: str, **fields: Any) -> dict[str, Any]:
        self.send(json.dumps({"id": number, "do": do, **fields}))
        return self.last(number)

    def last(self, number: int | None) -> dict[str, Any]:
        """The answer that ends a request."""
        with self._more:
            assert self._more.wait_for(lambda: self._ends(number), LATE), self.said
            return self._ends(number)[0]

    def _ends(self, number: int | None) -> list[dict[str, Any]]:
        return [each for each in self.said if each.get("id") == number and each["event"] != "progress"]

    def _hear(self, line: str) -> None:
        with self._more:
            self.said.append(json.loads(line))
            self._more.notify_all()

    def _given(self) -> Iterator[str]:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._lines)
                line = self._lines.pop(0)
            if line is None:
                return
            yield line
