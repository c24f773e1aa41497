"""The docker's widgets in PyQt5 (Krita 5) and PyQt6 (Krita 6), with the real `lineart serve` and no Krita."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lineart_cli.krita import plugin_files
from lineart_cli.krita.folders import Krita

pytestmark = pytest.mark.skipif(os.name == "nt", reason="starts lineart by a script of the shell")

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHONS = (os.environ.get("LINEART_QT_PYTHON"), sys.executable, shutil.which("python3", path="/usr/bin"))
"""Of which one may have PyQt; the first may be named by whoever runs the test."""


def python_with(package: str) -> str:
    """The Python that has a package; skips the test where there is none."""
    for python in filter(None, PYTHONS):
        if not subprocess.run(
            [python, "-c", f"import {package}.QtWidgets"], capture_output=True, check=False
        ).returncode:
            return python
    return pytest.skip(f"{package} is missing; install it, or name a Python that has it in LINEART_QT_PYTHON")


@pytest.fixture(scope="module", params=[5, 6])
def facts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    python, home = python_with(f"PyQt{request.param}"), tmp_path_factory.mktemp("offscreen")
    krita = Krita("test", home / "krita", home / "kritarc")
    caller = home / "lineart"
    caller.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m lineart_cli "$@"\n', "utf-8")
    caller.chmod(0o755)
    plugin_files.install(krita, [str(caller)])
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_DATA_HOME": str(home), "LANG": "C.UTF-8"}
    environment.pop("PYTHONPATH", None)
    environment["TMPDIR"] = str(home / "tmp")
    (home / "tmp").mkdir()
    done = subprocess.run(
        [python, str(HERE / "offscreen.py"), str(request.param), str(krita.plugins)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**told, "version": request.param}


def test_the_docker_works_in_this_qt(facts: dict[str, Any]) -> None:
    assert facts["qt"] == f"PyQt{facts['version']}.QtWidgets"
    assert facts["name"] == "lineart"
    assert facts["brushes"]
    assert facts["brush"] == "pencil"
    assert facts["icons"]
    assert "lineart krita install" in facts["missing"]  # at first; the brushes came when it was there
    assert facts["unknown"] == ["of another machine", "of another_machine"]
    assert facts["known"] == ["pencil", -1]
    assert facts["converted"] == [80, 944.88, 80]  # px at 300 dpi, as far as there are such lines
    settings = facts["settings"]
    assert (settings["unit"], settings["thickness"], settings["faint"]) == ("mm", 0.5, 0.6)
    assert settings["brush"] == "ink_pen"
    assert facts["bar"] == [500, "~{0}, {1} s left".replace("{0}", "Inking").replace("{1}", "3"), True]
    assert facts["overlay"] == ["#ff0000", True]
    assert facts["killed"]["kind"] == "ended"
    assert (facts["cancelled"], facts["other"]) == ({"event": "cancelled"}, "done")
    assert (facts["stuck"], facts["behind"]) == ({"event": "cancelled"}, "done")
    assert (facts["mute"], facts["greeted"], facts["busy"]) == ({"event": "cancelled"}, "done", False)
    assert facts["grabbed"]
    assert len(facts["menu"]) == 2  # with what can paint by script


def test_a_brush_of_the_artist_s_is_replaced_only_if_they_say_so(facts: dict[str, Any]) -> None:
    assert facts["free"] == ["~my brush 3"] * 3
    assert facts["used"] == ["other", "~my brush"]
    assert facts["asked"] == ["~You have a brush ~my brush already. Replace it?"] * 2


def test_files_go_with_their_docker_and_those_of_a_process_that_was_killed_when_another_starts(
    facts: dict[str, Any],
) -> None:
    while_previewed, at_last = (
        [name for name in names if name.startswith("lineart-krita-")] for names in facts["files"]
    )
    assert at_last == ["lineart-krita-no lock", "lineart-krita-used", "lineart-krita-used.lock"]
    assert len(while_previewed) == len(at_last) + 2


def test_all_texts_are_translated(facts: dict[str, Any]) -> None:
    texts = [facts["said"], facts["stroke"], *facts["menu"], *facts["texts"], facts["killed"]["error"]]
    assert len(texts) > 12
    assert [text for text in texts if text and not text.startswith("~")] == []
