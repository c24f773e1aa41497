"""Pages on disk: read as grey, and written as ink."""

from lineart_cli.pages.header import UPRIGHT, Dpi, Header, working_dpi
from lineart_cli.pages.layered import read_ink_layer, write_merged
from lineart_cli.pages.metadata import Metadata
from lineart_cli.pages.picture import Greys, as_stored, grey_type
from lineart_cli.pages.raster import Raster
from lineart_cli.pages.reading import (
    count_pages,
    is_whole,
    read_grey,
    read_header,
    read_metadata,
    read_pencil_strips,
    read_pencils,
    read_raster,
    read_sketch,
    read_strips,
)
from lineart_cli.pages.writers import (
    CENTRES,
    INK,
    OUTLINES,
    OUTPUT_FORMATS,
    ColouredLines,
    Drawing,
    InkedPage,
    Layer,
    Look,
    Pixels,
    Shape,
    check_size,
    write_ink,
    write_joined,
)

__all__ = [
    "CENTRES",
    "INK",
    "OUTLINES",
    "OUTPUT_FORMATS",
    "UPRIGHT",
    "ColouredLines",
    "Dpi",
    "Drawing",
    "Greys",
    "Header",
    "InkedPage",
    "Layer",
    "Look",
    "Metadata",
    "Pixels",
    "Raster",
    "Shape",
    "as_stored",
    "check_size",
    "count_pages",
    "grey_type",
    "is_whole",
    "read_grey",
    "read_header",
    "read_ink_layer",
    "read_metadata",
    "read_pencil_strips",
    "read_pencils",
    "read_raster",
    "read_sketch",
    "read_strips",
    "working_dpi",
    "write_ink",
    "write_joined",
    "write_merged",
]
