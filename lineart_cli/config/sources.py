"""Which file of options is the one for a run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lineart_cli.config.chosen import Chosen, choose
from lineart_cli.config.file import NAME, find, load
from lineart_cli.errors import ArgumentError
from lineart_cli.options import ConfigOptions

_NONE = "none"


def chosen_for(typed: Mapping[str, str | bool], folders: Sequence[Path], wanted: ConfigOptions) -> Chosen:
    """The options that hold for inputs in some folders.

    Args:
        typed: on the command line.
        folders: of the inputs; all have to have the same file of options, or none.
        wanted: the file and the preset that are asked for.

    Raises:
        ArgumentError: the file or the preset that is asked for is not there, or the folders have several files.
        ConfigError: the file cannot be used.
    """
    if wanted.config is None:
        path = _found(folders)
    elif wanted.config.lower() == _NONE:
        path = None
    else:
        path = Path(wanted.config)
        if os.path.isdir(path):
            raise ArgumentError("--config", path, f"is a folder; name a file in it, such as {path / NAME}")
        if not os.path.isfile(path):
            raise ArgumentError("--config", path, "no such file; check the spelling, or write none to read no file")
    chosen = choose(typed, load(path) if path is not None else None, wanted.preset)
    return replace(chosen, is_asked=wanted.config is not None)


def _found(folders: Sequence[Path]) -> Path | None:
    found = {find(folder): folder for folder in folders}
    if len(found) > 1:
        (one, here), (other, there) = list(found.items())[:2]
        advice = f"{one or f'no {NAME}'} holds for {here}, and {other or f'no {NAME}'} for {there}"
        raise ArgumentError("--config", "missing", f"{advice}; name one of them, or none, or ink in two runs")
    return next(iter(found), None)
