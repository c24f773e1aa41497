"""Commands that other packages add to `lineart`, by entry points of one group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from lineart_cli.errors import LineartError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "lineart.commands"
"""Entry points of this group name a function that Typer can make a command of."""


def add_to(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Give `app` the commands that other packages add.

    One with the name of a command of lineart's own is left out; one that cannot be loaded says so when it is called.

    Args:
        app: with all commands of lineart's own.
        arguments: of the command line; where they call one of these, others are not looked for, which takes a while.
    """
    own = {each.name or getattr(each.callback, "__name__", "") for each in app.registered_commands}
    if next((each for each in arguments if not each.startswith("-")), None) in own:
        return
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        if entry.name in own:
            continue
        try:
            command = entry.load()
        except Exception as error:  # whatever a foreign package raises
            _add_broken(app, entry, error)
        else:
            app.command(entry.name)(command)


def _add_broken(app: typer.Typer, entry: EntryPoint, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"
    package = entry.dist.name if entry.dist else entry.module

    def command() -> None:
        advice = f"update or remove the package {package}"
        raise LineartError(f"lineart {entry.name}: cannot be loaded ({reason}); {advice}")

    taken_as_they_are = {"ignore_unknown_options": True, "allow_extra_args": True}
    help_text = f"Cannot be loaded, see lineart {entry.name}."
    app.command(entry.name, help=help_text, context_settings=taken_as_they_are)(command)
