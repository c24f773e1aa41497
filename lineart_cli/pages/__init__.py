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
    read_raster,
    read_sketch,
    read_strips,
)
from lineart_cli.pages.writers import (
    INK,
    OUTPUT_FORMATS,
    InkedPage,
    Look,
    Pixels,
    check_size,
    write_ink,
    write_joined,
)

__all__ = [
    "INK",
    "OUTPUT_FORMATS",
    "UPRIGHT",
    "Dpi",
    "Greys",
    "Header",
    "InkedPage",
    "Look",
    "Metadata",
    "Pixels",
    "Raster",
    "as_stored",
    "check_size",
    "count_pages",
    "grey_type",
    "is_whole",
    "read_grey",
    "read_header",
    "read_ink_layer",
    "read_metadata",
    "read_raster",
    "read_sketch",
    "read_strips",
    "working_dpi",
    "write_ink",
    "write_joined",
    "write_merged",
]
