"""Ink that the artist edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from edited import Desk, sketch


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.draw(sketch())
    return desk
