"""The plugin's files: put into Krita, looked after, taken away, and packed as Krita imports them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lineart_cli import __version__
from lineart_cli.errors import LineartError
from lineart_cli.krita import kritarc
from lineart_cli.krita.folders import Krita

NAME = "lineart"
"""Of the plugin's folder and of its `.desktop` file."""
_SOURCE = Path(__file__).parent / "plugin"
_COMMAND = "command.json"
_COMPILED = "__pycache__"
_SWITCH = ("python", f"enable_{NAME}")


def command() -> tuple[str, ...]:
    """How this very lineart is called."""
    return sys.executable, "-m", "lineart_cli"


def install(krita: Krita, words: Sequence[str]) -> None:
    """Put the plugin there, in place of an older one, and switch it on; `foreign` files stay.

    Args:
        krita: where.
        words: how the plugin is to call lineart.

    Raises:
        LineartError: something cannot be written, or a file of somebody else's is in its place.
    """
    with _told(krita):
        for path in _in_the_way(krita):
            raise LineartError(f"{path}: is in the place of a file of lineart's; move it away, and install again")
        krita.plugins.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".lineart-", dir=krita.plugins) as scratch:
            new, old = Path(scratch, "new"), Path(scratch, "old")
            shutil.copytree(_SOURCE / NAME, new, ignore=shutil.ignore_patterns(_COMPILED))
            (new / _COMMAND).write_text(_command_text(words), "utf-8")
            target = krita.plugins / NAME
            for name in foreign(krita):
                copy = shutil.copytree if (target / name).is_dir() else shutil.copy2
                copy(target / name, new / name)
            if target.exists():
                os.replace(target, old)
            os.replace(new, target)
        shutil.copyfile(_SOURCE / f"{NAME}.desktop", _desktop(krita))
        kritarc.put(krita.config, *_SWITCH, "true")


def remove(krita: Krita, others: Sequence[Krita] = ()) -> bool:
    """Take all of it away but `foreign` files; False where there was nothing.

    Args:
        krita: where.
        others: further installations; the plugin stays switched on for those that share the settings and have it.

    Raises:
        LineartError: something cannot be taken away.
    """
    folder, desktop = krita.plugins / NAME, _desktop(krita)
    is_shared = any(each.config == krita.config and is_there(each) for each in others)
    is_switched = not is_shared and kritarc.value(krita.config, *_SWITCH) is not None
    was_there = is_there(krita) or is_switched
    is_desktop_ours = _is_desktop_ours(krita)
    with _told(krita):
        if folder.is_symlink():
            folder.unlink()
        elif folder.is_dir():
            for each in _files(folder):
                each.unlink()
            shutil.rmtree(folder / _COMPILED, ignore_errors=True)
            _remove_empty(folder)
        if is_desktop_ours:
            desktop.unlink()
        _remove_empty(krita.plugins)
        if is_switched:
            kritarc.put(krita.config, *_SWITCH, None)
    return was_there


def is_there(krita: Krita) -> bool:
    """Whether anything of the plugin is among the files there."""
    return _is_desktop_ours(krita) or bool(_files(krita.plugins / NAME))


def foreign(krita: Krita) -> list[str]:
    """What lies in the plugin's folder and is not lineart's, by name."""
    folder = krita.plugins / NAME
    if folder.is_symlink() or not folder.is_dir():
        return []
    ours = {*_ours(folder), _COMPILED}
    return sorted(each.name for each in folder.iterdir() if each.name not in ours)


def faults(krita: Krita) -> list[str]:
    """What is wrong with the plugin there, each with what to do about it; empty where all is well."""
    folder = krita.plugins / NAME
    if not is_there(krita):
        return ["not installed; run lineart krita install"]
    found = []
    if not _desktop(krita).is_file():
        found.append(f"{NAME}.desktop is missing; run lineart krita install")
    if _contents(folder, _ours(folder)) != _contents(_SOURCE / NAME, _shipped()):
        found.append("its files are of another version of lineart; run lineart krita install")
    if kritarc.value(krita.config, *_SWITCH) != "true":
        found.append("switched off; run lineart krita install, or tick it in Krita's Python Plugin Manager")
    try:
        (program, *_), version = called(krita)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return [*found, "it does not know which lineart to call; run lineart krita install"]
    if not shutil.which(program):
        found.append(f"it calls {program}, which is gone; run lineart krita install")
    elif version != __version__:
        found.append(f"it calls lineart {version}, and this is {__version__}; run lineart krita install")
    return found


def called(krita: Krita) -> tuple[list[str], str]:
    """How the plugin there calls lineart, and which version that was; raises OSError, ValueError or KeyError."""
    told = json.loads((krita.plugins / NAME / _COMMAND).read_text("utf-8"))
    return [str(each) for each in told["command"]], str(told["lineart"])


def pack(path: Path, words: Sequence[str]) -> None:
    """Write the plugin as a zip for Tools > Scripts > Import Python Plugin from File; raises LineartError."""
    part = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(_SOURCE / f"{NAME}.desktop", f"{NAME}.desktop")
            archive.mkdir(NAME)
            for name, content in _contents(_SOURCE / NAME, _shipped()).items():
                archive.writestr(f"{NAME}/{name}", content)
            archive.writestr(f"{NAME}/{_COMMAND}", _command_text(words))
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LineartError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def is_packed(path: Path) -> bool:
    """Whether a file is the plugin as `pack` writes it, in whatever version."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {f"{NAME}.desktop", f"{NAME}/{_COMMAND}"} <= set(archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def _command_text(words: Sequence[str]) -> str:
    told = {"command": list(words), "lineart": __version__, "files": sorted(_shipped())}
    return json.dumps(told, indent=2) + "\n"


def _shipped() -> set[str]:
    """Names of the plugin's files in this version."""
    return {each.name for each in (_SOURCE / NAME).iterdir() if each.is_file()}


def _in_the_way(krita: Krita) -> list[Path]:
    """Files that lineart has not put there, and that have the names of those that it would put there."""
    folder, desktop = krita.plugins / NAME, _desktop(krita)
    if folder.is_symlink():
        return []
    if folder.exists() and not folder.is_dir():
        return [folder]
    ours = _ours(folder)
    found = [folder / name for name in sorted({*_shipped(), _COMMAND} - ours) if (folder / name).exists()]
    return found + [desktop] * (desktop.exists() and not _is_desktop_ours(krita))


def _desktop(krita: Krita) -> Path:
    return krita.plugins / f"{NAME}.desktop"


def _is_desktop_ours(krita: Krita) -> bool:
    """Whether the file is there, and either came with the plugin that is there or is just what would come."""
    path = _desktop(krita)
    is_ours = krita.plugins.joinpath(NAME).is_symlink() or _COMMAND in _ours(krita.plugins / NAME)
    return path.is_file() and (is_ours or path.read_bytes() == (_SOURCE / path.name).read_bytes())


def _ours(folder: Path) -> set[str]:
    """Names of the files in the plugin's folder that lineart has put there: as it wrote down, or by their content."""
    try:
        told = json.loads((folder / _COMMAND).read_text("utf-8"))
        installed = {each for each in told["files"] if Path(each).name == each}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        same = _contents(_SOURCE / NAME, _shipped()).items() & _contents(folder, _shipped()).items()
        installed = {name for name, _ in same}
    return {*installed, _COMMAND} if installed else set()


def _contents(folder: Path, names: set[str]) -> dict[str, bytes]:
    """Those of a folder's files that are there, but for the one that tells which lineart to call."""
    there = (folder / name for name in sorted(names - {_COMMAND}))
    return {each.name: each.read_bytes() for each in there if each.is_file()}


def _files(folder: Path) -> list[Path]:
    """Those of the plugin's files that are in its folder."""
    return [folder / name for name in sorted(_ours(folder)) if (folder / name).is_file()]


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


@contextlib.contextmanager
def _told(krita: Krita) -> Iterator[None]:
    """Whatever the disk refuses becomes a LineartError."""
    try:
        yield
    except OSError as error:
        where = error.filename or krita.resources
        advice = "check its permissions, or give another folder with --resources"
        raise LineartError(f"{where}: cannot be changed ({error.strerror}); {advice}") from error
