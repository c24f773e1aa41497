"""Layers and groups laid over one another, some rows at a time (W3C, Compositing and Blending Level 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.imaging.colour import encoded
from lineart_cli.imaging.resample import strips
from lineart_cli.pages.header import Dpi
from lineart_cli.pages.picture import BLOCK_PIXELS, Block, Picture

Floats = NDArray[np.float32]
NORMAL, ERASE = "normal", "erase"


@dataclass(frozen=True)
class Painting:
    """A layer of pixels, or a mask, whose darkness hides.

    Attributes:
        blocks: its pixels where they lie on the page, from top to bottom.
        opacity: of all of it, in [0, 1].
        blend: `NORMAL`, `ERASE` or a key of `BLENDS`.
        is_clipped: whether it shows only on what lies below it in its group.
        masks: what hides parts of it.
        bits: of each sample.
        is_grey: whether it has no colour.
    """

    blocks: Callable[[], Iterable[Block]]
    opacity: float = 1.0
    blend: str = NORMAL
    is_clipped: bool = False
    masks: tuple[Painting, ...] = ()
    bits: int = 8
    is_grey: bool = False


@dataclass(frozen=True)
class Group:
    """Layers and groups, the lowest first, as one layer; unless it is passed through, and they lie on what is below."""

    layers: tuple[Painting | Group, ...]
    opacity: float = 1.0
    blend: str = NORMAL
    is_clipped: bool = False
    masks: tuple[Painting, ...] = ()
    is_passed_through: bool = False

    @property
    def paintings(self) -> list[Painting]:
        """All of them, the lowest first."""
        return [each for layer in self.layers for each in ([layer] if isinstance(layer, Painting) else layer.paintings)]


def _hard_light(below: Floats, above: Floats) -> Floats:
    return np.where(above <= 0.5, 2 * below * above, 1 - 2 * (1 - below) * (1 - above))


def _soft_light(below: Floats, above: Floats) -> Floats:
    bright = np.where(below <= 0.25, ((16 * below - 12) * below + 4) * below, np.sqrt(below))
    darker = below - (1 - 2 * above) * below * (1 - below)
    return np.where(above <= 0.5, darker, below + (2 * above - 1) * (bright - below))


def _share(part: Floats, whole: Floats) -> Floats:
    """The quotient, at most 1; 0 where nothing is divided."""
    return np.where(part <= 0, 0, np.minimum(part / np.maximum(whole, 1e-6), 1)).astype(np.float32)


BLENDS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "multiply": lambda below, above: below * above,
    "screen": lambda below, above: below + above - below * above,
    "overlay": lambda below, above: _hard_light(above, below),
    "darken": np.minimum,
    "lighten": np.maximum,
    "color-dodge": lambda below, above: _share(below, 1 - above),
    "color-burn": lambda below, above: 1 - _share(1 - below, above),
    "hard-light": _hard_light,
    "soft-light": _soft_light,
    "difference": lambda below, above: np.abs(below - above),
    "exclusion": lambda below, above: below + above - 2 * below * above,
    "add": lambda below, above: np.minimum(below + above, 1),
    "subtract": lambda below, above: np.maximum(below - above, 0),
    "linear-burn": lambda below, above: np.maximum(below + above - 1, 0),
    "divide": _share,
}
"""What becomes of the colour below and that above, both (h, w, 3) in [0, 1]."""


def composed(
    group: Group, width: int, height: int, dpi: Dpi | None, notes: Iterable[str] = (), *, is_linear: bool = False
) -> Picture:
    """The page on which a group lies; layers that hold light as it is are mixed in that, before sRGB encodes it."""
    paintings = group.paintings
    return Picture(
        width,
        height,
        lambda: _blocks(group, width, height, is_linear),
        bits=max((each.bits for each in paintings), default=8),
        is_grey=all(each.is_grey for each in paintings),
        dpi=dpi,
        in_order=True,
        notes=tuple(notes),
    )


def _blocks(group: Group, width: int, height: int, is_linear: bool) -> Iterator[Block]:
    rows = max(1, BLOCK_PIXELS // width)
    canvas = _Canvas(width)
    for strip in strips(height, rows):
        pixels = canvas.painted(group, strip)
        if is_linear:
            pixels[..., :3] = encoded(_bare(pixels[..., :3], pixels[..., 3:])) * pixels[..., 3:]
        yield Block(pixels, "rgb", 1, "premultiplied", strip.start)


@dataclass
class _Rows:
    """The pixels of a painting, taken from top to bottom."""

    blocks: Iterator[Block]
    ahead: list[Block] = field(default_factory=list)

    def taken(self, rows: slice) -> list[Block]:
        """The blocks that touch the next rows, in the order in which they came."""
        while not self.ahead or self.ahead[-1].top < rows.stop:
            block = next(self.blocks, None)
            if block is None:
                break
            self.ahead.append(block)
        touching = [block for block in self.ahead if block.top < rows.stop]
        self.ahead = [block for block in self.ahead if block.top + len(block.samples) > rows.stop]
        return touching


class _Canvas:
    """Some rows of a page at a time, one after the other, as (h, W, 4) light and coverage, premultiplied."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows: dict[int, _Rows] = {}

    def painted(self, group: Group, rows: slice) -> Floats:
        """A group's layers on nothing."""
        canvas = np.zeros((rows.stop - rows.start, self._width, 4), np.float32)
        self._paint(group, canvas, rows)
        return canvas

    def _paint(self, group: Group, canvas: Floats, rows: slice) -> None:
        for layer in group.layers:
            if isinstance(layer, Group) and layer.is_passed_through:
                before = canvas.copy()
                self._paint(layer, canvas, rows)
                shown = self._shown(layer, rows)
                canvas[:] = before * (1 - shown) + canvas * shown
            else:
                above = self.painted(layer, rows) if isinstance(layer, Group) else self._pixels(layer, rows)
                above *= self._shown(layer, rows)
                _blend(above, canvas, layer.blend, layer.is_clipped)

    def _shown(self, layer: Painting | Group, rows: slice) -> Any:
        """What of a layer is not hidden: its opacity, less what its masks hide."""
        shown: Any = np.float32(layer.opacity)
        for mask in layer.masks:
            shown = shown * self._pixels(mask, rows)[..., :1]
        return shown

    def _pixels(self, painting: Painting, rows: slice) -> Floats:
        canvas = np.zeros((rows.stop - rows.start, self._width, 4), np.float32)
        taken = self._rows.setdefault(id(painting), _Rows(iter(painting.blocks()))).taken(rows)
        for block in taken:
            samples, *place = replace(block, top=block.top - rows.start).within(len(canvas), self._width)
            if samples.size:
                _blend(_premultiplied(block, samples), canvas[tuple(place)], NORMAL, False)
        return canvas


def _premultiplied(block: Block, samples: NDArray[Any]) -> Floats:
    """(h, w, 4) light and coverage, in [0, 1]."""
    light = np.divide(samples, np.float32(block.white), dtype=np.float32)
    found = np.empty((*light.shape[:2], 4), np.float32)
    found[..., 3] = 1 if block.alpha == "none" else light[..., -1]
    colours = light if block.alpha == "none" else light[..., :-1]
    found[..., :3] = (1 - colours[..., :3]) * (1 - colours[..., 3:]) if block.space == "cmyk" else colours
    if block.alpha == "straight":
        found[..., :3] *= found[..., 3:]
    return found * np.float32(block.opacity)


def _blend(above: Floats, canvas: Floats, blend: str, is_clipped: bool) -> None:
    """Lays a layer on a canvas, both premultiplied."""
    coverage, below = above[..., 3:], canvas[..., 3:].copy()
    if blend == ERASE:
        canvas *= 1 - coverage
        return
    light = above[..., :3]
    if blend != NORMAL:
        mixed = BLENDS[blend](_bare(canvas[..., :3], below), _bare(light, coverage))
        light = (1 - below) * light + below * coverage * np.clip(mixed, 0, 1)
        if is_clipped:
            light = below * coverage * np.clip(mixed, 0, 1)
    elif is_clipped:
        light = below * light
    canvas[..., :3] = light + (1 - coverage) * canvas[..., :3]
    canvas[..., 3:] = below if is_clipped else coverage + below * (1 - coverage)


def _bare(light: Floats, coverage: Floats) -> Floats:
    """Colours that are not multiplied by their coverage any more; black where there are none."""
    return np.where(coverage > 0, light / np.maximum(coverage, 1e-6), 0).astype(np.float32)


def moved(blocks: Iterable[Block], left: int, top: int) -> Iterator[Block]:
    """Blocks in another place."""
    return (replace(each, left=each.left + left, top=each.top + top) for each in blocks)
