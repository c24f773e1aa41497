"""`lineart config`: what the files of options say."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from lineart_cli.errors import ArgumentError, one_line
from lineart_cli.options import ConfigOptions
from lineart_cli.options.command_line import with_options

config = typer.Typer(no_args_is_help=True, help="Tells of files of options.")


@config.command()
@partial(with_options, ConfigOptions)
def show(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A sketch, or a folder of them.", show_default="the folder you are in"),
    ] = Path(),
    **options: Any,
) -> None:
    """Prints the options that hold for a sketch, as such a file has them, and where each comes from."""
    from lineart_cli.config import chosen_for
    from lineart_cli.config.shown import lines
    from lineart_cli.options import InkOptions

    if not os.path.exists(path):
        raise ArgumentError("PATH", path, "no such file or folder; check the spelling")
    folder = path if path.is_dir() else path.parent
    chosen = chosen_for({}, [folder], ConfigOptions.parse(options))
    with chosen.located():
        InkOptions.parse(chosen.given)
    for line in lines(chosen):
        print(one_line(line))
