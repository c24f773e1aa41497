"""What `lineart krita` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import Options, option, read_text


@dataclass(frozen=True)
class KritaOptions(Options):
    """What `lineart krita` can be told. `None` stands for "not given"."""

    resources: str | None = option(
        None,
        "--resources",
        "Krita's resource folder (Settings > Manage Resources > Open Resource Folder), where it is not found.",
        "Krita",
        read=read_text,
        metavar="FOLDER",
    )
