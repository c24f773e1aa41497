"""Draws the example sketches: `python examples/draw_examples.py [OUT]`, by default next to this file.

Every sketch is designed as clean curves (living.py, still.py), overdrawn by the same simulated hand that makes the
training data, and put on paper (paper.py). Needs the training extra. The same seeds give the same pictures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import living
import numpy as np
import paper
import still
from easel import Easel
from PIL import Image

from lineart_train.generator.scenes.curves import Points
from lineart_train.generator.sketch.hand import Hand, Rng, Stroke, sketch
from lineart_train.generator.sketch.raster import lay

DPI = (300, 300)


@dataclass(frozen=True)
class Example:
    """One sketch: file name, design, the hand that draws it, the medium it ends up in, and its seed."""

    file: str
    design: Callable[[], Easel]
    hand: Hand
    medium: Callable[[Easel, Hand, Rng], Image.Image]
    seed: int
    saving: dict[str, Any]


def main(out: Path) -> None:
    """Draw and write every example into the folder `out`, which is made if it is missing."""
    out.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        picture = example.medium(example.design(), example.hand, np.random.default_rng(example.seed))
        picture.save(out / example.file, dpi=DPI, **example.saving)
        print(out / example.file)


def drawn(easel: Easel, hand: Hand, rng: Rng) -> paper.Picture:
    """Coverage (H, W) of the overdrawn lines; small ones get a calmer hand."""
    calm = replace(hand, spread=0.35 * hand.spread, overshoot=2.0, width=0.8 * hand.width)
    ink = np.zeros(easel.shape_px, np.float32)
    for kind, hold in (("broad", hand), ("fine", calm)):
        for stroke in sketch([line.points for line in easel.lines if line.kind == kind], hold, rng)[0]:
            lay(ink, stroke)
    for line in easel.lines:
        if line.kind == "black":
            lay(ink, Stroke(line.points, np.full(len(line.points), 5.0, np.float32), hand.opacity))
    return ink


def construction(easel: Easel, strength: float, width: float, rng: Rng) -> paper.Picture:
    """Coverage (H, W) of the guides, each drawn twice, loosely."""
    ink = np.zeros(easel.shape_px, np.float32)
    for curve in easel.guides * 2:
        _faintly(ink, curve + rng.normal(0, 5, 2), width, strength)
    return ink


def roughed_in(easel: Easel, strength: float, width: float, rng: Rng) -> paper.Picture:
    """Coverage (H, W) of the guides and a loose first version of the main lines."""
    ink = construction(easel, strength, width, rng)
    for line in easel.lines:
        if line.kind == "broad":
            centre = line.points.mean(0)
            loose = (line.points - centre) * rng.normal(1.0, 0.02, 2) + centre + rng.normal(0, 7, 2)
            _faintly(ink, loose, width, strength)
    return ink


def _faintly(ink: paper.Picture, curve: Points, width: float, strength: float) -> None:
    lay(ink, Stroke(curve.astype(np.float32), np.full(len(curve), width, np.float32), strength))


def grey_pencil(easel: Easel, hand: Hand, rng: Rng) -> Image.Image:
    """Pencil over construction lines on white paper, scanned in grey."""
    ink = paper.graphite(drawn(easel, hand, rng), 0.20, rng)
    under = paper.graphite(construction(easel, 0.16, 4.5, rng), 0.25, rng)
    page = paper.sheet(easel.shape_px, (0.95, 0.95, 0.95), rng)
    page = paper.print_on(paper.print_on(page, under, (0.3, 0.3, 0.3)), ink, (0.15, 0.15, 0.15))
    return Image.fromarray(paper.to_bytes(paper.scan(page, 0.7, 0.008, rng)[..., 0]))


def half_opacity_brush(easel: Easel, hand: Hand, rng: Rng) -> Image.Image:
    """A digital brush at half opacity on a transparent layer, RGBA."""
    alpha = paper.to_bytes(drawn(easel, hand, rng))
    pixels = np.empty((*alpha.shape, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = (52, 42, 66), alpha
    pixels[alpha == 0] = 0
    return Image.fromarray(pixels)


def ballpoint(easel: Easel, hand: Hand, rng: Rng) -> Image.Image:
    """Blue ballpoint on yellowed paper, scanned in colour."""
    ink = paper.graphite(drawn(easel, hand, rng), 0.07, rng)
    page = paper.print_on(paper.sheet(easel.shape_px, (0.96, 0.92, 0.79), rng), ink, (0.10, 0.14, 0.42))
    return Image.fromarray(paper.to_bytes(paper.scan(page, 0.7, 0.007, rng)))


def over_blue(easel: Easel, hand: Hand, rng: Rng) -> Image.Image:
    """Pencil over a light-blue first version, scanned in colour."""
    page = paper.sheet(easel.shape_px, (0.97, 0.97, 0.96), rng)
    page = paper.print_on(page, paper.graphite(roughed_in(easel, 0.30, 6.0, rng), 0.2, rng), (0.42, 0.72, 0.95))
    page = paper.print_on(page, paper.graphite(drawn(easel, hand, rng), 0.16, rng), (0.17, 0.17, 0.18))
    return Image.fromarray(paper.to_bytes(paper.scan(page, 0.7, 0.007, rng)))


def fine_liner(easel: Easel, hand: Hand, rng: Rng) -> Image.Image:
    """Fine liner, black or white and nothing between."""
    return Image.fromarray(paper.to_bytes(1 - drawn(easel, hand, rng))).point(lambda v: 255 * (v > 127), "1")


def photographed(easel: Easel, hand: Hand, rng: Rng) -> Image.Image:
    """Soft pencil over construction lines, photographed in uneven light."""
    ink = paper.graphite(drawn(easel, hand, rng), 0.24, rng)
    page = paper.print_on(
        paper.sheet(easel.shape_px, (0.93, 0.92, 0.90), rng), construction(easel, 0.14, 6.0, rng), (0.3, 0.3, 0.3)
    )
    return Image.fromarray(paper.to_bytes(paper.photograph(paper.print_on(page, ink, (0.16, 0.16, 0.17)), rng)))


PENCIL = Hand(passes=4.0, spread=6.0, piece=320, overshoot=8, width=5.0, opacity=0.55, taper=0.7)
EXAMPLES = (
    Example("portrait.jpg", living.portrait, PENCIL, grey_pencil, 1, {"quality": 72}),
    Example(
        "cat.png",
        living.cat,
        replace(PENCIL, spread=6.5, width=6.0, opacity=0.5, taper=0.4),
        half_opacity_brush,
        2,
        {"optimize": True},
    ),
    Example(
        "house.jpg",
        still.house,
        replace(PENCIL, spread=5.0, piece=450, width=3.6, opacity=0.8, taper=0.2),
        ballpoint,
        3,
        {"quality": 72},
    ),
    Example("flower.jpg", still.flower, replace(PENCIL, spread=5.5), over_blue, 4, {"quality": 72}),
    Example(
        "robot.tif",
        still.robot,
        replace(PENCIL, passes=2.6, spread=3.5, piece=500, width=4.0, opacity=1.0, taper=0.2),
        fine_liner,
        5,
        {"compression": "group4"},
    ),
    Example(
        "dragon.jpg",
        living.dragon,
        replace(PENCIL, piece=260, width=5.6, opacity=0.65),
        photographed,
        6,
        {"quality": 72},
    ),
)

if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
