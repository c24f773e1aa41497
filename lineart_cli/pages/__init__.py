"""Pages on disk: read as grey, and written as ink."""

from lineart_cli.pages.header import Dpi, Header, working_dpi
from lineart_cli.pages.reading import count_pages, is_whole, read_grey, read_header
from lineart_cli.pages.writing import OUTPUT_FORMATS, check_size, write_ink

__all__ = [
    "OUTPUT_FORMATS",
    "Dpi",
    "Header",
    "check_size",
    "count_pages",
    "is_whole",
    "read_grey",
    "read_header",
    "working_dpi",
    "write_ink",
]
