"""What `lineart serve` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import Options, option, read_whole


@dataclass(frozen=True)
class ServeOptions(Options):
    """What `lineart serve` can be told."""

    idle: int = option(
        300,
        "--idle",
        "Seconds without work after which the network's memory is given back; the next page takes a little longer.",
        "Serving",
        read=read_whole,
        metavar="SECONDS",
        low=1,
        high=86_400,
    )
