"""What `lineart report` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.options.spec import Options, each_by, option, read_text, read_whole
from lineart_cli.options.values import Several


@dataclass(frozen=True)
class ReportOptions(Options):
    """What `lineart report` can be told."""

    output: str | None = option(
        None,
        "--output -o",
        "The file to write, instead of report.html in the folder.",
        "Report",
        read=read_text,
        metavar="FILE",
    )
    sketches: Several[str] = option(
        Several(),
        "--sketches",
        "Folders, with commas between them, whose sketches may be shown even if they are not the ones that were inked. "
        "Others are shown only as they were inked, so that a strange folder's report has none of your files.",
        "Report",
        read=each_by(read_text),
        metavar="FOLDERS",
    )
    max_side: int = option(
        4000,
        "--max-side",
        "Longest side of the pictures in px; larger pages are scaled down, to keep the file small.",
        "Report",
        read=read_whole,
        metavar="N",
        low=400,
        high=16_383,
    )
    quiet: bool = option(False, "--quiet -q", "Say nothing but errors.", "Report")
