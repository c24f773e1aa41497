"""The README's picture of Krita: `LINEART_PICTURE=krita.jpg python -m pytest -m long tests/krita/test_picture.py`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytestmark = [pytest.mark.krita, pytest.mark.long]

PAGE = Path(__file__).parents[2] / "examples/dragon.jpg"
WIDTH = 1260


def test_krita_with_the_docker_and_a_page_of_ink(play: Callable[..., dict[str, Any]]) -> None:
    told = play("pictures", LINEART_PAGE=str(PAGE))["pictures"]
    assert told["layers"] == ["Background", "Sketch", "Ink of Sketch"]
    picture = Image.open(told["window"]).convert("RGB")
    assert picture.width > picture.height > 800
    wanted = os.environ.get("LINEART_PICTURE")
    if wanted:
        size = WIDTH, picture.height * WIDTH // picture.width
        picture.resize(size, Image.Resampling.LANCZOS).save(wanted, quality=88)
