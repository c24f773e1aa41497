"""The tables of options: names, defaults, ranges and help, for the command line and for callers alike."""

from lineart_cli.options.bench import BenchOptions
from lineart_cli.options.brushes import BrushesOptions
from lineart_cli.options.config import ConfigOptions
from lineart_cli.options.ink import OF_FILES, InkOptions
from lineart_cli.options.krita import KritaOptions
from lineart_cli.options.naming import Template
from lineart_cli.options.read import ReadOptions
from lineart_cli.options.report import ReportOptions
from lineart_cli.options.serve import ServeOptions
from lineart_cli.options.spec import Options, Spec, bytes_text, default_text, field_name, specs
from lineart_cli.options.trial import TryOptions
from lineart_cli.options.values import (
    BACKENDS,
    BLACK,
    DASH,
    DESATURATE_MODES,
    DPI_RANGE,
    DRAWINGS,
    DROP_COLOURS,
    FAINT_RANGE,
    FORMATS,
    FORMATS_OF_CURVES,
    FORMATS_WITHOUT_ALPHA,
    MM_PER_INCH,
    MODEL,
    NEUTRAL_FAINT,
    PLAIN,
    PRECISIONS,
    READABLE,
    STROKE_RANGE,
    THICKNESS_RANGE,
    TOLERANCE_RANGE,
    Colour,
    Crop,
    Length,
    Mapped,
    Several,
    px_text,
)

__all__ = [
    "BACKENDS",
    "BLACK",
    "DASH",
    "DESATURATE_MODES",
    "DPI_RANGE",
    "DRAWINGS",
    "DROP_COLOURS",
    "FAINT_RANGE",
    "FORMATS",
    "FORMATS_OF_CURVES",
    "FORMATS_WITHOUT_ALPHA",
    "MM_PER_INCH",
    "MODEL",
    "NEUTRAL_FAINT",
    "OF_FILES",
    "PLAIN",
    "PRECISIONS",
    "READABLE",
    "STROKE_RANGE",
    "THICKNESS_RANGE",
    "TOLERANCE_RANGE",
    "BenchOptions",
    "BrushesOptions",
    "Colour",
    "ConfigOptions",
    "Crop",
    "InkOptions",
    "KritaOptions",
    "Length",
    "Mapped",
    "Options",
    "ReadOptions",
    "ReportOptions",
    "ServeOptions",
    "Several",
    "Spec",
    "Template",
    "TryOptions",
    "bytes_text",
    "default_text",
    "field_name",
    "px_text",
    "specs",
]
