"""What `lineart ink` can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from lineart_cli.errors import ArgumentError
from lineart_cli.options.spec import (
    MAX_MEMORY,
    Options,
    option,
    read_choice,
    read_length,
    read_number,
    read_text,
    read_whole_or_auto,
)
from lineart_cli.options.values import (
    BACKENDS,
    BRUSHES,
    DESATURATE_MODES,
    DPI_RANGE,
    DROP_COLOURS,
    FAINT_RANGE,
    FORMATS,
    FORMATS_WITHOUT_ALPHA,
    NEUTRAL_FAINT,
    PRECISIONS,
    THICKNESS_RANGE,
    Length,
)


@dataclass(frozen=True)
class InkOptions(Options):
    """What `lineart ink` can be told. `None` stands for `auto`, or for "not given"."""

    thickness: Length = option(
        Length(3.0),
        "--thickness -t",
        "Thickness of the lines: page pixels (3 or 3px) or millimetres (0.3mm); 1 to 16 px at 300 dpi.",
        "Ink",
        read=read_length,
        metavar="LENGTH",
        low=THICKNESS_RANGE[0],
        high=THICKNESS_RANGE[1],
    )
    brush: str = option(
        "technical_pen",
        "--brush",
        "What the lines are drawn with.",
        "Ink",
        read=read_choice,
        metavar="NAME",
        choices=BRUSHES,
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
    desaturate: str = option(
        "luma709",
        "--desaturate",
        "How colour becomes grey, by Krita's modes; luma709 is HSY'.",
        "Reading",
        read=read_choice,
        metavar="MODE",
        choices=DESATURATE_MODES,
    )
    drop_colour: str | None = option(
        None,
        "--drop-colour",
        "Take out underdrawing in a coloured pencil, such as non-photo blue, before inking; --desaturate has no part "
        "in such pages.",
        "Reading",
        read=read_choice,
        metavar="NAME",
        choices=DROP_COLOURS,
    )
    layer: str | None = option(
        None,
        "--layer",
        "Ink one layer or group of PSD, PSB, KRA and ORA files, even a hidden one, instead of the whole picture.",
        "Reading",
        read=read_text,
        metavar="NAME",
    )
    dpi: float | None = option(
        None,
        "--dpi",
        "Resolution of the pages, instead of what the files say. A page that says nothing is taken as A4-like; "
        "a PDF page that is no scan is drawn at 300.",
        "Reading",
        read=read_number,
        metavar="N",
        low=DPI_RANGE[0],
        high=DPI_RANGE[1],
    )
    max_megapixels: float = option(
        1200.0,
        "--max-megapixels",
        "Refuse larger pages before they are decoded.",
        "Reading",
        read=read_number,
        metavar="N",
        low=1,
        high=100_000,
    )
    format: str = option(
        "png",
        "--format",
        "File format of the ink.",
        "Writing",
        read=read_choice,
        metavar="NAME",
        choices=FORMATS,
    )
    transparent: bool = option(False, "--transparent", "Black ink on transparency instead of white paper.", "Writing")
    overwrite: bool = option(False, "--overwrite", "Ink pages again whose output is there already.", "Writing")
    dry_run: bool = option(False, "--dry-run", "List what would be inked, and write nothing.", "Writing")
    backend: str = option(
        "auto",
        "--backend",
        "Runtime of the network.",
        "Speed",
        read=read_choice,
        metavar="NAME",
        choices=BACKENDS,
    )
    device: str = option(
        "auto",
        "--device",
        "Device of the runtime, such as CPU or GPU.",
        "Speed",
        read=read_text,
        metavar="NAME",
    )
    precision: str = option(
        "auto",
        "--precision",
        "Arithmetic of the network.",
        "Speed",
        read=read_choice,
        metavar="NAME",
        choices=PRECISIONS,
    )
    tile: int | None = option(
        None,
        "--tile",
        "Side of the tiles in px at 300 dpi; smaller needs less memory, the picture stays the same.",
        "Speed",
        read=read_whole_or_auto,
        metavar="N",
        low=64,
        high=16_384,
    )
    threads: int | None = option(
        None,
        "--threads",
        "Threads of the network; auto takes one for each core that is ours.",
        "Speed",
        read=read_whole_or_auto,
        metavar="N",
        low=1,
        high=1024,
    )
    max_memory: int | None = MAX_MEMORY
    jobs: int | None = option(
        None,
        "--jobs -j",
        "Pages in work at once: one is inked while others are read and written.",
        "Speed",
        read=read_whole_or_auto,
        metavar="N",
        low=1,
        high=64,
    )
    json: bool = option(False, "--json", "Print one JSON object a page on stdout.", "Reporting")
    quiet: bool = option(False, "--quiet -q", "Say nothing but errors.", "Reporting")
    verbose: bool = option(
        False,
        "--verbose -v",
        "Tell the plan for each page and why, and the traceback of unexpected errors.",
        "Reporting",
    )

    @classmethod
    def parse(cls, given: Mapping[str, str | bool | None]) -> Self:
        """See `Options.parse`."""
        options = super().parse(given)
        if options.transparent and options.format in FORMATS_WITHOUT_ALPHA:
            raise ArgumentError("--transparent", f"with --format {options.format}", "use png, tiff or webp")
        return options
