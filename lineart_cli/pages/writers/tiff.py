"""TIFF, packed with Deflate a strip of rows at a time; BigTIFF where the file could outgrow 4 GB."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from lineart_cli.imaging.resample import STRIP_ROWS
from lineart_cli.pages.metadata import Metadata
from lineart_cli.pages.writers.colours import Pixels
from lineart_cli.pages.writers.paint import InkedPage, Look
from lineart_cli.pages.writers.profile import icc_profile

_MOST_BYTES = 4_000_000_000  # classic TIFF ends at 2 ** 32; the rest is for what is not pixels
_XMP = 700
_BYTE, _ASCII = 1, 2  # types of a tag


def write(file: BinaryIO, page: InkedPage, look: Look) -> None:
    """Writes a page of ink, 8 or 16 bits a sample."""
    write_pages(file, [page], look, math.prod(page.shape) * page.samples(look) * page.sample_type.itemsize)


def write_pages(file: BinaryIO, pages: Iterable[InkedPage], look: Look, unpacked_bytes: int) -> None:
    """Writes one page after the other. Of what is kept of EXIF, TIFF gets the main directory only.

    Args:
        file: where to; seekable.
        pages: taken one at a time, when the one before is written.
        look: of all.
        unpacked_bytes: of the pixels of all pages together.
    """
    from tifffile import TiffWriter

    strategy = zlib.Z_RLE if look.is_plain else zlib.Z_DEFAULT_STRATEGY
    with TiffWriter(file, bigtiff=unpacked_bytes > _MOST_BYTES) as tiff:
        for page in pages:
            samples = page.samples(look)
            tiff.write(
                _packed(page.pixels(look), strategy),
                shape=page.shape if samples == 1 else (*page.shape, samples),
                dtype=page.sample_type,
                photometric="minisblack" if samples < 3 else "rgb",
                planarconfig="contig",
                extrasamples=["unassalpha"] if samples % 2 == 0 else [],
                rowsperstrip=STRIP_ROWS,
                compression="adobe_deflate",
                resolution=page.dpi,
                resolutionunit="inch" if page.dpi else None,
                iccprofile=icc_profile(1 if samples < 3 else 3),
                software="lineart",
                description=None,
                metadata=None,
                extratags=_kept_tags(page.metadata),
            )


def _packed(strips: Iterable[Pixels], strategy: int) -> Iterator[bytes]:
    for strip in strips:
        packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
        yield packer.compress(strip.tobytes()) + packer.flush()


def _kept_tags(metadata: Metadata) -> list[tuple[int, int, int, bytes, bool]]:
    tags = [(tag, _ASCII, 0, text + b"\0", True) for tag, text in metadata.tags()]
    return tags + [(_XMP, _BYTE, len(metadata.xmp), metadata.xmp, True)] * bool(metadata.xmp)
