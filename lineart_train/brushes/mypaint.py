"""Strokes drawn by libmypaint (1.6, ISC licence), where it is installed: brushes that lineart has never seen."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from lineart_cli.brushes.noise import Floats
from lineart_train.generator.scenes.curves import Points, along, arc_length

TILE = 64
_FULL = 1 << 15  # opaque, in the tiles
_STEP = 2.0  # px between the points that a stroke is fed with
_SPEED = 400.0  # px per second
_OFF = ("smudge", "eraser", "lock_alpha", "colorize", "slow_tracking", "slow_tracking_per_dab", "tracking_noise")
_WARM = 60  # such steps for each seed


class _TileRequest(ctypes.Structure):
    _fields_ = (
        ("tx", ctypes.c_int),
        ("ty", ctypes.c_int),
        ("readonly", ctypes.c_int),
        ("buffer", ctypes.POINTER(ctypes.c_uint16)),
        ("context", ctypes.c_void_p),
        ("thread_id", ctypes.c_int),
        ("mipmap_level", ctypes.c_int),
    )


@cache
def library() -> Any:
    """libmypaint, or None where it is not installed."""
    name = ctypes.util.find_library("mypaint-1.5") or ctypes.util.find_library("mypaint")
    if name is None:
        return None
    found = ctypes.CDLL(name)
    pointer, real = ctypes.c_void_p, ctypes.c_float
    for function, result, arguments in (
        ("mypaint_brush_new", pointer, []),
        ("mypaint_brush_from_string", ctypes.c_int, [pointer, ctypes.c_char_p]),
        ("mypaint_brush_reset", None, [pointer]),
        ("mypaint_brush_new_stroke", None, [pointer]),
        ("mypaint_brush_unref", None, [pointer]),
        ("mypaint_brush_stroke_to", ctypes.c_int, [pointer, pointer, *[real] * 5, ctypes.c_double]),
        ("mypaint_fixed_tiled_surface_new", pointer, [ctypes.c_int] * 2),
        ("mypaint_fixed_tiled_surface_interface", pointer, [pointer]),
        ("mypaint_surface_begin_atomic", None, [pointer]),
        ("mypaint_surface_end_atomic", None, [pointer, pointer]),
        ("mypaint_surface_unref", None, [pointer]),
        ("mypaint_tile_request_init", None, [pointer, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int]),
        ("mypaint_tiled_surface_tile_request_start", None, [pointer, pointer]),
        ("mypaint_tiled_surface_tile_request_end", None, [pointer, pointer]),
    ):
        each = getattr(found, function)
        each.restype, each.argtypes = result, arguments
    return found


def draw(brush: Path, points: Points, pressure: Floats, radius: float, shape: tuple[int, int], seed: int = 0) -> Floats:
    """Draw one stroke in black.

    Args:
        brush: a `.myb` file.
        points: (N, 2) px.
        pressure: (N,) in [0, 1].
        radius: px, instead of the brush's own at neutral pressure.
        shape: height and width.
        seed: of what is random in the brush; libmypaint has one seed for all, so other strokes are drawn before.

    Returns:
        (H, W) float32 coverage.

    Raises:
        ValueError: the file is no brush of libmypaint's version 3.
    """
    lib = library()
    ink = lib.mypaint_brush_new()
    surface = lib.mypaint_fixed_tiled_surface_new(shape[1], shape[0])
    canvas = lib.mypaint_fixed_tiled_surface_interface(surface)
    try:
        if not lib.mypaint_brush_from_string(ink, _black(brush, radius)):
            raise ValueError(f"{brush} is no brush of libmypaint's version 3.")
        for step in range(seed * _WARM):
            lib.mypaint_brush_stroke_to(ink, canvas, step * _STEP, 0.0, 1.0, 0.0, 0.0, _STEP / _SPEED)
        _tiles(surface, shape, clear=True)
        lib.mypaint_brush_reset(ink)
        lib.mypaint_brush_new_stroke(ink)
        length = arc_length(points)[-1]
        at = np.linspace(0, length, max(2, int(length / _STEP)))
        x, y, press = along(np.column_stack([points, pressure]), at, points).T
        lib.mypaint_surface_begin_atomic(canvas)
        lib.mypaint_brush_stroke_to(ink, canvas, x[0], y[0], 0.0, 0.0, 0.0, 10.0)
        for each in zip(x, y, press, strict=True):
            lib.mypaint_brush_stroke_to(ink, canvas, *each, 0.0, 0.0, _STEP / _SPEED)
        lib.mypaint_surface_end_atomic(canvas, None)
        return _tiles(surface, shape)
    finally:
        lib.mypaint_brush_unref(ink)
        lib.mypaint_surface_unref(canvas)


def _black(brush: Path, radius: float) -> bytes:
    """The settings with black paint and another radius; what smudges, erases or lags behind the hand does not."""
    made = json.loads(brush.read_text("utf-8"))
    settings = made["settings"]
    values = {"color_h": 0.0, "color_s": 0.0, "color_v": 0.0, "radius_logarithmic": float(np.log(radius))}
    for name, value in {**values, **dict.fromkeys(_OFF, 0.0)}.items():
        kept = settings.get(name, {}).get("inputs", {}) if name == "radius_logarithmic" else {}
        settings[name] = {"base_value": value, "inputs": kept}
    return json.dumps(made).encode()


def _tiles(surface: Any, shape: tuple[int, int], clear: bool = False) -> Floats:
    """The alpha of the surface, after wiping it if asked to: a new one is full of white."""
    lib = library()
    page = np.zeros([-(-side // TILE) * TILE for side in shape], np.float32)
    request = _TileRequest()
    for ty in range(page.shape[0] // TILE):
        for tx in range(page.shape[1] // TILE):
            lib.mypaint_tile_request_init(ctypes.byref(request), 0, tx, ty, not clear)
            lib.mypaint_tiled_surface_tile_request_start(surface, ctypes.byref(request))
            pixels = np.ctypeslib.as_array(request.buffer, (TILE, TILE, 4))
            if clear:
                pixels[:] = 0
            page[ty * TILE : (ty + 1) * TILE, tx * TILE : (tx + 1) * TILE] = pixels[..., 3] / _FULL
            lib.mypaint_tiled_surface_tile_request_end(surface, ctypes.byref(request))
    return page[: shape[0], : shape[1]]
