"""A table of options as the parameters of a command, from which Typer makes its help."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container
from typing import Annotated

import typer

from lineart_cli.options.spec import Options, default_text, field_name, specs


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
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": None}
    return command
