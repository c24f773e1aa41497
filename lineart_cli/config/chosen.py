"""What holds: the command line first, then the preset, then the rest of the file."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lineart_cli.config.file import NAME, ConfigError, ConfigFile, Value, find
from lineart_cli.errors import ArgumentError, nearest_first
from lineart_cli.options import field_name


@dataclass(frozen=True)
class Chosen:
    """Options as they were given, on the command line and in a file.

    Attributes:
        given: for `Options.parse`.
        origins: of those that a file gives, by name.
        file: that was read, if one was.
        preset: that was asked for, or empty.
        is_asked: whether the user has said which file, or none.
    """

    given: Mapping[str, str | bool]
    origins: Mapping[str, Value] = field(default_factory=dict)
    file: ConfigFile | None = None
    preset: str = ""
    is_asked: bool = False

    def without(self, name: str) -> Chosen:
        """The same, but for an option."""
        given = {key: value for key, value in self.given.items() if key != name}
        origins = {key: value for key, value in self.origins.items() if key != name}
        return replace(self, given=given, origins=origins)

    @contextlib.contextmanager
    def located(self) -> Iterator[None]:
        """An ArgumentError about an option that a file gives names the line, also where it does not go with another."""
        try:
            yield
        except ArgumentError as error:
            origin = self.origins.get(field_name(error.option))
            if origin is not None:
                raise ConfigError(origin.path, str(error).removeprefix("--"), origin.line) from error
            others = (self.origins.get(field_name(flag)) for flag in re.findall(r"--[\w-]+", error.value))
            other = next(filter(None, others), None)
            if other is None:
                raise
            advice = f"{error.advice}; the other one is given on line {other.line} of {other.path}"
            raise ArgumentError(error.option, error.value, advice) from error

    def notices(self, folders: Iterable[Path]) -> Iterator[str]:
        """Tells which file was read, and which are passed over though they are nearer to pages.

        Args:
            folders: that pages are in.
        """
        path = self.file.path if self.file else None
        if path is not None:
            yield f"options of {path}" + (f", preset {self.preset}" if self.preset else "")
        nearer = set() if self.is_asked else {find(folder) for folder in folders} - {path, None}
        for each in sorted(map(str, nearer)):
            advice = f"only {NAME} in a folder that is named, or above it, is read; name its folder, or give --config"
            yield f"{each} is passed over: {advice}"


def choose(typed: Mapping[str, str | bool], file: ConfigFile | None, preset: str | None = None) -> Chosen:
    """Joins what was typed with what a file says.

    Args:
        typed: on the command line; it comes first.
        file: of options, if there is one.
        preset: of the file, whose options come before its others.

    Raises:
        ArgumentError: there is no such preset.
    """
    if file is None and preset is not None:
        raise ArgumentError(
            "--preset", preset, f"no {NAME} in the input's folder or above; write one, or give --config"
        )
    if file is None:
        return Chosen(typed)
    if preset is not None and preset not in file.presets:
        there = f"there is {', '.join(nearest_first(preset, file.presets))}" if file.presets else "it has none"
        raise ArgumentError("--preset", preset, f"not in {file.path}; {there}")
    values = {**file.values, **(file.presets[preset] if preset is not None else {})}
    origins = {name: value for name, value in values.items() if name not in typed}
    given = {name: value.given for name, value in origins.items()} | dict(typed)
    return Chosen(given, origins, file, preset or "")
