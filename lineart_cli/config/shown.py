"""Options as a file of options has them, each with where it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from lineart_cli.config.chosen import Chosen
from lineart_cli.config.file import NAME, Value
from lineart_cli.options import InkOptions, default_text, specs


def lines(chosen: Chosen) -> Iterator[str]:
    """TOML of all options that a file may give, the origin of each as a comment."""
    if chosen.file is None:
        yield "# no file, as asked" if chosen.is_asked else f"# no {NAME} here or above"
    else:
        yield f"# {chosen.file.path}"
        yield f"# presets: {', '.join(sorted(chosen.file.presets)) or 'none'}"
    rows = [
        (_statement(name, chosen), _origin(chosen.origins.get(name)))
        for name, spec in specs(InkOptions).items()
        if spec.in_config
    ]
    width = max(len(statement) for statement, _ in rows)
    yield from (f"{statement:{width}}  # {origin}" for statement, origin in rows)


def _statement(name: str, chosen: Chosen) -> str:
    spec = specs(InkOptions)[name]
    key = spec.flags[0].removeprefix("--")
    value = chosen.given.get(name, default_text(name, InkOptions) if spec.read else False)
    if value == "":
        return f"# {key}"
    is_number = isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value) is not None
    return f"{key} = {value if is_number else json.dumps(value, ensure_ascii=False)}"


def _origin(value: Value | None) -> str:
    if value is None:
        return "default"
    return f"line {value.line}" + (f", preset {value.preset}" if value.preset else "")
