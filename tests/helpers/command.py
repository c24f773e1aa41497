"""`lineart` in the process of the tests."""

from __future__ import annotations

import sys
from unittest.mock import patch

import pytest

from lineart_cli import app


def lineart(*words: str) -> int:
    """Runs a command; its exit code."""
    with patch.object(sys, "argv", ["lineart", *words]), pytest.raises(SystemExit) as ended:
        app.main()
    return int(ended.value.code or 0)
