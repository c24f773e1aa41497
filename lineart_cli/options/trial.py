"""What `lineart try` can be told beside what is inked with."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import Options, option, read_crop, read_whole
from lineart_cli.options.values import Crop


@dataclass(frozen=True)
class TryOptions(Options):
    """What `lineart try` can be told beside what is inked with. `None` stands for "not given"."""

    crop: Crop | None = option(
        None,
        "--crop",
        "Part of the page to try: left, top, width and height in px of the page. Without it, the part with the most "
        "strokes is taken.",
        "Trying",
        read=read_crop,
        metavar="X,Y,W,H",
        low=16,
        high=100_000,
    )
    page: int = option(
        1,
        "--page",
        "Which page of a file with several, from 1 on.",
        "Trying",
        read=read_whole,
        metavar="N",
        low=1,
        high=1_000_000,
    )
