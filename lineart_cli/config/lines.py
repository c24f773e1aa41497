"""On which line of a TOML file each of its keys is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

Key = tuple[str, ...]


def key_lines(text: str) -> dict[Key, int]:
    """The line, counted from 1, on which each key and each table of a TOML text begins.

    A statement of TOML (a table's header, a key with its value, a blank line) is one that parses alone, so statements
    are found by taking lines until they do.

    Args:
        text: TOML that parses as a whole.
    """
    found: dict[Key, int] = {}
    rows, start = text.split("\n"), 0
    header: Key = ()
    while start < len(rows):
        stop, table = _statement(rows, start)
        keys = list(_keys(table))
        if rows[start].lstrip().startswith("["):
            header = max(keys, key=len)
            keys = [header[: depth + 1] for depth in range(len(header))]
        else:
            keys = [(*header, *key) for key in keys]
        for key in keys:
            found.setdefault(key, start + 1)
        start = stop
    return found


def _statement(rows: list[str], start: int) -> tuple[int, dict[str, Any]]:
    """The end of the statement that begins at a row, and what it says."""
    for stop in range(start + 1, len(rows)):
        try:
            return stop, tomllib.loads("\n".join(rows[start:stop]))
        except tomllib.TOMLDecodeError:
            continue
    return len(rows), tomllib.loads("\n".join(rows[start:]))


def _keys(table: Mapping[str, Any]) -> Iterator[Key]:
    for name, value in table.items():
        yield (name,)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            yield from ((name, *key) for key in _keys(inner))
