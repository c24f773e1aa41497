"""A table of options as the parameters of a command, from which Typer makes its help."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Mapping
from functools import wraps
from typing import Annotated, Any

import typer

from lineart_cli.errors import ArgumentError
from lineart_cli.options.spec import Options, default_text, field_name, specs

_CONTEXT = "context"


def with_options(
    table: type[Options], command: Callable[..., None], left_out: Container[str] = ()
) -> Callable[..., None]:
    """Gives `command` one keyword parameter for each row of a table of options, in place of its `**options`.

    Args:
        table: of options.
        command: may have been given those of another table before.
        left_out: options, or panels of them.
    """
    signature = inspect.signature(command, eval_str=True)
    renamed = {alias: name for name, spec in specs(table).items() for alias in spec.aliases}
    parameters = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    for name, spec in specs(table).items():
        if name in left_out or spec.panel in left_out:
            continue
        default = default_text(name, table) or None if spec.read else False
        choices = f" One of: {', '.join(spec.choices)}." if spec.choices else ""
        option = typer.Option(*spec.flags, help=spec.help + choices, metavar=spec.metavar, rich_help_panel=spec.panel)
        kind = Annotated[str | None, option] if spec.read else Annotated[bool, option]
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind))
        for alias in spec.aliases:
            hidden = Annotated[str | None, typer.Option(alias, hidden=True)]
            parameters.append(
                inspect.Parameter(field_name(alias), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hidden)
            )
    if renamed:
        parameters.append(inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))
        command = _refusing_both_names(command, renamed)
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": None}
    return command


def _refusing_both_names(command: Callable[..., None], renamed: Mapping[str, str]) -> Callable[..., None]:
    """`command`, which raises ArgumentError where an option is given by its name and by one that it once had."""

    @wraps(command)
    def checked(**given: Any) -> None:
        context = given.pop(_CONTEXT)
        for alias, name in renamed.items():
            value, source = given[field_name(alias)], context.get_parameter_source(name)
            if value is not None and source.name == "COMMANDLINE":
                flag = f"--{name.replace('_', '-')}"
                raise ArgumentError(alias, f"{value} with {flag} {given[name]}", f"is {flag} by its name before 0.6")
        command(**given)

    return checked
