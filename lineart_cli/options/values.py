"""Figures and names that options range over, and the values that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

_T = TypeVar("_T")

MODEL = "standard"
DASH = "-"
"""Stands for standard input and standard output on the command line."""
PLAIN = ("technical_pen",)
"""The brush that the network itself draws with, alone."""
MM_PER_INCH = 25.4
THICKNESS_RANGE = (0.5, 1000.0)
"""Of lines, page px."""
DRAWINGS = {"very-fine": -2, "fine": -1, "auto": 0, "loose": 1, "very-loose": 2}
"""What a drawing may be said to be like, and how many steps looser than measured that makes it."""
STROKE_RANGE = (0.5, 1000.0)
"""Of a sketch's strokes, page px."""
FAINT_RANGE = (0.02, 0.9)
NEUTRAL_FAINT = 0.35
"""The share of the main lines' darkness where the network itself draws the line between ink and nothing."""
DPI_RANGE = (50.0, 2400.0)
DESATURATE_MODES = ("luma709", "luma601", "lightness", "average", "min", "max")
DROP_COLOURS = ("blue", "green", "yellow", "orange", "red", "pink", "purple")
SCREENTONE = ("drop", "keep")
PAGES = ("whole", "auto")
INVERT = ("auto", "yes", "no")
BACKENDS = ("auto", "openvino", "onnxruntime")
PRECISIONS = ("auto", "f32", "bf16", "int8")
READABLE = "PNG, JPEG, TIFF, WebP, PSD, KRA, ORA, PDF, SVG or HEIC"
FORMATS = ("png", "tiff", "webp", "gif", "ora", "psd", "bmp", "jpeg", "svg", "svgz", "pdf")
FORMATS_BY_SUFFIX = {"jpg": "jpeg", "tif": "tiff"}
"""What formats are called after the shorter suffixes of their files, which is understood too."""
FORMATS_OF_CURVES = ("svg", "svgz", "pdf")
FORMATS_OF_FRAMES = ("png", "webp", "gif")
FORMATS_TO_JOIN = ("tiff", "pdf", *FORMATS_OF_FRAMES)
FORMATS_WITHOUT_ALPHA = ("bmp", "jpeg", "gif")
FORMATS_OF_16_BITS = ("png", "tiff")
FORMATS_OF_EDITS = ("png", "tiff", "webp", "bmp", "ora", "psd")
STROKES = ("outline", "centre", "both")
TOLERANCE_RANGE = (0.05, 20.0)
"""Of curves, page px."""
BITS = ("8", "16")
PASSES = ("1", "2", "3")
HATCHING = ("keep", "drop")


@dataclass(frozen=True)
class Length:
    """A length on the page: pixels of the page itself, or millimetres."""

    number: float
    unit: Literal["px", "mm"] = "px"

    def __str__(self) -> str:
        return f"{self.number:g}{self.unit}"

    def page_px(self, dpi: float) -> float:
        """The length in pixels of a page with `dpi` pixels per inch."""
        return self.number if self.unit == "px" else self.number * dpi / MM_PER_INCH


def px_text(px: float) -> str:
    """A length in pixels for people: three digits, and all of those before the point."""
    return f"{px:.0f}" if px >= 100 else f"{px:.3g}"


class Several(tuple[_T, ...]):
    """Values that the user writes with commas between them."""

    __slots__ = ()

    def __str__(self) -> str:
        return ",".join(map(str, self))


class Mapped(NamedTuple):
    """A folder as it is called here, and as the workers of a cluster call it."""

    here: str
    there: str

    def __str__(self) -> str:
        return "=".join(self)


class Crop(NamedTuple):
    """A part of a page, px."""

    left: int
    top: int
    width: int
    height: int

    def __str__(self) -> str:
        return ",".join(map(str, self))

    @property
    def rows(self) -> slice:
        """From top to bottom."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """From left to right."""
        return slice(self.left, self.left + self.width)


class Colour(NamedTuple):
    """An sRGB colour, 0 to 255 each."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


BLACK = Colour(0, 0, 0)
