"""`lineart krita`: what it says, and the exit codes that come of it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from lineart_cli import __version__
from lineart_cli.errors import ArgumentError, ExitCode
from lineart_cli.options import KritaOptions
from lineart_cli.options.command_line import with_options

krita = typer.Typer(no_args_is_help=True, help="Puts lineart into Krita, as a docker.")

_NEXT = "Start Krita again, and switch the docker on: Settings > Dockers > lineart."
_FLATPAK = "Let this Krita start lineart: flatpak override --user --talk-name=org.freedesktop.Flatpak org.kde.krita"


@krita.command()
@partial(with_options, KritaOptions)
def install(**options: Any) -> None:
    """Puts the docker into every Krita of yours, in place of an older one, and switches it on."""
    from lineart_cli.krita import folders, plugin_files

    for each in folders.find(KritaOptions.parse(options).resources):
        plugin_files.install(each, plugin_files.command())
        _say(f"installed in {each.plugins} ({each.kind}), and switched on in {each.config}")
        if each.kind == "Flatpak":
            _say(_FLATPAK)
    _say(_NEXT)


@krita.command()
@partial(with_options, KritaOptions)
def status(**options: Any) -> None:
    """Tells which lineart the docker calls, and what is wrong."""
    from lineart_cli.krita import folders, plugin_files

    print(f"lineart {__version__}")
    is_well = True
    for each in folders.find(KritaOptions.parse(options).resources):
        faults = plugin_files.faults(each)
        is_well &= not faults
        print(f"{each.plugins} ({each.kind})")
        for fault in faults:
            print(f"  {fault}")
        if not faults:
            words, version = plugin_files.called(each)
            print(f"  installed and switched on; calls lineart {version}: {' '.join(words)}")
    if not is_well:
        raise typer.Exit(ExitCode.SOME_FAILED)


@krita.command()
@partial(with_options, KritaOptions)
def remove(**options: Any) -> None:
    """Takes the docker out of Krita again, and leaves nothing of it."""
    from lineart_cli.krita import folders, plugin_files

    for each in folders.find(KritaOptions.parse(options).resources):
        was_there = plugin_files.remove(each, folders.others(each))
        _say(f"{'removed from' if was_there else 'was not in'} {each.plugins} ({each.kind})")
        if left := plugin_files.foreign(each):
            _say(f"left in {each.plugins / plugin_files.NAME}, as not lineart's: {', '.join(left)}")


@krita.command("zip")
def pack(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip file to write.", show_default=False)],
) -> None:
    """Packs the docker as Krita's own Import Python Plugin from File takes it."""
    from lineart_cli.krita import plugin_files

    if file.suffix.lower() != ".zip":
        raise ArgumentError("FILE", file, "Krita imports zip files; let its name end in .zip")
    if file.exists() and not plugin_files.is_packed(file):
        raise ArgumentError("FILE", file, "is there already, and is no zip of lineart's docker; give another name")
    plugin_files.pack(file, plugin_files.command())
    _say(f"{file}; in Krita: Tools > Scripts > Import Python Plugin from File")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
