"""The rules of the house: style, types, layers, sizes. What breaks one of them breaks the tests."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES = 350


def check(*command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_style() -> None:
    check("-m", "ruff", "check", ".")


def test_layout() -> None:
    check("-m", "ruff", "format", "--check", ".")


@pytest.mark.slow
def test_types() -> None:
    check("-m", "mypy")


def test_layers() -> None:
    check("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")


@pytest.mark.parametrize("package", ["lineart_cli", "lineart_train"])
def test_files_stay_small(package: str) -> None:
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / package).rglob("*.py")}
    assert lines
    assert not {str(path): count for path, count in lines.items() if count > MOST_LINES}


def test_the_readme_s_commands_are_those_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    script = (ROOT / ".ci/run").read_text("utf-8")
    begin, end = "# >>> README's test command\n", "# <<<"
    command = script[script.index(begin) + len(begin) : script.index(end)].strip()
    assert command
    assert command.replace(' 2>&1 | tee "$log"', "") in readme


def layers() -> str:
    """The import contracts as a picture, the highest layer first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    lines = []
    for contract in contracts:
        if contract["type"] == "layers":
            (package,) = contract["containers"]
            lines += [f"    {package}", *(f"        {layer}" for layer in contract["layers"]), ""]
    return "\n".join(lines)


def test_the_map_is_that_of_the_import_contracts(request: pytest.FixtureRequest) -> None:
    """`pytest tests/test_house.py --update` writes it anew."""
    path, begin, end = ROOT / "CONTRIBUTING.md", "<!-- layers -->\n", "<!-- end -->"
    text = path.read_text("utf-8")
    first, last = text.index(begin) + len(begin), text.index(end)
    if request.config.getoption("--update"):
        path.write_text(f"{text[:first]}\n{layers()}\n{text[last:]}", "utf-8")
    assert path.read_text("utf-8")[first:].partition(end)[0].strip("\n") == layers().strip("\n")


def test_every_package_of_the_map_is_there() -> None:
    named = re.findall(r"`(\w+)/`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert named
    homes = [
        ROOT,
        ROOT / "lineart_cli",
        ROOT / "lineart_train",
        ROOT / "lineart_cli/brushes",
        ROOT / "lineart_cli/pages",
    ]
    homes.append(ROOT / "lineart_cli/inference")
    assert [name for name in named if not any((home / name).is_dir() for home in homes)] == []
