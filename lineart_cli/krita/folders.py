"""Where Krita keeps what its user adds: resource folders, and the file that says which plugins are on."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lineart_cli.errors import ArgumentError, LineartError
from lineart_cli.krita import kritarc

_FLATPAK = Path(".var/app/org.kde.krita")
_ADVICE = "in Krita, Settings > Manage Resources > Open Resource Folder shows it"


@dataclass(frozen=True)
class Krita:
    """One installation of Krita, as far as its user's files go.

    Attributes:
        kind: a word for lists.
        resources: the folder that has `pykrita` in it.
        config: the file `kritarc`.
    """

    kind: str
    resources: Path
    config: Path

    @property
    def plugins(self) -> Path:
        """Where Python plugins are."""
        return self.resources / "pykrita"


def find(resources: str | None) -> list[Krita]:
    """The installations of Krita, or the one with the given resource folder.

    Raises:
        ArgumentError: there is no such folder, or a file in its place.
        LineartError: Krita was not found.
    """
    known = _known(sys.platform, os.environ, Path.home())
    if resources is not None:
        folder = Path(resources).expanduser().absolute()
        if not folder.is_dir():
            fault = "is a file, and no folder" if folder.exists() else "no such folder"
            raise ArgumentError("--resources", resources, f"{fault}; {_ADVICE}")
        if folder.name == "pykrita":
            folder = folder.parent
        return [_of_folder(folder, known)]
    used = [each for each in known if each.resources.is_dir() or each.config.is_file()]
    if not used:
        looked = ", ".join(str(each.resources) for each in known)
        advice = f"start it once, or name its resource folder with --resources ({_ADVICE})"
        raise LineartError(f"Krita was not found in {looked}; {advice}")
    return used


def others(krita: Krita) -> list[Krita]:
    """The installations of Krita with other resource folders."""
    known = _known(sys.platform, os.environ, Path.home())
    return [each for each in known if each.resources != krita.resources]


def _of_folder(folder: Path, known: list[Krita]) -> Krita:
    """The installation with that resource folder; of one that nobody knows, the first one's file is taken."""
    same = [each for each in known if each.resources == folder]
    beside = folder / "kritarc"  # of a portable Krita
    if same:
        return same[0]
    return Krita("folder", folder, beside if beside.is_file() else known[0].config)


def _known(platform: str, environment: Mapping[str, str], home: Path) -> list[Krita]:
    """Where installations of Krita have their files, whether they are there or not."""
    if platform == "win32":
        roaming = Path(environment.get("APPDATA", home / "AppData/Roaming"))
        local = Path(environment.get("LOCALAPPDATA", home / "AppData/Local"))
        store = sorted((local / "Packages").glob("49800Krita_*/LocalCache"))
        found = [Krita("Windows", roaming / "krita", local / "kritarc")]
        found += [Krita("Microsoft Store", each / "Roaming/krita", each / "Local/kritarc") for each in store]
    elif platform == "darwin":
        library = home / "Library"
        found = [Krita("macOS", library / "Application Support/krita", library / "Preferences/kritarc")]
    else:
        data = Path(environment.get("XDG_DATA_HOME") or home / ".local/share")
        config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
        flatpak = home / _FLATPAK
        found = [
            Krita("Linux", data / "krita", config / "kritarc"),
            Krita("Flatpak", flatpak / "data/krita", flatpak / "config/kritarc"),
        ]
    return [Krita(each.kind, _moved(each), each.config) for each in found]


def _moved(krita: Krita) -> Path:
    """The resource folder that its user chose instead, in Krita's settings."""
    chosen = kritarc.value(krita.config, "", "ResourceDirectory")
    return Path(chosen) if chosen and Path(chosen).is_absolute() else krita.resources
