"""What `lineart bench --save` found to be best, kept in the user's configuration for `lineart ink`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lineart_cli import __version__
from lineart_cli.errors import ArgumentError
from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.machine.hardware import Hardware
from lineart_cli.plan import Measured
from lineart_cli.replacing import replacing

_FILE = "bench.json"


def path() -> Path:
    """Where the choice is kept."""
    import platformdirs

    return platformdirs.user_config_path("lineart", appauthor=False) / _FILE


def save(best: Measured, hardware: Hardware) -> Path:
    """Keep a choice for this machine and these versions, and return the file.

    Raises:
        ArgumentError: the file cannot be written.
    """
    file = path()
    choice = best.choice
    entries: dict[str, Any] = {**_stamp(hardware), "speed": best.speed}
    entries |= asdict(choice)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as part:
            part.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
    except OSError as error:
        advice = f"{file} cannot be written ({error.strerror}); leave the option out and give ink --backend instead"
        raise ArgumentError("--save", choice.backend, advice) from error
    return file


def load(hardware: Hardware) -> Measured | None:
    """The choice that was kept, if it is whole and was made on this machine with these versions."""
    try:
        entries = json.loads(path().read_text("utf-8"))
        if any(entries[key] != value for key, value in _stamp(hardware).items()):
            return None
        backend, device, precision = (str(entries[name]) for name in ("backend", "device", "precision"))
        choice = EngineChoice(backend, device, precision, int(entries["threads"]))
        return Measured(choice, float(entries["speed"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _stamp(hardware: Hardware) -> dict[str, str]:
    """All that a measurement depends on."""
    return {
        "lineart": __version__,
        "runtimes": ", ".join(_versions(hardware.runtimes)),
        "machine": hardware.identity,
    }


def _versions(packages: Iterable[str]) -> Iterable[str]:
    from importlib.metadata import PackageNotFoundError, version

    for package in packages:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:  # another package brings this module, such as onnxruntime-gpu
            yield package
