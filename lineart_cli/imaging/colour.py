"""Colour to grey, by Krita's ways to desaturate; light as sRGB encodes it; and which value is white."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]


def white(dtype: np.dtype[Any]) -> int:
    """The value of white: the largest of unsigned integers, and 1 of floating point."""
    return int(np.iinfo(dtype).max) if dtype.kind == "u" else 1


def _weighted(red: float, green: float, blue: float) -> Callable[[Floats], Floats]:
    weights = np.array([[red, green, blue]], np.float32)
    return lambda rgb: np.asarray(cv2.transform(rgb, weights), np.float32)


def _lowest(rgb: Floats) -> Floats:
    return np.minimum(np.minimum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])


def _highest(rgb: Floats) -> Floats:
    return np.maximum(np.maximum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])


DESATURATE: dict[str, Callable[[Floats], Floats]] = {
    "luma709": _weighted(0.2126, 0.7152, 0.0722),
    "luma601": _weighted(0.299, 0.587, 0.114),
    "lightness": lambda rgb: np.float32(0.5) * (_highest(rgb) + _lowest(rgb)),
    "average": _weighted(1 / 3, 1 / 3, 1 / 3),
    "min": _lowest,
    "max": _highest,
}
"""Krita's ways to desaturate, all on encoded values; `luma709` is also the luma of its HSY' model for sRGB."""


def desaturate(rgb: Floats, mode: str) -> Floats:
    """Turn colours into greys as Krita does.

    Args:
        rgb: (H, W, 3) float32 in [0, 1], encoded (not linear) values.
        mode: a key of `DESATURATE`.

    Returns:
        (H, W) float32 in [0, 1], encoded.
    """
    return DESATURATE[mode](rgb)


def is_light(colour: tuple[int, int, int]) -> bool:
    """Whether an sRGB colour, 0 to 255 each, is nearer to white than to black, and so is hard to see on white."""
    pixel = np.array([[colour]], np.float32) / np.float32(255)
    return bool(desaturate(pixel, "luma709")[0, 0] > 0.5)


def encoded(light: Floats) -> Floats:
    """Light, in [0, 1] from black to white, as sRGB encodes it (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


def decoded(values: Floats) -> Floats:
    """The light that `encoded` was given."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)
