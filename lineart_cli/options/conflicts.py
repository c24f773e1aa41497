"""Options of `lineart ink` that exclude each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineart_cli.errors import ArgumentError
from lineart_cli.options.values import (
    FORMATS_OF_16_BITS,
    FORMATS_OF_EDITS,
    FORMATS_OF_FRAMES,
    FORMATS_TO_JOIN,
    FORMATS_WITHOUT_ALPHA,
)

if TYPE_CHECKING:
    from lineart_cli.options.ink import InkOptions


def check_together(options: InkOptions) -> None:
    """Raises ArgumentError where one option cannot be had with another."""
    if options.transparent and options.format in FORMATS_WITHOUT_ALPHA:
        raise ArgumentError("--transparent", f"with --format {options.format}", "use png, tiff or webp")
    if options.bits > 8 and options.format not in FORMATS_OF_16_BITS:
        raise ArgumentError("--bits", f"{options.bits} with --format {options.format}", "use png or tiff")
    if options.join and options.format not in FORMATS_TO_JOIN:
        raise ArgumentError("--join", f"with --format {options.format}", "use --format tiff, pdf, png, webp or gif")
    if options.join and options.bits > 8 and options.format == "png":
        raise ArgumentError("--join", "with --bits 16 and --format png", "frames have 8 bits; use --format tiff")
    if options.keep_edits and options.overwrite:
        raise ArgumentError("--keep-edits", "with --overwrite", "this replaces edits; leave one of them out")
    if options.keep_edits and options.format not in FORMATS_OF_EDITS:
        advice = "edits are kept pixel by pixel; use png, tiff, webp, bmp, ora or psd"
        raise ArgumentError("--keep-edits", f"with --format {options.format}", advice)
    if options.keep_edits and options.join:
        raise ArgumentError("--keep-edits", "with --join", "edits are kept in files of one page; leave --join out")
    if twice := [name for name in options.keep_colour or () if name in (options.drop_colour or ())]:
        raise ArgumentError("--keep-colour", f"{twice[0]} with --drop-colour {twice[0]}", "leave one of them out")
    if options.keep_colour and options.keep_edits:
        advice = "edits are kept in ink of one colour; leave one of them out"
        raise ArgumentError("--keep-colour", "with --keep-edits", advice)
    if options.keep_colour and options.join and options.format in FORMATS_OF_FRAMES:
        advice = "frames have one colour; use --format tiff or pdf"
        raise ArgumentError("--keep-colour", f"with --join and --format {options.format}", advice)
    if options.keep_colour and options.format == "gif":
        raise ArgumentError("--keep-colour", "with --format gif", "its ink has one colour; use png, tiff or webp")
    if options.watch and options.dry_run:
        raise ArgumentError("--watch", "with --dry-run", "a dry run writes nothing; leave one of them out")
