"""A folder of small scans, and one for their ink."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanned import page


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    page(tmp_path / "scans/a.png")
    page(tmp_path / "scans/b.png")
    page(tmp_path / "scans/deep/c.png")
    return tmp_path / "scans"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "ink"
