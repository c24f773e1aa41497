"""What can be told of ink that is written as curves."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import Options, option, read_choice, read_length
from lineart_cli.options.values import STROKES, TOLERANCE_RANGE, Length


@dataclass(frozen=True)
class CurveOptions(Options):
    """How svg, svgz and pdf hold lines; other formats are made as if none of it were given."""

    strokes: str = option(
        "outline",
        "--strokes",
        "How svg and pdf hold a stroke: outline is a filled shape, as broad as the brush makes it; centre is the "
        "middle, with one width, for plotters and further editing; both has them on two layers, centre lines hidden.",
        "Writing",
        read=read_choice,
        metavar="KIND",
        choices=STROKES,
    )
    tolerance: Length = option(
        Length(0.04, "mm"),
        "--tolerance",
        "How far the curves of svg and pdf may be from the lines: more makes them smoother, with fewer points to edit.",
        "Writing",
        read=read_length,
        metavar="LENGTH",
        low=TOLERANCE_RANGE[0],
        high=TOLERANCE_RANGE[1],
    )
