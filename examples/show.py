"""Makes the README's pictures: `python examples/show.py INKED REAL ZOOMED`.

INKED is from `lineart ink examples --thickness 6`, REAL, of `orange.jpg` and `pepper.png`, with `--thickness 2`. ZOOMED
has `pepper.png` and `pepper.svg`, with `--thickness 2 --brush ink_pen`.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import resvg_py
from PIL import Image

HERE = Path(__file__).parent
SHOWN = HERE / ".readme"
HERO = "orange.jpg"
SKETCHES = ("pepper.png", "portrait.jpg", "cat.png", "robot.tif", "dragon.jpg")
REAL = ("orange.jpg", "pepper.png")
"""Artists' own sketches, which have fewer pixels."""
GAP = 12
TIMES = 8
PART = (170, 130, 270, 205)
"""Left, top, right and bottom in px of what is shown so many times as large."""


def page(path: Path, height: int) -> Image.Image:
    """A page on white, as RGB, scaled to `height` px."""
    image = Image.open(path).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB").resize((round(height * image.width / image.height), height), Image.Resampling.LANCZOS)


def beside(pictures: list[Image.Image]) -> Image.Image:
    """Pictures of one height side by side, with a gap."""
    wide = sum(p.width for p in pictures) + GAP * (len(pictures) - 1)
    row = Image.new("RGB", (wide, pictures[0].height), "#888")
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + GAP
    return row


def zoom(folder: Path, name: str) -> Image.Image:
    """A part of raster ink as its pixels are, beside the same part of the curves, drawn by resvg."""
    ink = Image.open(folder / f"{name}.png").convert("L")
    wide, high = (TIMES * side for side in ink.size)
    svg = (folder / f"{name}.svg").read_text("utf-8")
    drawn = resvg_py.svg_to_bytes(svg_string=svg, dpi=300, background="#ffffff", width=wide, height=high)
    part = tuple(TIMES * side for side in PART)
    pixels = ink.resize((wide, high), Image.Resampling.NEAREST).crop(part)
    return beside([each.convert("RGB") for each in (pixels, Image.open(io.BytesIO(bytes(drawn))).crop(part))])


def main(inked: Path, real: Path, zoomed: Path) -> None:
    """Write the pictures of the README."""
    SHOWN.mkdir(exist_ok=True)
    inks = {name: (real if name in REAL else inked) / Path(name).with_suffix(".png") for name in (HERO, *SKETCHES)}
    zoom(zoomed, "pepper").save(SHOWN / "curves.png", optimize=True)
    beside([page(HERE / HERO, 640), page(inks[HERO], 640)]).save(SHOWN / HERO, quality=85)
    rows = [beside([page(HERE / n, 520) for n in SKETCHES]), beside([page(inks[n], 520) for n in SKETCHES])]
    sheet = Image.new("RGB", (max(row.width for row in rows), 2 * 520 + GAP), "#888")
    for number, row in enumerate(rows):
        sheet.paste(row, (0, number * (520 + GAP)))
    sheet.save(SHOWN / "all.jpg", quality=85)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
