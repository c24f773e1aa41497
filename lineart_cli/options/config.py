"""Where options come from beside the command line."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import Options, option, read_text


@dataclass(frozen=True)
class ConfigOptions(Options):
    """Where options come from beside the command line. `None` stands for "not given"."""

    config: str | None = option(
        None,
        "--config",
        "TOML file of options by their names, such as thickness = 5; without it, lineart.toml in the input's folder, "
        "or the nearest one above; those in folders below are passed over. none reads no file. What is given here "
        "comes first: --no-transparent and its like turn off what a file turns on, and none takes back what has no "
        "default, as in --drop-colour none.",
        "Configuration",
        read=read_text,
        metavar="FILE",
        in_config=False,
    )
    preset: str | None = option(
        None,
        "--preset",
        "Take the options of the table presets.NAME in that file too, before its others.",
        "Configuration",
        read=read_text,
        metavar="NAME",
        in_config=False,
    )
