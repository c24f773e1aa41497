"""The help, and the reference that is made of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lineart_cli import app

REFERENCE = Path(app.__file__).parent / "options" / "REFERENCE.md"
KRITA = ["krita install", "krita status", "krita remove", "krita zip"]
COMMANDS = ["ink", "try", "bench", "brushes", "report", "serve", "config show", *KRITA]


def test_the_reference_is_that_of_the_commands(request: pytest.FixtureRequest) -> None:
    """`pytest tests/cli/test_reference.py --update` writes it anew."""
    code = "from lineart_cli import app; from lineart_cli.ui import reference; print(end=reference.markdown(app.app))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    if request.config.getoption("--update"):
        REFERENCE.write_text(made, "utf-8")
    assert REFERENCE.read_text("utf-8") == made
    assert [line.removeprefix("## lineart ") for line in made.splitlines() if line.startswith("## ")] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_80_columns(command: str) -> None:
    env = {**os.environ, "COLUMNS": "80", "TERMINAL_WIDTH": "80"}
    run = [sys.executable, "-m", "lineart_cli", *command.split(), "--help"]
    text = subprocess.run(run, env=env, capture_output=True, text=True, check=True).stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    if command == "try":
        assert "[default: (PAGE-try.png in the folder you are in)]" in " ".join(text.replace("│", "").split())
        assert "--jobs" not in text
    if command == "ink":
        assert "--passes" in text
        assert "--looks" not in text
