"""What `lineart brushes` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import Options, option, read_text


@dataclass(frozen=True)
class BrushesOptions(Options):
    """What `lineart brushes` can be told. `None` stands for "not given"."""

    sheet: str | None = option(
        None, "--sheet", "Draw them all into this PNG file as well.", "Result", read=read_text, metavar="FILE"
    )
