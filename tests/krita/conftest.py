"""Krita itself, under Xvfb, with the plugin as `lineart krita install` puts it there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lineart_cli.krita import kritarc, plugin_files
from lineart_cli.krita.folders import Krita

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_MISSING = [name for name in ("krita", "xvfb-run") if shutil.which(name) is None]
_WITHOUT_VENVS = [each for each in os.get_exec_path() if not Path(each, "../pyvenv.cfg").exists()]
"""PATH, but for activated environments: Krita's Python would take one for its home."""
_SECONDS = 900  # a loaded machine takes long

Play = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def krita_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the plugin is installed, and which calls the lineart of this checkout."""
    if _MISSING:
        pytest.skip(f"{' and '.join(_MISSING)} not installed: apt-get install krita xvfb python3-pyqt5")
    home = tmp_path_factory.mktemp("krita")
    krita = Krita("test", home / "data/krita", home / "config/kritarc")
    (home / "run").mkdir(mode=0o700)
    caller = home / "lineart"
    caller.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m lineart_cli "$@"\n', "utf-8")
    caller.chmod(0o755)
    plugin_files.install(krita, [str(caller)])
    shutil.copytree(HERE / "stage", krita.plugins, dirs_exist_ok=True)
    kritarc.put(krita.config, "python", "enable_stage", "true")
    return home


@pytest.fixture(scope="session")
def play(krita_home: Path) -> Play:
    """Plays scenes in a Krita that is started for them; returns the facts of each by its name."""

    def perform(*acts: str, **variables: str) -> dict[str, Any]:
        out = krita_home / "out"
        out.mkdir(exist_ok=True)
        facts = krita_home / f"{acts[0]}.json"
        environment = {
            **os.environ,
            "HOME": str(krita_home),
            "XDG_DATA_HOME": str(krita_home / "data"),
            "XDG_CONFIG_HOME": str(krita_home / "config"),
            "XDG_CACHE_HOME": str(krita_home / "cache"),
            "XDG_RUNTIME_DIR": str(krita_home / "run"),
            "LANG": "C.UTF-8",
            "LINEART_SCENES": str(HERE),
            "LINEART_ACTS": ",".join(acts),
            "LINEART_FACTS": str(facts),
            "LINEART_OUT": str(out),
            **variables,
            "PATH": os.pathsep.join(_WITHOUT_VENVS),
        }
        environment.pop("PYTHONPATH", None)
        command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", "krita", "--nosplash"]
        with (krita_home / f"{acts[0]}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, cwd=krita_home, start_new_session=True
            )
            try:
                process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
        if not facts.exists():
            pytest.fail(f"Krita ended without a word, code {process.returncode}:\n{Path(log.name).read_text()[-2000:]}")
        told: dict[str, Any] = json.loads(facts.read_text("utf-8"))
        return told

    return perform
