"""How `lineart ink` draws lines, and which."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import (
    Options,
    each_by,
    option,
    read_choice,
    read_drawing,
    read_length,
    read_number,
    read_number_choice,
    read_pressure,
    read_text,
)
from lineart_cli.options.values import (
    DRAWINGS,
    FAINT_RANGE,
    HATCHING,
    NEUTRAL_FAINT,
    PASSES,
    PLAIN,
    STROKE_RANGE,
    THICKNESS_RANGE,
    Length,
    Several,
)


@dataclass(frozen=True)
class DrawOptions(Options):
    """How lines are drawn, and which."""

    thickness: Several[Length] = option(
        Several((Length(3.0),)),
        "--thickness -t",
        "Thickness of the lines: page pixels (3 or 3px) or millimetres (0.3mm). Several, with commas between them, "
        "give a picture each; lineart try takes one.",
        "Ink",
        read=each_by(read_length),
        metavar="LENGTH",
        low=THICKNESS_RANGE[0],
        high=THICKNESS_RANGE[1],
    )
    brush: Several[str] = option(
        Several(PLAIN),
        "--brush -b",
        "What the lines are drawn with: a name that lineart brushes lists, or a picture of one stroke whose pressure "
        "rises from left to right. Several, with commas between them, give a picture each; lineart try takes one.",
        "Ink",
        read=each_by(read_text),
        metavar="NAME",
        may_be_file=True,
    )
    pressure: str | float = option(
        "sketch",
        "--pressure",
        "Pen pressure along the lines: sketch takes it from the sketch, darker being harder; even is full pressure "
        "everywhere; a number from 0 (light) to 1 (full) is that pressure everywhere. It has no part in technical_pen, "
        "whose lines are even.",
        "Ink",
        read=read_pressure,
        metavar="PRESSURE",
    )
    passes: int = option(
        3,
        "--passes",
        "How often the network goes over a page: first at half the size, for a draft that the next passes mend; 2 "
        "takes about 0.7 of the time, 1 leaves the draft out and takes half of it.",
        "Ink",
        read=read_number_choice,
        metavar="N",
        choices=PASSES,
        aliases=("--looks",),
    )
    drawing: str | Length = option(
        "auto",
        "--drawing",
        "How loose the sketch is. auto measures its strokes; fine and very-fine look closer than that, for small "
        "detail; loose and very-loose look from farther away, for broad or much overdrawn strokes; or tell how wide a "
        "typical stroke is, such as 12px or 1mm.",
        "Ink",
        read=read_drawing,
        metavar="WORD",
        choices=tuple(DRAWINGS),
        low=STROKE_RANGE[0],
        high=STROKE_RANGE[1],
    )
    faint: float = option(
        NEUTRAL_FAINT,
        "--faint",
        "How faint a line may be and still be inked, as a fraction of the main lines' darkness: 0.02 inks nearly "
        "every mark, 0.9 only the darkest.",
        "Ink",
        read=read_number,
        metavar="FRACTION",
        low=FAINT_RANGE[0],
        high=FAINT_RANGE[1],
    )
    hatching: str = option(
        "keep",
        "--hatching",
        "Hatching, of many short strokes side by side: keep inks its strokes; drop leaves out what is clearly "
        "hatching, for tone or colour later.",
        "Ink",
        read=read_choice,
        metavar="WORD",
        choices=HATCHING,
    )
