"""Files of Krita, GIMP and Inkscape: written anew by these programs where they are installed, and kept for all others.

`pytest tests/corpus --update` writes the kept ones, `files/`, anew. Debian: apt-get install krita xvfb gimp inkscape.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

HERE = Path(__file__).parent
FILES = HERE / "files"
_DESKTOP = """[Desktop Entry]
Type=Service
ServiceTypes=Krita/PythonPlugin
X-KDE-Library=lineart_corpus
X-Python-2-Compatible=false
Name=lineart_corpus
"""
_TOO_LARGE = {f"krita_{name}" for name in ("cmyka_u8.kra", "graya_u8.kra", "rgba_u8.kra", "nested.krz", "nested.psd")}
"""What is not kept, for its profiles."""
_KRITA = ["krita", "xvfb-run"]
_GIMP = ["gimp-console", "xvfb-run"]
_SECONDS = 400  # a loaded machine takes long

Written = Callable[[str], Path]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Written:
    """Lets a program write its files, once, and gives their folder; skips the test where it is not installed."""
    folders: dict[str, Path] = {}

    def by(program: str) -> Path:
        writer, needed = _WRITERS[program]
        _needed(*needed)
        if program not in folders:
            folders[program] = tmp_path_factory.mktemp(program)
            writer(folders[program])
            if request.config.getoption("--update"):
                FILES.mkdir(exist_ok=True)
                for file in folders[program].glob(f"{program}_*"):
                    if file.name not in _TOO_LARGE:
                        shutil.copy(file, FILES / file.name)
        return folders[program]

    return by


@pytest.fixture
def launch() -> Callable[..., None]:
    """Runs a program, see `_run`; skips the test where it is not installed."""
    return _run


@pytest.fixture
def krita() -> Callable[..., None]:
    """Lets Krita do something with files, see `_krita`; skips the test where it is not installed."""
    return _krita


def _needed(*programs: str) -> None:
    missing = [each for each in programs if shutil.which(each) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: apt-get install krita xvfb gimp inkscape")


def _run(command: Sequence[str], home: Path, **variables: str) -> None:
    """Runs a program that keeps its settings in a home of its own, and shows what it said if it fails."""
    _needed(command[0])
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("DATA", "CONFIG", "CACHE")}
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {**os.environ, "HOME": str(home), **folders, "XDG_RUNTIME_DIR": str(runtime), "LANG": "C.UTF-8"}
    done = subprocess.run(
        command,
        check=False,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        cwd=home,
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-1000:]}{done.stderr[-1000:]}"


@pytest.fixture
def gimp() -> Callable[..., None]:
    """Lets GIMP do something with files, see `_gimp`; skips the test where it is not installed."""
    return _gimp


def _krita(action: str, folder: Path, **told: str) -> None:
    """Starts Krita with the plugin that does what is asked for, into a folder."""
    _needed(*_KRITA)
    home = folder / "home"
    plugin = home / "data/krita/pykrita/lineart_corpus"
    plugin.mkdir(parents=True)
    shutil.copy(HERE / "krita_script.py", plugin / "__init__.py")
    plugin.with_suffix(".desktop").write_text(_DESKTOP, "utf-8")
    (home / "config").mkdir()
    (home / "config/kritarc").write_text("[python]\nenable_lineart_corpus=true\n", "utf-8")
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", "krita", "--nosplash"]
    _run(command, home, LINEART_DO=action, LINEART_CORPUS=str(folder), **told)
    assert not (folder / "told").read_text("utf-8")


def _gimp(action: str, folder: Path) -> None:
    """Starts GIMP to do what is asked for with its script, into a folder; one of its plug-ins needs a display."""
    _needed(*_GIMP)
    script = (HERE / "gimp_script.scm").read_text("utf-8")
    batch = ["-b", f'(define out "{folder}")\n{script}\n{action}', "-b", "(gimp-quit 1)"]
    _run(["xvfb-run", "-a", "gimp-console", "-i", "-d", "-f", *batch], folder / "home")


def _by_krita(folder: Path) -> None:
    frames = []
    for number in range(2):
        frame = np.zeros((80, 100, 4), np.uint8)
        frame[10 + 30 * number : 30 + 30 * number, 10:90] = (20, 20, 60, 255)
        frames.append(folder / f"frame{number}.png")
        Image.fromarray(frame).save(frames[-1])
    masked = str(FILES / "gimp_nested.psd")
    _krita("write", folder, LINEART_FRAMES=os.pathsep.join(map(str, frames)), LINEART_MASKED=masked)


def _by_gimp(folder: Path) -> None:
    _gimp("(write-all)", folder)
    assert (folder / "gimp_nested.psd").exists()


def _by_inkscape(folder: Path) -> None:
    drawn, out = HERE / "inkscape_drawing.svg", folder / "inkscape_drawing"
    _run(["inkscape", str(drawn), "--export-type=svg", f"--export-filename={out}.svg"], folder / "home")
    _run(["inkscape", f"{out}.svg", "-w", "100", "-b", "white", f"--export-filename={out}.png"], folder / "home")


_WRITERS: Mapping[str, tuple[Callable[[Path], None], Sequence[str]]] = {
    "krita": (_by_krita, _KRITA),
    "gimp": (_by_gimp, _GIMP),
    "inkscape": (_by_inkscape, ["inkscape"]),
}
"""How each program writes its files, and the commands that this takes."""
