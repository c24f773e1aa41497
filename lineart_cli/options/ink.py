"""What `lineart ink` can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from lineart_cli.options.cluster import ClusterOptions
from lineart_cli.options.conflicts import check_together
from lineart_cli.options.curves import CurveOptions
from lineart_cli.options.draw import DrawOptions
from lineart_cli.options.naming import Template, read_template
from lineart_cli.options.read import ReadOptions
from lineart_cli.options.spec import (
    MAX_MEMORY,
    Spec,
    each_by,
    option,
    read_choice,
    read_colour,
    read_number_choice,
    read_text,
    read_whole_or_auto,
    specs,
)
from lineart_cli.options.values import (
    BACKENDS,
    BITS,
    BLACK,
    DROP_COLOURS,
    FORMATS,
    FORMATS_BY_SUFFIX,
    FORMATS_OF_CURVES,
    FORMATS_OF_EDITS,
    PRECISIONS,
    Colour,
    Several,
)

OF_FILES = {"Writing", "Batch", "Reporting", "sequence", "jobs"}
"""Options, and panels of them, for many files, that have no part in a page alone; but `bits` may."""


def _read_format(spec: Spec, text: str) -> str:
    name = text.strip().lower()
    return read_choice(spec, FORMATS_BY_SUFFIX.get(name, text))


@dataclass(frozen=True)
class InkOptions(ReadOptions, DrawOptions, CurveOptions, ClusterOptions):
    """What `lineart ink` can be told. `None` stands for `auto`, or for "not given"."""

    format: str = option(
        "png",
        "--format",
        "File format of the ink; ora and psd have the sketch and the ink on layers, to colour in between; svg, svgz "
        "and pdf have the lines as curves, which print sharp at any size.",
        "Writing",
        read=_read_format,
        metavar="NAME",
        choices=FORMATS,
    )
    bits: int = option(
        8,
        "--bits",
        "Bits of a sample; png and tiff can have 16.",
        "Writing",
        read=read_number_choice,
        metavar="N",
        choices=BITS,
    )
    ink_colour: Colour = option(
        BLACK,
        "--ink-colour",
        "Colour of the ink: a CSS name such as navy, or #rgb or #rrggbb.",
        "Writing",
        read=read_colour,
        metavar="COLOUR",
    )
    keep_colour: Several[str] | None = option(
        None,
        "--keep-colour",
        "Ink lines in a coloured pencil by themselves and in their own colour: in the page, below the other lines, or "
        "on a layer of its own where the format has layers; several, as in red,blue, with commas between them.",
        "Writing",
        read=each_by(read_choice),
        metavar="NAME",
        choices=DROP_COLOURS,
    )
    transparent: bool = option(
        False, "--transparent", "Ink on transparency instead of white paper, as on a layer of ora and psd.", "Writing"
    )
    name: Template | None = option(
        None,
        "--name",
        "Name of the ink, such as {stem}_ink{n:03}: {stem} is the input's name, {suffix} its suffix without its dot, "
        "{folder} the folder it is in, {n} the page in its file, {tool} the thickness or brush where there are "
        "several. An archive is one file: it gets the name, and the pages in it keep theirs.",
        "Writing",
        read=read_template,
        metavar="TEMPLATE",
        changes_ink=False,
    )
    beside: bool = option(
        False,
        "--beside",
        "Put the ink into the folder of its input, instead of --output, as NAME_ink unless --name says otherwise.",
        "Writing",
        changes_ink=False,
    )
    sequence: bool = option(
        False,
        "--sequence",
        "Files that differ in the number at the end of their names, and the pages of a file, are frames of a shot: "
        "they share one tone and one scale, so that lines do not flicker.",
        "Ink",
    )
    join: bool = option(
        False,
        "--join",
        "Put the ink of all pages of a file into one file: pages of tiff and pdf, frames of png, webp and gif.",
        "Writing",
        changes_ink=False,
    )
    keep_metadata: bool = option(
        False, "--keep-metadata", "Keep what the input says of its author, time and device (EXIF, XMP).", "Writing"
    )
    overwrite: bool = option(
        False,
        "--overwrite",
        "Ink every page again, and replace even ink that was edited.",
        "Writing",
        changes_ink=False,
        in_config=False,
    )
    keep_edits: bool = option(
        False,
        "--keep-edits",
        "Ink pages again whose ink was edited, and keep the edits: ink is new only where the sketch was changed. "
        "Otherwise such pages are left as they are.",
        "Writing",
        changes_ink=False,
    )
    dry_run: bool = option(
        False,
        "--dry-run",
        "List what would be inked, and write nothing.",
        "Writing",
        changes_ink=False,
        in_config=False,
    )
    backend: str = option(
        "auto",
        "--backend",
        "Runtime of the network.",
        "Speed",
        read=read_choice,
        metavar="NAME",
        choices=BACKENDS,
        changes_ink=False,
    )
    device: str = option(
        "auto",
        "--device",
        "Device of the runtime, such as CPU or GPU.",
        "Speed",
        read=read_text,
        metavar="NAME",
        changes_ink=False,
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
        "Side of the tiles in px of what the network sees; smaller needs less memory, the picture stays the same.",
        "Speed",
        read=read_whole_or_auto,
        metavar="N",
        low=64,
        high=16_384,
        changes_ink=False,
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
        changes_ink=False,
    )
    max_memory: int | None = MAX_MEMORY
    jobs: int | None = option(
        None,
        "--jobs -j",
        "Pages in work at once: one is inked while others are read and written; auto takes two where memory allows.",
        "Speed",
        read=read_whole_or_auto,
        metavar="N",
        low=1,
        high=64,
        changes_ink=False,
    )
    page_timeout: int | None = option(
        None,
        "--page-timeout",
        "Seconds to wait for the ink of a page before it is given up; auto is 60, and 10 more for each megapixel.",
        "Batch",
        read=read_whole_or_auto,
        metavar="N",
        low=1,
        high=1_000_000,
        changes_ink=False,
    )
    watch: bool = option(
        False,
        "--watch",
        "Go on: ink again what is saved again, and what is new. Ctrl-C ends it.",
        "Batch",
        changes_ink=False,
    )
    json: bool = option(False, "--json", "Print one JSON object a page on stdout.", "Reporting", changes_ink=False)
    quiet: bool = option(False, "--quiet -q", "Say nothing but errors.", "Reporting", changes_ink=False)
    verbose: bool = option(
        False,
        "--verbose -v",
        "Tell the plan for each page and why, and the traceback of unexpected errors.",
        "Reporting",
        changes_ink=False,
    )
    log_file: str | None = option(
        None,
        "--log-file",
        "Append every event to a file, with the time, and the traceback of every error.",
        "Reporting",
        read=read_text,
        metavar="FILE",
        changes_ink=False,
        in_config=False,
    )

    @classmethod
    def parse(cls, given: Mapping[str, str | bool | None]) -> Self:
        """See `Options.parse`."""
        options = super().parse(given)
        check_together(options)
        return options

    @property
    def can_keep_edits(self) -> bool:
        """Whether edits of such ink can be told from it and kept: it is of one page, in pixels, and in one colour."""
        return self.format in FORMATS_OF_EDITS and not self.join and not self.keep_colour

    def without_effect(self) -> list[str]:
        """What was asked for and has no part in the format of the ink, a line each."""
        if self.format in FORMATS_OF_CURVES:
            return []
        changed = [name for name in specs(CurveOptions) if getattr(self, name) != getattr(CurveOptions(), name)]
        advice = f"has no part in {self.format}, whose ink is pixels; it is for {', '.join(FORMATS_OF_CURVES)}"
        return [f"--{name} {getattr(self, name)} {advice}" for name in changed]

    def settings(self) -> dict[str, str | float | bool | None]:
        """See `Options.settings`; of curves, kept colours, sequences and hatching only where they are not as usual."""
        without = set() if self.format in FORMATS_OF_CURVES else set(specs(CurveOptions))
        usual = InkOptions()
        rare = "sequence", "keep_colour", "hatching"
        without |= {name for name in rare if getattr(self, name) == getattr(usual, name)}
        return {name: value for name, value in super().settings().items() if name not in without}
