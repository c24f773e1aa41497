"""Meshes: where strokes of one line lie far apart, the ink of a pass at full size is a net of them all.

The first pass, at a lower resolution, sees few lines in the same place. Fine details look like a mesh too; but there
the lines follow all that is drawn, while among strokes that were searched for much of it lies beside the lines.
All lengths and areas are px of a picture of half the size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lineart_cli.imaging.morphology import disc
from lineart_cli.inference.half_size import changed, darkness, found, replace, shapes

if TYPE_CHECKING:
    import numpy.typing as npt

    from lineart_cli.imaging.disk_array import DiskArray, Page
    from lineart_cli.inference import passes
    from lineart_cli.inference.half_size import Mask

_SOLID = 5  # what is as broad is a black shape
_CELL = 6  # the cells of a mesh are narrower than twice this
_BROAD = 12  # a mesh is as broad everywhere
_LEAST_PX, _LEAST_CELLS = 2000, 12  # of a mesh; eyes and single letters have fewer
_BESIDE = 1.0  # farther from the ink, something is drawn beside the lines
_SEARCHED = 0.25  # share of what is drawn that lies beside the lines, from which they were searched for
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
    mesh = found(ink, darken, meshes)
    if not mesh.any():
        return darken
    replace(ink, mesh, before)

    def as_inked(_dark: npt.NDArray[np.float32], _mesh: Mask, part: passes.Part) -> npt.NDArray[np.float32]:
        return np.multiply(ink[part], np.float32(1 / 255), dtype=np.float32)

    return changed(darken, mesh, as_inked)


def meshes(inked: Mask, darken: passes.Darken) -> Mask:
    """Find meshes; see `half_size.Find`."""
    blank = 1 - inked
    mask = np.zeros_like(inked)
    count, cells = cv2.connectedComponents(blank, connectivity=4)
    if count <= _LEAST_CELLS:
        return mask
    off = cv2.distanceTransform(blank, cv2.DIST_L2, cv2.DIST_MASK_5)
    small = np.ones(count, np.uint8)
    small[_met(np.asarray(cells, np.int32), off >= _CELL)] = 0  # the ink, label 0, is part of a mesh
    if np.count_nonzero(small) <= _LEAST_CELLS:
        return mask
    solid = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((_SOLID, _SOLID), np.uint8))
    net = np.where(solid > 0, np.uint8(0), small[cells])
    net = np.asarray(cv2.morphologyEx(net, cv2.MORPH_OPEN, disc(_BROAD)), np.uint8)
    for box, here in shapes(net, _LEAST_PX):
        white = off[box]
        if len(np.unique(cells[box][here & (white > 0)])) < _LEAST_CELLS:
            continue
        dark = darkness(darken, box)
        if dark[here & (white > _BESIDE)].mean() >= _SEARCHED * dark[here].mean():
            mask[box] |= here
    return np.asarray(cv2.dilate(mask, disc(_MARGIN)), np.uint8)


def _met(labels: npt.NDArray[np.int32], mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """The labels in a mask, each once or more often; what lies side by side in it has the same one."""
    begins = mask.copy()
    begins[:, 1:] &= ~mask[:, :-1]
    return labels[begins]
