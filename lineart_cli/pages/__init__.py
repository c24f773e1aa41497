"""Pages on disk: read as grey, and written as ink."""

from lineart_cli.pages.reading import Dpi, Header, is_finished, read_grey, read_header, working_dpi
from lineart_cli.pages.writers import OUTPUT_FORMATS, InkedPage, Look, check_size, write_ink

__all__ = [
    "OUTPUT_FORMATS",
    "Dpi",
    "Header",
    "InkedPage",
    "Look",
    "check_size",
    "is_finished",
    "read_grey",
    "read_header",
    "working_dpi",
    "write_ink",
]
