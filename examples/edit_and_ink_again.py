"""Makes the README's picture of edits that stay: `python examples/edit_and_ink_again.py`.

`robot.tif` is inked, its ink is edited and its sketch changed in three places, and it is inked again: plainly, and with
`--keep-edits`. Each row shows one of the places: the edited ink, the changed sketch, its ink alone, and with the edits.

1. Freckles in colour were drawn into the ink, and the mouth of the sketch is another: both are there.
2. The needle was erased from the ink, and the sketch has other buttons: the needle does not come back.
3. The leaf was drawn anew in the ink, and moved in the sketch: the artist's stays, and lineart tells so.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
PLACES = ((760, 560, 960, 760), (900, 1680, 720, 520), (1960, 1040, 420, 320))
"""Left, top, width and height, px."""
LEAF = np.array([(2005, 1085), (2120, 1105), (2165, 1140), (2188, 1245), (2080, 1235), (2020, 1165)])
HEIGHT, GAP = 300, 12
CONFLICT = "#d02020"

Page = np.ndarray


def edit(ink: Page) -> Page:
    """The ink, (H, W, 3), as an artist might change it."""
    page = ink.copy()
    for x, y in ((880, 1080), (925, 1110), (960, 1070), (1510, 1080), (1555, 1110), (1590, 1070)):
        cv2.circle(page, (x, y), 11, (200, 60, 40), -1, cv2.LINE_AA)
    cv2.line(page, (1128, 1885), (1190, 1820), (255, 255, 255), 34)
    erase(page, LEAF)
    cv2.ellipse(page, (2090, 1170), (105, 42), 30, 0, 360, (0, 0, 0), 6, cv2.LINE_AA)
    cv2.line(page, (2010, 1125), (2170, 1217), (0, 0, 0), 4, cv2.LINE_AA)
    return page


def redraw(sketch: Page) -> Page:
    """The sketch, (H, W), with another mouth, other buttons and another leaf."""
    page = sketch.copy()
    page[1045:1150, 1080:1400] = 255
    cv2.ellipse(page, (1240, 1040), (150, 75), 0, 0, 180, 0, 7, cv2.LINE_AA)
    cv2.line(page, (1090, 1040), (1390, 1040), 0, 7, cv2.LINE_AA)
    page[1735:2095, 1380:1520] = 255
    for top in (1750, 1870, 1990):
        cv2.rectangle(page, (1390, top), (1505, top + 85), 0, 7, cv2.LINE_AA)
    erase(page, LEAF)
    cv2.ellipse(page, (2085, 1190), (75, 32), 35, 0, 360, 0, 6, cv2.LINE_AA)
    return page


def erase(page: Page, corners: Page) -> None:
    """Makes a polygon white, and a little around it."""
    white = (255,) * (3 if page.ndim == 3 else 1)
    cv2.fillPoly(page, [corners], white)
    cv2.polylines(page, [corners], True, white, 16)


def save(page: Page, path: Path) -> None:
    """Writes a page at 300 dpi."""
    Image.fromarray(page).save(path, dpi=(300, 300))


def ink(scan: Path, out: Path, *options: str) -> Image.Image:
    """Inks a scan into a folder, and gives what lies there then."""
    command = [sys.executable, "-m", "lineart_cli", "ink", str(scan), "-o", str(out), "-t", "6", "--quiet"]
    subprocess.run([*command, *options], check=True)  # noqa: S603 - our own command
    return Image.open(out / scan.name).convert("RGB")


def main() -> None:
    """Ink, edit, redraw, ink again, and show."""
    with tempfile.TemporaryDirectory() as name:
        scan, out, plain = Path(name, "robot.png"), Path(name, "ink"), Path(name, "plain")
        sketch = np.asarray(Image.open(HERE / "robot.tif").convert("L"))
        save(sketch, scan)
        edited = edit(np.asarray(ink(scan, out)))
        save(edited, out / scan.name)
        changed = redraw(sketch)
        save(changed, scan)
        pages = (Image.fromarray(edited), Image.fromarray(changed).convert("RGB"), ink(scan, plain))
        show([*pages, ink(scan, out, "--keep-edits")]).save(HERE / ".readme" / "edits.jpg", quality=85)


def show(pages: list[Image.Image]) -> Image.Image:
    """A row for each place, with the pages side by side."""
    rows = []
    for left, top, width, height in PLACES:
        size = round(HEIGHT * width / height), HEIGHT
        box = (left, top, left + width, top + height)
        rows.append([page.crop(box).resize(size, Image.Resampling.LANCZOS) for page in pages])
    wide = max(row[0].width for row in rows)
    sheet = Image.new("RGB", (4 * wide + 3 * GAP, 3 * HEIGHT + 2 * GAP), "#888")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            cell = Image.new("RGB", (wide, HEIGHT), "white")
            cell.paste(picture, ((wide - picture.width) // 2, 0))
            sheet.paste(cell, (x * (wide + GAP), y * (HEIGHT + GAP)))
    frame = ImageDraw.Draw(sheet)
    left, top = 3 * (wide + GAP), 2 * (HEIGHT + GAP)
    frame.rectangle((left, top, left + wide - 1, top + HEIGHT - 1), outline=CONFLICT, width=4)
    return sheet


if __name__ == "__main__":
    main()
