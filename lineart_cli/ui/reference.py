"""The reference of all commands and options, made from the commands themselves, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer


def markdown(app: typer.Typer) -> str:
    """What `lineart --help` and the help of each command say, without options that are hidden."""
    import typer.main

    group: Any = typer.main.get_command(app)
    return "\n".join(["# Commands and options", "", *_lines(group)]) + "\n"


def _lines(group: Any) -> Iterator[str]:
    yield "Made from the tables of options; see `lineart COMMAND --help`. Defaults are in brackets."
    for name, command in _commands(group):
        shown = [each for each in command.params if not getattr(each, "hidden", False) and each.name != "help"]
        arguments = [each for each in shown if each.param_type_name == "argument"]
        yield from ("", f"## lineart {name}", "", _text(command.help), "")
        places = "".join(f" {each.metavar}{'...' if each.nargs == -1 else ''}" for each in arguments)
        has_options = " [OPTIONS]" if len(arguments) < len(shown) else ""
        yield from (f"    lineart {name}{places}{has_options}", "", "| argument or option | meaning |", "|---|---|")
        for each in arguments:
            yield f"| `{each.metavar}` | {_cell(each.help)} |"
        for each in shown:
            if each not in arguments:
                metavar = "" if each.is_flag else f" {each.metavar or each.type.name.upper()}"
                told = each.show_default if isinstance(each.show_default, str) else each.default
                default = "" if each.is_flag or told is None else f" [{told}]"
                flags = ", ".join(f"`{flag}{metavar}`" for flag in each.opts)
                yield f"| {flags} | {_cell(each.help)}{default} |"


def _commands(group: Any) -> Iterator[tuple[str, Any]]:
    """All commands by how they are called, those of groups as `group command`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {inner}", each) for inner, each in _commands(command))
        elif not command.hidden:
            yield name, command


def _text(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str | None) -> str:
    return _text(text).replace("|", "\\|")
