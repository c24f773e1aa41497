"""A table of options as the parameters of a command, from which Typer makes its help."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Mapping
from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from lineart_cli.options.spec import Options, default_text, field_name, specs


class TextCommand(TyperCommand):
    """A command all of whose parameters are texts, lists of texts and switches, and taken as they are given.

    Typer has Pydantic make a validator for each parameter, which takes a tenth of a second.
    """

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        """See `TyperCommand`."""
        _take_as_given(self.get_params(context))
        return super().parse_args(context, args)


class TextGroup(TyperGroup):
    """Commands together, whose own parameters are as those of a `TextCommand`."""

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        """See `TyperGroup`."""
        _take_as_given(self.get_params(context))
        return super().parse_args(context, args)


def _take_as_given(parameters: Iterable[Any]) -> None:
    for each in parameters:
        each.process_value = partial(_as_given, each, each.process_value)


def _as_given(parameter: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """The value of a parameter; one that is missing and required, or of no such type, is left to Typer to `process`."""
    is_list = isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value)
    if not (is_list or isinstance(value, str | bool) or (value is None and not parameter.required)):
        return process(context, value)
    given = list(value) if is_list else value
    return parameter.callback(context, parameter, given) if parameter.callback else given


def with_options(
    table: type[Options], command: Callable[..., None], left_out: Container[str] = (), *, in_config: bool = False
) -> Callable[..., None]:
    """Gives `command` one keyword parameter for each row of a table of options, in place of its `**options`.

    Args:
        table: of options.
        command: may have been given those of another table before.
        left_out: options, or panels of them.
        in_config: whether a file of options may give them too, so that switches also need to be turned off: `typed`
            understands the parameters for that.
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
        parameters += [_hidden(alias, str | None, None) for alias in spec.aliases]
        if in_config and spec.in_config and spec.read is None:
            parameters.append(_hidden(_off(spec.flags[0]), bool, False))
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": None}
    return command


def typed(context: typer.Context, options: Mapping[str, Any]) -> dict[str, str | bool]:
    """Those of a command's options that are on the command line; a switch is False by its `--no-NAME`."""
    given: dict[str, str | bool] = {}
    for name, value in options.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            is_off = name.startswith(field_name(_off("")))
            given[name.removeprefix(field_name(_off("")))] = not value if is_off else value
    return given


def _off(flag: str) -> str:
    """What turns a switch off."""
    return f"--no-{flag.removeprefix('--')}"


def _hidden(flag: str, kind: Any, default: Any) -> inspect.Parameter:
    """A parameter that help does not tell of."""
    annotation = Annotated[kind, typer.Option(flag, hidden=True)]
    return inspect.Parameter(field_name(flag), inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
