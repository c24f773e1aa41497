"""What the readers of pages can be told."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import Options, each_by, option, read_choice, read_number, read_text
from lineart_cli.options.values import DESATURATE_MODES, DPI_RANGE, DROP_COLOURS, INVERT, PAGES, SCREENTONE, Several

_BYTES_A_PIXEL = 8


@dataclass(frozen=True)
class ReadOptions(Options):
    """How pages are read. `None` stands for "not given"."""

    desaturate: str = option(
        "luma709",
        "--desaturate",
        "How colour becomes grey, by Krita's modes; luma709 is HSY'.",
        "Reading",
        read=read_choice,
        metavar="MODE",
        choices=DESATURATE_MODES,
    )
    drop_colour: Several[str] | None = option(
        None,
        "--drop-colour",
        "Take out underdrawing in a coloured pencil, such as non-photo blue, before inking; several, as in red,blue, "
        "with commas between them. --desaturate has no part in such pages.",
        "Reading",
        read=each_by(read_choice),
        metavar="NAME",
        choices=DROP_COLOURS,
    )
    invert: str = option(
        "auto",
        "--invert",
        "Make light dark and dark light before inking: auto does so where light lines are drawn on dark paper.",
        "Reading",
        read=read_choice,
        metavar="WHEN",
        choices=INVERT,
    )
    screentone: str = option(
        "drop",
        "--screentone",
        "What becomes of areas of small dots in a regular pattern: drop leaves them out, keep takes dots for lines.",
        "Reading",
        read=read_choice,
        metavar="WHAT",
        choices=SCREENTONE,
    )
    page: str = option(
        "whole",
        "--page",
        "What of a picture is the page: whole is all of it; auto is the sheet in a photo, found by its edges and "
        "straightened as if seen from above, where that is beyond doubt.",
        "Reading",
        read=read_choice,
        metavar="WHAT",
        choices=PAGES,
    )
    layer: str | None = option(
        None,
        "--layer",
        "Ink one layer or group of PSD, PSB, KRA, ORA and XCF files, even a hidden one, instead of the whole picture.",
        "Reading",
        read=read_text,
        metavar="NAME",
    )
    dpi: float | None = option(
        None,
        "--dpi",
        "Resolution of the pages, instead of what the files say: it makes px of millimetres, and goes into the output. "
        "A page that says nothing is taken as A4-like; a PDF page that is no scan is drawn at 300.",
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
        changes_ink=False,
    )

    @property
    def most_bytes(self) -> int:
        """What a page of `max_megapixels` has at most, as it is read: 16 bits a sample, with coverage."""
        return int(self.max_megapixels * 1e6 * _BYTES_A_PIXEL)
