"""Makes the README's pictures: `python examples/show.py INKED`, INKED from `lineart ink examples --thickness 6`."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
SHOWN = HERE / ".readme"
HERO = "portrait.jpg"
SKETCHES = ("cat.png", "flower.jpg", "robot.tif", "dragon.jpg", "house.jpg")
GAP = 12


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


def main(inked: Path) -> None:
    """Write the pictures of the README."""
    SHOWN.mkdir(exist_ok=True)
    pair = beside([page(HERE / HERO, 1000), page(inked / HERO.replace(".jpg", ".png"), 1000)])
    pair.save(SHOWN / HERO, quality=85)
    inks = [Path(name).with_suffix(".png") for name in SKETCHES]
    rows = [beside([page(HERE / name, 520) for name in SKETCHES]), beside([page(inked / name, 520) for name in inks])]
    sheet = Image.new("RGB", (max(row.width for row in rows), 2 * 520 + GAP), "#888")
    for number, row in enumerate(rows):
        sheet.paste(row, (0, number * (520 + GAP)))
    sheet.save(SHOWN / "all.jpg", quality=85)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
