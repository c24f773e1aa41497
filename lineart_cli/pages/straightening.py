"""A page that is a sheet in a photo, seen from straight above."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineart_cli.imaging import sheet
from lineart_cli.imaging.sheet import DoubtError, Sheet
from lineart_cli.pages.header import UPRIGHT
from lineart_cli.pages.picture import Block, Picture, draw, grey_type, to_grey

_BYTES = 2
"""Times that a picture is held: as it is, and while it is decoded."""


def straight(picture: Picture, key: Any) -> Picture:
    """The sheet in a picture; the picture as it is, with a note that tells why, where that is in doubt.

    Args:
        picture: of a photo.
        key: the same for the same picture; it is looked at once.
    """
    once = _Once(picture)
    found = _found(key, once)
    once.picture = None  # or all pictures would be held, as keys
    if isinstance(found, str):
        return replace(picture, notes=(*picture.notes, f"is not straightened: {found}"))
    width, height = picture.upright_size
    samples = grey_type(picture.bits, True, None).itemsize * (1 if picture.is_grey else 3)
    return replace(
        picture,
        width=found.width,
        height=found.height,
        blocks=lambda: _blocks(picture, found),
        bits=min(picture.bits, 16) if picture.bits > 8 else 8,
        dpi=None,
        aspect=1.0,
        orientation=UPRIGHT,
        in_order=True,
        decoder_bytes=picture.decoder_bytes + _BYTES * width * height * samples,
        corners=tuple((round(float(x), 1), round(float(y), 1)) for x, y in found.corners),
    )


class _Once:
    """A picture that counts as equal to any other, so that only the key of a look at it counts."""

    def __init__(self, picture: Picture) -> None:
        self.picture: Picture | None = picture

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=256)
def _found(_: Any, once: _Once) -> Sheet | str:
    """The sheet in a picture, or why there is none."""
    picture = once.picture
    assert picture is not None  # noqa: S101
    width, height = picture.upright_size
    scale = min(1.0, sheet.LOOKED_AT / max(width, height))
    try:
        return sheet.find(to_grey(picture, "luma709", scale=scale), (height, width))
    except DoubtError as error:
        return str(error)


def _blocks(picture: Picture, found: Sheet) -> Iterator[Block]:
    width, height = picture.upright_size
    dtype = grey_type(picture.bits, True, None)
    white = np.iinfo(dtype).max
    samples = 1 if picture.is_grey else 3
    held: NDArray[Any] = np.full((height, width, samples), 0 if picture.is_on_black else white, dtype)
    draw(picture, [(held[..., each], itemgetter((..., each))) for each in range(samples)])
    top = 0
    for rows in sheet.straightened(held, found):
        yield Block(rows.reshape(len(rows), found.width, samples), "grey" if samples == 1 else "rgb", white, top=top)
        top += len(rows)
