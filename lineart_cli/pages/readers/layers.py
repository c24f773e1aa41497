"""Layers by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from lineart_cli.errors import Unreadable, nearest_first
from lineart_cli.pages.picture import Picture

T = TypeVar("T")

COMPOSED = "has no merged picture, so its visible layers are put together"
"""What to note of a file whose layers are shown instead."""


class NoLayerError(Unreadable):
    """A file has no layer of the name that is asked for."""


@dataclass(frozen=True)
class Named(Generic[T]):
    """A layer or group as its program stores it, and the name that the artist gave it."""

    name: str
    layer: T


def find(name: str, layers: Sequence[Named[T]]) -> T:
    """The layer of that name, in capitals or not; of several, one that is written just so, or the first.

    Raises:
        NoLayerError: there is none; tells which there are, the nearest first.
    """
    same = [each for each in layers if each.name.casefold().strip() == name.casefold()]
    if same:
        return next((each for each in same if each.name == name), same[0]).layer
    if not layers:
        raise NoLayerError(f"has no layer {name!r}, nor any other", "leave --layer out")
    names = dict.fromkeys(each.name for each in layers)
    raise NoLayerError(f"has no layer {name!r}", f"it has {', '.join(map(repr, nearest_first(name, names)))}")


def unknown_blend(name: str, blend: str) -> str:
    """What to note of a layer whose blend mode is not known."""
    return f"its layer {name!r} has the blend mode {blend}, which counts as normal"


def preview_note(preview: Picture, advice: str) -> str:
    """What to note of a file of which only a preview can be read."""
    return f"is inked from its preview of {preview.width} x {preview.height} px; for all of it, {advice}"
