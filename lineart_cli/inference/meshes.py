"""Meshes: where strokes of one line lie far apart, the ink of a pass at full size is a net of them all.

The first pass, at a lower resolution, sees few lines in the same place. Fine details look like a mesh too; but there
the lines follow all that is drawn, while among strokes that were searched for much of it lies beside the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.resample import strips
from lineart_cli.imaging.tone import store
from lineart_cli.inference import passes

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import DiskArray, Page

    Mask = npt.NDArray[np.uint8]

STEP = 2
"""Meshes are looked for in a picture of half the size. Lengths and areas below are in its px."""

_BAND_PX, _AROUND = 2_500_000, 256  # px that are looked at together, and rows around them
_INKED = 127  # coverage from which a pixel is ink
_SOLID = 5  # what is as broad is a black shape
_CELL = 6  # the cells of a mesh are narrower than twice this
_BROAD = 12  # a mesh is as broad everywhere
_LEAST_PX, _LEAST_CELLS = 1250, 10  # of a mesh; eyes and single letters have fewer
_BESIDE = 1.0  # farther from the ink, something is drawn beside the lines
_SEARCHED = 0.3  # share of what is drawn that lies beside the lines, from which they were searched for
_MARGIN = 7  # px across: a mesh takes the ends of the lines around it with it


def redrawn(darken: passes.Darken, before: Page, ink: DiskArray | npt.NDArray[np.uint8]) -> passes.Darken:
    """Draw the meshes in the ink of a pass as the pass before it did.

    Args:
        darken: of a page.
        before: (H, W) uint8 coverage, of the pass before.
        ink: of this pass likewise; meshes in it are replaced by what is before.

    Returns:
        Darkness of the page, in which the meshes are drawn by those few lines instead of by their strokes.
    """
    mesh = areas(ink, darken)
    if not mesh.any():
        return darken
    for rows in strips(ink.shape[0]):
        inside = _inside(mesh, (rows, slice(0, ink.shape[1])))
        if inside.any():
            ink[rows] = np.where(inside, before[rows], ink[rows])

    def draw(part: passes.Part, out: passes.Floats) -> None:
        darken(part, out)
        rows, columns = part
        for strip in strips(rows.stop - rows.start):
            here = slice(rows.start + strip.start, rows.start + strip.stop), columns
            inside = _inside(mesh, here)
            if inside.any():
                lines = np.multiply(ink[here], np.float32(1 / 255), dtype=np.float32)
                store(np.where(inside, lines, out[strip]), out[strip])

    return draw


def areas(ink: Page, darken: passes.Darken) -> Mask:
    """Find the meshes in the ink of a page.

    Args:
        ink: (H, W) uint8 coverage, lines 3 px thick.
        darken: of the same page.

    Returns:
        (h, w) 1 in meshes and 0 elsewhere, for each square of `STEP` x `STEP` px; halves count as whole.
    """
    height, width = (-(-side // STEP) for side in ink.shape)
    found = np.zeros((height, width), np.uint8)
    sketch = passes.smaller(darken, (ink.shape[0], ink.shape[1]), STEP)
    band = max(_AROUND, _BAND_PX // width)
    for top in range(0, height, band):
        rows = slice(max(top - _AROUND, 0), min(top + band + _AROUND, height))
        inside = slice(top - rows.start, min(top + band, height) - rows.start)
        found[top : top + band] = _meshes(_inked(ink, rows), sketch, rows)[inside]
    return found


def _inside(mesh: Mask, part: passes.Part) -> npt.NDArray[np.bool_]:
    """Which pixels of some rows and columns of the page are in a mesh."""
    rows, columns = (slice(side.start // STEP, -(-side.stop // STEP)) for side in part)
    whole = mesh[rows, columns].repeat(STEP, 0).repeat(STEP, 1)
    top, left = (side.start % STEP for side in part)
    return whole[top : top + part[0].stop - part[0].start, left : left + part[1].stop - part[1].start] > 0


def _inked(ink: Page, rows: slice) -> Mask:
    """Squares with ink in them: thin lines stay closed."""
    here = ink[STEP * rows.start : STEP * rows.stop]
    inked = np.zeros((rows.stop - rows.start, -(-here.shape[1] // STEP)), np.uint8)
    for y in range(STEP):
        for x in range(STEP):
            part = here[y::STEP, x::STEP] > _INKED
            inked[: part.shape[0], : part.shape[1]][part] = 1
    return inked


def _meshes(inked: Mask, sketch: passes.Darken, rows: slice) -> Mask:
    blank = 1 - inked
    _, cells = cv2.connectedComponents(blank, connectivity=4)
    off = cv2.distanceTransform(blank, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    small = np.ones(cells.max() + 1, np.uint8)
    small[cells[off >= _CELL]] = 0  # the ink, label 0, is part of a mesh
    solid = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((_SOLID, _SOLID), np.uint8))
    net = np.where(solid > 0, np.uint8(0), small[cells])
    net = np.asarray(cv2.morphologyEx(net, cv2.MORPH_OPEN, _disc(_BROAD)), np.uint8)
    count, label, boxes, _ = cv2.connectedComponentsWithStats(net)
    meshes = np.zeros_like(net)
    for one in range(1, count):
        left, top, width, height, px = boxes[one]
        if px < _LEAST_PX:
            continue
        box = slice(top, top + height), slice(left, left + width)
        here, white = label[box] == one, off[box]
        if len(np.unique(cells[box][here & (white > 0)])) < _LEAST_CELLS:
            continue
        dark = np.empty((height, width), np.float32)
        sketch((slice(rows.start + top, rows.start + top + height), box[1]), dark)
        if dark[here & (white > _BESIDE)].mean() >= _SEARCHED * dark[here].mean():
            meshes[box] |= here
    return np.asarray(cv2.dilate(meshes, _disc(_MARGIN)), np.uint8)


def _disc(across: int) -> Mask:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)), np.uint8)
