"""Krita's settings file: lines of `key=value` in groups; all that is not ours stays as it is, byte for byte."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lineart_cli.replacing import replacing

_ENCODING = "utf-8"
_ERRORS = "surrogateescape"


def value(path: Path, group: str, key: str) -> str | None:
    """What a file says for a key in a group; "" is the group of what comes before all others."""
    at = _find(_lines(path), group, key)
    return None if at is None else _lines(path)[at].split("=", 1)[1].strip()


def put(path: Path, group: str, key: str, wanted: str | None) -> None:
    """Let a file say so, or nothing, for a key; a group that is empty then goes as well, and so does a file.

    All of it is written, or none.

    Raises:
        OSError: it cannot be written.
    """
    lines = _lines(path)
    at = _find(lines, group, key)
    if wanted is None:
        if at is None:
            return
        del lines[at]
        lines = _without_empty(lines, group)
    elif at is not None:
        lines[at] = f"{key}={wanted}\n"
    elif f"[{group}]" in (heads := [line.strip() for line in lines]):
        lines.insert(heads.index(f"[{group}]") + 1, f"{key}={wanted}\n")
    else:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        lines += ["\n"] * bool(lines) + [f"[{group}]\n", f"{key}={wanted}\n"]
    if not lines:
        path.unlink()
        return
    file = Path(os.path.realpath(path))  # a link stays one
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as part:
        part.write_text("".join(lines), _ENCODING, _ERRORS, newline="")
        if file.exists():
            shutil.copymode(file, part)


def _lines(path: Path) -> list[str]:
    try:
        with path.open(encoding=_ENCODING, errors=_ERRORS, newline="") as file:
            return file.readlines()
    except FileNotFoundError:
        return []


def _find(lines: list[str], group: str, key: str) -> int | None:
    inside = ""
    for at, line in enumerate(lines):
        if line.startswith("["):
            inside = line.strip()[1:-1]
        elif inside == group and line.split("=", 1)[0].strip() == key and "=" in line:
            return at
    return None


def _without_empty(lines: list[str], group: str) -> list[str]:
    """The lines without the head of a group that has none, and without the empty line above it."""
    heads = [line.strip() for line in lines]
    if f"[{group}]" not in heads:
        return lines
    start = heads.index(f"[{group}]")
    stop = next((at for at in range(start + 1, len(lines)) if lines[at].startswith("[")), len(lines))
    if any(heads[start + 1 : stop]):
        return lines
    if start and not heads[start - 1]:
        start -= 1
    return lines[:start] + lines[stop:] if stop < len(lines) else lines[:start]
