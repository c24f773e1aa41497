"""What is asked of a plan: a page of some size, and the user's wishes."""

from __future__ import annotations

from dataclasses import dataclass

from lineart_cli.inference.engines.base import EngineChoice
from lineart_cli.options import FORMATS_OF_CURVES, PLAIN, InkOptions
from lineart_cli.scale.working_scale import shape_at


@dataclass(frozen=True)
class PageSize:
    """A page, and what it takes to read it.

    Attributes:
        height: px.
        width: px.
        dpi: px per inch.
        px_bytes: of a grey that is read.
        held: bytes that reading takes beside a few rows.
        is_kept: whether the page is kept in memory even where it is large.
        scale: px of the page for a px at which the network works.
        separations: how many coloured pencils are inked by themselves.
    """

    height: int
    width: int
    dpi: float
    px_bytes: int = 1
    held: int = 0
    is_kept: bool = False
    scale: float = 1.0
    separations: int = 0

    @property
    def px(self) -> int:
        """All of its pixels."""
        return self.height * self.width

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def working_shape(self) -> tuple[int, int]:
        """Height and width at which the network works on the page."""
        return shape_at(self.scale, self.shape)


@dataclass(frozen=True)
class Measured:
    """What `lineart bench --save` found to be best on this very machine.

    Attributes:
        choice: runtime, device, precision and threads.
        speed: megapixels that the network computes in a second, halos included.
    """

    choice: EngineChoice
    speed: float


@dataclass(frozen=True)
class Request:
    """What the user asks for; see `InkOptions`. None and `auto` leave it to the plan.

    `format` and `bits` are those of the ink. `brushes` is set where lines are found first and drawn then, because the
    brush is not plain, there are several, or the ink is curves. `pages` is how many there are to ink, as far as is
    known.
    """

    backend: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    tile: int | None = None
    threads: int | None = None
    jobs: int | None = None
    max_memory: int | None = None
    format: str = "png"
    brushes: bool = False
    measured: Measured | None = None
    bits: int = 8
    pages: int = 1
    passes: int = 3
    hatching: str = "keep"

    @classmethod
    def of(cls, options: InkOptions, measured: Measured | None = None, pages: int = 1) -> Request:
        """The wishes among the options of `lineart ink`."""
        return cls(
            backend=options.backend,
            device=options.device,
            precision=options.precision,
            tile=options.tile,
            threads=options.threads,
            jobs=options.jobs,
            max_memory=options.max_memory,
            format=options.format,
            brushes=options.brush != PLAIN or len(options.thickness) > 1 or options.format in FORMATS_OF_CURVES,
            measured=measured,
            bits=options.bits,
            pages=pages,
            passes=options.passes,
            hatching=options.hatching,
        )
