"""Pages on disk: read as grey, and written as ink."""

from lineart_cli.pages.header import Dpi, Header, working_dpi
from lineart_cli.pages.metadata import Metadata
from lineart_cli.pages.picture import Greys
from lineart_cli.pages.reading import count_pages, is_whole, read_grey, read_header, read_metadata, read_sketch
from lineart_cli.pages.writers import INK, OUTPUT_FORMATS, InkedPage, Look, Pixels, check_size, write_ink, write_joined

__all__ = [
    "INK",
    "OUTPUT_FORMATS",
    "Dpi",
    "Greys",
    "Header",
    "InkedPage",
    "Look",
    "Metadata",
    "Pixels",
    "check_size",
    "count_pages",
    "is_whole",
    "read_grey",
    "read_header",
    "read_metadata",
    "read_sketch",
    "working_dpi",
    "write_ink",
    "write_joined",
]
