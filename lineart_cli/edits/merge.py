"""Where the artist's pixels stand, and where the new ink: a merge of three pictures that works on strokes.

Known are the fingerprints of the old ink, the edited picture and the new ink. Of the pixels in which the edited picture
and the new ink differ, those in squares that only the sketch has changed are the new ink's, all others the artist's.
Then strokes are made whole: what the sketch has changed of a stroke that touches an edit, or comes as near to one as
the line is thick, is the artist's as well, as far as the stroke goes. So neither a stroke that was erased comes back in
part, nor does one that was drawn anew get a double, nor does half a stroke end where the other half was.

The guarantees, pixel by pixel: what differs in a square that only the artist has changed is the artist's; what differs
in a square that only the sketch has changed is the new ink's, unless it belongs to a stroke that both have changed,
which is in the list of conflicts; where nothing differs, both are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.edits import prints, strokes
from lineart_cli.edits.levels import Samples
from lineart_cli.edits.prints import Prints
from lineart_cli.edits.strokes import CELL, Mask
from lineart_cli.imaging.resample import strips
from lineart_cli.options import Crop

_STRIP = 8 * prints.SIDE  # rows compared at once
_CELLS = prints.SIDE // CELL  # along the side of a square
_STRONG = 0.25  # share of full ink by which a pixel has to differ for a stroke to have moved
_FOLLOWED = 12.0  # thicknesses of the line for which a stroke is followed over branchings

Edited = Callable[[slice], tuple[Samples, Mask]]
"""Gives some rows of an edited picture, see `Legend.of_pixels`."""
New = Callable[[slice], Samples]
"""Gives some rows of the new ink, see `Legend.of_coverage`."""


@dataclass(frozen=True)
class Merge:
    """What a merge has come to.

    Attributes:
        artists: (h, w) cells of `CELL` px whose pixels are the artist's; all others are the new ink's.
        edits: the places that the artist has changed, px.
        conflicts: the places that both have changed, px; the artist's stands there.
    """

    artists: Mask
    edits: list[Crop]
    conflicts: list[Crop]

    def laid(self, rows: slice, edited: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        """Some rows of the merged picture, (rows, W, samples), of those of the two others."""
        first = rows.start // CELL
        cells = self.artists[first : -(-rows.stop // CELL)].repeat(CELL, 0).repeat(CELL, 1)
        mask = cells[rows.start - first * CELL :][: len(new), : new.shape[1]]
        return np.where(mask[..., None], edited, new)


@dataclass(frozen=True)
class _Compared:
    """Three pictures compared.

    Attributes:
        differs: (h, w) cells in which edited picture and new ink are not the same.
        strongly: those in which they are so much so that a stroke is another.
        by_artist: squares that are not the old ink's in the edited picture.
        by_sketch: squares that are not the old ink's in the new one.
        by_other_strokes: squares that have not the old ink's strokes in the new one.
    """

    differs: Mask
    strongly: Mask
    by_artist: Mask
    by_sketch: Mask
    by_other_strokes: Mask


def merge(old: Prints, edited: Edited, new: New, page: tuple[int, int], thickness: float) -> Merge:
    """Merge an edited picture with new ink.

    Args:
        old: the fingerprints of the ink that was edited.
        edited: the picture.
        new: the ink of the sketch as it is now.
        page: (H, W) of all three.
        thickness: of the lines, px.

    Raises:
        ValueError: the old ink was of another size.
    """
    if old.shape != prints.shape_of(page):
        raise ValueError(f"prints of {old.shape} squares for a page of {page} px")
    found = _compared(old, edited, new, page)
    only_sketch = _in_cells(found.by_sketch & ~found.by_artist, page)
    seeds = found.differs & ~only_sketch  # one that nobody has changed is an edit whose fingerprint is the same
    reach = max(round(thickness / CELL), 1)
    changed = found.strongly & only_sketch
    followed = round(_FOLLOWED * thickness / CELL)

    def forks(rows: slice) -> Mask:
        in_edited = strokes.branchings(_ink_of(edited), page, thickness, rows)
        return in_edited | strokes.branchings(lambda part: _dark(new(part)), page, thickness, rows)

    both = strokes.touched(changed, strokes.spread(seeds, reach), followed, forks)
    both |= seeds & _in_cells(found.by_other_strokes, page)
    in_doubt = found.strongly & _in_cells(found.by_artist & found.by_sketch, page)
    both |= strokes.parts(in_doubt, strokes.spread(both, 1))
    both |= found.differs & only_sketch & strokes.spread(both, 1)  # the soft edges of a stroke go with it
    return Merge(seeds | both, _boxes(found.by_artist, page), strokes.boxes(both, page, 2 * reach))


def edits(old: Prints, edited: Edited, page: tuple[int, int]) -> list[Crop]:
    """The places of an edited picture that are not as lineart drew them, px; raises ValueError as `merge` does."""
    if old.shape != prints.shape_of(page):
        raise ValueError(f"prints of {old.shape} squares for a page of {page} px")
    squares = np.concatenate([_is_edited(old, *edited(rows), rows) for rows in strips(page[0], _STRIP)])
    return _boxes(squares, page)


def _boxes(by_artist: Mask, page: tuple[int, int]) -> list[Crop]:
    return strokes.boxes(by_artist, page, 0, prints.SIDE)


def _compared(old: Prints, edited: Edited, new: New, page: tuple[int, int]) -> _Compared:
    parts: list[tuple[Mask, ...]] = []
    for rows in strips(page[0], _STRIP):
        level, foreign = edited(rows)
        wanted = new(rows)
        off = np.abs(level.astype(np.int32) - wanted)
        strong = np.float32(_STRONG) * np.iinfo(level.dtype).max
        squares = slice(rows.start // prints.SIDE, -(-rows.stop // prints.SIDE))
        printed = prints.of_rows(wanted)
        parts.append(
            (
                strokes.pooled((off > 0) | foreign),
                strokes.pooled((off > strong) | foreign),
                _is_edited(old, level, foreign, rows),
                printed != old[squares],
                prints.has_other_strokes(printed, old[squares]),
            )
        )
    return _Compared(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _is_edited(old: Prints, level: Samples, foreign: Mask, rows: slice) -> Mask:
    """Which squares of some rows are not the old ink's."""
    squares = slice(rows.start // prints.SIDE, -(-rows.stop // prints.SIDE))
    strange = prints.of_rows(foreign.astype(np.uint8)) != 0
    return np.asarray(strange | (prints.of_rows(level) != old[squares]))


def _in_cells(squares: Mask, page: tuple[int, int]) -> Mask:
    """Squares of a page as cells."""
    cells = squares.repeat(_CELLS, 0).repeat(_CELLS, 1)
    return cells[: -(-page[0] // CELL), : -(-page[1] // CELL)]


def _ink_of(edited: Edited) -> strokes.Rows:
    def rows(part: slice) -> Mask:
        level, foreign = edited(part)
        return _dark(level) | foreign

    return rows


def _dark(level: Samples) -> Mask:
    return np.asarray(level > np.iinfo(level.dtype).max // 2)
