"""A file of options: TOML, by the options' own names, with presets as tables.

thickness = "0.3mm"

[presets.comic]
brush = "ink_pen"
drop-colour = ["blue", "red"]
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineart_cli.config.lines import Key, key_lines
from lineart_cli.errors import ArgumentError, ExitCode, LineartError, one_line
from lineart_cli.options import InkOptions, Spec, field_name, specs

NAME = "lineart.toml"
LARGEST = 1 << 16
"""Bytes of a file."""
_PRESETS = "presets"


class ConfigError(LineartError):
    """A file of options cannot be used."""

    exit_code = ExitCode.BAD_ARGUMENTS

    def __init__(self, path: Path, message: str, line: int | None = None) -> None:
        """
        Args:
            path: the file.
            message: what is wrong with it and what to do about it.
            line: where, counted from 1.
        """
        super().__init__(f"{one_line(str(path))}{f' line {line}' if line else ''}: {message}")


@dataclass(frozen=True)
class Value:
    """What a file says of an option.

    Attributes:
        given: as the command line would give it, see `Options.parse`.
        path: of the file.
        line: of the file, from 1.
        preset: that it belongs to; empty where it holds for all.
    """

    given: str | bool
    path: Path
    line: int
    preset: str = ""


@dataclass(frozen=True)
class ConfigFile:
    """A file of options that has been checked: what it says of each by its name in the table `InkOptions`.

    Attributes:
        path: of the file.
        values: that hold for all.
        presets: by their names.
    """

    path: Path
    values: Mapping[str, Value]
    presets: Mapping[str, Mapping[str, Value]]


def find(folder: Path) -> Path | None:
    """The `lineart.toml` in a folder, or the nearest one above it; None where there is none, or none may be seen."""
    start = Path(os.path.abspath(folder))
    return next((each / NAME for each in (start, *start.parents) if os.path.isfile(each / NAME)), None)


def load(path: Path) -> ConfigFile:
    """Reads a file of options, and checks all that is in it.

    Raises:
        ConfigError: it cannot be read, is no TOML, or has a name or value that is none.
    """
    text = _text(path)
    try:
        top = tomllib.loads(text)
        lines = key_lines(text)
    except (ValueError, RecursionError) as error:  # ValueError also of numbers with too many digits
        raise ConfigError(path, f"is not TOML ({error}); mend it there") from error
    presets = top.pop(_PRESETS, {})
    if not isinstance(presets, dict):
        raise ConfigError(path, f"{_PRESETS} is no table; write [{_PRESETS}.NAME]", lines[(_PRESETS,)])
    return ConfigFile(
        path,
        _values(path, top, lines, ()),
        {name: _preset(path, name, table, lines) for name, table in presets.items()},
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(path, f"cannot be read ({error.strerror}); check its name and permissions") from error
    if len(content) > LARGEST:
        raise ConfigError(path, f"has more than {LARGEST} bytes; is it a file of options?")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigError(path, "is no text in UTF-8; save it as such") from error


def _preset(path: Path, name: str, table: Any, lines: Mapping[Key, int]) -> dict[str, Value]:
    if not isinstance(table, dict):
        message = f"{_PRESETS}.{name} is no table; write [{_PRESETS}.NAME], and options below it"
        raise ConfigError(path, message, lines[_PRESETS, name])
    return _values(path, table, lines, (_PRESETS, name))


def _values(path: Path, table: Mapping[str, Any], lines: Mapping[Key, int], above: Key) -> dict[str, Value]:
    known = specs(InkOptions)
    renamed = InkOptions.renamed()
    found: dict[str, Value] = {}
    for key, value in table.items():
        line = lines[*above, key]
        name = renamed.get(field_name(key), field_name(key))
        if name not in known:
            raise ConfigError(path, _unknown(key, value), line)
        if not known[name].in_config:
            raise ConfigError(path, f"{key} is for the command line only; take it out", line)
        if name in found:
            raise ConfigError(path, f"{key} is given on line {found[name].line} already; keep one of them", line)
        try:
            given = _given(known[name], value, path.parent)
        except ArgumentError as error:
            raise ConfigError(path, str(error).removeprefix("--"), line) from error
        found[name] = Value(given, path, line, above[-1] if above else "")
    return found


def _unknown(key: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"[{key}] is no table of lineart's; options stand at the top, or below [{_PRESETS}.NAME]"
    names = [spec.flags[0].removeprefix("--") for spec in specs(InkOptions).values() if spec.in_config]
    near = difflib.get_close_matches(key, names, 3) or sorted(names)
    return f"{key} is no option; there is {', '.join(near)}"


def _given(spec: Spec, value: Any, folder: Path) -> str | bool:
    """A value of TOML as the command line would give it; raises ArgumentError where it is none of the option's."""
    if spec.read is None:
        if not isinstance(value, bool):
            raise spec.error(str(value), "write true or false")
        return value
    several = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str | int | float) and not isinstance(each, bool) for each in several):
        raise spec.error(str(value).lower(), "write a number, or text in quotes")
    text = ",".join(_from(folder, each) if spec.may_be_file else str(each) for each in several)
    spec.read(spec, text)
    return text


def _from(folder: Path, name: str | float) -> str:
    """A name, or the path of a file of that name in the folder of the file of options."""
    path = folder / str(name)
    return str(path) if os.path.isfile(path) else str(name)
