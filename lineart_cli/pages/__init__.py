"""Pages on disk: read as grey, and written as ink."""

from lineart_cli.pages.reading import Dpi, Header, is_whole, read_grey, read_header, working_dpi
from lineart_cli.pages.writing import OUTPUT_FORMATS, check_size, write_ink

__all__ = [
    "OUTPUT_FORMATS",
    "Dpi",
    "Header",
    "check_size",
    "is_whole",
    "read_grey",
    "read_header",
    "working_dpi",
    "write_ink",
]
